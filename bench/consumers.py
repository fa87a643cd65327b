"""What a message costs whoever consumes it, every one acked: our client beside gmqtt, on the same broker, one after the other."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from gmqtt import Client, Subscription
from gmqtt.mqtt.constants import MQTTv311

from bench.mqtt import Publisher
from bench.progress import Progress
from bench.recording import Recording, fleet_of, record, stamped
from bench.stack import StackUnderTest
from bench.store import fresh_gateways, fresh_tenant
from fleet.errors import Unavailable
from fleet.settings import Mqtt
from ingest.decode import Message
from ingest.subscriber import QOS, Connection, Subscriber

VEHICLES: Final = 100
SECONDS: Final = 100
PATIENCE_S: Final = 60.0

Consume = Callable[[Mqtt, str, str, int], Awaitable[None]]


async def measure(stack: StackUnderTest, progress: Progress) -> dict[str, float]:
    """µs of CPU per message by client: what a durable session has gathered is received and acked, message by message.

    Raises:
        Unavailable: the broker does not deliver.
    """
    fleet = fleet_of(VEHICLES)
    with progress.step("Simulating the fleet", SECONDS) as advance:
        recording = record(fleet, SECONDS, advance)
    costs = {}
    for name, consume in (("gmqtt", _with_gmqtt), ("ours", _with_ours)):
        tenant, _ = await fresh_tenant(stack.settings.postgres, fleet)
        (gateway,) = await fresh_gateways(stack.settings.postgres, tenant, fleet, 1)
        session, topic = f"bench-{secrets.token_hex(6)}", f"ingest/+/{tenant.slug}/+"
        await consume(stack.settings.mqtt, session, topic, 0)  # the session exists from here on, and gathers
        topics = [f"fleet/v1/{tenant.slug}/{vehicle.vehicle_id}/telemetry".encode() for vehicle in fleet]
        acked = asyncio.Semaphore(0)
        publisher = Publisher(gateway.client_id, gateway.username, gateway.password, lambda _tag, acked=acked: acked.release())  # type: ignore[misc]
        await _publish(stack.settings.mqtt, publisher, topics, recording, acked)
        with progress.step(f"Consuming with {name}", 1) as advance:
            began = time.process_time()
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await consume(stack.settings.mqtt, session, topic, VEHICLES * SECONDS)
            except TimeoutError as error:
                raise Unavailable(f"The broker has not delivered every message to {name} within {PATIENCE_S:.0f} s.") from error
            costs[name] = (time.process_time() - began) / (VEHICLES * SECONDS) * 1e6
            advance(1)
    return costs


async def _publish(
    settings: Mqtt, publisher: Publisher, topics: list[bytes], recording: Recording, acked: asyncio.Semaphore
) -> None:
    await publisher.connect(settings.host, settings.port)
    for second, bodies in enumerate(recording.bodies):
        for lane, (topic, body) in enumerate(zip(topics, bodies, strict=True)):
            publisher.publish(topic, stamped(body, time.time_ns() // 1000), second * len(topics) + lane)
        for _ in topics:
            await acked.acquire()
    await publisher.close()


async def _with_gmqtt(settings: Mqtt, session: str, topic: str, count: int) -> None:
    client, left = Client(session, clean_session=False, optimistic_acknowledgement=False), asyncio.Semaphore(0)
    client.set_auth_credentials(settings.username, settings.password)

    async def received(*_: Any) -> int:
        left.release()
        return 0

    client.on_message = received
    await client.connect(settings.host, settings.port, version=MQTTv311)
    client.subscribe([Subscription(topic, qos=QOS)])
    for _ in range(count):
        await left.acquire()
    await client.disconnect()


async def _with_ours(settings: Mqtt, session: str, topic: str, count: int) -> None:
    left = asyncio.Semaphore(0)

    def received(message: Message, connection: Connection, packet_id: int) -> None:
        del message
        connection.acknowledge([packet_id])
        left.release()

    subscriber = Subscriber(settings, session, [topic], received)
    await subscriber.start()
    for _ in range(count):
        await left.acquire()
    await subscriber.stop()
