"""A vehicle's device: its own connection and credential, a bounded queue, and nothing forgotten before its PUBACK."""

import asyncio
import contextlib
import logging
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import gmqtt
from gmqtt.mqtt.handler import MQTTConnectError
from gmqtt.storage import PersistentStorage

from simulator.credentials import DeviceCredential

MQTT_3_1_1: Final = 4
IN_FLIGHT: Final = 20
QUEUE_MESSAGES: Final = 3_600  # an hour at one message a second
CONNECT_S: Final = 10.0
FIRST_RETRY_S: Final = 0.5
LONGEST_RETRY_S: Final = 30.0
_NO_RECONNECT: Final = {"reconnect_retries": -2}  # the device reconnects itself, with a backoff; -1 would mean for ever
_QUIET: Final = logging.getLogger("simulator.gmqtt")


@dataclass(slots=True)
class Counters:
    """What happened to all devices together; telemetry only."""

    sent: int = 0
    acked: int = 0
    dropped: int = 0
    resent: int = 0
    samples_acked: int = 0
    connects: int = 0
    lost_connections: int = 0
    refusals: int = 0
    last_problem: str = ""

    def __str__(self) -> str:
        return (
            f"{self.sent - self.resent} messages sent, {self.acked} acked ({self.samples_acked} samples), "
            f"{self.resent} sent again, {self.dropped} dropped, {self.lost_connections} connections lost"
        )


@dataclass(slots=True, eq=False)
class Message:
    """One message; `samples` is 0 for what is no telemetry."""

    topic: str
    payload: bytes
    samples: int = 0
    retain: bool = False
    tries: int = 0


class _Unacked(PersistentStorage):  # type: ignore[misc]
    """Tells which message each packet id belongs to, and when the broker has taken it."""

    def __init__(self, on_ack: Callable[[Message], None]) -> None:
        super().__init__()
        self.sending: Message | None = None
        self.messages: dict[int, Message] = {}
        self._on_ack = on_ack

    def push_message(self, mid: int, raw_package: bytes) -> None:
        super().push_message(mid, raw_package)
        if self.sending is not None:
            self.messages[mid] = self.sending

    def remove_message_by_mid(self, mid: int) -> None:
        super().remove_message_by_mid(mid)
        message = self.messages.pop(mid, None)
        if message is not None:
            self._on_ack(message)


class Device:
    """One device. `run` keeps it connected; `put` and `below` are for whoever has something to send."""

    def __init__(
        self,
        credential: DeviceCredential,
        host: str,
        port: int,
        counters: Counters,
        gate: asyncio.Semaphore,
        limit: int = QUEUE_MESSAGES,
    ) -> None:
        self.credential = credential
        self._host, self._port, self._counters, self._gate, self._limit = host, port, counters, gate, limit
        self._queue: deque[Message] = deque()
        self._unacked = _Unacked(self._acked)
        self._client: Any = None
        self._up = False
        self._lost = asyncio.Event()
        self._closing = asyncio.Event()
        self._moved = asyncio.Event()
        self.connected = asyncio.Event()

    def put(self, payload: bytes, samples: int) -> None:
        """Queue telemetry; when the queue is full the oldest goes, as on a device whose flash is full."""
        self._enqueue(Message(f"{self.credential.topic}/telemetry", payload, samples))

    def put_code(self, payload: bytes) -> None:
        """Queue a fault code."""
        self._enqueue(Message(f"{self.credential.topic}/dtc", payload))

    def _enqueue(self, message: Message) -> None:
        if len(self._queue) >= self._limit:
            self._counters.dropped += self._queue.popleft().samples > 0
        self._queue.append(message)
        self._pump()

    @property
    def waiting(self) -> int:
        """Messages not yet acked."""
        return len(self._queue) + len(self._unacked.messages)

    async def below(self, messages: int) -> None:
        """Wait until fewer than so many messages are unacked."""
        while self.waiting >= messages:
            self._moved.clear()
            await self._moved.wait()

    async def run(self) -> None:
        """Stay connected until `close`, however often the connection breaks."""
        retry_s = FIRST_RETRY_S
        while not self._closing.is_set():
            try:
                async with self._gate:
                    if self._closing.is_set():
                        return
                    await self._connect()
            except (OSError, MQTTConnectError, TimeoutError) as error:
                self._counters.refusals += isinstance(error, MQTTConnectError)
                self._counters.last_problem = str(error) or type(error).__name__
                await self._pause(retry_s * random.uniform(0.5, 1.5))  # noqa: S311 - spreads the herd, guards nothing
                retry_s = min(2 * retry_s, LONGEST_RETRY_S)
                continue
            retry_s = FIRST_RETRY_S
            if not self._closing.is_set():
                await self._lost.wait()
            self._requeue()
        await self._hang_up()  # closed while it connected

    async def close(self, patience_s: float = 5.0) -> None:
        """Say goodbye once everything is acked or the patience is over."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.below(1), patience_s)
        self._closing.set()
        if self._up:
            self._queue.append(self._status(b'{"state":"offline"}'))
            self._pump()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.below(1), 1.0)
        await self._hang_up()
        self._lost.set()

    async def _hang_up(self) -> None:
        if self._up:
            self._up = False
            await self._client.disconnect()

    def _status(self, payload: bytes) -> Message:
        return Message(f"{self.credential.topic}/status", payload, retain=True)

    async def _connect(self) -> None:
        self._lost.clear()
        self._unacked = _Unacked(self._acked)
        will = gmqtt.Message(f"{self.credential.topic}/status", b'{"state":"lost"}', qos=1, retain=True)
        name = f"{self.credential.tenant}:{self.credential.vehicle}"  # NATS refuses dots
        client = gmqtt.Client(name, persistent_storage=self._unacked, will_message=will, logger=_QUIET)
        client.set_config(_NO_RECONNECT)
        client.set_auth_credentials(self.credential.username, self.credential.password)
        client.on_disconnect = self._on_disconnect
        self._client = client
        try:
            await asyncio.wait_for(client.connect(self._host, self._port, keepalive=60, version=MQTT_3_1_1), CONNECT_S)
        except (MQTTConnectError, TimeoutError):
            await client.disconnect()
            raise
        self._counters.connects += 1
        self._up = True
        self.connected.set()
        self._queue.appendleft(self._status(b'{"state":"online"}'))
        self._pump()

    def _on_disconnect(self, client: Any, *_: Any) -> None:
        if client is self._client and self._up:
            self._up = False
            self._counters.lost_connections += not self._closing.is_set()
            self._lost.set()

    def _pump(self) -> None:
        while self._up and self._queue and len(self._unacked.messages) < IN_FLIGHT:
            message = self._queue.popleft()
            self._unacked.sending = message
            try:
                self._client.publish(message.topic, message.payload, qos=1, retain=message.retain)
            except (OSError, RuntimeError):
                self._queue.appendleft(message)
                self._up = False
                self._lost.set()
                return
            self._counters.sent += message.samples > 0
            self._counters.resent += message.samples > 0 and message.tries > 0
            message.tries += 1

    def _acked(self, message: Message) -> None:
        if message.samples:
            self._counters.acked += 1
            self._counters.samples_acked += message.samples
        self._moved.set()
        self._pump()

    def _requeue(self) -> None:
        """What the broker has not acked goes out again first, in its old order; a stale status does not."""
        unacked = [message for message in self._unacked.messages.values() if not message.retain]
        self._unacked.messages.clear()
        self._queue.extendleft(reversed(unacked))
        self._moved.set()

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), seconds)
