"""The life of an alert: what people can do with it, and when."""

import pytest

from fleet.alerts import LIVE_STATES, AlertState
from fleet.workflow import TEACHING_REASONS, Deed, DismissalReason, state_after

OVER = [state for state in AlertState if state not in LIVE_STATES]


@pytest.mark.parametrize("state", LIVE_STATES)
@pytest.mark.parametrize(
    ("deed", "then"), [(Deed.ASSIGN, AlertState.IN_PROGRESS), (Deed.RESOLVE, AlertState.RESOLVED), (Deed.DISMISS, "DISMISSED")]
)
def test_a_live_alert_can_be_taken_on_resolved_and_dismissed(state, deed, then):
    assert state_after(deed, state) == then


@pytest.mark.parametrize("state", OVER)
@pytest.mark.parametrize("deed", [Deed.ACKNOWLEDGE, Deed.ASSIGN])
def test_nobody_takes_charge_of_what_is_over(state, deed):
    assert state_after(deed, state) is None


@pytest.mark.parametrize("state", AlertState)
def test_judging_and_commenting_are_possible_in_every_state(state):
    assert state_after(Deed.DISMISS, state) is AlertState.DISMISSED
    assert state_after(Deed.COMMENT, state) is state
    assert state_after(Deed.CONFIRM, state) is (AlertState.RESOLVED if state is AlertState.DISMISSED else state)


@pytest.mark.parametrize("state", OVER)
def test_nothing_comes_back_to_life_but_what_is_reopened(state):
    assert [deed for deed in Deed if state_after(deed, state) in LIVE_STATES] == [Deed.REOPEN]
    assert state_after(Deed.REOPEN, state) is AlertState.OPEN


@pytest.mark.parametrize("state", [AlertState.ACKNOWLEDGED, AlertState.IN_PROGRESS])
def test_what_somebody_has_is_not_reopened(state):
    assert state_after(Deed.REOPEN, state) is None


def test_what_the_model_saw_rightly_teaches_nothing_when_it_is_dismissed():
    assert set(DismissalReason) - set(TEACHING_REASONS) == {DismissalReason.PLANNED_WORK, DismissalReason.DUPLICATE}


@pytest.mark.parametrize("deed", [Deed.SNOOZE, Deed.UNSNOOZE])
@pytest.mark.parametrize("state", AlertState)
def test_a_live_alert_is_put_off_as_it_stands_and_what_is_over_is_not(deed, state):
    assert state_after(deed, state) == (state if state in LIVE_STATES else None)
