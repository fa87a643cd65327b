"""How a vehicle stands against its own last hours: what moves by itself is no fault, what it never did is."""

import numpy as np
import pytest

from fleet.channels import MINUTE, MINUTES
from fleet.minutes import tremble
from fleet.vitals import vitals

RNG = np.random.default_rng(11)


def minutes(**columns):
    """(1, minutes, channel) of a running, driving engine; the open minute is empty."""
    window = np.full((1, MINUTES, len(MINUTE)), np.nan, np.float32)
    driving = {"samples": 60, "engine_on": 1, "moving": 1, "coolant_temp_c": 88, "engine_rpm": 1800, "tremble_rpm": -15}
    for name, value in (driving | columns).items():
        window[0, :-1, MINUTE[name]] = value
    return window


def found(name, **columns):
    return float(vitals(minutes(**columns))[name][0])


def seconds(rpm):
    return np.asarray(rpm, np.float32)[None, :]


ACCELERATING = 1500 + 20 * np.arange(60)
SWINGING = 1800 + 300 * np.sin(np.arange(60) / 9)


@pytest.mark.parametrize("course", [pytest.param(ACCELERATING, id="accelerating"), pytest.param(SWINGING, id="in traffic")])
def test_an_engine_that_follows_its_driver_does_not_tremble_and_one_that_misfires_does(course):
    quiet = tremble(seconds(course))[0][0]
    rough = tremble(seconds(course + RNG.uniform(-100, 100, 60)))[0][0]
    assert quiet < 0 < 15 < rough


def test_a_sender_that_repeats_its_values_trembles_like_one_that_does_not():
    rough = 850 + RNG.uniform(-60, 60, 30)
    once, twice = tremble(seconds(rough)), tremble(seconds(np.repeat(rough, 2)))
    assert once[0][0] == pytest.approx(twice[0][0])
    assert once[1][0] == pytest.approx(twice[1][0])


def test_too_few_readings_say_nothing_of_a_tremble():
    assert np.isnan(tremble(seconds(np.r_[np.full(50, np.nan), 850 + RNG.uniform(-60, 60, 10)]))[0][0])


def coolant(*newest, before=88.0):
    course = np.full(MINUTES - 1, before) + RNG.uniform(-1, 1, MINUTES - 1)
    course[len(course) - len(newest) :] = newest
    return course


def test_a_coolant_in_its_own_band_is_neither_above_nor_below_it():
    assert found("coolant_above_c", coolant_temp_c=coolant()) <= 0
    assert found("coolant_below_c", coolant_temp_c=coolant()) <= 0


def test_a_reading_that_drifts_off_for_minutes_is_out_of_the_band_and_slow():
    rising = coolant(*np.linspace(88, 98, 15))
    assert found("coolant_above_c", coolant_temp_c=rising) >= 6
    assert found("coolant_pace_c_min", coolant_temp_c=rising) < 1.5


def test_an_engine_that_overheats_leaves_its_band_fast():
    assert found("coolant_pace_c_min", coolant_temp_c=coolant(*np.linspace(88, 112, 6))) > 3


def test_a_cold_start_is_not_below_the_band():
    running = np.ones(MINUTES - 1)
    running[-12] = 0
    cold = coolant(*np.linspace(30, 75, 11))
    assert found("coolant_below_c", coolant_temp_c=cold, engine_on=running) <= 0


def test_a_coolant_that_stands_still_while_driving_is_a_surprise_after_minutes_and_idling_only_much_later():
    flat = np.zeros(MINUTES - 1)
    flat[-5:] = 1
    idling = np.ones(MINUTES - 1)
    idling[-5:] = 0
    assert found("coolant_temp_stuck", coolant_temp_flat=flat) > 3
    assert found("coolant_temp_stuck", coolant_temp_flat=flat, moving=idling) < 3


def test_a_sensor_that_fell_to_nothing_has_a_finite_change():
    pressure = np.full(MINUTES - 1, 300.0)
    pressure[-3:] = 0
    assert np.isfinite(found("oil_change", oil_pressure_kpa=pressure))
