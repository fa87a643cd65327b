"""The manner of driving, minute by minute, and turns seen in the course over ground."""

import numpy as np
import pytest

from fleet.channels import MINUTE, SECOND
from fleet.series import bridged
from fleet.testing import NOON, batch_of
from fleet.windows import WindowState

ONE = np.zeros(1, np.intp)


def windows_of(**signals):
    windows = WindowState(1)
    length = max(len(values) for values in signals.values())
    rows = [("v", NOON + second, {name: float(values[second]) for name, values in signals.items()}) for second in range(length)]
    batch = batch_of(rows)
    for _ in windows.rounds(batch.row_vehicle, batch):
        pass
    return windows


def minute(windows, name):
    return float(windows.minute_windows(ONE)[0, -2, MINUTE[name]])  # the one that is closed


def sawtooth(rise_s, fall_s):
    one = np.r_[np.linspace(60, 90, rise_s, endpoint=False), np.linspace(90, 60, fall_s, endpoint=False)]
    return np.resize(one, 61)


def test_hard_braking_and_gentle_pulling_are_told_apart():
    windows = windows_of(speed_kmh=sawtooth(rise_s=12, fall_s=4))
    assert minute(windows, "brake_power_m2s3") > 2 * minute(windows, "pull_power_m2s3") > 0


def test_a_second_that_is_missing_hides_no_braking():
    speed = sawtooth(rise_s=12, fall_s=4)
    gaps = speed.copy()
    gaps[5::7] = np.nan
    whole, holed = (minute(windows_of(speed_kmh=s, engine_rpm=np.full(61, 2000)), "brake_power_m2s3") for s in (speed, gaps))
    assert holed == pytest.approx(whole, rel=0.15)


def test_an_accelerometer_that_lies_askew_shows_no_push():
    tilted = windows_of(speed_kmh=np.full(61, 70), accel_x_ms2=np.full(61, 1.4), accel_y_ms2=np.full(61, -0.6))
    assert minute(tilted, "surge_ms2") == pytest.approx(0, abs=1e-5)
    assert minute(tilted, "sway_ms2") == pytest.approx(0, abs=1e-5)


def test_one_jolt_is_no_unsteady_hand():
    jolt, trembling = np.zeros(61), np.where(np.arange(61) % 2, 0.3, -0.3)
    jolt[30] = 5
    calm, unsteady = (
        minute(windows_of(speed_kmh=np.full(61, 70), accel_x_ms2=np.zeros(61), accel_y_ms2=y), "lateral_jitter_ms3")
        for y in (jolt, trembling)
    )
    assert calm == 0
    assert unsteady == pytest.approx(0.6)


def test_the_course_over_ground_shows_a_bend_where_no_yaw_rate_is_sent():
    turning = (350 + 10 * np.arange(20)) % 360  # to the right at 10 °/s, through north
    windows = windows_of(speed_kmh=np.full(20, 60), heading_deg=turning)
    newest = windows.second_windows(ONE, 1)[0, 0]
    expected = np.radians(10) * 60 / 3.6
    assert newest[SECOND["lateral_ms2"]] == pytest.approx(-expected, rel=0.02)
    assert newest[SECOND["peak_corner_ms2"]] == pytest.approx(expected, rel=0.02)
    assert np.isnan(newest[SECOND["yaw_rate_dps"]])


def test_a_parked_course_is_no_bend():
    windows = windows_of(speed_kmh=np.full(20, 3), heading_deg=np.resize([0, 120, 240], 20))
    assert np.isnan(windows.second_windows(ONE, 1)[0, 0, SECOND["lateral_ms2"]])


def test_a_red_light_is_no_rest_and_a_lunch_is():
    moving = np.array([[True] * 3 + [False] * 4 + [True] * 3 + [False] * 8 + [True] * 2 + [False] * 2])
    np.testing.assert_array_equal(bridged(moving)[0], [True] * 10 + [False] * 8 + [True] * 2 + [False] * 2)
