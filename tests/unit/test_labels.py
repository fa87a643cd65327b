"""What a model may learn from a judged alert."""

from datetime import UTC, datetime, timedelta

import pytest

from fleet.alerts import AlertType
from fleet.labels import JudgedAlert, labels_of, without
from fleet.workflow import DismissalReason, Verdict

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def at(minute):
    return NOON + timedelta(minutes=minute)


def alert(start, end, verdict=None, reason=None, kind=AlertType.FUEL_THEFT, vehicle="VH-1"):
    return JudgedAlert(vehicle, kind, verdict, reason, at(start), at(end))


def test_a_confirmed_alert_is_a_fault_and_a_false_one_is_normal():
    right = alert(0, 10, Verdict.CONFIRMED)
    false = alert(60, 70, Verdict.DISMISSED, DismissalReason.FALSE_ALARM)
    first, second = labels_of([right, false])
    assert (first.kind, first.start, first.end) == (AlertType.FUEL_THEFT, at(0), at(10))
    assert (second.kind, second.alert) == (None, AlertType.FUEL_THEFT)


@pytest.mark.parametrize("reason", [DismissalReason.PLANNED_WORK, DismissalReason.DUPLICATE])
def test_what_the_model_saw_rightly_is_no_label(reason):
    assert labels_of([alert(0, 10, Verdict.DISMISSED, reason)]) == []


def test_normal_leaves_out_what_an_alert_that_nobody_judged_covers():
    false = alert(0, 30, Verdict.DISMISSED, DismissalReason.FALSE_ALARM)
    unclear = alert(10, 20, kind=AlertType.MISFIRE)
    elsewhere = alert(0, 30, kind=AlertType.MISFIRE, vehicle="VH-2")
    assert [(label.start, label.end) for label in labels_of([false, unclear, elsewhere])] == [(at(0), at(10)), (at(20), at(30))]


@pytest.mark.parametrize(
    ("others", "left"),
    [
        ([], [(0, 9)]),
        ([(-5, 20)], []),
        ([(-5, 3)], [(3, 9)]),
        ([(7, 20)], [(0, 7)]),
        ([(2, 4), (3, 6)], [(0, 2), (6, 9)]),
        ([(20, 30), (-9, -1)], [(0, 9)]),
    ],
)
def test_cutting_spans_out_of_a_span(others, left):
    assert without((at(0), at(9)), [(at(a), at(b)) for a, b in others]) == [(at(a), at(b)) for a, b in left]
