"""How the load rig turns what it saw into figures."""

import math

import numpy as np
import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from bench.exposition import Growth, parse
from bench.plot import tail


@pytest.fixture
def growth() -> Growth:
    """A histogram and a counter that had seen something before the run."""
    registry = CollectorRegistry()
    lag = Histogram("lag_seconds", "Lag.", buckets=(0.01, 0.02, 0.05), registry=registry)
    readings = Counter("readings", "Readings.", ["outcome", "shard"], registry=registry)
    lag.observe(9)
    readings.labels("stored", "a").inc(1000)
    before = parse(generate_latest(registry).decode())
    for value in [0.005] * 50 + [0.015] * 50:
        lag.observe(value)
    readings.labels("stored", "a").inc(3)
    readings.labels("stored", "b").inc(4)
    readings.labels("duplicate", "a").inc(5)
    return Growth(before, parse(generate_latest(registry).decode()))


def test_only_what_was_added_between_two_scrapes_counts(growth: Growth) -> None:
    assert growth.total("readings_total", outcome="stored") == 7
    assert growth.total("readings_total") == 12
    assert growth.mean_s("lag_seconds") == pytest.approx(0.01)


def test_quantiles_lie_between_the_bounds_of_their_bucket(growth: Growth) -> None:
    median, upper, most = growth.quantiles_s("lag_seconds", (0.5, 0.75, 1.0))
    assert median == pytest.approx(0.01)
    assert upper == pytest.approx(0.015)
    assert most == pytest.approx(0.02)


def test_a_histogram_that_observed_nothing_has_no_quantile(growth: Growth) -> None:
    idle = Growth(growth.after, growth.after)
    assert math.isnan(idle.quantiles_s("lag_seconds", (0.5,))[0])
    assert math.isnan(idle.mean_s("lag_seconds"))


def test_the_tail_curve_keeps_the_slowest_readings() -> None:
    values = np.arange(10_000.0)
    late, share = tail(np.random.default_rng(1).permutation(values))
    assert late[-3:].tolist() == [9997.0, 9998.0, 9999.0]
    assert share[np.searchsorted(late, 9900)] == pytest.approx(1.0, abs=0.2)
    assert np.all(np.diff(share) < 0)
    assert len(late) < 400
