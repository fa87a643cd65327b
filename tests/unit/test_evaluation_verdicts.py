"""Alerts held against the truth: found, late, false."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from bench.evaluation.verdicts import Truth, verdicts
from fleet.alerts import TYPE_INDEX, TYPES, AlertType, EpisodeChange, EpisodeEvent, Severity, VehicleId
from fleet.features import FeatureBatch
from fleet.scores import ScoreBatch
from pipelines.history import Judgement

DAY = 1_790_000_040.0
HOURS = 3 * 3600
CAR = VehicleId("history", "VH-1")


def judged(*alerts, silent=()):
    at = DAY + np.arange(0.0, HOURS, 10)
    scores = ScoreBatch.unknown(len(at))
    scores.probability[:] = 0.1
    for kind in silent:
        scores.probability[:, TYPE_INDEX[kind]] = np.nan
    events = [
        EpisodeEvent(CAR, kind, change, Severity.HIGH, moment(start), moment(when), 0.9, "engine-1")
        for kind, start, end in alerts
        for change, when in ((EpisodeChange.OPENED, start), (EpisodeChange.CLEARED, end))
    ]
    nothing = np.empty((len(at), 0), np.float32)
    features = FeatureBatch((CAR,) * len(at), at, nothing, nothing, (None,) * len(at))
    return Judgement(np.zeros(len(at), np.intp), features, scores, events)


def moment(minute):
    return datetime.fromtimestamp(DAY + 60 * minute, UTC)


def truth(*events, trips=()):
    def table(rows):
        return pd.DataFrame(
            [(0, str(kind), DAY + 60 * start, DAY + 60 * end) for kind, start, end in rows],
            columns=["vehicle", "type", "start", "end"],
        )

    return Truth(table(events), table([("NORMAL", start, end) for start, end in trips]), 3.0, 2.0)


HOT = AlertType.ENGINE_OVERHEAT


def test_an_alert_during_its_event_finds_it_and_is_true():
    found = verdicts(truth((HOT, 10, 20)), judged((HOT, 12, 25)))
    assert (found.recall(TYPES), found.false_alerts(TYPES)) == (1.0, 0)
    assert found.events["delay_s"].tolist() == [120.0]


@pytest.mark.parametrize(
    "alert", [pytest.param((HOT, 60, 70), id="much later"), pytest.param((AlertType.MISFIRE, 12, 20), id="another type")]
)
def test_an_alert_that_fits_no_event_is_false_and_finds_nothing(alert):
    found = verdicts(truth((HOT, 10, 20)), judged(alert))
    assert (found.recall(TYPES), found.false_alerts(TYPES)) == (0.0, 1)


@pytest.mark.parametrize(
    ("kind", "raised", "false"),
    [
        pytest.param(HOT, 9, 0, id="heating already"),
        pytest.param(HOT, 7, 1, id="too early to be its cause"),
        pytest.param(AlertType.MISFIRE, 9, 1, id="no misfire yet"),
    ],
)
def test_an_alert_while_the_coolant_climbs_to_the_event_is_early_and_not_false(kind, raised, false):
    found = verdicts(truth((kind, 10, 20)), judged((kind, raised, 9.5)))
    assert (found.recall(TYPES), found.false_alerts(TYPES)) == (1.0 - false, false)


def test_an_event_that_no_signal_shows_counts_for_nothing():
    found = verdicts(truth((HOT, 10, 20)), judged(silent=(HOT,)))
    assert np.isnan(found.recall(TYPES))


def test_a_trip_without_events_is_right_when_nothing_stands_in_it():
    trips = [(0, 30), (60, 90)]
    assert verdicts(truth(trips=trips), judged()).accuracy(TYPES) == 1.0
    assert verdicts(truth(trips=trips), judged((HOT, 70, 75))).accuracy(TYPES) == 0.5


def test_the_share_of_normal_minutes_leaves_out_those_near_an_event():
    found = verdicts(truth((HOT, 0, 90)), judged((HOT, 0, 150)))
    assert len(found.minutes) == 180 - 121
    assert found.false_share(TYPES) == pytest.approx(30 / 59, abs=0.02)
