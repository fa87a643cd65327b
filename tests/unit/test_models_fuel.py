"""Fuel model: litres are balanced, and a failing sender is not a thief."""

import json

import numpy as np
import pytest

from fleet.alerts import TYPE_INDEX, AlertType, VehicleId
from fleet.features import FEATURE, FEATURES, SEQUENCE_CHANNELS, SEQUENCE_S, SLOW_FEATURES, FeatureBatch
from serve.fuel import BALANCE_INPUTS, FuelScorer


@pytest.fixture(scope="module")
def scorer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuel")
    calibration = {
        kind: {
            "inputs": inputs,
            "centre": [0] * len(inputs),
            "scale": [1] * len(inputs),
            "weights": [0.1] * len(inputs),
            "bias": -4,
        }
        for kind, inputs in BALANCE_INPUTS.items()
    }
    (folder / "fuel.json").write_text(json.dumps({"calibration": calibration, "expected_lph": [[5.0] * 168] * 3}))
    return FuelScorer.load(folder, "3")


PARKED = {
    "vehicle_class": 2, "tank_l": 400, "still_15": 1, "speed_kmh": 0, "fuel_pct": 50, "fuel_used_15_l": 0, "fuel_noise_pct": 0.3,
    "fuel_zero": 0, "fuel_hours": 5, "fuel_used_doubt": 0.04,
}  # fmt: skip


def judge(scorer, kind, **columns):
    values = np.full((1, len(FEATURES)), np.nan, np.float32)
    for name, value in (PARKED | columns).items():
        values[0, FEATURE[name]] = value
    sequence = np.full((1, SEQUENCE_S, len(SEQUENCE_CHANNELS)), np.nan, np.float32)
    features = FeatureBatch((VehicleId("acme", "VH-1"),), np.zeros(1), values, sequence, (None,))
    scores = scorer.score(features, np.full((1, len(SLOW_FEATURES)), np.nan, np.float32))
    column = TYPE_INDEX[kind]
    return float(scores.probability[0, column]), scores.evidence.get((0, column), ())


def test_a_drain_while_parked_is_a_theft_with_its_litres(scorer):
    probability, evidence = judge(scorer, AlertType.FUEL_THEFT, fuel_drop_15_pct=20)
    assert probability >= 0.8
    assert evidence[0].observed == pytest.approx(80, abs=1)
    assert "±" in evidence[0].text


def test_what_the_engine_burnt_is_no_theft(scorer):
    assert judge(scorer, AlertType.FUEL_THEFT, fuel_drop_15_pct=3, fuel_used_15_l=12)[0] < 0.5


def test_a_drop_on_the_move_is_slosh(scorer):
    assert judge(scorer, AlertType.FUEL_THEFT, fuel_drop_15_pct=20, still_15=0, speed_kmh=60)[0] < 0.5


def test_a_drop_within_the_senders_own_noise_is_no_theft(scorer):
    assert judge(scorer, AlertType.FUEL_THEFT, fuel_drop_15_pct=8, fuel_noise_pct=4)[0] < 0.5


def test_a_sender_that_reads_zero_is_a_sensor_fault_and_not_a_theft(scorer):
    cut = {"fuel_drop_15_pct": 50, "fuel_pct": 0, "fuel_zero": 1, "fuel_before_zero_pct": 50}
    assert judge(scorer, AlertType.SENSOR_FAULT, **cut)[0] >= 0.8
    assert judge(scorer, AlertType.FUEL_THEFT, **cut)[0] < 0.5


def test_litres_that_vanish_for_hours_are_a_leak(scorer):
    assert judge(scorer, AlertType.FUEL_LEAK, fuel_slope_lph=4, fuel_slope_error_lph=0.3)[0] >= 0.7


@pytest.mark.parametrize(("sigmas", "leaks"), [(3.5, False), (5.0, True)])
def test_a_loss_that_stands_out_five_times_from_its_error_is_a_leak(scorer, sigmas, leaks):
    assert (judge(scorer, AlertType.FUEL_LEAK, fuel_slope_lph=4, fuel_slope_error_lph=4 / sigmas)[0] >= 0.7) == leaks


def test_litres_that_vanish_beyond_the_senders_habit_over_some_drives_are_a_leak(scorer):
    departed = {"fuel_drives_lph": 8.0, "fuel_drives_error_lph": 1.6, "fuel_drives_hours": 0.7}
    probability, evidence = judge(scorer, AlertType.FUEL_LEAK, **departed)
    assert probability >= 0.8
    assert evidence[0].observed == pytest.approx(8.0)
    assert evidence[0].text == "8.0 ± 3.1 l/h vanish beyond consumption and this sender's habit, over 0.7 hours."


@pytest.mark.parametrize("habitual", [
    {"fuel_drives_error_lph": 2.4},
    {"fuel_drives_lph": 0.8, "fuel_drives_error_lph": 0.1},
    {"fuel_drop_15_pct": 20},
    {"fuel_pct": 0, "fuel_zero": 1, "fuel_before_zero_pct": 50},
], ids=["within its scatter", "too little", "a theft explains it", "a broken sender explains it"])  # fmt: skip
def test_a_departure_from_the_habit_that_something_else_explains_is_no_leak(scorer, habitual):
    departed = {"fuel_drives_lph": 8.0, "fuel_drives_error_lph": 1.6, "fuel_drives_hours": 0.7}
    assert not judge(scorer, AlertType.FUEL_LEAK, **(departed | habitual))[0] >= 0.7


def test_without_anything_that_tells_consumption_a_leak_is_unknown(scorer):
    leak = {"fuel_slope_lph": np.nan, "fuel_slope_error_lph": np.nan, "fuel_used_doubt": np.nan}
    assert np.isnan(judge(scorer, AlertType.FUEL_LEAK, **leak)[0])


def test_a_tank_drained_to_the_last_drop_is_a_theft_and_no_broken_sender(scorer):
    dry = {"fuel_drop_15_pct": 30, "fuel_pct": 0, "fuel_zero": 1, "fuel_before_zero_pct": 4}
    assert judge(scorer, AlertType.FUEL_THEFT, **dry)[0] >= 0.8
    assert judge(scorer, AlertType.SENSOR_FAULT, **dry)[0] < 0.5


def test_five_minutes_at_rest_are_enough_for_a_theft(scorer):
    quick = {"fuel_drop_5_pct": 20, "still_5": 1, "still_15": 0.4, "fuel_used_5_l": 0}
    assert judge(scorer, AlertType.FUEL_THEFT, **quick)[0] >= 0.7


def test_what_a_thief_takes_is_no_leak(scorer):
    both = {"fuel_drop_15_pct": 20, "fuel_slope_lph": 9, "fuel_slope_error_lph": 0.5}
    assert judge(scorer, AlertType.FUEL_THEFT, **both)[0] >= 0.8
    assert judge(scorer, AlertType.FUEL_LEAK, **both)[0] < 0.5


def test_no_level_means_unknown(scorer):
    nothing = dict.fromkeys(PARKED, np.nan) | {"vehicle_class": 0, "tank_l": 50}
    assert np.isnan(judge(scorer, AlertType.FUEL_THEFT, **nothing)[0])
    assert np.isnan(judge(scorer, AlertType.SENSOR_FAULT, **nothing)[0])


def test_fuel_siphoned_slowly_from_a_parked_vehicle_is_a_theft(scorer):
    slow = {"fuel_rest_drop_pct": 9, "fuel_drop_60_pct": 9, "fuel_rest_min": 60, "fuel_since_rest_min": 0, "fuel_rest_heard": 1}
    assert judge(scorer, AlertType.FUEL_THEFT, fuel_drop_15_pct=1.5, **slow)[0] >= 0.7


def test_a_level_from_before_a_silence_counts_only_beyond_the_senders_usual_swing(scorer):
    gap = {"fuel_rest_min": 50, "fuel_since_rest_min": 4, "fuel_rest_heard": 0, "fuel_step_usual_pct": 3}
    assert judge(scorer, AlertType.FUEL_THEFT, fuel_rest_drop_pct=6, **gap)[0] < 0.5
    assert judge(scorer, AlertType.FUEL_THEFT, fuel_rest_drop_pct=30, **gap)[0] >= 0.7


def test_a_parked_vehicle_that_loses_little_by_little_leaks(scorer):
    rest = {
        "fuel_rest_drop_pct": 4.5,
        "fuel_rest_steady_pct": 4.5,
        "fuel_rest_min": 300,
        "fuel_since_rest_min": 0,
        "fuel_rest_heard": 1,
    }
    assert judge(scorer, AlertType.FUEL_LEAK, **rest)[0] >= 0.7
    assert judge(scorer, AlertType.FUEL_THEFT, fuel_drop_60_pct=0.9, fuel_drop_15_pct=0.2, **rest)[0] < 0.5


def test_a_theft_that_was_heard_is_not_raised_again_when_the_vehicle_leaves(scorer):
    rest = {"fuel_rest_drop_pct": 30, "fuel_rest_min": 118, "fuel_rest_heard": 1, "fuel_since_rest_min": 1}
    rest |= {"fuel_step_usual_pct": 1}
    assert judge(scorer, AlertType.FUEL_THEFT, fuel_drop_60_pct=0.2, **rest)[0] < 0.5
    assert judge(scorer, AlertType.FUEL_THEFT, fuel_drop_60_pct=30, **rest)[0] >= 0.7


def test_what_a_thief_took_over_a_rest_is_no_leak_once_he_has_left(scorer):
    rest = {"fuel_rest_steady_pct": 20, "fuel_rest_min": 180, "fuel_since_rest_min": 0, "fuel_rest_heard": 1, "tank_l": 80}
    assert judge(scorer, AlertType.FUEL_LEAK, fuel_drop_15_pct=2.0, fuel_drop_60_pct=7, **rest)[0] >= 0.7
    assert judge(scorer, AlertType.FUEL_LEAK, fuel_drop_15_pct=0.0, fuel_drop_60_pct=5, **rest)[0] < 0.5


def test_a_theft_from_a_parked_vehicle_is_over_a_quarter_of_an_hour_after_the_last_litre(scorer):
    rest = {"fuel_rest_drop_pct": 9, "fuel_drop_60_pct": 9, "fuel_rest_min": 90, "fuel_since_rest_min": 0, "fuel_rest_heard": 1}
    assert judge(scorer, AlertType.FUEL_THEFT, fuel_drop_15_pct=1.5, **rest)[0] >= 0.7
    assert judge(scorer, AlertType.FUEL_THEFT, fuel_drop_15_pct=0.1, **rest)[0] < 0.4


def test_a_theft_that_was_over_before_the_vehicle_left_is_not_raised_by_the_slosh_of_driving(scorer):
    rest = {"fuel_rest_drop_pct": 30, "fuel_drop_60_pct": 30, "fuel_rest_min": 50, "fuel_rest_heard": 1, "fuel_step_usual_pct": 1}
    assert judge(scorer, AlertType.FUEL_THEFT, fuel_since_rest_min=4, fuel_drop_15_pct=20, **rest)[0] >= 0.7
    assert judge(scorer, AlertType.FUEL_THEFT, fuel_since_rest_min=4, fuel_drop_15_pct=3, **rest)[0] < 0.4


def test_a_slope_over_hours_is_no_leak_once_the_parked_vehicle_loses_nothing(scorer):
    slope = {"fuel_slope_lph": 12, "fuel_slope_error_lph": 0.5, "tank_l": 72, "fuel_rest_min": 100, "fuel_since_rest_min": 0}
    assert judge(scorer, AlertType.FUEL_LEAK, fuel_drop_15_pct=4, fuel_drop_60_pct=15, **slope)[0] >= 0.7
    assert judge(scorer, AlertType.FUEL_LEAK, fuel_drop_15_pct=0, fuel_drop_60_pct=15, **slope)[0] < 0.4


def test_a_level_that_falls_back_to_where_it_had_climbed_from_on_the_move_is_no_theft(scorer):
    fall = {"fuel_drop_15_pct": 30, "fuel_step_usual_pct": 2}
    assert judge(scorer, AlertType.FUEL_THEFT, fuel_climbed_pct=2, **fall)[0] >= 0.7
    assert judge(scorer, AlertType.FUEL_THEFT, fuel_climbed_pct=28, **fall)[0] < 0.7
    assert judge(scorer, AlertType.FUEL_THEFT, fuel_climbed_pct=10, **fall)[0] >= 0.7


@pytest.mark.parametrize("sign", [{"fuel_stuck": 6}, {"fuel_silent_min": 6}, {"fuel_step_pct": 30, "fuel_step_usual_pct": 4},
                                  {"fuel_climb_pct": 15, "fuel_step_usual_pct": 2}, {"fuel_flat_burnt_pct": 4}])  # fmt: skip
def test_a_sender_that_breaks_with_its_own_habits_is_a_sensor_fault(scorer, sign):
    assert judge(scorer, AlertType.SENSOR_FAULT, **sign)[0] >= 0.7


def test_a_sender_that_has_always_swung_widely_is_no_fault(scorer):
    assert judge(scorer, AlertType.SENSOR_FAULT, fuel_step_pct=30, fuel_step_usual_pct=25)[0] < 0.5


def test_a_float_at_its_end_may_stand_still_for_long(scorer):
    assert judge(scorer, AlertType.SENSOR_FAULT, fuel_pct=91, fuel_flat_burnt_pct=6, fuel_stuck=8)[0] < 0.5


def test_a_sender_that_leaps_to_full_on_the_move_is_an_open_circuit(scorer):
    assert judge(scorer, AlertType.SENSOR_FAULT, fuel_pct=100, fuel_step_pct=36, fuel_step_usual_pct=36)[0] >= 0.7


@pytest.mark.parametrize(("level", "climbed", "usual", "fault"), [
    pytest.param(100, 7.5, np.nan, True, id="it rose to full on the move"),
    pytest.param(100, 0, np.nan, False, id="it was filled up"),
    pytest.param(100, 7.5, 6, False, id="this sender swings so far"),
    pytest.param(92, 7.5, np.nan, False, id="a float at its end"),
])  # fmt: skip
def test_a_level_that_rises_to_full_on_the_move_and_stands_still_there_is_an_open_circuit(scorer, level, climbed, usual, fault):
    signs = {"fuel_pct": level, "fuel_climbed_pct": climbed, "fuel_step_usual_pct": usual, "fuel_flat_burnt_pct": 1.2}
    assert (judge(scorer, AlertType.SENSOR_FAULT, **signs)[0] >= 0.7) == fault
