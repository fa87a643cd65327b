"""What an engine should burn: a model of other vehicles, followed on line."""

import numpy as np
import pytest

from fleet.channels import SECOND_CHANNELS
from fleet.consumption import TERMS, Calibration, Consumption, effort, expected_lph

CAR = np.zeros(1, np.int8)


def minute(speed=60.0, rpm=2000.0, altitude=np.nan):
    return tuple(np.broadcast_to(np.asarray(values, float), (1, 60)).copy() for values in (speed, rpm, altitude))


def test_effort_grows_with_a_climb_and_a_silent_altitude_is_a_level_road():
    level, silent = effort(*minute(altitude=100.0)), effort(*minute())
    uphill = effort(*minute(altitude=100 + 0.6 * np.arange(60)))
    np.testing.assert_allclose(level, silent)
    assert uphill[0, TERMS.index("work")] > level[0, TERMS.index("work")] + 3


def test_a_silent_speed_leaves_the_effort_unknown():
    assert np.isnan(effort(*minute(speed=np.nan))[0, TERMS.index("work")])


def test_a_fit_gives_back_what_it_was_made_from():
    rng = np.random.default_rng(1)
    terms = rng.random((500, len(TERMS))).astype(np.float32)
    lph = terms @ np.arange(len(TERMS), dtype=np.float32)
    assert np.corrcoef(Consumption.fit(terms, lph, stiffness=1e-6).lph(terms), lph)[0, 1] > 0.999


def test_calibration_finds_a_heavier_load_within_the_hour():
    rng = np.random.default_rng(2)
    calibration = Calibration(1)
    for expected in rng.uniform(5, 40, 60).astype(np.float32):
        calibration.learn(np.array([expected]), np.array([1.4 * expected + 1]))
    assert calibration.lph(np.full((1, 1), 30, np.float32))[0, 0] == pytest.approx(43, rel=0.05)


def test_a_silent_meter_teaches_nothing():
    calibration = Calibration(1)
    calibration.learn(np.array([10.0]), np.array([np.nan]))
    assert calibration.lph(np.full((1, 1), 10, np.float32))[0, 0] == 10


def channels(**values):
    return lambda name: np.full((1, 60), values.get(name, np.nan), np.float32) if name in SECOND_CHANNELS else None


@pytest.mark.parametrize(
    "known",
    [
        {"engine_rpm": 2000, "engine_load_pct": 35},
        {"engine_rpm": 2000, "maf_gps": 12},
        {"engine_rpm": 2000, "speed_kmh": 70},
    ],
)
def test_any_of_load_air_or_motion_tells_about_what_a_car_burns(known):
    assert 2.5 < expected_lph(CAR, channels(**known))[0] < 7


def test_nothing_known_is_unknown():
    assert np.isnan(expected_lph(CAR, channels())[0])
