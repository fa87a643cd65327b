"""Decoding: every payload becomes readings or a dead letter, and nothing crashes."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.alerts import VehicleId
from fleet.signals import INDEX, SIGNALS
from fleet.telemetry import ReadingFlag
from ingest import usual
from ingest.decode import MAX_PAYLOAD_BYTES, Message, decode, vehicle_of

NOW = 1_795_600_800.0
TS = "2026-11-25T10:00:00.250Z"


def read(payload: object, topic: str = "ingest/3/acme/VH-1"):
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return decode([Message(topic, raw, NOW)])


def test_the_documented_payload_becomes_one_reading():
    decoded = read({"ts": TS, "speed": 62.4, "rpm": 1830, "driverId": "d-17", "seq": 8812})
    assert decoded.batch.vehicles == (VehicleId("acme", "VH-1"),)
    assert decoded.batch.event_time[0] == NOW + 0.25
    assert decoded.batch.column("speed_kmh")[0] == pytest.approx(62.4)
    assert decoded.batch.drivers == ("d-17",)
    assert (decoded.unknown_keys, decoded.quarantined, decoded.dead_letters) == (0, {}, [])


def test_epoch_milliseconds_and_rfc3339_are_the_same_moment():
    assert read({"ts": int(NOW * 1000) + 250}).batch.event_time[0] == read({"ts": TS}).batch.event_time[0]


def test_a_signal_that_was_not_sent_is_nan():
    values = read({"ts": TS, "speed": 0}).batch.values[0]
    assert values[INDEX["speed_kmh"]] == 0
    assert np.isnan(np.delete(values, INDEX["speed_kmh"])).all()


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda signal: signal.key)
def test_a_value_out_of_its_physical_range_is_nulled_and_counted(signal):
    decoded = read({"ts": TS, signal.key: signal.high + 1})
    assert np.isnan(decoded.batch.column(signal.column)[0])
    assert decoded.quarantined == {(signal.key, "out_of_range"): 1}


@pytest.mark.parametrize("value", ["62.4", [1], {"a": 1}, True])
def test_a_value_of_a_wrong_type_is_nulled_and_counted_and_the_sample_stays(value):
    decoded = read({"ts": TS, "speed": value, "rpm": 900})
    assert np.isnan(decoded.batch.column("speed_kmh")[0])
    assert decoded.batch.column("engine_rpm")[0] == 900
    assert decoded.quarantined == {("speed", "wrong_type"): 1}


def test_unknown_keys_are_counted():
    assert read({"ts": TS, "mood": "good"}).unknown_keys == 1


@pytest.mark.parametrize("signal", [signal for signal in SIGNALS if signal.vss], ids=lambda signal: signal.vss)
def test_vss_paths_are_keys_too_in_their_own_unit(signal):
    middle = (signal.low + signal.high) / 2
    decoded = read({"ts": TS, signal.vss: middle / signal.vss_scale})
    assert decoded.batch.column(signal.column)[0] == pytest.approx(middle)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        pytest.param(b"{", "malformed_json", id="cut"),
        pytest.param(b"", "malformed_json", id="empty"),
        pytest.param(b'{"ts": 1e400}', "malformed_json", id="1e400"),
        pytest.param(b'{"ts": "2026-11-25T10:00:00Z", "speed": NaN}', "malformed_json", id="NaN"),
        pytest.param(b"[" * 60_000, "malformed_json", id="deep"),
        pytest.param(b"\xff\x00\x00", "malformed_json", id="binary"),
        pytest.param(b"[]", "empty", id="no sample"),
        pytest.param(b"7", "not_an_object", id="number"),
        pytest.param(b"{}", "bad_timestamp", id="no ts"),
        pytest.param(b'{"ts": "2026-11-25T10:00:00"}', "bad_timestamp", id="no zone"),
        pytest.param(b'{"ts": "soon"}', "bad_timestamp", id="words"),
        pytest.param(b'{"ts": -1}', "bad_timestamp", id="before 1970"),
        pytest.param(b'{"ts": true}', "bad_timestamp", id="bool"),
        pytest.param(b" " * (MAX_PAYLOAD_BYTES + 1), "oversized", id="oversized"),
        pytest.param(json.dumps([{"ts": 1}] * 513).encode(), "too_many_samples", id="too many"),
    ],
)
def test_what_cannot_be_read_is_a_dead_letter_with_its_reason(payload, reason):
    decoded = read(payload)
    assert [letter.reason for letter in decoded.dead_letters] == [reason]
    assert len(decoded.batch) == 0


def test_a_fault_code_is_no_reading():
    decoded = read({"ts": TS, "code": "P0301"}, "ingest/3/acme/VH-1/dtc")
    assert [(code.vehicle, code.at, code.code) for code in decoded.fault_codes] == [
        (VehicleId("acme", "VH-1"), NOW + 0.25, "P0301")
    ]
    assert len(decoded.batch) == 0


@pytest.mark.parametrize("code", [None, 7, "", "a b", "x" * 33])
def test_a_code_that_is_none_is_a_dead_letter(code):
    assert [letter.reason for letter in read({"ts": TS, "code": code}, "ingest/3/acme/VH-1/dtc").dead_letters] == ["bad_code"]


def test_one_bad_sample_of_an_array_does_not_take_the_others_with_it():
    decoded = read([{"ts": TS, "speed": 1}, {"speed": 2}, {"ts": TS, "speed": 3}])
    assert decoded.batch.column("speed_kmh").tolist() == [1, 3]
    assert [letter.reason for letter in decoded.dead_letters] == ["bad_timestamp"]


@pytest.mark.parametrize(
    ("ts", "flag"), [(0, ReadingFlag.BEHIND), ((NOW + 3600) * 1000, ReadingFlag.AHEAD), (TS, ReadingFlag.OK)]
)
def test_a_clock_too_far_off_is_flagged(ts, flag):
    assert read({"ts": ts}).batch.flags.tolist() == [flag]


@pytest.mark.parametrize("topic", ["ingest/drained", "ingest/3/drained"])
def test_a_mark_of_our_own_is_no_reading_and_no_dead_letter(topic):
    decoded = decode([Message(topic, b"nonce", NOW)])
    assert len(decoded.batch) == 0
    assert decoded.dead_letters == []


def test_identity_comes_from_the_topic_and_never_from_the_payload():
    decoded = read({"ts": TS, "tenant": "globex", "vehicle": "VH-9", "vehicleId": "VH-9"})
    assert decoded.batch.vehicles == (VehicleId("acme", "VH-1"),)


@pytest.mark.parametrize(
    ("topic", "vehicle"),
    [
        ("ingest/0/acme/VH-1", VehicleId("acme", "VH-1")),
        ("fleet/v1/acme/VH-1/telemetry", VehicleId("acme", "VH-1")),
        ("fleet/v1/acme/VH-1/status", None),
        ("ingest/0/acme", None),
        ("ingest/0/ac me/VH-1", None),
        ("ingest/0/acme/" + "x" * 65, None),
    ],
)
def test_topics_name_a_vehicle_or_nothing(topic, vehicle):
    assert vehicle_of(topic) == vehicle


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["ts", "speed", "rpm", "x", "driverId"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.one_of(st.binary(max_size=200), json_values.map(lambda value: json.dumps(value).encode())))
def test_any_payload_ends_as_reading_or_dead_letter(payload):
    decoded = read(payload)
    assert len(decoded.batch) + len(decoded.dead_letters) >= 1
    assert not np.isinf(decoded.batch.values).any()


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**400), 10**400), st.floats(-1e6, 1e6), st.text(max_size=3), st.just([1])
)
KEYS = st.sampled_from([*(signal.key for signal in SIGNALS), "Vehicle.Speed", "mood", "seq", "driverId"])


@given(st.lists(st.dictionaries(KEYS, VALUES, max_size=6), min_size=1, max_size=3), st.booleans())
def test_the_quick_way_reads_what_the_thorough_way_reads(samples, timed):
    if timed:
        samples = [sample | {"ts": TS} for sample in samples]
    quick, thorough = read(samples), read([*samples, {"ts": TS, "no such key": 1}])
    rows = len(quick.batch)
    assert len(thorough.batch) == rows + 1
    assert np.array_equal(quick.batch.values, thorough.batch.values[:rows], equal_nan=True)
    assert quick.batch.drivers == thorough.batch.drivers[:rows]
    assert (quick.quarantined, quick.unknown_keys) == (thorough.quarantined, thorough.unknown_keys - 1)
    assert [letter.reason for letter in quick.dead_letters] == [letter.reason for letter in thorough.dead_letters]


def test_the_documented_payload_is_read_the_quick_way():
    everything = {signal.key: signal.low for signal in SIGNALS} | {"ts": TS, "driverId": "d-17", "seq": 1, "ignition": True}
    (sample,) = usual.read(json.dumps(everything).encode())
    assert sample == (TS, "d-17", (*(signal.low for signal in SIGNALS[:-1]), True))


@pytest.mark.parametrize("ts", [10**400, -(10**400), "0001-01-01T00:00:00+23:59", 1e300])
def test_a_time_that_no_clock_shows_is_a_dead_letter(ts):
    assert [letter.reason for letter in read({"ts": ts, "speed": 1}).dead_letters] == ["bad_timestamp"]


def test_a_number_that_no_float_holds_is_out_of_range():
    decoded = read({"ts": TS, "speed": 10**400, "rpm": 1000})
    assert decoded.quarantined == {("speed", "out_of_range"): 1}
    assert np.isnan(decoded.batch.column("speed_kmh")[0])
