"""How a vehicle stands against its own last hours: what moves by itself is no fault, what it never did is."""

import numpy as np
import pytest

from fleet.channels import MINUTE, MINUTES
from fleet.minutes import dip_share, tremble
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


def dipping(rpm, every=4, depth=70):
    return np.where(np.arange(len(rpm)) % every == 2, rpm - depth, rpm)


@pytest.mark.parametrize(
    "course", [pytest.param(np.full(60, 650), id="idling"), pytest.param(1500 + 5 * np.arange(60), id="pulling")]
)
def test_dips_that_are_over_at_the_next_reading_are_counted_and_steps_are_not(course):
    wavering = course + RNG.uniform(-4, 4, 60)
    shifting = np.where(np.arange(60) % 20 < 10, wavering, wavering + 600)
    assert dip_share(seconds(dipping(wavering)))[0] == pytest.approx(0.25, abs=0.03)
    assert dip_share(seconds(wavering))[0] == 0
    assert dip_share(seconds(shifting))[0] < 0.05


def test_an_engine_off_or_hardly_heard_says_nothing_of_dips():
    assert np.isnan(dip_share(seconds(np.zeros(60))))
    assert np.isnan(dip_share(seconds(np.r_[np.full(52, np.nan), dipping(np.full(8, 650.0))])))


def test_a_rough_minute_does_not_last_and_two_do():
    assert found("rough_lasting_rpm", rough_rpm=np.r_[np.full(MINUTES - 2, 8), 60]) == 8
    assert found("rough_lasting_rpm", rough_rpm=np.r_[np.full(MINUTES - 3, 8), 50, 60]) == 50


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


def test_an_engine_that_is_worked_hard_at_last_warms_up_to_its_thermostat_without_a_drift():
    warming = coolant(*np.linspace(76, 86, 6), before=75.0)
    assert found("coolant_above_c", coolant_temp_c=warming) <= 0


def test_an_engine_that_overheats_leaves_its_band_fast():
    assert found("coolant_pace_c_min", coolant_temp_c=coolant(*np.linspace(88, 112, 6))) > 3


def restarted(*newest):
    """A run of the engine that began after a rest, and what its coolant read."""
    running = np.ones(MINUTES - 1)
    running[len(running) - len(newest) - 30 : len(running) - len(newest)] = 0
    return {"coolant_temp_c": coolant(*newest), "engine_on": running, "moving": 0, "engine_load_pct": 30}


def test_a_reading_that_falls_before_it_has_reached_the_band_is_below_it():
    warming_and_falling = np.r_[np.linspace(70, 82, 6), np.linspace(81, 70, 8)]
    assert found("coolant_below_c", **restarted(*warming_and_falling)) > 6


def test_what_mixes_in_the_first_minutes_of_a_run_is_no_fall():
    assert found("coolant_below_c", **restarted(*np.r_[80, 72, np.linspace(64, 70, 6)])) <= 0


def test_a_vehicle_that_coasts_may_cool():
    cooling = coolant(*np.linspace(88, 78, 8))
    assert found("coolant_below_c", coolant_temp_c=cooling, engine_load_pct=40) > 4
    assert np.isnan(found("coolant_below_c", coolant_temp_c=cooling, engine_load_pct=5))


def test_a_coolant_that_cools_after_an_overheating_is_no_fall():
    assert found("coolant_below_c", **restarted(*np.r_[np.linspace(75, 112, 10), np.linspace(108, 87, 6)])) < 3


def test_warming_oil_is_no_change_of_its_pressure():
    warming = np.r_[np.full(MINUTES - 41, 20), np.linspace(20, 88, 40)]
    pressure = np.where(warming < 75, 450, 230)
    assert np.isnan(found("oil_change", coolant_temp_c=warming, oil_pressure_kpa=pressure))


def test_intake_air_keeps_its_warmth_at_a_steady_speed_and_not_where_speed_varies():
    flat = np.r_[np.zeros(MINUTES - 13), np.ones(12)]
    steady, varied = np.full(MINUTES - 1, 90.0), 60 + 25 * (np.arange(MINUTES - 1) % 2)
    assert found("intake_temp_stuck", intake_temp_flat=flat, speed_kmh=varied) > 6.5
    assert found("intake_temp_stuck", intake_temp_flat=flat, speed_kmh=steady) < 6.5


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
