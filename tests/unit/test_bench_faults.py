"""The faults: which stack each is tried on, and what a proper answer of the API is."""

from pathlib import Path

import httpx
import pytest

from bench.faults.__main__ import by_environment
from bench.faults.catalogue import FAILING_CALLS, FAULTS, PAIRS
from bench.faults.questions import flaws_of

PROBLEM = {"content-type": "application/problem+json", "Retry-After": "5"}


def test_faults_that_need_an_environment_share_a_stack_of_their_own():
    stacks = by_environment(list(FAULTS), None)
    assert [environment for environment, _ in stacks] == [{}, FAILING_CALLS, PAIRS]
    assert all(fault.environment == environment for environment, faults in stacks for fault in faults)
    assert {fault.name for _, faults in stacks for fault in faults} == {fault.name for fault in FAULTS}


def test_a_stack_that_runs_already_is_the_only_one():
    assert by_environment(list(FAULTS), Path("/home")) == [({}, list(FAULTS))]


@pytest.mark.parametrize(
    ("answer", "flaws"),
    [
        pytest.param(httpx.Response(200), 0, id="the list"),
        pytest.param(httpx.Response(503, headers=PROBLEM), 0, id="a problem that says when to ask again"),
        pytest.param(httpx.Response(503), 2, id="no problem document, and no time"),
        pytest.param(httpx.Response(500, headers=PROBLEM), 1, id="a surprise"),
    ],
)
def test_an_answer_is_the_list_or_says_when_to_ask_again(answer, flaws):
    assert len(flaws_of(answer)) == flaws
