"""MQTT packets: read alike however the network cuts them, and refused where they are none."""

import pytest

from ingest.packets import PUBLISH, MalformedPacket, puback_packets, publish_packet, published, split

STREAM = [
    publish_packet(b"a/b", b"", 1),
    puback_packets([7]),
    publish_packet("ä".encode(), b"x" * 300, 65_535),
    publish_packet(b"long", b"y" * 20_000, 2),
]


def test_packets_are_whole_wherever_the_stream_is_cut():
    stream = b"".join(STREAM)
    expected, _ = split(stream)
    assert len(expected) == len(STREAM)
    for cut in range(len(stream)):
        first, rest = split(stream[:cut])
        second, left = split(rest + stream[cut:])
        assert first + second == expected
        assert not left


def test_a_publish_is_read_as_it_was_written():
    packets, _ = split(b"".join(STREAM))
    assert [published(packet) for packet in packets if packet[0] & 0xF0 == PUBLISH] == [
        ("a/b", b"", 1),
        ("ä", b"x" * 300, 65_535),
        ("long", b"y" * 20_000, 2),
    ]


def test_a_publish_without_quality_of_service_wants_no_puback():
    assert published((PUBLISH, b"\x00\x01tpayload")) == ("t", b"payload", 0)


def test_each_puback_holds_its_packet_id():
    packets, left = split(puback_packets([1, 258]))
    assert packets == [(0x40, b"\x00\x01"), (0x40, b"\x01\x02")]
    assert not left


@pytest.mark.parametrize("body", [b"", b"\x00", b"\x00\x09t", b"\x00\x01t\x00"])
def test_a_publish_that_ends_too_early_is_malformed(body):
    with pytest.raises(MalformedPacket):
        published((PUBLISH | 2, body))


def test_a_length_of_five_bytes_is_malformed():
    with pytest.raises(MalformedPacket):
        split(b"\x30\xff\xff\xff\xff\x01")
