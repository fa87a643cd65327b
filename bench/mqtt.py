"""A publisher that costs little: MQTT 3.1.1, QoS 1, no queue and no second try, so that the schedule never waits."""

import asyncio
import struct
from collections.abc import Callable
from typing import Final

KEEPALIVE_S: Final = 60
_CLEAN_WITH_CREDENTIALS: Final = 0xC2
_CONNACK: Final = 2
_PUBACK: Final = 4
_ACCEPTED: Final = 0
_PACKET_IDS: Final = 65_535


class Publisher(asyncio.Protocol):
    """One device's connection. `on_ack` is told the tag of each reading whose PUBACK came."""

    def __init__(self, client_id: str, username: str, password: str, on_ack: Callable[[int], None]) -> None:
        self._hello = connect_packet(client_id, username, password)
        self._on_ack = on_ack
        self._transport: asyncio.Transport | None = None
        self._unread = b""
        self._tags: dict[int, int] = {}
        self._packet_id = 0
        self.accepted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._hello)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        if not self.accepted.done():
            self.accepted.set_exception(ConnectionError("the broker closed the connection"))

    def data_received(self, data: bytes) -> None:
        data = self._unread + data
        at = 0
        while len(data) - at >= 2 and len(data) - at >= 2 + data[at + 1]:  # what a publisher is sent is short
            self._read(data[at] >> 4, data[at + 2 : at + 2 + data[at + 1]])
            at += 2 + data[at + 1]
        self._unread = data[at:]

    def _read(self, kind: int, body: bytes) -> None:
        if kind == _PUBACK:
            tag = self._tags.pop(int.from_bytes(body[:2], "big"), None)
            if tag is not None:
                self._on_ack(tag)
        elif kind == _CONNACK and not self.accepted.done():
            if body[1] == _ACCEPTED:
                self.accepted.set_result(None)
            else:
                self.accepted.set_exception(ConnectionError(f"the broker refused the device with code {body[1]}"))

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
            self._transport.write(b"\xe0\x00")
            self._transport.close()


def connect_packet(client_id: str, username: str, password: str) -> bytes:
    """CONNECT with a clean session and credentials."""
    head = _text("MQTT") + bytes((4, _CLEAN_WITH_CREDENTIALS)) + struct.pack(">H", KEEPALIVE_S)
    body = head + _text(client_id) + _text(username) + _text(password)
    return b"\x10" + _remaining(len(body)) + body


def publish_packet(topic: bytes, payload: bytes, packet_id: int) -> bytes:
    """PUBLISH with QoS 1."""
    length = 2 + len(topic) + 2 + len(payload)
    return b"".join((b"\x32", _remaining(length), struct.pack(">H", len(topic)), topic, struct.pack(">H", packet_id), payload))


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack(">H", len(encoded)) + encoded


def _remaining(length: int) -> bytes:
    digits = bytearray()
    while True:
        length, digit = divmod(length, 128)
        digits.append(digit | (0x80 if length else 0))
        if not length:
            return bytes(digits)
