"""Devices at the broker: who gets in, and what they may do there. Real broker, real service, two client libraries."""

import asyncio
import contextlib
import secrets
import time
from pathlib import Path

import asyncpg
import gmqtt
import paho.mqtt.client as paho
import pytest

from fleet.alerts import VehicleId
from fleet.stores.provisioning import GATEWAY_VEHICLES, Vehicle, ensure_vehicles, replace_gateway
from ingest.broker_log import LogTail, refusals
from ingest.broker_tokens import partition

WAIT_S = 10.0


class Device:
    """A paho client whose callbacks are awaited as events."""

    def __init__(self, broker, username, password, client_id=None):
        self._loop = asyncio.get_running_loop()
        self.connected = self._loop.create_future()
        self.disconnected = asyncio.Event()
        self.messages: asyncio.Queue[paho.MQTTMessage] = asyncio.Queue()
        self._client = paho.Client(
            paho.CallbackAPIVersion.VERSION2, client_id=client_id or f"test-{secrets.token_hex(6)}", protocol=paho.MQTTv311
        )
        self._client.username_pw_set(username, password)
        self._client.on_connect = lambda *event: self._later(self._settle, not event[3].is_failure)
        self._client.on_disconnect = lambda *event: self._later(self.disconnected.set)
        self._client.on_message = lambda *event: self._later(self.messages.put_nowait, event[2])
        self._client.on_publish = lambda *event: self._later(self._acked.set)
        self._client.on_subscribe = lambda *event: self._later(self._granted.set_result, event[3])
        self._acked = asyncio.Event()
        self._client.connect_async(broker.host, broker.port)
        self._client.reconnect_delay_set(30, 30)
        self._client.loop_start()

    def _later(self, call, *arguments):
        self._loop.call_soon_threadsafe(call, *arguments)

    def _settle(self, accepted):
        if not self.connected.done():
            self.connected.set_result(accepted)

    async def publish(self, topic, payload, acked=True):
        self._acked.clear()
        self._client.publish(topic, payload, qos=1)
        if acked:
            await asyncio.wait_for(self._acked.wait(), WAIT_S)

    async def subscribe(self, topic):
        """Whether the broker granted it."""
        self._granted = self._loop.create_future()
        self._client.subscribe(topic, qos=1)
        return not (await asyncio.wait_for(self._granted, WAIT_S))[0].is_failure

    async def next_message(self):
        return await asyncio.wait_for(self.messages.get(), WAIT_S)

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
async def connect(broker):
    """Opens a connection; returns it once the broker has answered."""
    with contextlib.ExitStack() as opened:

        async def open_one(username, password, client_id=None):
            device = Device(broker, username, password, client_id)
            opened.callback(device.close)
            return device, await asyncio.wait_for(device.connected, WAIT_S)

        yield open_one


@pytest.fixture
async def ingest(broker, connect):
    """Subscribed like an ingest actor that owns every partition."""
    reader, accepted = await connect("ingest", broker.ingest_password)
    assert accepted
    assert await reader.subscribe("ingest/+/+/+")
    assert await reader.subscribe("ingest/+/+/+/dtc")
    return reader


async def test_a_good_credential_connects_and_its_reading_arrives_in_its_partition(connect, ingest, tenant):
    device, accepted = await connect(tenant.device.username, tenant.device.password)
    assert accepted
    await device.publish(f"fleet/v1/{tenant.slug}/VH-1/telemetry", b'{"speed": 1}')
    number = partition(VehicleId(tenant.slug, "VH-1"), 16)
    received = await _next_of(ingest, tenant)
    assert (received.topic, received.payload) == (f"ingest/{number}/{tenant.slug}/VH-1", b'{"speed": 1}')


async def test_fault_codes_arrive_on_a_topic_of_their_own(connect, ingest, tenant):
    device, _ = await connect(tenant.device.username, tenant.device.password)
    await device.publish(f"fleet/v1/{tenant.slug}/VH-1/dtc", b'{"code": "P0301"}')
    assert (await _next_of(ingest, tenant)).topic.endswith(f"/{tenant.slug}/VH-1/dtc")


@pytest.mark.parametrize("password", ["", "wrong"])
async def test_a_wrong_secret_is_refused(connect, tenant, password):
    _, accepted = await connect(tenant.device.username, password)
    assert not accepted


@pytest.mark.parametrize("username", ["nobody", "ingest", "device-auth", "a.b.c", "t.*", "", "a b.c"])
async def test_a_name_that_is_no_device_is_refused(connect, username):
    _, accepted = await connect(username, "whatever")
    assert not accepted


async def test_another_tenants_secret_is_refused(connect, new_tenant):
    ours, theirs = await new_tenant(), await new_tenant()
    _, accepted = await connect(theirs.device.username, ours.device.password)
    assert not accepted


@pytest.fixture
async def gateway(postgres, tenant):
    """A gateway of the tenant that speaks for VH-1 and VH-2, not for VH-3."""
    owner = await asyncpg.connect(postgres.owner_url)
    try:
        await ensure_vehicles(owner, tenant.id, [Vehicle("VH-2"), Vehicle("VH-3")])
        return await replace_gateway(owner, tenant.id, "depot", ["VH-1", "VH-2"])
    finally:
        await owner.close()


async def test_a_gateway_publishes_for_its_vehicles_under_their_own_topics(connect, ingest, tenant, gateway):
    sender, accepted = await connect(gateway.username, gateway.password)
    assert accepted
    for vehicle in ("VH-1", "VH-2"):
        await sender.publish(f"fleet/v1/{tenant.slug}/{vehicle}/telemetry", vehicle.encode())
        assert (await _next_of(ingest, tenant)).topic.endswith(f"/{tenant.slug}/{vehicle}")


async def test_a_gateway_of_as_many_vehicles_as_may_be_with_the_longest_names_connects(connect, ingest, postgres, new_tenant):
    tenant = await new_tenant()
    names = [f"V-{number:03d}".ljust(64, "x") for number in range(GATEWAY_VEHICLES)]
    owner = await asyncpg.connect(postgres.owner_url)
    await ensure_vehicles(owner, tenant.id, [Vehicle(name) for name in names])
    large = await replace_gateway(owner, tenant.id, "g", names)
    await owner.close()
    device, accepted = await connect(large.username, large.password)
    assert accepted
    await device.publish(f"fleet/v1/{tenant.slug}/{names[-1]}/telemetry", b"last of many")
    assert (await _next_of(ingest, tenant)).payload == b"last of many"


async def test_what_a_gateway_publishes_for_another_vehicle_never_arrives(broker, connect, ingest, tenant, gateway):
    tail = LogTail(broker.log)
    sender, _ = await connect(gateway.username, gateway.password)
    await sender.publish(f"fleet/v1/{tenant.slug}/VH-3/telemetry", b"foreign")
    await sender.publish(f"fleet/v1/{tenant.slug}/VH-1/telemetry", b"own")
    assert (await _next_of(ingest, tenant)).payload == b"own"
    assert refusals(tail.new_lines()) == ["foreign_topic"]


async def test_a_gateway_needs_its_own_secret(connect, tenant, gateway):
    assert not (await connect(gateway.username, "wrong"))[1]
    assert not (await connect(gateway.username, tenant.device.password))[1]
    assert not (await connect(tenant.device.username, gateway.password))[1]


async def test_a_device_cannot_take_over_the_session_of_ingest(connect, tenant):
    _, accepted = await connect(tenant.device.username, tenant.device.password, client_id="fleetguard-ingest-0")
    assert not accepted


async def test_what_a_device_publishes_as_another_vehicle_never_arrives_and_is_counted(broker, connect, ingest, tenant):
    tail = LogTail(broker.log)
    device, _ = await connect(tenant.device.username, tenant.device.password)
    foreign = partition(VehicleId(tenant.slug, "VH-2"), 16)
    for topic in (f"fleet/v1/{tenant.slug}/VH-2/telemetry", f"ingest/{foreign}/{tenant.slug}/VH-2", "fleet/v1/other/VH-1/dtc"):
        await device.publish(topic, b"foreign")
    await device.publish(f"fleet/v1/{tenant.slug}/VH-1/telemetry", b"own")
    assert (await _next_of(ingest, tenant)).payload == b"own"
    assert refusals(tail.new_lines()).count("foreign_topic") == 3
    await _counted(broker.metrics, b"foreign_topic")


async def test_a_device_cannot_read_what_others_send(connect, tenant):
    device, _ = await connect(tenant.device.username, tenant.device.password)
    assert not await device.subscribe("#")
    assert not await device.subscribe("ingest/+/+/+")
    assert not await device.subscribe(f"fleet/v1/{tenant.slug}/VH-2/cmd/#")
    assert await device.subscribe(f"fleet/v1/{tenant.slug}/VH-1/cmd/#")


async def test_the_largest_allowed_payload_arrives_and_a_larger_one_ends_the_connection(broker, connect, ingest, tenant):
    tail = LogTail(broker.log)
    device, _ = await connect(tenant.device.username, tenant.device.password)
    topic = f"fleet/v1/{tenant.slug}/VH-1/telemetry"
    await device.publish(topic, b"x" * 65_536)
    assert len((await _next_of(ingest, tenant)).payload) == 65_536
    await device.publish(topic, b"x" * 70_000, acked=False)
    await asyncio.wait_for(device.disconnected.wait(), WAIT_S)
    assert refusals(tail.new_lines()) == ["oversized"]


async def test_gmqtt_connects_as_mqtt_3_and_publishes(broker, ingest, tenant):
    client = gmqtt.Client(f"test-{secrets.token_hex(6)}")
    client.set_auth_credentials(tenant.device.username, tenant.device.password)
    await client.connect(broker.host, broker.port, version=4)
    client.publish(f"fleet/v1/{tenant.slug}/VH-1/telemetry", b"from gmqtt", qos=1)
    assert (await _next_of(ingest, tenant)).payload == b"from gmqtt"
    await client.disconnect()


def test_the_log_is_followed_across_a_rotation(tmp_path: Path):
    log = tmp_path / "broker.log"
    log.write_text("before\n")
    tail = LogTail(log)
    with log.open("a") as writer:
        writer.write("one\ntw")
    assert tail.new_lines() == ["one"]
    log.rename(tmp_path / "broker.log.1")
    log.write_text("three\n")
    assert tail.new_lines() == ["three"]


async def _next_of(reader, tenant):
    while True:
        message = await reader.next_message()
        if f"/{tenant.slug}/" in message.topic:
            return message


async def _counted(metrics: Path, reason: bytes):
    deadline = time.monotonic() + WAIT_S
    while not _holds(metrics, reason):
        assert time.monotonic() < deadline, f"no {reason!r} was counted"
        await asyncio.sleep(0.05)


def _holds(metrics: Path, reason: bytes):
    return any(reason in file.read_bytes() for file in metrics.glob("counter_*.db"))
