"""What a challenger would change, and when the stated rule promotes it."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from alerts.potentials import Potential
from fleet.alerts import AlertType, Severity
from fleet.own_thresholds import OwnThresholds
from fleet.settings import Promotion
from fleet.stores.past_alerts import PastAlert
from serve.registry import CHALLENGER, CHAMPION
from training.challenge import Challenge, objections

MISFIRE = AlertType.MISFIRE
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
RULE = Promotion(judged=20, volume=0.3)


def alert(minute: int, verdict: str | None) -> PastAlert:
    start = NOON + timedelta(minutes=minute)
    return PastAlert(uuid4(), "v", MISFIRE, start, start + timedelta(seconds=30), verdict)


def potential(minute: int, strength: float = 0.9) -> Potential:
    start = (NOON + timedelta(minutes=minute)).timestamp()
    return Potential("v", "car", MISFIRE, start - 5, start + 25, strength, Severity.HIGH)


def challenge(confirmed: range, dismissed: range, challenger: list[Potential]) -> Challenge:
    past = [alert(m, "CONFIRMED") for m in confirmed] + [alert(m, "DISMISSED") for m in dismissed]
    champion = [potential(m) for m in (*confirmed, *dismissed)]
    made = Challenge("engine", {CHAMPION: "1", CHALLENGER: "2"})
    made.add(past, {CHAMPION: champion, CHALLENGER: challenger}, OwnThresholds(), weeks=2.0)
    return made


def test_alerts_that_the_challenger_does_not_raise_vanish_and_new_ones_are_counted():
    made = challenge(range(0, 50, 5), range(100, 150, 5), [potential(0), potential(300), potential(5, strength=0.6)])
    assert (made.kept, len(made.vanished), made.added) == (1, 19, 1)


def test_precision_counts_what_people_judged_and_the_version_raises():
    made = challenge(range(0, 50, 5), range(100, 150, 5), [potential(m) for m in range(0, 50, 5)])
    shown = made.as_json()
    assert (shown[CHAMPION]["precision"], shown[CHALLENGER]["precision"]) == (0.5, 1.0)
    assert shown[CHALLENGER]["perVehicleWeek"] == 5.0
    low, high = shown[CHALLENGER]["precisionInterval"]
    assert 0.6 < low < high <= 1.0


def test_the_rule_promotes_a_challenger_of_better_precision_and_like_volume():
    better = [potential(m) for m in (*range(0, 50, 5), *range(100, 125, 5))]
    assert objections(challenge(range(0, 50, 5), range(100, 150, 5), better), RULE) == []


def test_both_versions_are_held_against_the_threshold_of_each_class():
    past = [alert(0, "CONFIRMED")]
    made = Challenge("engine", {CHAMPION: "1", CHALLENGER: "2"})
    found = {CHAMPION: [potential(0)], CHALLENGER: [potential(0, strength=0.8)]}
    made.add(past, found, OwnThresholds({MISFIRE: 0.6}, {"car": {MISFIRE: 0.85}}), weeks=1.0)
    assert (made.volumes[CHAMPION].count, made.volumes[CHALLENGER].count, made.vanished) == (1, 0, past)


@pytest.mark.parametrize(
    ("challenger", "reason"),
    [
        pytest.param([potential(m) for m in range(100, 150, 5)], "precision", id="it raises what people dismissed"),
        pytest.param([potential(0)], "beyond", id="it falls silent"),
        pytest.param([], "precision", id="it says nothing"),
    ],
)
def test_the_rule_says_why_it_does_not_promote(challenger, reason):
    assert any(reason in said for said in objections(challenge(range(0, 50, 5), range(100, 150, 5), challenger), RULE))


def test_the_rule_wants_enough_judged_alerts():
    few = challenge(range(0, 10, 5), range(0), [potential(0), potential(5)])
    assert objections(few, RULE) == ["2 of the past alerts were judged, the rule wants 20"]
