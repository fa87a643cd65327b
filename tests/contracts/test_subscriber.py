"""What the path relies on in the broker and in our client of it: each line of it would lose readings if it changed."""

import asyncio
import secrets
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg
import pytest
from gmqtt import Client
from gmqtt.mqtt.constants import MQTTv311
from ray._private.async_compat import get_new_event_loop

from bench.mqtt import Publisher
from fleet.errors import Unavailable
from fleet.stores.provisioning import Vehicle, ensure_vehicles, replace_gateway
from ingest import sessions as durable
from ingest.decode import Message
from ingest.packets import connect_packet, publish_packet
from ingest.sessions import UNMAPPED, client_id, former_sessions, sessions, take_over
from ingest.subscriber import Connection, Subscriber

PATIENCE_S = 10.0


@asynccontextmanager
async def device(broker, tenant):
    client = Client(f"dev-{secrets.token_hex(4)}", clean_session=True)
    client.set_auth_credentials(tenant.device.username, tenant.device.password)
    await client.connect(broker.host, broker.port, version=MQTTv311)
    yield client
    await client.disconnect()


class Collector:
    """Acknowledges each message or not, as it is told, and remembers what came."""

    def __init__(self, *answers: bool) -> None:
        self.answers, self.arrived = list(answers), asyncio.Event()
        self.seen: list[bytes] = []
        self.connections: list[Connection] = []

    def receive(self, message: Message, connection: Connection, packet_id: int) -> None:
        self.seen.append(message.payload)
        self.connections.append(connection)
        self.arrived.set()
        if self.answers.pop(0) if self.answers else True:
            connection.acknowledge([packet_id])

    async def saw(self, count: int) -> list[bytes]:
        async with asyncio.timeout(PATIENCE_S):
            while len(self.seen) < count:
                self.arrived.clear()
                await self.arrived.wait()
        return self.seen


@asynccontextmanager
async def subscriber(broker, tenant, collector, client_id):
    topic = f"ingest/+/{tenant.slug}/+"
    subscribed = Subscriber(broker.settings.mqtt, client_id, [topic], collector.receive)
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


async def test_a_lost_connection_is_made_again_and_nothing_is_acknowledged_on_another(broker, tenant):
    client_id, collector = secrets.token_hex(6), Collector(False, False, True)
    async with subscriber(broker, tenant, collector, client_id), device(broker, tenant) as client:
        publish(client, tenant, b"one")
        await collector.saw(1)
        rival = Subscriber(broker.settings.mqtt, client_id, [f"ingest/+/{tenant.slug}/+"], collector.receive)
        await rival.start()  # the broker throws the older connection of a session out
        await collector.saw(2)
        collector.connections[0].acknowledge([1])
        await rival.stop()
        assert await collector.saw(3) == [b"one"] * 3
        assert len(set(collector.connections)) == 3


@asynccontextmanager
async def one_actor(broker, collector):
    """Subscribed as the only actor."""
    async with AsyncExitStack() as stack:
        for topics in sessions(broker.settings.mqtt.partitions, 0, 1):
            subscribed = Subscriber(broker.settings.mqtt, secrets.token_hex(6), topics, collector.receive)
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


async def test_a_reading_sent_without_waiting_for_the_connack_is_not_lost(broker, tenant):
    collector, device = Collector(), tenant.device
    connect = connect_packet("hasty", device.username, device.password, 60, clean_session=True)
    publish = publish_packet(f"fleet/v1/{tenant.slug}/VH-1/telemetry".encode(), b"first", 1)
    async with one_actor(broker, collector):
        for _ in range(5):
            _, writer = await asyncio.open_connection(broker.host, broker.port)
            writer.write(connect + publish)
            await collector.saw(len(collector.seen) + 1)
            writer.close()
    assert set(collector.seen) == {b"first"}


async def first_of_one(broker, tenant):
    collector = Collector()
    async with subscriber(broker, tenant, collector, secrets.token_hex(6)), device(broker, tenant) as client:
        publish(client, tenant, b"one")
        return await collector.saw(1)


def test_it_reads_in_the_event_loop_of_a_ray_actor(broker, tenant):
    loop = get_new_event_loop()
    try:
        assert loop.run_until_complete(first_of_one(broker, tenant)) == [b"one"]
    finally:
        loop.close()


async def test_a_refused_subscription_is_no_silence(broker):
    refused = Subscriber(broker.settings.mqtt, secrets.token_hex(6), ["ingest/#/nonsense"], Collector().receive)
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
    """Acknowledges what has come, all together, a while after the first of it."""

    def __init__(self) -> None:
        super().__init__()
        self.unacked: list[int] = []

    def receive(self, message: Message, connection: Connection, packet_id: int) -> None:
        self.seen.append(message.payload)
        self.arrived.set()
        if not self.unacked:
            asyncio.get_running_loop().call_later(0.3, self.acknowledge, connection)
        self.unacked.append(packet_id)

    def acknowledge(self, connection: Connection) -> None:
        connection.acknowledge(self.unacked)
        self.unacked.clear()


async def test_more_than_may_be_unacked_arrives_once_and_in_order_whatever_the_partition(broker, postgres, tenant):
    vehicles, each = [f"V-{number}" for number in range(8)], 1500
    owner = await asyncpg.connect(postgres.owner_url)
    await ensure_vehicles(owner, tenant.id, [Vehicle(name) for name in vehicles])
    gateway = await replace_gateway(owner, tenant.id, "g", vehicles)
    await owner.close()
    publisher = Publisher(f"{tenant.slug}:g", gateway.username, gateway.password, lambda _tag: None)
    await publisher.connect(broker.host, broker.port)
    collector = SlowCollector()
    sent = [f"{vehicle}/{number:04d}".encode() for number in range(each) for vehicle in vehicles]
    async with one_actor(broker, collector):
        for number, payload in enumerate(sent):
            publisher.publish(f"fleet/v1/{tenant.slug}/{payload[:3].decode()}/telemetry".encode(), payload, number)
        assert sorted(await collector.saw(len(sent))) == sorted(sent)
    await publisher.close()
    for vehicle in vehicles:
        own = [payload for payload in collector.seen if payload.startswith(vehicle.encode())]
        assert own == sorted(own)


@pytest.mark.parametrize(("actors", "others"), [(1, 4), (3, 1)])
def test_the_sessions_of_another_number_of_actors_are_known(actors, others):
    left = [topics for actor in range(others) for topics in sessions(16, actor, others) if topics != UNMAPPED]
    assert sorted(former_sessions(16, actors)) == sorted(left)


def test_without_partitions_there_is_no_other_number_of_actors():
    assert former_sessions(0, 1) == []


@pytest.fixture
def patience(monkeypatch):
    """How long is waited for what an earlier reader took and did not acknowledge."""
    monkeypatch.setattr(durable, "OVERDUE_S", 4.0)


async def test_what_a_session_of_another_number_of_actors_holds_is_taken_over_and_the_session_ends(broker, tenant, patience):
    (topics,) = former_sessions(16, 2)
    await take_over(broker.settings.mqtt, topics, Collector().receive)  # an earlier test's
    silent = Collector(*[False] * 20)
    former_one = Subscriber(broker.settings.mqtt, client_id(topics), topics, silent.receive)
    await former_one.start()
    async with device(broker, tenant) as client:
        for number in range(20):  # taken by a reader that dies with them
            publish(client, tenant, f"taken {number}".encode())
        await silent.saw(20)
        await former_one.stop()
        for number in range(20):  # gathered while nobody reads
            publish(client, tenant, f"gathered {number}".encode())
        collector = Collector(False)  # the first one comes a second time
        assert await take_over(broker.settings.mqtt, topics, collector.receive) == 40
        expected = {f"{how} {number}".encode() for how in ("taken", "gathered") for number in range(20)}
        assert set(collector.seen) == expected
        assert await take_over(broker.settings.mqtt, topics, collector.receive) is None


async def test_a_session_that_never_was_is_not_left_behind(broker):
    topics = [f"ingest/{secrets.token_hex(6)}/#"]
    for _ in range(2):
        assert await take_over(broker.settings.mqtt, topics, Collector().receive) is None
