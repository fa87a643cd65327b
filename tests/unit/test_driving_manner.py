"""The manner of driving, minute by minute, and turns seen in the course over ground."""

import numpy as np
import pytest

from fleet.channels import MINUTE, MINUTE_CHANNELS, MINUTES, SECOND
from fleet.features import MINUTE_FEATURES, minute_features
from fleet.fuel_drives import DRIVES
from fleet.series import held_throughout
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


def test_a_vehicle_that_pulls_out_of_a_bend_is_not_judged_as_if_it_had_been_fast_all_along():
    speed, turning = np.r_[np.full(17, 36.0), 54, 72, 90], 10 * np.arange(20)  # 0.5 g along; 0.31 g sideways on average
    peak = windows_of(speed_kmh=speed, heading_deg=turning % 360).second_windows(ONE, 1)[0, 0, SECOND["peak_corner_ms2"]]
    assert peak == pytest.approx(np.radians(10) * (36 + 90) / 2 / 3.6, rel=0.02)


@pytest.mark.parametrize(("shaken", "share"), [("accel_y_ms2", 0), ("yaw_rate_dps", 1), (None, 0.5)])
def test_how_hard_a_bend_is_rests_on_the_steadier_of_accelerometer_and_yaw_rate(shaken, share):
    rng, bends = np.random.default_rng(4), 2.4 + 0.5 * np.sin(np.arange(62) / 3)  # m/s² at 72 km/h
    signals = {"speed_kmh": np.full(62, 72.0), "accel_y_ms2": bends.copy(), "yaw_rate_dps": np.degrees(bends / 20)}
    if shaken:
        signals[shaken] += rng.normal(0, 0.3 if shaken == "accel_y_ms2" else np.degrees(0.3 / 20), 62)
    signals["accel_y_ms2"][-1] += 0.2
    newest = windows_of(**signals).second_windows(ONE, 1)[0, 0]
    felt, turned = newest[SECOND["imu_y_ms2"]], np.radians(newest[SECOND["yaw_rate_dps"]]) * 20
    assert newest[SECOND["peak_corner_ms2"]] == pytest.approx(share * felt + (1 - share) * turned, abs=0.04)


def test_a_parked_course_is_no_bend():
    windows = windows_of(speed_kmh=np.full(20, 3), heading_deg=np.resize([0, 120, 240], 20))
    assert np.isnan(windows.second_windows(ONE, 1)[0, 0, SECOND["lateral_ms2"]])


@pytest.mark.parametrize("noise_deg", [2.5, 5.0])
def test_a_course_that_trembles_at_speed_is_no_bend(noise_deg):
    course = np.random.default_rng(3).normal(180, noise_deg, 600).round()
    peaks = [
        windows_of(speed_kmh=np.full(20, 120), heading_deg=course[begin : begin + 20]).second_windows(ONE, 1)[0, 0]
        for begin in range(0, 600, 20)
    ]
    assert max(peak[SECOND["peak_corner_ms2"]] for peak in peaks) < 0.35 * 9.81


def test_a_short_jab_at_the_brake_counts_where_the_accelerometer_felt_it():
    speed = [50.0] * 10 + [34.0, 18.0, 18.0]
    felt = [0.0] * 10 + [-4.4, -4.4, 0.0]
    told, alone = (
        windows_of(speed_kmh=np.array(speed[:-1]), **more).second_windows(ONE, 1)[0, 0, SECOND["peak_brake_ms2"]]
        for more in ({"accel_x_ms2": np.array(felt[:-1])}, {})
    )
    assert told == pytest.approx(4.42, abs=0.05)
    assert alone < 4.3


def test_a_speed_that_leaps_without_being_felt_is_no_harsh_braking():
    leap = windows_of(speed_kmh=np.array([60.0] * 10 + [48.0]), accel_x_ms2=np.full(11, -1.5))
    assert leap.second_windows(ONE, 1)[0, 0, SECOND["peak_brake_ms2"]] <= 1.8


@pytest.mark.parametrize(("seconds", "speeding"), [(28, False), (30, True)])
def test_speeding_lasts_half_a_minute_from_its_first_second_to_its_last(seconds, speeding):
    excess = np.full((1, 30), -5.0)
    excess[0, -seconds:] = 12
    excess[0, -9:-6] = -1  # a dip of a few seconds
    assert (held_throughout(excess)[0] > 6) == speeding


def manner(name, **minutes):
    """A minute feature of a vehicle whose newest minutes were these."""
    window = np.full((1, MINUTES, len(MINUTE_CHANNELS)), np.nan, np.float32)
    for channel, values in minutes.items():
        window[0, -len(values) :, MINUTE[channel]] = values
    nothing = np.zeros(1, np.float32)
    found = minute_features(window, np.zeros(1, np.int64), nothing, nothing + 50, np.zeros(1, DRIVES))
    return float(found[0, MINUTE_FEATURES.index(name)])


@pytest.mark.parametrize(("minutes", "wander"), [
    pytest.param([0.3, 0.35, 0.3, 5.6, np.nan], 0.38, id="a minute in a bend"),
    pytest.param([1.4, 1.1, 1.3, 1.2, np.nan], 1.25, id="minutes of wandering"),
    pytest.param([np.nan, np.nan, 0.4, 1.3, np.nan], np.nan, id="too few to tell a bend from wandering"),
])  # fmt: skip
def test_a_bend_is_no_wandering(minutes, wander):
    assert manner("wander_5_dps", wander_dps=minutes) == pytest.approx(wander, abs=0.02, nan_ok=True)


@pytest.mark.parametrize(("minutes", "share"), [
    pytest.param([0, 0, 1, 0.5], 1.5 / 15, id="one spell in a drive that has just begun"),
    pytest.param([1] * 15, 1, id="a quarter of an hour above the limit"),
    pytest.param([1, *[np.nan] * 4] * 3, 1, id="the same, reported every five minutes"),
    pytest.param([np.nan] * 15, np.nan, id="no limit is known"),
])  # fmt: skip
def test_time_above_the_limit_is_a_share_of_a_quarter_of_an_hour(minutes, share):
    assert manner("speeding_15", speeding=minutes) == pytest.approx(share, nan_ok=True)
