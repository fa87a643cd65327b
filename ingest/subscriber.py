"""The MQTT side of ingest: a durable session, QoS 1, and a PUBACK only for what is committed.

A client of our own, because a reading costs it a fifth of what a general one takes (`docs/decisions/0010`): no task, no callback
per message, and the PUBACKs of a batch go out in one write.
"""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from typing import Protocol, cast

import structlog

from fleet.errors import Unavailable
from fleet.settings import Mqtt
from ingest import packets
from ingest.decode import Message

QOS = 1
REFUSED = 128  # a SUBACK code from here on
KEEPALIVE_S = 20
PAUSE_S = 1.0  # between two tries to connect

log = structlog.get_logger(__name__)


class Connection(Protocol):
    """What a message arrived on; the only one that may be told of its commit."""

    def acknowledge(self, packet_ids: Sequence[int]) -> None: ...


class Receiver(Protocol):
    """Who is handed each message, and acknowledges it on the same connection once it is committed."""

    def __call__(self, message: Message, connection: Connection, packet_id: int) -> None: ...


class Subscriber:
    """One durable subscription, connected again whenever the connection is lost."""

    def __init__(self, settings: Mqtt, client_id: str, subscriptions: Sequence[str], receive: Receiver) -> None:
        self._settings, self._subscriptions, self._receive = settings, subscriptions, receive
        self._hello = hello(settings, client_id)
        self._session: Session | None = None
        self._staying: asyncio.Task[None] | None = None

    async def start(self, timeout_s: float = 10.0) -> None:
        """Connect and subscribe.

        Raises:
            Unavailable: the broker does not answer, or refuses the credential or a subscription.
        """
        self._session = await self._connect(timeout_s)
        self._staying = asyncio.create_task(self._stay_connected(timeout_s))

    async def stop(self) -> None:
        """Leave; the session stays at the broker and gathers what comes meanwhile."""
        if self._staying is not None:
            self._staying.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._staying
        if self._session is not None:
            await self._session.leave()

    @property
    def connected(self) -> bool:
        """Whether readings arrive: connected, and every subscription granted."""
        return self._session is not None and not self._session.lost.done()

    async def _connect(self, timeout_s: float) -> "Session":
        # Subscribed always: the broker may have lost the session, and subscribing again to a kept one changes nothing.
        session = Session(self._hello, packets.subscribe_packet(self._subscriptions, QOS), self._receive)
        if refused := await session.open(self._settings, timeout_s):
            session.abort()
            raise Unavailable(f"The MQTT broker refuses {refused} of {len(self._subscriptions)} subscriptions; see its log.")
        log.info("subscribed", topics=len(self._subscriptions))
        return session

    async def _stay_connected(self, timeout_s: float) -> None:
        while True:
            assert self._session is not None
            await self._session.stay()
            log.warning("broker_connection_lost", host=self._settings.host, port=self._settings.port)
            while self._session.lost.done():
                await asyncio.sleep(PAUSE_S)
                try:
                    self._session = await self._connect(timeout_s)
                except Unavailable as error:
                    log.warning("broker_unavailable", error=str(error))


def hello(settings: Mqtt, client_id: str, clean_session: bool = False) -> bytes:
    """The CONNECT of a session; a clean one ends what the broker keeps under that name."""
    return packets.connect_packet(client_id, settings.username, settings.password, KEEPALIVE_S, clean_session)


class Session(asyncio.Protocol):
    """One connection.

    `subscribe`: empty for a session that goes on with the subscriptions it has. `granted`: the number of subscriptions that were
    refused, once the broker has answered. `kept`: whether the broker knew the session.
    """

    def __init__(self, hello: bytes, subscribe: bytes, receive: Receiver) -> None:
        self._hello, self._subscribe, self._receive = hello, subscribe, receive
        self._transport: asyncio.Transport | None = None
        self._unread = b""
        self._heard_at = time.monotonic()
        self.kept = False
        loop = asyncio.get_running_loop()
        self.granted: asyncio.Future[int] = loop.create_future()
        self.lost: asyncio.Future[None] = loop.create_future()

    async def open(self, settings: Mqtt, timeout_s: float) -> int:
        """Connect, and return how many subscriptions were refused.

        Raises:
            Unavailable: the broker does not answer, or refuses the credential.
        """
        try:
            async with asyncio.timeout(timeout_s):
                await asyncio.get_running_loop().create_connection(lambda: self, settings.host, settings.port)
                return await self.granted
        except (OSError, TimeoutError) as error:
            self.abort()
            raise Unavailable(f"The MQTT broker at {settings.host}:{settings.port} does not answer: {error}") from error

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's, in an actor, is one by duck typing only
        self._transport.write(self._hello)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.granted.done():
            self.granted.set_exception(
                ConnectionError(f"it closed the connection ({exc})" if exc else "it closed the connection")
            )
        if not self.lost.done():
            self.lost.set_result(None)

    def data_received(self, data: bytes) -> None:
        arrived, self._heard_at = time.time(), time.monotonic()
        whole, self._unread = packets.split(self._unread + data if self._unread else data)
        for packet in whole:
            if packet[0] & 0xF0 == packets.PUBLISH:
                topic, payload, packet_id = packets.published(packet)
                self._receive(Message(topic, payload, arrived), self, packet_id)
            elif not self.granted.done():
                self._greeted(*packet)

    def _greeted(self, kind: int, body: bytes) -> None:
        assert self._transport is not None
        if kind == packets.SUBACK:
            self.granted.set_result(sum(code >= REFUSED for code in body[2:]))
        elif kind == packets.CONNACK and body[1]:
            self.granted.set_exception(ConnectionError(f"it refuses the credential with code {body[1]}"))
        elif kind == packets.CONNACK:
            self.kept = bool(body[0] & packets.SESSION_PRESENT)
            if self._subscribe:
                self._transport.write(self._subscribe)
            else:
                self.granted.set_result(0)

    def publish(self, topic: str, payload: bytes) -> None:
        """Send one message, QoS 1; whether it arrived is seen where it is delivered."""
        if self._transport is not None and not self.lost.done():
            self._transport.write(packets.publish_packet(topic.encode(), payload, packet_id=1))

    def acknowledge(self, packet_ids: Sequence[int]) -> None:
        """PUBACK; nothing once the connection is gone: on another one the same number may be another message."""
        if self._transport is not None and not self.lost.done():
            self._transport.write(packets.puback_packets(filter(None, packet_ids)))

    async def stay(self) -> None:
        """Ask now and then whether the broker is there, hang up when it is silent twice; returns when the connection is gone."""
        assert self._transport is not None
        silent = 0
        while not self.lost.done():
            asked_at = time.monotonic()
            self._transport.write(packets.PINGREQ)
            await asyncio.wait([self.lost], timeout=KEEPALIVE_S / 2)
            silent = 0 if self._heard_at >= asked_at else silent + 1
            if silent > 1:
                self._transport.abort()

    async def leave(self) -> None:
        """Say goodbye and wait until it is heard."""
        if self._transport is not None and not self.lost.done():
            self._transport.write(packets.DISCONNECT)
            self._transport.close()
            await self.lost

    def abort(self) -> None:
        """Hang up at once."""
        if self._transport is not None:
            self._transport.abort()
        if self.granted.done() and not self.granted.cancelled():
            self.granted.exception()  # has been told to whoever waits
