"""Publishers that cost little: MQTT 3.1.1, QoS 1, no queue between them and the schedule, which never waits."""

import asyncio
import contextlib
import random
from collections.abc import Callable
from typing import Final, Self, cast

from ingest.packets import CONNACK, DISCONNECT, PUBACK, connect_packet, publish_packet, split

KEEPALIVE_S: Final = 60
CONNECT_S: Final = 10.0
RETRY_S: Final = (0.5, 1.5)
_PACKET_IDS: Final = 65_535


class Publisher(asyncio.Protocol):
    """One device's connection, which ends when it breaks. `on_ack` is told the tag of each reading whose PUBACK came."""

    def __init__(self, client_id: str, username: str, password: str, on_ack: Callable[[int], None]) -> None:
        self._hello = connect_packet(client_id, username, password, KEEPALIVE_S, clean_session=True)
        self._on_ack = on_ack
        self._transport: asyncio.Transport | None = None
        self._unread = b""
        self._tags: dict[int, int] = {}
        self._packet_id = 0
        self._accepted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.gone = asyncio.Event()

    async def connect(self, host: str, port: int) -> Self:
        """Open the connection and sign in.

        Raises:
            OSError: the broker does not answer, or refuses the device.
        """
        await asyncio.get_running_loop().create_connection(lambda: self, host, port)
        try:
            await self._accepted
        except (OSError, asyncio.CancelledError):
            cast(asyncio.Transport, self._transport).close()
            raise
        return self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one by duck typing only
        self._transport.write(self._hello)

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone.set()
        if not self._accepted.done():
            self._accepted.set_exception(ConnectionError("the broker closed the connection"))

    def data_received(self, data: bytes) -> None:
        whole, self._unread = split(self._unread + data if self._unread else data)
        for kind, body in whole:
            if kind == PUBACK:
                tag = self._tags.pop(int.from_bytes(body[:2], "big"), None)
                if tag is not None:
                    self._on_ack(tag)
            elif kind == CONNACK and not self._accepted.done():
                if body[1]:
                    self._accepted.set_exception(ConnectionError(f"the broker refused the device with code {body[1]}"))
                else:
                    self._accepted.set_result(None)

    @property
    def losses(self) -> int:
        """How often the connection broke."""
        return self.gone.is_set()

    def publish(self, topic: bytes, payload: bytes, tag: int) -> bool:
        """Write one message; False when the connection is gone."""
        if self.gone.is_set() or self._transport is None:
            return False
        self._packet_id = self._packet_id % _PACKET_IDS + 1
        self._tags[self._packet_id] = tag
        self._transport.write(publish_packet(topic, payload, self._packet_id))
        return True

    async def close(self) -> None:
        """Say goodbye."""
        if self._transport is not None and not self.gone.is_set():
            self._transport.write(DISCONNECT)
            self._transport.close()


class LastingPublisher:
    """A publisher that connects again when its connection breaks, and sends again, in order, what has no PUBACK yet."""

    def __init__(self, client_id: str, username: str, password: str, on_ack: Callable[[int], None]) -> None:
        self._who, self._on_ack = (client_id, username, password), on_ack
        self._unacked: dict[int, tuple[bytes, bytes]] = {}  # tag → topic and payload, oldest first
        self._line: Publisher | None = None
        self._staying: asyncio.Task[None] | None = None
        self.losses = 0

    async def connect(self, host: str, port: int) -> Self:
        """Open the connection, and keep one open from here on.

        Raises:
            OSError: the broker does not answer, or refuses the device.
        """
        self._line = await Publisher(*self._who, self._acked).connect(host, port)
        self._staying = asyncio.create_task(self._stay(self._line, host, port))
        return self

    async def _stay(self, line: Publisher, host: str, port: int) -> None:
        while True:
            await line.gone.wait()
            self.losses += 1
            self._line = line = await self._again(host, port)
            for tag, (topic, payload) in self._unacked.items():
                line.publish(topic, payload, tag)

    async def _again(self, host: str, port: int) -> Publisher:
        while True:
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(CONNECT_S):
                    return await Publisher(*self._who, self._acked).connect(host, port)
            await asyncio.sleep(random.uniform(*RETRY_S))  # noqa: S311 - spreads the herd, guards nothing

    def _acked(self, tag: int) -> None:
        if self._unacked.pop(tag, None):
            self._on_ack(tag)

    def publish(self, topic: bytes, payload: bytes, tag: int) -> bool:
        """Send one message now, or as soon as there is a connection; always True."""
        self._unacked[tag] = topic, payload
        if self._line is not None:
            self._line.publish(topic, payload, tag)
        return True

    async def close(self) -> None:
        """Say goodbye; what has no PUBACK is forgotten."""
        if self._staying is not None:
            self._staying.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._staying
        if self._line is not None:
            await self._line.close()
