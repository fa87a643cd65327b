"""Windows: what a vehicle did lately, whatever the order and size of the batches it came in."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.channels import MINUTE, SECOND
from fleet.features import FeatureState
from fleet.minutes import roughness
from fleet.testing import NOON, batch_of
from fleet.windows import STATE, WindowState

ONE = np.zeros(1, np.intp)


def feed(windows: WindowState, rows: list[tuple[str, float, dict[str, float]]]) -> None:
    batch = batch_of(rows)
    for _ in windows.rounds(batch.row_vehicle, batch):
        pass


def drive(seconds: int, hz: float = 1.0, **constant: float) -> list[tuple[str, float, dict[str, float]]]:
    times = NOON + np.arange(int(seconds * hz)) / hz
    return [("v", float(at), {"speed_kmh": 50 + 10 * np.sin(at / 7), "engine_rpm": 2000, **constant}) for at in times]


@settings(max_examples=30, deadline=None)
@given(cuts=st.lists(st.integers(1, 199), max_size=8))
def test_the_size_of_the_batches_changes_nothing(cuts):
    rows = drive(200, fuel_level_pct=40.0)
    whole, pieces = WindowState(1), WindowState(1)
    feed(whole, rows)
    edges = [0, *sorted(cuts), len(rows)]
    for begin, end in pairwise(edges):
        if begin < end:
            feed(pieces, rows[begin:end])
    assert whole.snapshot(0) == pieces.snapshot(0)


def test_a_snapshot_restores_everything():
    windows, other = WindowState(1), WindowState(1)
    feed(windows, drive(150, battery_v=13.9))
    other.restore(0, windows.snapshot(0))
    np.testing.assert_array_equal(FeatureState(windows).features(ONE)[0], FeatureState(other).features(ONE)[0])


def test_a_snapshot_of_another_layout_is_refused():
    with pytest.raises(ValueError):  # noqa: PT011 - numpy's own
        WindowState(1).restore(0, bytes(STATE.itemsize - 8))


@pytest.mark.parametrize("described", [("truck", 50.0), ("car", 400.0), ("van", None)])
def test_another_class_or_tank_forgets_the_level_and_nothing_else(described):
    windows = WindowState(1)
    feed(windows, drive(150, fuel_level_l=30.0, battery_v=13.9))
    assert windows.describe(0, *described)
    row = windows.rows[0]
    assert np.isnan(row["seconds"][:, SECOND["fuel_pct"]]).all()
    assert np.isnan(row["minutes"][:, MINUTE["fuel_pct"]]).all()
    assert np.nanmax(row["seconds"][:, SECOND["battery_v"]]) == np.float32(13.9)
    assert np.nansum(row["minutes"][:, MINUTE["samples"]]) > 60


@pytest.mark.parametrize("described", [("car", 50.0), ("car", None)])
def test_a_description_that_is_told_again_forgets_nothing(described):
    windows = WindowState(1)
    feed(windows, drive(150, fuel_level_l=30.0))
    before = windows.snapshot(0)
    assert not windows.describe(0, *described)
    assert windows.snapshot(0) == before


def test_a_silent_second_is_nan_and_never_zero():
    windows = WindowState(1)
    feed(windows, [("v", NOON, {"speed_kmh": 50}), ("v", NOON + 3, {"speed_kmh": 51})])
    speed = windows.second_windows(ONE, 4)[0, :, SECOND["speed_kmh"]]
    np.testing.assert_array_equal(speed, [50, np.nan, np.nan, 51])


def test_a_long_silence_empties_the_window():
    windows = WindowState(1)
    feed(windows, [*drive(60), ("v", NOON + 4000, {"speed_kmh": 10})])
    assert np.isnan(windows.second_windows(ONE)[0, :-1, SECOND["speed_kmh"]]).all()


def test_braking_shows_in_the_difference_of_a_slow_speed():
    windows = WindowState(1)
    feed(windows, [("v", NOON + second, {"speed_kmh": 108 - 18 * second}) for second in range(4)])
    assert windows.second_windows(ONE, 1)[0, 0, SECOND["peak_brake_ms2"]] == pytest.approx(5.0)


def test_one_difference_of_two_readings_proves_no_harsh_braking():
    windows = WindowState(1)
    feed(windows, [("v", NOON, {"speed_kmh": 72}), ("v", NOON + 1, {"speed_kmh": 54})])
    assert np.isnan(windows.second_windows(ONE, 1)[0, 0, SECOND["peak_brake_ms2"]])


def test_a_polled_speed_that_repeats_and_leaps_is_judged_over_the_time_its_readings_bear_out():
    polled = [60, 60, 54, 54, 47, 47, 40, 40, 33, 33, 26, 26, 19, 19, 12]  # 0.1 g, read every other second
    windows = WindowState(1)
    feed(windows, [("v", NOON + second, {"speed_kmh": speed}) for second, speed in enumerate(polled)])
    assert windows.second_windows(ONE, 1)[0, 0, SECOND["peak_brake_ms2"]] < 2.0


def test_a_polled_speed_brakes_no_harder_than_the_accelerometer_felt():
    polled = [46.9, 46.9, 46.9, 52.8, 51.0, 43.8, 34.7, 25.5, 25.5, 6.7]  # an ordinary stop of a truck
    felt = [0.6, 0.7, 0.5, 0.1, -0.5, -1.9, -2.6, -2.7, -2.6, -2.7]
    windows = WindowState(1)
    signals = [{"speed_kmh": speed, "accel_x_ms2": accel} for speed, accel in zip(polled, felt, strict=True)]
    feed(windows, [("v", NOON + second, one) for second, one in enumerate(signals)])
    assert np.nanmax(windows.second_windows(ONE, 10)[0, :, SECOND["peak_brake_ms2"]]) < 0.29 * 9.81


@pytest.mark.parametrize(("speeds", "felt", "peak_ms2"), [
    pytest.param([39, 39, 39, 39, 39, 102], [0, 4.8, 4.7, 4.9, 4.7, -0.3], 4.47, id="a leap after seconds of hard pushing"),
    pytest.param([39, 39, 39, 39, 39, 42], [0, 4.8, 4.7, 4.9, 4.7, -0.3], 0.22, id="the speed bears little of it out"),
    pytest.param([75, 75, 75, 75, 75, 75], [0, 4.8, 4.7, 4.9, 4.7, -0.3], np.nan, id="the speed stands still yet"),
    pytest.param([39, 39, 39, 39, 39, 102], [0, -1, -1, 0, -1, 0], np.nan, id="felt the other way"),
])  # fmt: skip
def test_what_was_felt_while_a_polled_speed_stood_still_counts_as_far_as_its_leap_bears_it_out(speeds, felt, peak_ms2):
    habit = [(60 - 6 * (second // 2), 0.0) for second in range(8)]  # read every other second
    windows = WindowState(1)
    rows = [{"speed_kmh": speed, "accel_x_ms2": push} for speed, push in (*habit, *zip(speeds, felt, strict=True))]
    feed(windows, [("v", NOON + second, one) for second, one in enumerate(rows)])
    found = windows.second_windows(ONE, 1)[0, 0, SECOND["peak_accel_ms2"]]
    assert found == pytest.approx(peak_ms2, abs=0.1, nan_ok=True) or (np.isnan(peak_ms2) and found <= 0)


def test_a_sender_that_resets_is_no_braking():
    windows = WindowState(1)
    feed(windows, [("v", NOON, {"speed_kmh": 72}), ("v", NOON + 1, {"speed_kmh": 0})])
    assert np.isnan(windows.second_windows(ONE, 1)[0, 0, SECOND["peak_brake_ms2"]])


@pytest.mark.parametrize(("lasting_s", "peak_ms2"), [pytest.param(0.1, 3.0, id="bump"), pytest.param(0.6, 6.0, id="braking")])
def test_a_fast_imu_counts_what_lasts_300_ms(lasting_s, peak_ms2):
    windows, times = WindowState(1), NOON + np.arange(150) / 50
    braking = (times > NOON + 1.5) & (times <= NOON + 1.5 + lasting_s)
    feed(
        windows,
        [
            ("v", float(at), {"accel_x_ms2": -6.0 if hard else 0.0, "accel_y_ms2": 0.0})
            for at, hard in zip(times, braking, strict=True)
        ],
    )
    peak = np.nanmax(windows.second_windows(ONE, 3)[0, :, SECOND["peak_brake_ms2"]])
    assert peak == pytest.approx(peak_ms2, abs=0.5) if lasting_s > 0.3 else peak < peak_ms2


def test_a_minute_is_settled_when_the_next_begins():
    windows = WindowState(1)
    feed(windows, drive(61, coolant_temp_c=88.0, fuel_rate_lph=6.0))
    minute = windows.minute_windows(ONE)[0, -2]
    assert minute[MINUTE["coolant_temp_c"]] == pytest.approx(88)
    assert minute[MINUTE["fuel_l"]] == pytest.approx(0.1)


def level_of_minute(levels: list[float]) -> float:
    windows = WindowState(1)
    feed(windows, [("v", NOON + second, {"fuel_level_pct": level}) for second, level in enumerate(levels)])
    feed(windows, [("v", NOON + 60, {"fuel_level_pct": levels[-1]})])
    return float(windows.minute_windows(ONE)[0, -2, MINUTE["fuel_pct"]])


@pytest.mark.parametrize(("levels", "median"), [
    pytest.param([52.0, 0.0, 0.0, 52.0], 52, id="the starter cuts the power"),
    pytest.param([52.0] + 59 * [0.0], 0, id="the sender fails"),
    pytest.param([0.0, 0.0], 0, id="few readings, all of them 0"),
])  # fmt: skip
def test_a_power_cut_is_no_level(levels, median):
    assert level_of_minute(levels) == median


def test_sparse_readings_are_judged_at_once():
    windows = WindowState(1)
    feed(windows, [("v", NOON + 300 * step, {"fuel_level_pct": 60 - step, "ignition_on": 0}) for step in range(4)])
    assert windows.minute_windows(ONE)[0, -1, MINUTE["fuel_pct"]] == 57


def test_only_what_is_newer_is_fresh():
    windows = WindowState(1)
    feed(windows, drive(5))
    slots = np.zeros(4, np.intp)
    fresh = windows.fresh_rows(slots, np.array([NOON + 3, NOON + 5, NOON + 5, NOON + 6]))
    assert fresh.tolist() == [False, True, False, True]


@pytest.mark.parametrize(
    ("hold_s", "known"), [pytest.param(1, True, id="every second"), pytest.param(2, False, id="every other")]
)
def test_a_polled_engine_speed_shows_no_tremble(hold_s, known):
    rng = np.random.default_rng(4)
    rpm = np.repeat(2000 + 40 * rng.standard_normal(60 // hold_s), hold_s)[None].astype(np.float32)
    rough = roughness(rpm, np.full_like(rpm, 50))[0]
    assert np.isnan(rough) != known
    assert not known or rough == pytest.approx(40, rel=0.5)
