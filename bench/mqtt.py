"""A publisher that costs little: MQTT 3.1.1, QoS 1, no queue and no second try, so that the schedule never waits."""

import asyncio
from collections.abc import Callable
from typing import Final, cast

from ingest.packets import CONNACK, DISCONNECT, PUBACK, connect_packet, publish_packet, split

KEEPALIVE_S: Final = 60
_PACKET_IDS: Final = 65_535


class Publisher(asyncio.Protocol):
    """One device's connection. `on_ack` is told the tag of each reading whose PUBACK came."""

    def __init__(self, client_id: str, username: str, password: str, on_ack: Callable[[int], None]) -> None:
        self._hello = connect_packet(client_id, username, password, KEEPALIVE_S, clean_session=True)
        self._on_ack = on_ack
        self._transport: asyncio.Transport | None = None
        self._unread = b""
        self._tags: dict[int, int] = {}
        self._packet_id = 0
        self.accepted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one by duck typing only
        self._transport.write(self._hello)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        if not self.accepted.done():
            self.accepted.set_exception(ConnectionError("the broker closed the connection"))

    def data_received(self, data: bytes) -> None:
        whole, self._unread = split(self._unread + data if self._unread else data)
        for kind, body in whole:
            if kind == PUBACK:
                tag = self._tags.pop(int.from_bytes(body[:2], "big"), None)
                if tag is not None:
                    self._on_ack(tag)
            elif kind == CONNACK and not self.accepted.done():
                if body[1]:
                    self.accepted.set_exception(ConnectionError(f"the broker refused the device with code {body[1]}"))
                else:
                    self.accepted.set_result(None)

    def publish(self, topic: bytes, payload: bytes, tag: int) -> bool:
        """Write one message; False when the connection is gone."""
        if self.lost or self._transport is None:
            return False
        self._packet_id = self._packet_id % _PACKET_IDS + 1
        self._tags[self._packet_id] = tag
        self._transport.write(publish_packet(topic, payload, self._packet_id))
        return True

    def close(self) -> None:
        """Say goodbye."""
        if self._transport is not None and not self.lost:
            self._transport.write(DISCONNECT)
            self._transport.close()
