"""Features of minutes: trends, and what one noisy reading must not decide."""

import numpy as np
import pytest

from fleet.channels import MINUTE, MINUTES
from fleet.features import MINUTE_FEATURES, minute_features
from fleet.fuel_drives import DRIVES


def feature(name, **columns):
    """Of one vehicle whose minutes hold these columns; the open minute is empty."""
    window = np.full((1, MINUTES, len(MINUTE)), np.nan, np.float32)
    for column, values in columns.items():
        window[0, :-1, MINUTE[column]] = values
    found = minute_features(window, np.zeros(1, np.int64), np.zeros(1), np.full(1, 50.0), np.zeros(1, DRIVES))
    return float(found[0, MINUTE_FEATURES.index(name)])


def test_one_noisy_reading_is_not_what_a_battery_rests_at():
    read = np.full(MINUTES - 1, np.nan)
    read[-30::2] = 12.5
    read[-2] = 12.2
    assert feature("battery_off_v", battery_off_v=read) == 12.5


def test_what_a_battery_read_before_the_last_trip_is_not_what_it_rests_at_now():
    read, running = np.full(MINUTES - 1, 12.6), np.zeros(MINUTES - 1)
    read[-9:-4], running[-9:-4] = np.nan, 1
    read[-4:] = 11.9
    parked = {"battery_off_v": read, "engine_on": running}
    assert feature("battery_off_v", **parked) == np.float32(11.9)
    assert feature("battery_off_drop_v", **parked) == pytest.approx(0.7, abs=1e-5)


def test_a_drive_is_one_in_the_minute_that_has_just_begun_too():
    running, level = np.zeros(MINUTES - 1), np.full(MINUTES - 1, 50.0)
    running[:-60], running[-4:] = 1, 1
    level[-50:] = 30
    drive = {"engine_on": running, "moving": running, "fuel_pct": level, "samples": np.full(MINUTES - 1, 60.0)}
    assert feature("fuel_since_rest_min", **drive) == 5
    assert feature("fuel_rest_min", **drive) == 56
    assert feature("fuel_rest_drop_pct", **drive) == 20


@pytest.mark.parametrize(("parked_min", "noise_pct"), [(14, 10), (40, 4)])
def test_a_level_from_the_drive_before_a_stop_is_as_uncertain_as_in_that_drive(parked_min, noise_pct):
    level, moving = np.tile([30.0, 40.0], MINUTES // 2)[: MINUTES - 1], np.ones(MINUTES - 1)
    level[-parked_min:], moving[-parked_min:] = 35, 0
    drive = {"fuel_pct": level, "moving": moving, "engine_on": moving, "samples": np.full(MINUTES - 1, 60.0)}
    assert feature("fuel_noise_pct", fuel_spread_pct=np.zeros(MINUTES - 1), **drive) == pytest.approx(noise_pct, abs=1)
