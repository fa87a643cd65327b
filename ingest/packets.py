"""MQTT 3.1.1 packets: those that a client sends, and one pass over what it receives. Pure."""

import struct
from collections.abc import Iterable, Sequence
from typing import Final

CONNACK: Final = 0x20
SESSION_PRESENT: Final = 0x01  # a bit of CONNACK's first byte
PUBLISH: Final = 0x30
PUBACK: Final = 0x40
SUBACK: Final = 0x90
PINGREQ: Final = b"\xc0\x00"
DISCONNECT: Final = b"\xe0\x00"

_CREDENTIALS: Final = 0xC0
_CLEAN_SESSION: Final = 0x02
_SUBSCRIPTION_ID: Final = 1
_LONGEST_LENGTH: Final = 4  # bytes of a remaining length
_U16: Final = struct.Struct(">H")

Packet = tuple[int, bytes]  # first byte, body


class MalformedPacket(ValueError):
    """What arrived is not MQTT."""


def connect_packet(client_id: str, username: str, password: str, keepalive_s: int, clean_session: bool) -> bytes:
    """CONNECT with credentials and without a will."""
    flags = _CREDENTIALS | (_CLEAN_SESSION if clean_session else 0)
    head = _text("MQTT") + bytes((4, flags)) + _U16.pack(keepalive_s)
    return _packet(0x10, head + _text(client_id) + _text(username) + _text(password))


def subscribe_packet(topics: Sequence[str], qos: int) -> bytes:
    """SUBSCRIBE to every topic at once."""
    return _packet(0x82, _U16.pack(_SUBSCRIPTION_ID) + b"".join(_text(topic) + bytes((qos,)) for topic in topics))


def publish_packet(topic: bytes, payload: bytes, packet_id: int) -> bytes:
    """PUBLISH with QoS 1."""
    length = 2 + len(topic) + 2 + len(payload)
    return b"".join((b"\x32", _remaining(length), _U16.pack(len(topic)), topic, _U16.pack(packet_id), payload))


def puback_packets(packet_ids: Iterable[int]) -> bytes:
    """A PUBACK for each id, in one write."""
    return b"".join([b"\x40\x02" + _U16.pack(packet_id) for packet_id in packet_ids])


def split(data: bytes) -> tuple[list[Packet], bytes]:
    """Every whole packet of `data`, and the beginning of the next one.

    Raises:
        MalformedPacket: a length has more than four bytes.
    """
    packets: list[Packet] = []
    at, end = 0, len(data)
    while end - at >= 2:
        length, head = data[at + 1], at + 2
        if length & 0x80:
            length, head = _long_length(data, at + 1)
            if not head:
                break
        if end - head < length:
            break
        packets.append((data[at], data[head : head + length]))
        at = head + length
    return packets, data[at:]


def published(packet: Packet) -> tuple[str, bytes, int]:
    """Topic, payload and packet id of a PUBLISH; the id is 0 where no PUBACK is wanted.

    Raises:
        MalformedPacket: it ends too early.
    """
    kind, body = packet
    payload = 2 + (body[0] << 8 | body[1]) if len(body) >= 2 else 2
    topic, packet_id = body[2:payload].decode(errors="replace"), 0
    if kind & 0x06:
        packet_id = int.from_bytes(body[payload : payload + 2], "big")
        payload += 2
    if payload > len(body):
        raise MalformedPacket("a PUBLISH ends before its payload")
    return topic, body[payload:], packet_id


def _long_length(data: bytes, at: int) -> tuple[int, int]:
    """A remaining length of several bytes, and where it ends; (0, 0) where `data` ends before it does."""
    length = 0
    for position in range(_LONGEST_LENGTH):
        if at + position >= len(data):
            return 0, 0
        digit = data[at + position]
        length |= (digit & 0x7F) << (7 * position)
        if not digit & 0x80:
            return length, at + position + 1
    raise MalformedPacket("a length of more than four bytes")


def _packet(kind: int, body: bytes) -> bytes:
    return bytes((kind,)) + _remaining(len(body)) + body


def _text(text: str) -> bytes:
    encoded = text.encode()
    return _U16.pack(len(encoded)) + encoded


def _remaining(length: int) -> bytes:
    digits = bytearray()
    while True:
        length, digit = divmod(length, 128)
        digits.append(digit | (0x80 if length else 0))
        if not length:
            return bytes(digits)
