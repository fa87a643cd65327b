"""The level of a tank over hours: consumption explains some of it, a leak the rest."""

import numpy as np
import pytest

from fleet.fuel_level import Burnt, burnt, rest_drop, sender_habits, unexplained_slope, whole_minutes

HOURS = 6
MINUTES = np.arange(60 * HOURS)
TANK_L = np.array([50.0], np.float32)


def minutes(values):
    return np.broadcast_to(np.asarray(values, np.float32), (1, len(MINUTES))).copy()


def level(leak_lph=0.0, burnt_lph=4.0, slosh_pct=0.5, seed=1):
    fall_l = (burnt_lph + leak_lph) * MINUTES / 60
    noise = slosh_pct * np.random.default_rng(seed).standard_normal(len(MINUTES))
    return minutes(90 - 100 * fall_l / 50 + noise)


def used(lph=4.0, doubt=0.04):
    return Burnt(minutes(lph / 60), np.array([doubt], np.float32))


def test_a_leak_is_told_from_consumption():
    slope = unexplained_slope(level(leak_lph=2.0), used(), TANK_L)
    assert slope.lph[0] == pytest.approx(2.0, abs=3 * slope.error_lph[0])
    assert slope.lph[0] > 4 * slope.error_lph[0]


def test_a_tank_that_only_burns_does_not_leak():
    slope = unexplained_slope(level(), used(), TANK_L)
    assert abs(slope.lph[0]) < 3 * slope.error_lph[0]


def test_consumption_that_is_only_guessed_widens_the_error():
    guessed, metered = (unexplained_slope(level(leak_lph=2.0), used(doubt=doubt), TANK_L) for doubt in (0.25, 0.04))
    assert guessed.error_lph[0] > 2 * metered.error_lph[0]


def test_a_theft_that_is_over_is_no_leak():
    stolen = np.where(MINUTES > 280, np.minimum((MINUTES - 280) * 0.5, 20), 0)
    slope = unexplained_slope(level() - stolen.astype(np.float32), used(), TANK_L)
    assert not slope.lph[0] >= 1.0


def test_slow_siphoning_that_a_refuel_has_just_followed_is_no_leak():
    taken = np.clip(MINUTES - 270, 0, 75) * 0.25 - np.where(MINUTES > 348, 60, 0)
    slope = unexplained_slope(level(burnt_lph=0.0, slosh_pct=0.1) - taken.astype(np.float32), used(lph=0.0), TANK_L)
    assert not slope.lph[0] >= 1.0


def test_a_refuel_hides_no_leak():
    filled = np.where(MINUTES > 200, 30.0, 0.0).astype(np.float32)
    slope = unexplained_slope(level(leak_lph=3.0) + filled, used(), TANK_L)
    assert slope.lph[0] == pytest.approx(3.0, abs=1.0)


def test_a_silent_meter_is_replaced_by_what_this_vehicle_burns():
    expected, on = minutes(0.05), minutes(1.0)
    metered = minutes(0.1)
    metered[0, 200:] = np.nan
    found = burnt(metered, expected, on)
    assert found.litres[0, 300] == pytest.approx(0.1, rel=0.01)
    assert 0.04 < found.doubt[0] < 0.25


def test_without_any_word_on_consumption_the_doubt_is_unknown():
    nothing = minutes(np.nan)
    assert np.isnan(burnt(nothing, nothing, minutes(1.0)).doubt[0])


def test_a_parked_engine_burns_nothing():
    found = burnt(minutes(np.nan), minutes(np.nan), minutes(0.0))
    assert found.litres[0].sum() == 0


def test_reports_every_few_minutes_stand_for_the_minutes_between():
    sparse = minutes(np.where(MINUTES % 5 == 0, 0.1, np.nan))
    found = burnt(sparse, minutes(np.nan), minutes(np.where(MINUTES % 5 == 0, 1.0, np.nan)))
    assert np.nansum(found.litres[0]) == pytest.approx(0.1 * len(MINUTES), rel=0.01)


def test_a_rest_loses_steadily_or_all_at_once():
    parked = minutes(MINUTES >= 60).astype(bool)
    heard = np.ones_like(parked)
    leaking = rest_drop(minutes(80 - np.maximum(MINUTES - 60, 0) * 0.03), heard, parked)
    drained = rest_drop(minutes(np.where(MINUTES > 100, 71.0, 80.0)), heard, parked)
    assert leaking.steady_pct[0] == pytest.approx(leaking.drop_pct[0], rel=0.1)
    assert drained.drop_pct[0] == pytest.approx(9, abs=0.1)
    assert drained.steady_pct[0] == 0


def test_a_level_that_rises_on_the_move_and_one_that_stands_still_are_seen():
    driving, spent = np.ones((1, len(MINUTES)), bool), used(lph=6.0)
    climbing = sender_habits(minutes(np.maximum(40, 40 + 2 * (MINUTES - 340))), driving, spent, TANK_L)
    still = sender_habits(minutes(np.where(MINUTES < 300, 60.0, 50.0)), driving, spent, TANK_L)
    assert climbing["climb_pct"][0] == pytest.approx(24, abs=2)
    assert climbing["climbed_pct"][0] == pytest.approx(24, abs=5)
    assert still["climbed_pct"][0] == 0
    assert still["flat_burnt_pct"][0] == pytest.approx(12, abs=0.5)
    assert np.isnan(still["before_zero_pct"][0])


def test_a_climb_is_remembered_when_the_vehicle_stops_and_one_over_a_stop_is_a_refuel():
    level, driving = np.clip(40 + 2 * (MINUTES - 330), 40, 64), MINUTES[None, :] < 345
    stopped = sender_habits(minutes(level), driving, used(), TANK_L)
    filled = sender_habits(minutes(level), ~((MINUTES[None, :] > 325) & (MINUTES[None, :] < 345)), used(), TANK_L)
    assert stopped["climbed_pct"][0] == pytest.approx(24, abs=5)
    assert np.isnan(stopped["climb_pct"][0])
    assert filled["climbed_pct"][0] < 5


def test_the_seconds_in_which_a_drive_ends_and_the_first_reading_after_it_are_no_level():
    samples = minutes(np.where(MINUTES < 300, 60, np.where(MINUTES == 300, 13, 1)))
    moving = minutes(np.where(MINUTES <= 300, 1.0, 0.0))
    seen = whole_minutes(minutes(60.0), samples, moving)[0]
    assert np.flatnonzero(np.isnan(seen)).tolist() == [300, 301]


def test_a_vehicle_that_reports_seldom_has_whole_minutes_too():
    every_five = minutes(np.where(MINUTES % 5 == 0, 1.0, np.nan))
    assert not np.isnan(whole_minutes(minutes(60.0), every_five, minutes(1.0))).any()


@pytest.mark.parametrize(("mended_min", "leaks"), [(0, True), (150, False)])
def test_a_leak_that_was_mended_is_over_however_coarse_the_sender(mended_min, leaks):
    tank_l, step_pct = np.array([400.0], np.float32), 100 / 255
    lost_l = 6 * np.minimum(MINUTES, len(MINUTES) - mended_min) / 60
    level_pct = minutes(np.round((80 - 100 * lost_l / 400) / step_pct) * step_pct)
    slope = unexplained_slope(level_pct, used(lph=0.0), tank_l)
    assert (slope.lph[0] >= 1.0) == leaks
