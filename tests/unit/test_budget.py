"""An alert budget: thresholds that keep to it, what gives way first, and what no budget silences."""

import numpy as np
import pytest

from alerts.budget import BUDGETED, CEILINGS, allowed, by_type, chosen_by_hand, keep_to, try_thresholds
from alerts.episodes import RULES, Episodes
from alerts.potentials import FLOOR, Potential, potentials
from fleet.alerts import TYPES, AlertType, EpisodeChange, Severity, VehicleId
from fleet.errors import InvalidInput
from fleet.features import FeatureBatch
from fleet.own_thresholds import OwnThreshold, OwnThresholds
from fleet.scores import ScoreBatch
from fleet.testing import NOON

SPEEDING, OVERHEAT, MISFIRE = AlertType.SPEEDING, AlertType.ENGINE_OVERHEAT, AlertType.MISFIRE


def many(kind: AlertType, strengths, severity: Severity = Severity.LOW, vehicle_class: str = "car") -> list[Potential]:
    return [
        Potential(f"v{place}", vehicle_class, kind, NOON + place, NOON + place, float(strength), severity)
        for place, strength in enumerate(strengths)
    ]


@pytest.mark.parametrize("target", [0, 5, 17, 60])
def test_no_more_alerts_than_the_budget_unless_a_limit_forbids(target):
    found = many(SPEEDING, np.linspace(0.55, 0.94, 80))
    assert keep_to(target, found).totals[1] <= target


def test_as_many_alerts_as_the_budget_allows():
    found = many(SPEEDING, np.linspace(0.5, 0.94, 89))
    assert keep_to(40, found).totals[1] == pytest.approx(40, abs=1)


def test_a_budget_that_is_kept_already_by_all_that_is_there_lowers_no_threshold_needlessly():
    found = many(SPEEDING, [0.9, 0.92])
    budget = keep_to(100, found)
    assert budget.thresholds.fleet == pytest.approx({kind: RULES[kind].on for kind in BUDGETED}, abs=1e-3)


def test_mild_alerts_give_way_before_severe_ones():
    strengths = np.linspace(0.6, 0.9, 30)
    found = many(SPEEDING, strengths, Severity.LOW) + many(MISFIRE, strengths + 0.05, Severity.CRITICAL)
    budget = keep_to(30, found)
    after = by_type(budget.after)
    assert after.get(MISFIRE, 0) > 2 * after.get(SPEEDING, 0)


@pytest.mark.parametrize("kind", list(CEILINGS))
def test_no_budget_silences_a_physical_limit(kind):
    budget = keep_to(0, many(kind, [0.6, CEILINGS[kind], 0.99], Severity.CRITICAL))
    assert by_type(budget.after)[kind] == 2


def test_no_threshold_falls_to_where_a_claim_is_more_likely_wrong():
    budget = keep_to(1000, many(MISFIRE, np.linspace(FLOOR, 0.69, 20)))
    assert min(budget.thresholds.fleet.values()) >= FLOOR
    assert by_type(budget.after)[MISFIRE] == 20


def test_what_vanishes_is_named():
    found = many(SPEEDING, [0.75, 0.94])
    (gone,) = keep_to(1, found).vanished
    assert gone.strength == 0.75


def test_a_budget_leaves_what_a_class_has_of_its_own_and_the_others_give_way():
    strengths = np.linspace(0.6, 0.94, 35)
    found = many(SPEEDING, strengths, vehicle_class="car") + many(SPEEDING, strengths, vehicle_class="truck")
    present = OwnThresholds({}, {"truck": {SPEEDING: 0.6}})
    budget = keep_to(40, found, present)
    assert budget.thresholds.classes == present.classes
    of_class = [sum(potential.vehicle_class == name for potential in budget.after) for name in ("truck", "car")]
    assert of_class == [35, pytest.approx(5, abs=1)]


def test_typed_thresholds_change_the_alerts_of_their_class_alone():
    found = many(SPEEDING, [0.75, 0.85], vehicle_class="car") + many(SPEEDING, [0.76, 0.86], vehicle_class="truck")
    tried = try_thresholds(found, OwnThresholds({}, {"truck": {SPEEDING: 0.8}}), OwnThresholds({SPEEDING: 0.7}))
    assert tried.totals == (4, 3)
    assert [potential.strength for potential in tried.vanished] == [0.76]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        pytest.param([OwnThreshold("van", OVERHEAT, 0.8)], "ENGINE_OVERHEAT of class van may begin from 0.5 to 0.79", id="limit"),
        pytest.param([OwnThreshold(None, MISFIRE, 0.49)], "MISFIRE may begin from 0.5 to 0.95; 0.49 is outside", id="low"),
        pytest.param([OwnThreshold(None, MISFIRE, float("nan"))], "outside", id="no number"),
        pytest.param([OwnThreshold(None, AlertType.COMPONENT_FAILURE_RISK, 0.6)], "follows its forecast", id="forecast"),
        pytest.param([OwnThreshold("tram", MISFIRE, 0.6)], "no known class; there are car, van, truck", id="class"),
        pytest.param([OwnThreshold("car", MISFIRE, 0.6)] * 2, "MISFIRE of class car is there twice", id="twice"),
    ],
)
def test_typed_thresholds_that_cannot_hold_are_refused_with_a_reason(rows, said):
    with pytest.raises(InvalidInput, match=said):
        chosen_by_hand(rows)


@pytest.mark.parametrize("kind", BUDGETED)
def test_every_threshold_that_may_be_chosen_lies_above_where_an_episode_ends(kind):
    lowest, highest = allowed(kind)
    assert RULES[kind].off <= lowest < highest < 1


@pytest.mark.parametrize("kind", [SPEEDING, OVERHEAT, MISFIRE])
@pytest.mark.parametrize("seed", range(4))
def test_potentials_are_the_episodes_that_the_live_path_would_open(kind, seed):
    rng = np.random.default_rng(seed)
    level = np.repeat(rng.choice([0.1, 0.3, 0.8, 0.95], 60, p=[0.5, 0.2, 0.2, 0.1]), rng.integers(5, 400, 60))
    at = NOON + np.arange(len(level), dtype=float)
    scores = ScoreBatch.unknown(len(level))
    scores.probability[:, TYPES.index(kind)] = level
    scores.severity[:, TYPES.index(kind)] = Severity.HIGH
    nothing = np.empty((len(level), 0), np.float32)
    features = FeatureBatch((VehicleId("t", "v"),) * len(level), at, nothing, nothing, (None,) * len(level))
    events = Episodes().update(np.zeros(len(level), np.intp), features, scores)
    opened = {event.started_at.timestamp() for event in events if event.change is EpisodeChange.OPENED}
    found = potentials("v", "car", kind, at, level, np.full(len(level), Severity.HIGH, np.int8))
    expected = [potential for potential in found if potential.strength >= RULES[kind].on]
    assert abs(len(expected) - len(opened)) <= 1
    assert len(opened) > 1
