"""What the path relies on in gmqtt and the broker: each line of it would lose readings if it changed."""

import asyncio
import secrets
import struct
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg
import pytest
from gmqtt import Client
from gmqtt.mqtt.constants import MQTTv311

from bench.mqtt import Publisher
from fleet.errors import Unavailable
from fleet.stores.provisioning import Vehicle, ensure_vehicles, replace_gateway
from ingest.decode import Message
from ingest.subscriber import UNMAPPED, Subscriber, sessions

PATIENCE_S = 10.0


@asynccontextmanager
async def device(broker, tenant):
    client = Client(f"dev-{secrets.token_hex(4)}", clean_session=True)
    client.set_auth_credentials(tenant.device.username, tenant.device.password)
    await client.connect(broker.host, broker.port, version=MQTTv311)
    yield client
    await client.disconnect()


class Collector:
    """Says of each message whether it is committed, and remembers what came."""

    def __init__(self, *answers: bool) -> None:
        self.answers, self.arrived = list(answers), asyncio.Condition()
        self.seen: list[bytes] = []

    async def commit(self, message: Message) -> bool:
        async with self.arrived:
            self.seen.append(message.payload)
            self.arrived.notify_all()
        return self.answers.pop(0) if self.answers else True

    async def saw(self, count: int) -> list[bytes]:
        async with asyncio.timeout(PATIENCE_S), self.arrived:
            await self.arrived.wait_for(lambda: len(self.seen) >= count)
        return self.seen


@asynccontextmanager
async def subscriber(broker, tenant, collector, client_id):
    topic = f"ingest/+/{tenant.slug}/+"
    subscribed = Subscriber(broker.settings.mqtt, client_id, [topic], collector.commit)
    await subscribed.start()
    yield subscribed
    await subscribed.stop()


def publish(client, tenant, payload: bytes) -> None:
    client.publish(f"fleet/v1/{tenant.slug}/VH-1/telemetry", payload, qos=1)


async def test_what_is_not_committed_is_delivered_again(broker, tenant):
    collector = Collector(False, True)
    async with subscriber(broker, tenant, collector, secrets.token_hex(6)), device(broker, tenant) as client:
        publish(client, tenant, b"one")
        assert await collector.saw(2) == [b"one", b"one"]


async def test_what_is_committed_is_not_delivered_again(broker, tenant):
    collector = Collector()
    async with subscriber(broker, tenant, collector, secrets.token_hex(6)), device(broker, tenant) as client:
        publish(client, tenant, b"one")
        await collector.saw(1)
        await asyncio.sleep(3.5)  # longer than the broker's ack_wait: the absence of something takes time to show
        assert collector.seen == [b"one"]


async def test_a_durable_session_gathers_what_comes_while_nobody_listens(broker, tenant):
    client_id, collector = secrets.token_hex(6), Collector()
    async with subscriber(broker, tenant, collector, client_id):
        pass
    async with device(broker, tenant) as client:
        publish(client, tenant, b"meanwhile")
        async with subscriber(broker, tenant, collector, client_id):
            assert await collector.saw(1) == [b"meanwhile"]


@asynccontextmanager
async def one_actor(broker, collector):
    """Subscribed as the only actor."""
    async with AsyncExitStack() as stack:
        for topics in sessions(broker.settings.mqtt.partitions, 0, 1):
            subscribed = Subscriber(broker.settings.mqtt, secrets.token_hex(6), topics, collector.commit)
            await subscribed.start()
            stack.push_async_callback(subscribed.stop)
            assert subscribed.connected
        yield


async def test_one_actor_is_granted_every_partition(broker):
    async with one_actor(broker, Collector()):
        pass


@pytest.mark.parametrize("actors", [1, 3, 16])
def test_every_partition_belongs_to_one_actor(actors):
    subscribed = [topic for actor in range(actors) for topics in sessions(16, actor, actors) for topic in topics]
    partitions = {"ingest/#"} if actors == 1 else {f"ingest/{partition}/#" for partition in range(16)}
    assert sorted(subscribed) == sorted(partitions | set(UNMAPPED))


def packet(kind: int, body: bytes) -> bytes:
    assert len(body) < 16_384
    length = bytes([len(body)]) if len(body) < 128 else bytes([len(body) % 128 | 128, len(body) // 128])
    return bytes([kind]) + length + body


def text(value: str) -> bytes:
    return struct.pack("!H", len(value)) + value.encode()


async def test_a_reading_sent_without_waiting_for_the_connack_is_not_lost(broker, tenant):
    collector, device = Collector(), tenant.device
    connect = text("MQTT") + bytes([4, 0xC2, 0, 60]) + text("hasty") + text(device.username) + text(device.password)
    publish = text(f"fleet/v1/{tenant.slug}/VH-1/telemetry") + struct.pack("!H", 1) + b"first"
    async with one_actor(broker, collector):
        for _ in range(5):
            _, writer = await asyncio.open_connection(broker.host, broker.port)
            writer.write(packet(0x10, connect) + packet(0x32, publish))
            await collector.saw(len(collector.seen) + 1)
            writer.close()
    assert set(collector.seen) == {b"first"}


async def test_a_refused_subscription_is_no_silence(broker):
    refused = Subscriber(broker.settings.mqtt, secrets.token_hex(6), ["ingest/#/nonsense"], Collector().commit)
    with pytest.raises(Unavailable, match="refuses 1 of 1"):
        await refused.start()
    await refused.stop()


@pytest.mark.parametrize("count", [300])
async def test_messages_of_a_device_arrive_in_the_order_they_were_sent(broker, tenant, count):
    collector = Collector()
    async with subscriber(broker, tenant, collector, secrets.token_hex(6)), device(broker, tenant) as client:
        for number in range(count):
            publish(client, tenant, str(number).encode())
        assert await collector.saw(count) == [str(number).encode() for number in range(count)]


class SlowCollector(Collector):
    """Commits what has come, all together, a while after the first of it."""

    async def commit(self, message: Message) -> bool:
        await super().commit(message)
        await asyncio.sleep(0.3)
        return True


async def test_more_than_may_be_unacked_arrives_once_and_in_order_whatever_the_partition(broker, postgres, tenant):
    vehicles, each = [f"V-{number}" for number in range(8)], 1500
    owner = await asyncpg.connect(postgres.owner_url)
    await ensure_vehicles(owner, tenant.id, [Vehicle(name) for name in vehicles])
    gateway = await replace_gateway(owner, tenant.id, "g", vehicles)
    await owner.close()
    publisher = Publisher(f"{tenant.slug}:g", gateway.username, gateway.password, lambda _tag: None)
    await asyncio.get_running_loop().create_connection(lambda: publisher, broker.host, broker.port)
    await publisher.accepted
    collector = SlowCollector()
    sent = [f"{vehicle}/{number:04d}".encode() for number in range(each) for vehicle in vehicles]
    async with one_actor(broker, collector):
        for number, payload in enumerate(sent):
            publisher.publish(f"fleet/v1/{tenant.slug}/{payload[:3].decode()}/telemetry".encode(), payload, number)
        assert sorted(await collector.saw(len(sent))) == sorted(sent)
    publisher.close()
    for vehicle in vehicles:
        own = [payload for payload in collector.seen if payload.startswith(vehicle.encode())]
        assert own == sorted(own)
