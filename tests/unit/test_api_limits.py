"""Rate limits: bursts pass, floods wait, nobody pays for another tenant."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from fleet.settings import Rate
from fleet.stores.sessions import SignedIn
from ui.api.limits import Limits
from ui.api.problems import TooManyRequests


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def person(tenant=None):
    return SignedIn(tenant or uuid4(), "t", uuid4(), "a@example.com", "A", "analyst", None, datetime.now(UTC))


def granted(limits, who, tries=1000):
    """How many of these tries pass now."""
    passed = 0
    for _ in range(tries):
        try:
            limits.take(who)
            passed += 1
        except TooManyRequests:
            pass
    return passed


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def limits(clock):
    return Limits(Rate(per_s=10, burst=20), Rate(per_s=15, burst=50), clock)


def test_a_burst_passes_and_then_the_rate_holds(limits, clock):
    who = person()
    assert granted(limits, who) == 20
    clock.now += 1.0
    assert granted(limits, who) == 10
    clock.now += 3600
    assert granted(limits, who) == 20


def test_the_refusal_says_when_to_try_again_and_it_works_then(clock):
    limits, who = Limits(Rate(per_s=0.1, burst=1), Rate(per_s=1, burst=5), clock), person()
    limits.take(who)
    with pytest.raises(TooManyRequests) as refusal:
        limits.take(who)
    clock.now += refusal.value.retry_after_s
    limits.take(who)


def test_people_of_one_tenant_share_what_it_may_ask_for(limits):
    tenant = uuid4()
    assert sum(granted(limits, person(tenant)) for _ in range(5)) == 50
    assert granted(limits, person()) == 20


def test_what_is_refused_costs_nothing(limits, clock):
    who = person()
    granted(limits, who, 10_000)
    clock.now += 0.1
    limits.take(who)
