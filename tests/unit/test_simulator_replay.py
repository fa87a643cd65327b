"""How a bundle's times are laid on a day that ends now, and how readings become payloads."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fleet import signals
from fleet.errors import ConfigurationError
from simulator.credentials import Credentials, load_credentials
from simulator.payload import MAX_BYTES, MAX_SAMPLES, payloads, rows_of, sample, timestamp
from simulator.replay import WINDOW_S, Pace, lay_out


def trips(vehicle: str, start: str, count: int, every: str, seconds: int = 60) -> pd.DataFrame:
    starts = pd.date_range(start, periods=count, freq=every, tz="UTC")
    ts = pd.DatetimeIndex([at + pd.Timedelta(seconds=s) for at in starts for s in range(seconds)])
    return pd.DataFrame({"vehicle_id": vehicle, "ts": ts, "speed_kmh": 50.0})


def test_a_bundle_of_a_day_keeps_its_times_and_its_vehicles_in_step() -> None:
    both = pd.concat([trips("A", "2026-01-01 08:00", 3, "2h"), trips("B", "2026-01-01 09:00", 1, "1h")], ignore_index=True)
    timeline = lay_out(both, speed=100)
    assert timeline.shortened_to_s is None
    assert timeline.tracks[0].at_s[60] == 7200
    assert timeline.tracks[1].at_s[0] == 3600


def test_a_vehicle_that_starts_after_all_others_follows_a_minute_later() -> None:
    both = pd.concat([trips("A", "2026-01-01 08:00", 1, "1h"), trips("B", "2026-01-01 11:00", 1, "1h")], ignore_index=True)
    first, second = lay_out(both, speed=1).tracks
    assert second.at_s[0] == first.at_s[-1] + 60


def test_nobody_waits_for_a_silence_faster_than_real_time_and_readings_keep_their_distance() -> None:
    timeline = lay_out(trips("A", "2026-01-01 08:00", 2, "2h"), speed=10)
    assert timeline.length_s == 7200 + 59
    assert Pace(timeline, 10).due_s(timeline.length_s) == pytest.approx((59 + 10 + 59) / 10)
    assert Pace(timeline, 1).due_s(timeline.length_s) == timeline.length_s


def test_vehicles_of_different_weeks_follow_each_other() -> None:
    both = pd.concat([trips("A", "2026-01-01", 1, "1h"), trips("B", "2026-01-20", 1, "1h")], ignore_index=True)
    timeline = lay_out(both, speed=100)
    assert [track.at_s[0] for track in timeline.tracks] == [0, 119]
    assert timeline.length_s == 178


def test_long_pauses_are_cut_and_trips_are_not() -> None:
    timeline = lay_out(trips("A", "2026-01-01", 10, "12h"), speed=100)
    steps = np.diff(timeline.tracks[0].at_s)
    assert timeline.length_s <= WINDOW_S
    assert set(steps) == {1.0, timeline.shortened_to_s}
    assert timeline.too_old(100) == 0


def test_what_does_not_fit_a_day_is_counted() -> None:
    timeline = lay_out(trips("A", "2026-01-01", 120, "12h"), speed=1e6)
    assert timeline.shortened_to_s == 1200
    assert timeline.too_old(1e6) > 0
    assert timeline.too_old(1) == 0


def test_a_silent_signal_is_a_missing_key_and_ignition_a_flag() -> None:
    values = np.full((1, signals.COUNT), np.nan, np.float32)
    values[0, signals.INDEX["speed_kmh"]] = 62.4
    values[0, signals.INDEX["ignition_on"]] = 1
    content = sample(1_795_521_600.25, rows_of(values)[0], "d-17", 8)
    assert content == {"ts": "2026-11-24T12:00:00.250Z", "speed": 62.4, "ignition": True, "driverId": "d-17", "seq": 8}


def test_microseconds_are_kept_where_a_sensor_needs_them() -> None:
    assert timestamp(0.019531) == "1970-01-01T00:00:00.019531Z"


def test_payloads_keep_to_the_limits_and_lose_nothing() -> None:
    rows = rows_of(np.random.default_rng(1).random((1400, signals.COUNT)).astype(np.float32))
    made = payloads([sample(1e9 + seq, row, "d-1", seq) for seq, row in enumerate(rows)])
    assert all(len(payload) <= MAX_BYTES and count <= MAX_SAMPLES for payload, count in made)
    assert [s["seq"] for payload, _ in made for s in json.loads(payload)] == list(range(1400))


def test_missing_credentials_say_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "demo.json"
    with pytest.raises(ConfigurationError, match="start `fleetguard demo`"):
        load_credentials(path)
    path.write_text("{}")
    with pytest.raises(ConfigurationError, match="is not a file of device credentials"):
        load_credentials(path)
    none = Credentials(path, "127.0.0.1", 1883, ())
    with pytest.raises(ConfigurationError, match="holds 0 devices and 5 vehicles are wanted"):
        none.first(5)
    with pytest.raises(ConfigurationError, match="--provision"):
        none.of_vehicles(["A"], "acme")
