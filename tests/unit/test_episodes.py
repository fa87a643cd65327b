"""Episodes: hysteresis, minimum duration, cooldown, and what is unknown."""

from dataclasses import replace

import numpy as np
import pytest

from alerts.episodes import RULES, Episodes
from fleet.alerts import TYPE_INDEX, AlertType, EpisodeChange, Evidence, Severity, VehicleId
from fleet.features import FEATURES, SEQUENCE_CHANNELS, SEQUENCE_S, FeatureBatch
from fleet.scores import ScoreBatch
from fleet.testing import NOON

OVERHEAT = AlertType.ENGINE_OVERHEAT
RULE = RULES[OVERHEAT]


def row_at(at: float) -> FeatureBatch:
    """One vehicle's row of a moment."""
    values = np.zeros((1, len(FEATURES)), np.float32)
    sequence = np.zeros((1, SEQUENCE_S, len(SEQUENCE_CHANNELS)), np.float32)
    return FeatureBatch((VehicleId("acme", "v"),), np.array([at]), values, sequence, (None,))


class Judge:
    """Feeds one vehicle's overheat probabilities, a second apart."""

    def __init__(self) -> None:
        self.episodes, self.at = Episodes(), NOON
        self.changes: list[tuple[EpisodeChange, float]] = []

    def see(self, *probabilities: float, severity: Severity = Severity.HIGH, step_s: float = 1.0) -> "Judge":
        for probability in probabilities:
            scores = ScoreBatch.unknown(1)
            scores.probability[0, TYPE_INDEX[OVERHEAT]] = probability
            scores.severity[0, TYPE_INDEX[OVERHEAT]] = severity
            events = self.episodes.update(np.zeros(1, np.intp), row_at(self.at), scores)
            self.changes += [(event.change, self.at - NOON) for event in events]
            self.last = events[-1] if events else None
            self.at += step_s
        return self

    @property
    def kinds(self) -> list[EpisodeChange]:
        return [change for change, _ in self.changes]


def test_a_flicker_shorter_than_the_minimum_duration_is_no_episode():
    assert Judge().see(0.9, 0.9, 0.1, 0.9, 0.1).kinds == []


def test_an_episode_opens_after_its_minimum_duration_and_starts_when_it_began():
    judge = Judge().see(0.1, *[0.9] * 6)
    assert judge.changes == [(EpisodeChange.OPENED, 1 + RULE.hold_s)]
    assert judge.last.started_at.timestamp() == NOON + 1


def test_between_the_thresholds_nothing_changes():
    between = (RULE.on + RULE.off) / 2
    assert Judge().see(*[0.9] * 6, *[between] * 200).kinds == [EpisodeChange.OPENED]


def test_an_unknown_probability_neither_opens_nor_clears():
    judge = Judge().see(*[0.9] * 6, *[np.nan] * 500)
    assert judge.kinds == [EpisodeChange.OPENED]
    assert Judge().see(*[np.nan] * 10).kinds == []


def test_it_clears_when_it_has_been_off_long_enough():
    judge = Judge().see(*[0.9] * 6, *[0.1] * 61)
    assert judge.kinds == [EpisodeChange.OPENED, EpisodeChange.CLEARED]


def test_what_comes_back_within_the_cooldown_is_the_same_episode():
    judge = Judge().see(*[0.9] * 6, *[0.1] * 61)
    first = judge.last.started_at
    judge.see(*[0.9] * 6)
    assert judge.kinds[-1] is EpisodeChange.OPENED
    assert judge.last.started_at == first


def test_what_comes_back_later_is_a_new_episode():
    judge = Judge().see(*[0.9] * 6, *[0.1] * 61, *[0.1] * int(RULE.cooldown_s))
    first = judge.episodes.rows["started"][0, TYPE_INDEX[OVERHEAT]]
    judge.see(*[0.9] * 6)
    assert judge.last.started_at.timestamp() > first + RULE.cooldown_s


def test_growing_worse_escalates_once():
    judge = Judge().see(*[0.9] * 6).see(0.95, 0.95, severity=Severity.CRITICAL)
    assert judge.kinds == [EpisodeChange.OPENED, EpisodeChange.ESCALATED]
    assert judge.last is None


def theft(episodes: Episodes, at: float, litres: float | None, severity: Severity = Severity.HIGH) -> list[EpisodeChange]:
    """What changes when so many litres are missing at a moment."""
    scores, kind = ScoreBatch.unknown(1), TYPE_INDEX[AlertType.FUEL_THEFT]
    scores.probability[0, kind], scores.severity[0, kind] = 0.95, severity
    scores.evidence[0, kind] = (Evidence("fuel_level_l", "l", litres, 0.0, "gone"),)
    return [event.change for event in episodes.update(np.zeros(1, np.intp), row_at(at), scores)]


def test_an_amount_that_grows_is_told_anew_each_time_it_is_a_tenth_more_and_not_when_it_falls():
    episodes = Episodes()
    amounts = [10, 10.5, 11, 11.5, 30, None, 25, 32.5, 33.5]
    told = [amount for minute, amount in enumerate(amounts) if theft(episodes, NOON + 60 * minute, amount)]
    assert told == [10, 11, 30, 33.5]
    assert theft(episodes, NOON + 600, 50, Severity.CRITICAL) == [EpisodeChange.ESCALATED]
    assert theft(episodes, NOON + 660, 52, Severity.CRITICAL) == []
    assert theft(episodes, NOON + 720, 60, Severity.CRITICAL) == [EpisodeChange.REVISED]


def test_an_amount_that_was_not_known_at_first_is_told_once_it_is():
    episodes = Episodes()
    told = [theft(episodes, NOON + 60 * minute, amount) for minute, amount in enumerate([None, None, 20, 21])]
    assert told == [[EpisodeChange.OPENED], [], [EpisodeChange.REVISED], []]


def test_what_was_told_survives_a_restart():
    episodes, reborn = Episodes(), Episodes()
    theft(episodes, NOON, 40)
    reborn.restore(0, episodes.snapshot(0))
    assert theft(reborn, NOON + 60, 42) == []
    assert theft(reborn, NOON + 120, 80) == [EpisodeChange.REVISED]


def test_a_silent_vehicle_must_prove_itself_again():
    assert Judge().see(0.9, step_s=3600).see(0.9).kinds == []


def test_a_snapshot_carries_an_episode_over_a_restart():
    judge, reborn = Judge().see(*[0.9] * 6), Judge()
    reborn.episodes.restore(0, judge.episodes.snapshot(0))
    reborn.at = judge.at
    assert reborn.see(*[0.1] * 61).kinds == [EpisodeChange.CLEARED]


def test_a_type_without_minimum_duration_opens_at_once():
    episodes = Episodes({kind: replace(rule, hold_s=0) for kind, rule in RULES.items()})
    judge = Judge()
    judge.episodes = episodes
    assert judge.see(0.9).kinds == [EpisodeChange.OPENED]


@pytest.mark.parametrize("kind", list(AlertType))
def test_every_type_has_a_rule_with_hysteresis(kind):
    assert RULES[kind].off < RULES[kind].on
