"""The API over a database that is there and does not serve: it says so soon, and goes on when that is over."""

import asyncio
from contextlib import asynccontextmanager
from functools import partial

import asyncpg
import httpx
import pytest

from bench.faults.network import line_to
from bench.faults.questions import flaws_of
from fleet.errors import Unavailable
from fleet.settings import Mqtt, Postgres, Settings
from fleet.stores.postgres import connect_pool, connection_of
from fleetguard.testing import free_port
from ui.api.live import LiveLog

ANSWERED_WITHIN_S = 8.0
CROWD = 20  # more than the API has connections


@asynccontextmanager
async def lock(postgres, table):
    owner = await asyncpg.connect(postgres.owner_url)
    try:
        async with owner.transaction():
            await owner.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await owner.close()


@asynccontextmanager
async def line_to_postgres(postgres):
    """A line to the database, and the settings of whoever goes by it."""
    url = httpx.URL(postgres.app_url)
    async with line_to(url.host, url.port) as (line, port):
        yield line, Postgres(url=str(url.copy_with(port=port)), pool_size=2)


async def until_fresh(live):
    async with asyncio.timeout(20):
        while not live.is_fresh:  # noqa: ASYNC110  it has a flag and no event
            await asyncio.sleep(0.05)


async def test_a_table_that_somebody_holds_is_a_503_for_everybody_and_not_for_longer_than_it_lasts(manager, postgres):
    async with lock(postgres, "alerts"), asyncio.timeout(ANSWERED_WITHIN_S):
        answers = await asyncio.gather(*(manager.browser.get("/api/anomalies") for _ in range(CROWD)))
    assert {answer.status_code for answer in answers} == {503}
    assert set().union(*map(flaws_of, answers)) == set()
    assert (await manager.browser.get("/api/anomalies")).status_code == 200


async def test_readiness_is_told_in_time_while_the_database_says_nothing(serve_api_briefly, postgres):
    async with line_to_postgres(postgres) as (line, settings):
        address = await serve_api_briefly(Settings(postgres=settings, mqtt=Mqtt(port=free_port())))
        async with httpx.AsyncClient(base_url=address, timeout=5) as client:
            assert (await client.get("/ready?part=api")).status_code == 200
            line.swallows = True
            ready = await client.get("/ready")
            assert {part["name"] for part in ready.json()["parts"]} == {"postgres", "broker", "heartbeats"}
            line.swallows = False
            line.cut()
            assert (await client.get("/ready?part=api")).status_code == 200


async def test_a_stream_that_could_not_listen_for_a_while_holds_no_connection_for_it(postgres):
    async with line_to_postgres(postgres) as (line, settings):
        pool = await connect_pool(settings, statement_s=0.1)
        live = LiveLog(partial(asyncio.sleep, 0, pool))
        line.swallows = True
        for _ in range(settings.pool_size + 1):
            with pytest.raises(TimeoutError):
                await live._read()
        line.swallows = False
        line.cut()
        reading = asyncio.create_task(live.run())
        await until_fresh(live)
        reading.cancel()
        pool.terminate()


@pytest.mark.parametrize("how", ["pg_cancel_backend", "pg_terminate_backend"])
async def test_what_the_operator_ends_may_be_tried_again(pool, postgres, how):
    async def sleep():
        async with connection_of(pool) as connection:
            await connection.execute("SELECT pg_sleep(20)")

    owner, sleeping = await asyncpg.connect(postgres.superuser_url), asyncio.ensure_future(sleep())
    sleepers = "SELECT bool_or({}(pid)) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(20)'"
    while not await owner.fetchval(sleepers.format(how)):
        pass
    await owner.close()
    with pytest.raises(Unavailable):
        await sleeping


async def test_a_connection_that_the_server_has_just_ended_is_no_error_of_ours(pool, postgres):
    async def use(owner):
        async with connection_of(pool) as connection:
            await owner.execute("SELECT pg_terminate_backend($1)", connection.get_server_pid())
            while True:
                await connection.fetchval("SELECT 1")

    owner = await asyncpg.connect(postgres.superuser_url)
    for _ in range(20):
        with pytest.raises(Unavailable):
            await use(owner)
    await owner.close()
