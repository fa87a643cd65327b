"""Faults on a whole stack, audited: the ones that matter most in every run of the tests, all of them in the long one."""

import pytest

from bench.faults.catalogue import FAULTS, Fault
from bench.faults.trial import try_fault
from bench.stack import StackUnderTest
from fleetguard.trial import Trial

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

ALWAYS = {
    "kill -9 of the broker",
    "kill -9 of an ingest actor",
    "kill -9 of the scoring replica",
    "kill -9 of PostgreSQL",
    "PostgreSQL held for 10 s",
    "messages late and out of order",
}


def rows() -> list[object]:
    return [pytest.param(fault, id=fault.name, marks=[] if fault.name in ALWAYS else pytest.mark.slow) for fault in FAULTS]


@pytest.mark.parametrize("fault", rows())
async def test_every_promise_is_kept(trial: Trial, fault: Fault) -> None:
    stack = StackUnderTest(trial.home, trial.url, trial.settings)
    if not fault.possible(stack):
        pytest.skip("the stack under test is not made for it; `make faults` starts one that is")
    outcome = await try_fault(stack, fault, seed=0)
    assert outcome.broken == ()


def test_the_faults_that_are_always_tried_exist() -> None:
    assert {fault.name for fault in FAULTS} >= ALWAYS
