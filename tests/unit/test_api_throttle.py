"""Guessing passwords is slow; nobody is locked out."""

import pytest

from ui.api.problems import TooManyRequests
from ui.api.signin import FREE_FAILURES, FREE_FAILURES_OF_ADDRESS, LONGEST_WAIT_S, TRACKED, Throttle


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def throttle(clock: Clock) -> Throttle:
    return Throttle(clock)


def fail(throttle: Throttle, times: int, address: str = "10.0.0.1", email: str = "a@example.com") -> None:
    for _ in range(times):
        throttle.failed(address, email)


def test_the_free_failures_cost_no_wait(throttle):
    fail(throttle, FREE_FAILURES - 1)
    throttle.check("10.0.0.1", "a@example.com")


def test_each_further_failure_doubles_the_wait_up_to_a_minute(throttle, clock):
    waits = []
    fail(throttle, FREE_FAILURES)
    for _ in range(9):
        with pytest.raises(TooManyRequests) as refusal:
            throttle.check("10.0.0.1", "a@example.com")
        waits.append(refusal.value.retry_after_s)
        clock.now += LONGEST_WAIT_S
        throttle.check("10.0.0.1", "a@example.com")
        fail(throttle, 1)
    assert waits == sorted(waits)
    assert waits[0] <= 2
    assert waits[-1] == LONGEST_WAIT_S + 1


def test_a_strangers_guesses_do_not_lock_the_owner_out(throttle):
    fail(throttle, 20)
    throttle.check("192.168.7.7", "a@example.com")


def test_signing_in_forgets_the_failures(throttle):
    fail(throttle, FREE_FAILURES)
    throttle.succeeded("10.0.0.1", "a@example.com")
    throttle.check("10.0.0.1", "a@example.com")


def test_trying_many_addresses_from_one_place_is_slowed_too(throttle):
    for number in range(FREE_FAILURES_OF_ADDRESS):
        throttle.failed("10.0.0.1", f"{number}@example.com")
    with pytest.raises(TooManyRequests):
        throttle.check("10.0.0.1", "new@example.com")


def test_what_has_no_email_waits_only_for_the_failures_of_the_whole_address(throttle):
    fail(throttle, 20)
    throttle.check("10.0.0.1")
    for _ in range(FREE_FAILURES_OF_ADDRESS - 21):
        throttle.failed("10.0.0.1")
    throttle.check("10.0.0.1")
    throttle.failed("10.0.0.1")
    with pytest.raises(TooManyRequests):
        throttle.check("10.0.0.1")


def test_memory_stays_bounded(throttle):
    for number in range(TRACKED + 100):
        throttle.failed(f"host-{number}", "a@example.com")
    assert len(throttle._failures) == TRACKED
