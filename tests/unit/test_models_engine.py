"""Engine model: physics holds whatever the trees think, and silence is never normal."""

import json

import numpy as np
import pytest
import xgboost

from fleet.alerts import TYPE_INDEX, AlertType, Severity, VehicleId
from fleet.errors import ModelUnavailable
from fleet.features import FEATURE, FEATURES, SEQUENCE_CHANNELS, SEQUENCE_S, SLOW_FEATURES, FeatureBatch
from fleet.thresholds import DEFAULT_LIMITS
from serve.engine import CLASSES, ENGINE_FEATURES, EngineScorer
from serve.parts import load_scorer
from serve.phrases import PHRASES
from serve.rails import battery_rail, misfire_rail, oil_rail


@pytest.fixture(scope="module")
def scorer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("engine")
    rng = np.random.default_rng(3)
    matrix = xgboost.DMatrix(rng.random((300, len(ENGINE_FEATURES))), np.zeros(300), feature_names=list(ENGINE_FEATURES))
    quiet = {"objective": "multi:softprob", "num_class": len(CLASSES), "nthread": 1}
    xgboost.train(quiet, matrix, 3).save_model(folder / "engine.ubj")
    (folder / "engine.json").write_text(json.dumps({"temperature": 1.0, "typical": [None] * len(ENGINE_FEATURES)}))
    return EngineScorer.load(folder, "7")


def row(**columns):
    values = np.full((1, len(FEATURES)), np.nan, np.float32)
    for name, value in ({"vehicle_class": 0, "tank_l": 50} | columns).items():
        values[0, FEATURE[name]] = value
    sequence = np.full((1, SEQUENCE_S, len(SEQUENCE_CHANNELS)), np.nan, np.float32)
    return FeatureBatch((VehicleId("acme", "VH-1"),), np.zeros(1), values, sequence, (None,))


def judge(scorer, kind, **columns):
    scores = scorer.score(row(**columns), np.full((1, len(SLOW_FEATURES)), np.nan, np.float32))
    column = TYPE_INDEX[kind]
    return float(scores.probability[0, column]), int(scores.severity[0, column]), scores.evidence.get((0, column), ())


HOT = {"engine_on": 1, "speed_kmh": 60, "engine_rpm": 2000}


def hot(celsius):
    return HOT | {"coolant_temp_c": celsius, "coolant_min_10_c": celsius}


def test_coolant_above_110_is_a_high_alert_from_three_signals_alone(scorer):
    probability, severity, evidence = judge(scorer, AlertType.ENGINE_OVERHEAT, **hot(112))
    assert probability >= 0.9
    assert severity == Severity.HIGH
    assert evidence[0].observed == pytest.approx(112)


def test_coolant_above_125_is_critical(scorer):
    assert judge(scorer, AlertType.ENGINE_OVERHEAT, **hot(126))[1] == Severity.CRITICAL


def test_the_overheat_probability_never_falls_as_the_coolant_gets_hotter(scorer):
    rising = [judge(scorer, AlertType.ENGINE_OVERHEAT, **hot(celsius))[0] for celsius in range(80, 140, 2)]
    assert rising == sorted(rising)


def test_a_normal_coolant_makes_no_claim_and_carries_no_evidence(scorer):
    probability, severity, evidence = judge(scorer, AlertType.ENGINE_OVERHEAT, **hot(90))
    assert probability < 0.3
    assert (severity, evidence) == (0, ())


def test_heat_that_soaks_into_a_stopped_engine_is_no_overheating(scorer):
    parked = hot(114) | {"engine_on": 0, "speed_kmh": 0, "engine_rpm": 0}
    assert judge(scorer, AlertType.ENGINE_OVERHEAT, **parked)[0] < 0.5


def test_an_idling_engine_that_waits_for_its_fan_does_not_overheat(scorer):
    idling = hot(101) | {"speed_kmh": 0, "engine_rpm": 750, "coolant_slope_c_min": 3}
    assert judge(scorer, AlertType.ENGINE_OVERHEAT, **idling)[0] < 0.5


def test_an_alert_of_a_running_engine_ends_when_it_stands_even_if_its_sensors_fall_silent(scorer):
    assert judge(scorer, AlertType.ENGINE_OVERHEAT, engine_on=0, engine_rpm=0)[0] < 0.4
    assert np.isnan(judge(scorer, AlertType.ENGINE_OVERHEAT, engine_on=1, engine_rpm=1500)[0])


TREMBLING = {"engine_on": 1, "engine_rpm": 1500, "tremble_rpm": 30, "tremble_share": 0.5, "tremble_usual_rpm": -10}


def test_a_misfire_is_found_where_the_sender_is_too_slow_for_seconds(scorer):
    probability, _, evidence = judge(scorer, AlertType.MISFIRE, **TREMBLING)
    assert probability >= 0.7
    assert "back and forth by 30 rpm" in evidence[0].text


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param({"tremble_share": 0.15}, id="traffic"),
        pytest.param({"rough_60_rpm": 5, "rough_quiet_rpm": 5, "moving_15": 0.9}, id="seconds are smooth"),
        pytest.param({"tremble_usual_rpm": 25}, id="always did"),
        pytest.param({"tremble_rpm": 15.5, "tremble_usual_rpm": np.nan}, id="less than is much"),
    ],
)
def test_what_goes_back_and_forth_for_another_reason_is_no_misfire(scorer, columns):
    assert judge(scorer, AlertType.MISFIRE, **(TREMBLING | columns))[0] < 0.7


STRAY = HOT | {"coolant_temp_c": 98, "coolant_above_c": 8}


IDLING = {"engine_on": 1, "engine_rpm": 650, "moving_15": 0.0, "moving_4": 0.0, "tremble_rpm": 3}


ROUGH = HOT | {"rough_60_rpm": 45, "rough_lasting_rpm": 40, "rough_quiet_rpm": 7, "tremble_usual_rpm": -2, "moving_15": 1}


def test_an_engine_that_follows_its_driver_is_rough_without_a_misfire():
    rough = {"tremble_share": -0.2, "dip_share": 0.03, "moving_4": 1}
    assert not misfire_rail(row(**ROUGH | rough | {"tremble_rpm": -13})).support[0]
    assert misfire_rail(row(**ROUGH | rough | {"tremble_rpm": 3})).support[0]
    assert not misfire_rail(row(**ROUGH | rough | {"tremble_rpm": 3, "rough_lasting_rpm": np.nan})).support[0]


@pytest.mark.parametrize(("coolant_c", "raised"), [(20, False), (85, True)])
def test_a_cold_engine_that_nobody_knows_may_go_back_and_forth(scorer, coolant_c, raised):
    begun = HOT | {"tremble_rpm": 25, "tremble_share": 0.5, "coolant_temp_c": coolant_c}
    assert (judge(scorer, AlertType.MISFIRE, **begun)[0] >= 0.7) == raised


def test_dips_of_an_idling_engine_are_a_misfire_and_fewer_suffice_than_on_the_move(scorer):
    probability, _, evidence = judge(scorer, AlertType.MISFIRE, **IDLING, dip_share=0.09, dip_usual_share=0.0)
    assert probability >= 0.7
    assert "low for a moment" in evidence[0].text
    driving = IDLING | {"moving_4": 1.0, "moving_15": 1.0}
    assert judge(scorer, AlertType.MISFIRE, **IDLING | {"moving_4": np.nan}, dip_share=0.09, dip_usual_share=0.0)[0] < 0.7
    assert judge(scorer, AlertType.MISFIRE, **driving, dip_share=0.09, dip_usual_share=0.0)[0] < 0.7
    assert judge(scorer, AlertType.MISFIRE, **IDLING, dip_share=0.09, dip_usual_share=0.08)[0] < 0.7


def test_a_fall_of_the_coolant_needs_to_be_larger_where_the_band_is_not_known(scorer):
    fallen = {"engine_on": 1, "coolant_temp_c": 76, "coolant_below_c": 6}
    assert judge(scorer, AlertType.SENSOR_FAULT, **fallen, coolant_band_known=1, engine_load_pct=30)[0] >= 0.7
    assert judge(scorer, AlertType.SENSOR_FAULT, **fallen, coolant_band_known=1)[0] < 0.5
    probability, _, evidence = judge(scorer, AlertType.SENSOR_FAULT, **fallen | {"coolant_below_c": 10}, coolant_band_known=0)
    assert probability >= 0.7
    assert "10 °C below" in evidence[0].text
    assert judge(scorer, AlertType.SENSOR_FAULT, **fallen, coolant_band_known=0)[0] < 0.5


@pytest.mark.parametrize(("below_c", "known", "strays"), [
    pytest.param(3.5, {"coolant_band_known": 1, "engine_load_pct": 30}, True, id="out of its band"),
    pytest.param(2.0, {"coolant_band_known": 1, "engine_load_pct": 30}, False, id="as healthy ones do"),
    pytest.param(7.5, {"coolant_band_known": 0, "engine_load_pct": 30}, True, id="band unknown"),
    pytest.param(7.5, {"coolant_band_known": 1}, False, id="it may coast"),
])  # fmt: skip
def test_how_far_a_coolant_must_fall_depends_on_what_is_known(scorer, below_c, known, strays):
    fallen = {"engine_on": 1, "coolant_temp_c": 76, "coolant_below_c": below_c} | known
    assert (judge(scorer, AlertType.SENSOR_FAULT, **fallen)[0] >= 0.7) == strays


def test_a_coolant_that_leaves_its_band_slowly_is_the_sensors_fault_and_fast_is_not(scorer):
    probability, _, evidence = judge(scorer, AlertType.SENSOR_FAULT, **(STRAY | {"coolant_pace_c_min": 0.8}))
    assert probability >= 0.7
    assert "8 °C above the band" in evidence[0].text
    assert judge(scorer, AlertType.SENSOR_FAULT, **(STRAY | {"coolant_pace_c_min": 5}))[0] < 0.5


def test_a_coolant_that_boils_stands_still_without_its_sensor_being_stuck(scorer):
    still = {"coolant_temp_stuck": 5.0, "coolant_flat_min": 6.0}
    assert judge(scorer, AlertType.SENSOR_FAULT, **hot(92) | still)[0] >= 0.7
    assert judge(scorer, AlertType.SENSOR_FAULT, **hot(137) | still)[0] < 0.4


def test_an_engine_that_stands_has_no_stuck_sensor(scorer):
    assert judge(scorer, AlertType.SENSOR_FAULT, coolant_temp_stuck=5.0, coolant_temp_c=85, engine_on=0)[0] < 0.4


def test_a_sensor_that_has_not_been_silent_is_hardly_suspected(scorer):
    assert judge(scorer, AlertType.SENSOR_FAULT, **hot(90), coolant_temp_silent_min=0)[0] < 0.03


def test_an_open_sensor_is_a_sensor_fault_and_not_an_overheating(scorer):
    assert judge(scorer, AlertType.SENSOR_FAULT, **hot(215))[0] >= 0.9
    assert judge(scorer, AlertType.ENGINE_OVERHEAT, **hot(215))[0] < 0.5


def test_silent_signals_are_unknown_never_normal(scorer):
    scores = scorer.score(row(speed_kmh=50), np.full((1, len(SLOW_FEATURES)), np.nan, np.float32))
    assert np.isnan(scores.probability).all()


def oil(kpa, rpm):
    return {"oil_pressure_max_10_kpa": kpa, "rpm_min_10": rpm, "engine_on": 1, "engine_on_60": 1, "engine_rpm": rpm}


def test_low_oil_pressure_counts_at_speed_and_not_at_a_warm_idle(scorer):
    assert judge(scorer, AlertType.LOW_OIL_PRESSURE, **oil(90, 2200))[0] >= 0.8
    assert judge(scorer, AlertType.LOW_OIL_PRESSURE, **oil(90, 650))[0] < 0.5


@pytest.mark.parametrize(("kpa", "raised"), [(139, False), (137, True)])
def test_low_oil_pressure_is_raised_below_the_pressure_that_is_needed_and_not_above(scorer, kpa, raised):
    assert (judge(scorer, AlertType.LOW_OIL_PRESSURE, **oil(kpa, 2200))[0] >= 0.7) == raised


def test_oil_that_heat_has_thinned_is_low_below_what_is_needed_only():
    slow = np.full((1, len(SLOW_FEATURES)), np.nan, np.float32)
    for coolant_c, possible in ((88, True), (108, False)):
        assert oil_rail(row(**oil(112, 760), coolant_mean_15_c=coolant_c), slow, DEFAULT_LIMITS).support.tolist() == [possible]


@pytest.mark.parametrize(("kpa", "words"), [(90, "at least 138 kPa are needed."), (180, "less than this engine usually has.")])
def test_what_is_said_of_oil_pressure_fits_its_figure(kpa, words):
    slow = np.full((1, len(SLOW_FEATURES)), np.nan, np.float32)
    (reason,) = oil_rail(row(**oil(kpa, 2200)), slow, DEFAULT_LIMITS).explain(0)
    assert reason.text.endswith(words)
    assert reason.expected is None or reason.observed < reason.expected


def test_a_voltage_of_zero_while_the_engine_runs_is_the_senders_fault(scorer):
    dead = {"battery_max_60_v": 0.0, "battery_on_15_v": 0.0, "engine_on": 1, "engine_on_60": 1, "engine_rpm": 1500}
    assert judge(scorer, AlertType.BATTERY_FAILURE, **dead)[0] < 0.5
    assert judge(scorer, AlertType.SENSOR_FAULT, **dead)[0] >= 0.9


def test_a_flat_battery_at_rest_is_found(scorer):
    flat = {"battery_max_60_v": 11.8, "battery_off_v": 11.8, "engine_on": 0, "engine_on_60": 0}
    probability, severity, _ = judge(scorer, AlertType.BATTERY_FAILURE, **flat)
    assert probability >= 0.7
    assert severity == Severity.MEDIUM


@pytest.mark.parametrize(("resting_v", "possible"), [(12.5, False), (12.41, False), (12.39, True)])
def test_a_battery_that_rests_as_healthy_ones_do_is_no_failure_whatever_the_trees_say(resting_v, possible):
    parked = row(battery_max_60_v=resting_v, battery_off_v=resting_v, engine_on=0, engine_on_60=0)
    assert battery_rail(parked, DEFAULT_LIMITS).support.tolist() == [possible]


def test_a_resting_battery_is_told_with_the_voltage_it_falls_short_of():
    parked = row(battery_max_60_v=12.39, battery_off_v=12.39, engine_on=0, engine_on_60=0)
    (reason,) = battery_rail(parked, DEFAULT_LIMITS).explain(0)
    assert reason.text == "Battery at 12.39 V with the engine off; at least 12.40 V are healthy."
    assert reason.observed < reason.expected


def test_an_established_overheating_is_critical_as_soon_as_the_newest_reading_is(scorer):
    climbing = hot(114) | {"coolant_temp_c": 126, "coolant_step_c": 1}
    assert judge(scorer, AlertType.ENGINE_OVERHEAT, **climbing)[1] == Severity.CRITICAL
    jumped = hot(90) | {"coolant_temp_c": 126, "coolant_step_c": 36}
    assert judge(scorer, AlertType.ENGINE_OVERHEAT, **jumped)[0] < 0.5


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        pytest.param({"oil_pressure_stuck": 6}, "Oil pressure has not changed", id="stuck"),
        pytest.param({"map_silent_min": 6}, "Manifold pressure has been silent for 6 minutes", id="silent"),
        pytest.param({"coolant_fall_c": 40, "coolant_temp_c": 50}, "fell by 40 °C while the engine ran on", id="drifting"),
    ],
)
def test_a_sensor_that_breaks_with_the_vehicles_own_habits_is_a_fault_and_says_why(scorer, columns, words):
    probability, _, evidence = judge(scorer, AlertType.SENSOR_FAULT, **(HOT | columns))
    assert probability >= 0.7
    assert words in evidence[0].text


def test_every_feature_of_the_model_has_words_and_a_signal():
    assert set(PHRASES) == set(ENGINE_FEATURES)
    sentence = PHRASES["oil_pressure_max_10_kpa"].sentence(48, 288)
    assert sentence == "In ten seconds oil pressure reached at most 48 kPa; 288 kPa in normal driving."


def test_a_figure_beside_a_sentence_is_the_one_in_it():
    evidence = PHRASES["dip_share"].evidence(0.08785, 0.01667, 0.4)
    assert "in 8.79 %; 1.67 %" in evidence.text
    assert (evidence.observed, evidence.expected, evidence.unit) == (pytest.approx(8.785), pytest.approx(1.667), "%")


def test_a_fall_of_less_than_nothing_is_a_rise():
    evidence = PHRASES["coolant_fall_c"].evidence(-5.683, 0.633, 0.558)
    assert evidence.text == "With the engine running on the coolant rose by 5.68 °C; -0.633 °C in normal driving."
    assert (evidence.observed, evidence.expected) == (5.683, -0.633)
    assert PHRASES["battery_change_v"].sentence(-0.5, float("nan")).endswith("is off by -0.5 V.")


def test_what_is_typical_is_unknown_rather_than_a_figure():
    evidence = PHRASES["dip_share"].evidence(0.08785, float("nan"), 0.4)
    assert evidence.expected is None
    assert evidence.text.endswith("8.79 %.")


def test_scores_name_the_model_and_its_version(scorer):
    scores = scorer.score(row(**hot(126)), np.full((1, len(SLOW_FEATURES)), np.nan, np.float32))
    assert scores.versions[TYPE_INDEX[AlertType.ENGINE_OVERHEAT]] == "engine-7"


def test_a_version_trained_for_other_features_is_refused_before_it_serves(tmp_path):
    matrix = xgboost.DMatrix(np.zeros((30, 3)), np.zeros(30))
    xgboost.train({"objective": "multi:softprob", "num_class": len(CLASSES)}, matrix, 1).save_model(tmp_path / "engine.ubj")
    (tmp_path / "engine.json").write_text(json.dumps({"temperature": 1.0, "typical": [None] * 3}))
    with pytest.raises(ModelUnavailable, match="Version 4 of the engine model does not fit this program"):
        load_scorer("engine", tmp_path, "4")
