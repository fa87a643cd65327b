"""What people do with an alert, and the state it is in afterwards. Pure."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

from fleet.alerts import LIVE_STATES, AlertState


class Deed(StrEnum):
    """What a person can do with an alert; the value is what its history says."""

    ACKNOWLEDGE = "acknowledged"
    ASSIGN = "assigned"
    RESOLVE = "resolved"
    CONFIRM = "confirmed"
    DISMISS = "dismissed"
    COMMENT = "commented"
    REOPEN = "reopened"
    SNOOZE = "snoozed"
    UNSNOOZE = "unsnoozed"


class Verdict(StrEnum):
    """A person's judgement of an alert: it was right, or it was not."""

    CONFIRMED = "CONFIRMED"
    DISMISSED = "DISMISSED"


class DismissalReason(StrEnum):
    """Why an alert is dismissed."""

    FALSE_ALARM = "FALSE_ALARM"
    NORMAL_USE = "NORMAL_USE"
    FAULTY_SENSOR = "FAULTY_SENSOR"
    PLANNED_WORK = "PLANNED_WORK"
    DUPLICATE = "DUPLICATE"


# Emptying a tank in the workshop looks like a theft, and a duplicate is one: the model was right, and learns nothing from these.
TEACHING_REASONS: Final = (DismissalReason.FALSE_ALARM, DismissalReason.NORMAL_USE, DismissalReason.FAULTY_SENSOR)
VERDICTS: Final = {Deed.CONFIRM: Verdict.CONFIRMED, Deed.DISMISS: Verdict.DISMISSED}

LONGEST_SNOOZE: Final = timedelta(days=7)

_LIVE_TO: Final = {
    Deed.ACKNOWLEDGE: AlertState.ACKNOWLEDGED,
    Deed.ASSIGN: AlertState.IN_PROGRESS,
    Deed.RESOLVE: AlertState.RESOLVED,
}


def state_after(deed: Deed, state: AlertState) -> AlertState | None:
    """The state that follows, None where the deed does not fit.

    Judging and commenting fit every state: whether an alert was right often shows late. A dismissed alert that is confirmed
    after all was real and is over; a new one may live in its place by now, so only reopening brings it back to life.
    """
    if deed is Deed.DISMISS:
        return AlertState.DISMISSED
    if deed is Deed.CONFIRM and state is AlertState.DISMISSED:
        return AlertState.RESOLVED
    if deed in (Deed.CONFIRM, Deed.COMMENT):
        return state
    if deed is Deed.RESOLVE and state is AlertState.RESOLVED:
        return state
    if deed is Deed.REOPEN:
        return state if state is AlertState.OPEN else None if state in LIVE_STATES else AlertState.OPEN
    if deed in (Deed.SNOOZE, Deed.UNSNOOZE):
        return state if state in LIVE_STATES else None
    return _LIVE_TO[deed] if state in LIVE_STATES else None
