"""Driver model: events by physics, style by minutes, silence unknown."""

import json

import numpy as np
import pytest
import torch
import treelite
from sklearn.ensemble import IsolationForest

from fleet.alerts import TYPE_INDEX, AlertType, Severity, VehicleId
from fleet.errors import ModelUnavailable
from fleet.features import FEATURE, FEATURES, SEQUENCE_CHANNELS, SEQUENCE_S, SLOW_FEATURES, FeatureBatch
from serve.driver import DriverScorer
from serve.logistic import Logistic
from serve.lstm import StyleLstm
from serve.parts import load_scorer
from serve.style import FEW_INPUTS, FOREST_FEATURES, STYLE_TYPES, style_reason, style_table


@pytest.fixture(scope="module")
def scorer(tmp_path_factory):
    return DriverScorer.load(written(tmp_path_factory.mktemp("driver"), FEW_INPUTS), "2")


def written(folder, inputs):
    """A folder with a small model whose styles rest on these inputs."""
    torch.manual_seed(1)
    torch.save(StyleLstm().state_dict(), folder / "lstm.pt")
    table = np.random.default_rng(1).random((256, len(FOREST_FEATURES)))
    forest = IsolationForest(n_estimators=5, random_state=1, contamination=0.05).fit(table)
    treelite.sklearn.import_model(forest).serialize(str(folder / "forest.tl"))
    styles = {kind: flat(inputs[kind]) for kind in STYLE_TYPES}
    record = {"forest_centre": [0.5] * len(FOREST_FEATURES), "styles": styles}
    (folder / "driver.json").write_text(json.dumps(record))
    return folder


def flat(inputs):
    count = len(inputs)
    return {"inputs": inputs, "centre": [0] * count, "scale": [1] * count, "weights": [0] * count, "bias": -3}


CRUISE = {
    "vehicle_class": 0, "tank_l": 50, "speed_kmh": 60, "speed_known": 1, "accel_peak_g": 0.05, "brake_peak_g": 0.05,
    "corner_peak_g": 0.05, "horizontal_peak_g": 0.07, "sustained_peak_g": 0.06,
}  # fmt: skip
AWAKE = {"accel_rms_15_ms2": 0.5, "moving_15": 1, "wander_15_dps": 0.3}


def score(scorer, **columns):
    values = np.full((1, len(FEATURES)), np.nan, np.float32)
    for name, value in (CRUISE | columns).items():
        values[0, FEATURE[name]] = value
    sequence = np.full((1, SEQUENCE_S, len(SEQUENCE_CHANNELS)), np.nan, np.float32)
    features = FeatureBatch((VehicleId("acme", "VH-1"),), np.zeros(1), values, sequence, (None,))
    return scorer.score(features, np.full((1, len(SLOW_FEATURES)), np.nan, np.float32))


def judge(scorer, kind, **columns):
    scores = score(scorer, **columns)
    return float(scores.probability[0, TYPE_INDEX[kind]]), int(scores.severity[0, TYPE_INDEX[kind]])


def test_braking_beyond_the_limit_is_harsh_and_graded(scorer):
    assert judge(scorer, AlertType.HARSH_BRAKING, brake_peak_g=0.42) == (pytest.approx(0.73, abs=0.05), Severity.MEDIUM)
    assert judge(scorer, AlertType.HARSH_BRAKING, brake_peak_g=0.52)[1] == Severity.HIGH
    assert judge(scorer, AlertType.HARSH_BRAKING, brake_peak_g=0.70)[1] == Severity.CRITICAL


def test_a_truck_is_judged_by_its_own_limit(scorer):
    assert judge(scorer, AlertType.HARSH_BRAKING, brake_peak_g=0.33)[0] < 0.6
    assert judge(scorer, AlertType.HARSH_BRAKING, brake_peak_g=0.33, vehicle_class=2)[0] >= 0.6


def test_nothing_is_harsh_below_walking_speed(scorer):
    assert judge(scorer, AlertType.HARSH_CORNERING, corner_peak_g=0.8, speed_kmh=3)[0] < 0.3


@pytest.mark.parametrize(
    ("yaw", "kind"), [(3, AlertType.HARSH_BRAKING), (25, AlertType.HARSH_CORNERING)], ids=["straight", "turning"]
)
def test_an_imu_alone_with_unknown_axes_still_raises_with_less_certainty(scorer, yaw, kind):
    blind = {"speed_kmh": np.nan, "speed_known": 0, "horizontal_peak_g": 0.6, "accel_peak_g": 0.3, "brake_peak_g": 0.2}
    probability, _ = judge(scorer, kind, yaw_rms_5_dps=yaw, **blind)
    assert 0.6 <= probability <= 0.851


@pytest.mark.parametrize(
    ("axes", "yaw", "kind"),
    [
        pytest.param({"corner_peak_g": 0.59}, 4, AlertType.HARSH_CORNERING, id="a bend at speed that has just begun"),
        pytest.param({"corner_peak_g": 0.59}, 1, AlertType.HARSH_BRAKING, id="sideways, and no speed makes a bend of it"),
        pytest.param({"accel_peak_g": 0.5, "corner_peak_g": 0.33}, 4, AlertType.HARSH_ACCELERATION, id="pulling out"),
        pytest.param({"corner_peak_g": 0.59, "sustained_peak_g": 0.5}, 4, AlertType.HARSH_BRAKING, id="a fast IMU, axes unknown"),
    ],
)
def test_without_a_speed_axes_and_yaw_tell_a_bend_from_pulling_and_braking(scorer, axes, yaw, kind):
    blind = {"speed_kmh": np.nan, "speed_known": 0, "horizontal_peak_g": 0.6, "brake_peak_g": 0.1, "yaw_rms_5_dps": yaw}
    scores = score(scorer, **{"sustained_peak_g": 0.6} | blind | axes)
    raised = [name for name in AlertType if name.startswith("HARSH") and scores.probability[0, TYPE_INDEX[name]] >= 0.7]
    assert raised == [kind]


def test_straight_on_the_same_peak_of_a_blind_imu_counts_for_more_yet_never_raises_below_the_limit(scorer):
    blind = {"speed_kmh": np.nan, "speed_known": 0, "accel_peak_g": 0.1, "sustained_peak_g": 0.3, "horizontal_peak_g": 0.3}
    bending, straight = (judge(scorer, AlertType.HARSH_BRAKING, yaw_rms_5_dps=yaw, **blind)[0] for yaw in (11, 0.5))
    assert bending < straight < 0.5


def test_a_version_that_rests_on_an_input_nobody_can_explain_is_refused_before_it_serves(tmp_path):
    folder = written(tmp_path, dict.fromkeys(STYLE_TYPES, ("surge_5_ms2", "moving_15")))
    with pytest.raises(ModelUnavailable, match="Version 4 of the driver model does not fit this program"):
        load_scorer("driver", folder, "4")


def test_the_champion_of_before_one_spell_was_set_aside_still_explains_itself(tmp_path):
    inputs = ("surge_5_ms2", "brake_power_5_m2s3", "speeding_15")
    earlier = load_scorer("driver", written(tmp_path, dict.fromkeys(STYLE_TYPES, inputs)), "1")
    style = Logistic.from_json(flat(inputs) | {"weights": [0, 0, 1]})
    features = FeatureBatch((VehicleId("acme", "VH-1"),), np.zeros(1), np.zeros((1, len(FEATURES))), np.empty((1, 0, 0)), (None,))
    (why,) = style_reason(AlertType.AGGRESSIVE_DRIVING, style, np.array([[0, 0, 0.4]]), features)(0)
    assert earlier.version == "1"
    assert why.text == "The share of 15 minutes above the limit is 40%; the fleet's is 0%."


def test_no_motion_signal_means_unknown(scorer):
    silent = dict.fromkeys(CRUISE, np.nan) | {"vehicle_class": 0, "tank_l": 50, "speed_known": 0}
    assert np.isnan(score(scorer, **silent).probability).all()


def test_speeding_needs_both_the_kilometres_and_the_share(scorer):
    over = {"over_limit_10_kmh": 8, "over_limit_30_kmh": 8}
    assert judge(scorer, AlertType.SPEEDING, over_limit_10_ratio=0.06, over_limit_30_ratio=0.06, **over)[0] < 0.5
    assert judge(scorer, AlertType.SPEEDING, over_limit_10_ratio=0.16, over_limit_30_ratio=0.16, **over)[0] >= 0.8


@pytest.mark.parametrize(("share", "beyond"), [(0.0, 0.0), (0.12, 0.0), (0.4, 0.4 - 2 / 15), (np.nan, np.nan)])
def test_one_spell_above_the_limit_says_nothing_of_the_manner_of_driving(share, beyond):
    values = np.full((1, len(FEATURES)), np.nan, np.float32)
    values[0, FEATURE["speeding_15"]] = share
    features = FeatureBatch((VehicleId("acme", "VH-1"),), np.zeros(1), values, np.empty((1, 0, 0), np.float32), (None,))
    table = style_table(AlertType.AGGRESSIVE_DRIVING, ("speeding_beyond_15",), features, np.zeros((1, 3), np.float32))
    assert table[0, 0] == pytest.approx(beyond, nan_ok=True)


def test_hours_without_a_rest_are_fatigue_whatever_the_style(scorer):
    assert judge(scorer, AlertType.FATIGUE, driving_min=280, moving_15=1)[0] >= 0.8
    assert judge(scorer, AlertType.FATIGUE, driving_min=269, **AWAKE)[0] < 0.3


def test_who_rests_is_not_tired_at_the_wheel_however_long_the_day_was(scorer):
    assert judge(scorer, AlertType.FATIGUE, driving_min=280, moving_15=0)[0] < 0.1


def test_a_vehicle_that_stands_is_not_driven_hard_and_one_that_is_not_heard_is_unknown(scorer):
    assert judge(scorer, AlertType.AGGRESSIVE_DRIVING, moving_15=0)[0] < 0.1
    assert np.isnan(judge(scorer, AlertType.AGGRESSIVE_DRIVING, moving_15=np.nan)[0])


def test_without_anything_that_feels_the_vehicle_sway_only_the_hours_tell_tiredness(scorer):
    unfelt = AWAKE | {"wander_15_dps": np.nan, "heading_wander_15_deg": 4.0}
    assert np.isnan(judge(scorer, AlertType.FATIGUE, driving_min=120, **unfelt)[0])
    assert judge(scorer, AlertType.FATIGUE, driving_min=280, **unfelt)[0] >= 0.8


def test_who_hurries_is_not_called_tired(scorer):
    certain = Logistic(("surge_5_ms2",), np.zeros(1, np.float32), np.ones(1, np.float32), np.ones(1, np.float32), 2.0)
    hurried = DriverScorer("3", scorer._forest, scorer._forest_centre, scorer._lstm, dict.fromkeys(STYLE_TYPES, certain))
    tired = [judge(hurried, AlertType.FATIGUE, surge_5_ms2=surge, **AWAKE)[0] for surge in (-2.0, 2.0)]
    assert tired[0] > 0.2 > tired[1]


def test_the_quiet_fleet_carries_no_evidence(scorer):
    assert score(scorer).evidence == {}
