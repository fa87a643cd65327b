"""The live stream: every change once, in order, whatever the connection does."""

import asyncio
import contextlib
import json

import httpx
import pytest

from fleet.alerts import AlertType
from fleet.stores.postgres import tenant_transaction

TYPES = list(AlertType)


@contextlib.asynccontextmanager
async def stream(person, last_event_id=None, query=""):
    """The events of a stream as (name, id, data), one after the other."""
    headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
    async with person.browser.stream("GET", f"/sse/anomalies{query}", headers=headers, timeout=10) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield events(answer)


async def events(answer: httpx.Response):
    fields: dict[str, str] = {}
    async for line in answer.aiter_lines():
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        else:
            yield fields.get("event"), fields.get("id"), json.loads(fields.get("data", "null"))
            fields = {}


async def take(incoming, count, name="anomaly"):
    """The next `count` events of a name."""
    taken = []
    async with asyncio.timeout(10):
        async for event in incoming:
            if event[0] == name:
                taken.append(event)
            if len(taken) == count:
                return taken
    raise AssertionError(f"the stream ended after {taken}")


async def first(incoming):
    async with asyncio.timeout(10):
        return await anext(incoming)


async def test_a_new_alert_arrives_with_its_number(manager, tenant, raise_alert):
    async with stream(manager) as incoming:
        assert (await first(incoming))[1] == "0"
        await raise_alert(tenant)
        ((_, number, anomaly),) = await take(incoming, 1)
    assert (number, anomaly["seq"]) == ("1", 1)
    (listed,) = (await manager.browser.get("/api/anomalies")).json()["items"]
    assert anomaly == listed


async def test_an_alert_is_seen_well_within_a_second(manager, tenant, raise_alert):
    async with stream(manager) as incoming:
        await first(incoming)
        clock = asyncio.get_running_loop().time
        await raise_alert(tenant)
        committed = clock()
        await take(incoming, 1)
        assert clock() - committed < 0.4


async def test_reconnecting_replays_exactly_what_was_missed(manager, tenant, raise_alert):
    for kind in TYPES[:5]:
        await raise_alert(tenant, kind)
    async with stream(manager, last_event_id="2") as incoming:
        missed = await take(incoming, 3)
        await raise_alert(tenant, TYPES[5])
        live = await take(incoming, 1)
    assert [number for _, number, _ in missed + live] == ["3", "4", "5", "6"]
    assert [anomaly["type"] for _, _, anomaly in missed + live] == TYPES[2:6]


async def test_the_number_may_come_as_a_parameter(manager, tenant, raise_alert):
    await raise_alert(tenant)
    async with stream(manager, query="?lastEventId=0") as incoming:
        assert [number for _, number, _ in await take(incoming, 1)] == ["1"]


async def test_a_client_far_behind_gets_everything_page_by_page(manager, tenant, pool, raise_alert):
    await raise_alert(tenant)
    async with tenant_transaction(pool, tenant.id) as connection:
        await connection.execute(
            """INSERT INTO stream_events SELECT tenant_id, n, alert_id, change, anomaly || jsonb_build_object('seq', n)
               FROM stream_events, generate_series(2, 1700) n"""
        )
        await connection.execute("UPDATE stream_heads SET seq = 1700")
    async with stream(manager, last_event_id="0") as incoming:
        replayed = await take(incoming, 1700)
    assert [int(number) for _, number, _ in replayed] == list(range(1, 1701))


@pytest.mark.parametrize("last_event_id", ["99", "-1", "one", "9" * 40, "0x1"], ids=["future", "negative", "word", "huge", "hex"])
async def test_what_cannot_be_replayed_is_a_reset_and_then_live(manager, tenant, raise_alert, last_event_id):
    await raise_alert(tenant)
    async with stream(manager, last_event_id=last_event_id) as incoming:
        ((_, number, _),) = await take(incoming, 1, "reset")
        assert number == "1"
        await raise_alert(tenant, TYPES[1])
        assert [number for _, number, _ in await take(incoming, 1)] == ["2"]


async def test_a_pruned_past_is_a_reset(manager, tenant, postgres, raise_alert):
    import asyncpg

    for kind in TYPES[:3]:
        await raise_alert(tenant, kind)
    owner = await asyncpg.connect(postgres.owner_url)
    await owner.execute("DELETE FROM stream_events WHERE tenant_id = $1 AND seq < 3", tenant.id)
    await owner.close()
    async with stream(manager, last_event_id="1") as incoming:
        await take(incoming, 1, "reset")
    async with stream(manager, last_event_id="2") as incoming:
        assert [number for _, number, _ in await take(incoming, 1)] == ["3"]


async def test_another_tenants_alerts_never_arrive(sign_in, manager, new_tenant, tenant, raise_alert):
    foreign = await new_tenant()
    stranger = await sign_in(foreign)
    async with stream(stranger) as incoming:
        await first(incoming)
        await raise_alert(tenant)
        await raise_alert(foreign)
        ((_, number, anomaly),) = await take(incoming, 1)
    assert (number, anomaly["tenantId"]) == ("1", foreign.slug)


async def test_acknowledging_reaches_every_open_page_with_the_name(manager, sign_in, tenant, raise_alert):
    await raise_alert(tenant)
    colleague = await sign_in(tenant, "dispatcher")
    async with stream(colleague, last_event_id="1") as incoming:
        await first(incoming)
        alert = (await manager.browser.get("/api/anomalies")).json()["items"][0]
        answer = await manager.browser.post(f"/api/anomalies/{alert['id']}/acknowledge")
        ((_, _, anomaly),) = await take(incoming, 1)
    assert anomaly == answer.json()


async def test_the_stream_beats_while_nothing_happens(manager):
    async with stream(manager) as incoming:
        beats = await take(incoming, 2, "heartbeat")
    assert all(beat["at"].endswith("Z") for _, _, beat in beats)


async def test_a_stream_outlives_the_loss_of_every_database_connection(manager, tenant, postgres, raise_alert):
    import asyncpg

    async with stream(manager) as incoming:
        await take(incoming, 1, "heartbeat")
        superuser = await asyncpg.connect(postgres.superuser_url)
        await superuser.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'fleetguard_app'")
        await superuser.close()
        answers = [(await manager.browser.get("/api/anomalies")).status_code for _ in range(10)]
        await raise_alert(tenant)
        assert [number for _, number, _ in await take(incoming, 1)] == ["1"]
    assert set(answers) <= {200, 503}
    assert answers[-1] == 200


async def test_signing_out_closes_the_stream(manager):
    async with stream(manager) as incoming:
        await first(incoming)
        await manager.browser.delete("/api/session", headers={"X-Requested-With": "fleetguard"})
        async with asyncio.timeout(10):
            async for _ in incoming:
                pass


async def test_one_person_cannot_hold_every_stream(manager):
    async with contextlib.AsyncExitStack() as open_streams:
        pages = [await open_streams.enter_async_context(stream(manager)) for _ in range(20)]
        for page in pages:
            await first(page)
        assert (await manager.browser.get("/sse/anomalies", timeout=2)).status_code == 429
