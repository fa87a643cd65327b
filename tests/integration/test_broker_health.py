"""A broker whose disk was full says so and, once there is room, is ended for its supervisor to start it anew."""

import asyncio
import contextlib
import resource

import nats
import psutil
import pytest

from fleet.errors import Unavailable
from fleet.stores.heartbeats import heartbeats
from fleet.stores.postgres import tenant_transaction
from fleetguard.testing import throwaway_broker
from ingest.broker_health import FAILED_WRITE, PART, trouble_of, watch_broker
from ingest.device_secrets import DeviceSecrets
from ingest.subscriber import Subscriber

WITHIN_S = 30.0


@pytest.fixture
async def own_broker(tmp_path, postgres):
    async with throwaway_broker(tmp_path, postgres) as running:
        yield running


@pytest.fixture
async def system(own_broker):
    own = own_broker.settings.device_auth
    client = await nats.connect(own.nats_url, user=own.system_username, password=own.password, max_reconnect_attempts=1)
    yield client
    with contextlib.suppress(nats.errors.Error):
        await client.close()


async def test_a_broker_that_could_not_write_is_named_and_ended_when_there_is_room(own_broker, system, pool, tmp_path):
    pid_file, secrets = tmp_path / "broker.pid", DeviceSecrets(own_broker.settings.postgres, cache_s=1)
    broker = psutil.Process(int(pid_file.read_text()))
    subscriber = Subscriber(own_broker.settings.mqtt, "fleetguard-ingest-t", ["ingest/#"], lambda *_: None)
    await subscriber.start()
    await subscriber.stop()
    assert await trouble_of(system) == ""
    _, most = broker.rlimit(resource.RLIMIT_FSIZE)
    broker.rlimit(resource.RLIMIT_FSIZE, (1, most))  # no file may grow: to a process a full disk is little else
    with pytest.raises(Unavailable):
        await subscriber.start(timeout_s=7)
    broker.rlimit(resource.RLIMIT_FSIZE, (most, most))
    assert FAILED_WRITE in await trouble_of(system), "it does not find out by itself that there is room again"
    watching = asyncio.create_task(watch_broker(system, secrets, pid_file))
    await asyncio.to_thread(psutil.wait_procs, [broker], WITHIN_S)
    watching.cancel()
    assert not broker.is_running() or broker.status() == psutil.STATUS_ZOMBIE
    (said,) = [beat for beat in await heartbeats(pool) if beat.part == PART]
    assert (said.state, FAILED_WRITE in said.detail) == ("down", True)
    await secrets.close()


async def test_a_database_whose_disk_is_full_is_unavailable_and_ends_no_heartbeat(pool, tenant):
    with pytest.raises(Unavailable, match="no room"):
        async with tenant_transaction(pool, tenant.id) as connection:
            await connection.execute("DO $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = 'disk_full'; END $$")
