"""Intervals hold what they promise, and fall apart into vehicles and not into rows."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from training.intervals import Resamples, _average_precision, between, poisson, probability_no_lower, wilson


@pytest.mark.parametrize(("found", "of"), [(0, 10), (10, 10), (3, 7), (50, 100)])
def test_a_share_lies_within_its_interval_and_the_interval_within_zero_and_one(found, of):
    low, high = wilson(found, of)
    assert -1e-9 <= low <= found / of + 1e-9
    assert found / of - 1e-9 <= high <= 1
    assert high > low


def test_of_nothing_everything_is_possible():
    assert wilson(0, 0) == (0.0, 1.0)


def test_no_event_in_a_hundred_hours_is_at_most_three_point_seven():
    assert poisson(0, 1.0) == (0.0, pytest.approx(3.689, abs=0.01))
    assert poisson(10, 2.0)[0] < 5 < poisson(10, 2.0)[1]


def test_weighted_average_precision_agrees_with_scikit_learn():
    rng = np.random.default_rng(1)
    truth, chance, weight = rng.random(500) < 0.2, np.round(rng.random(500), 2), rng.integers(0, 4, 500).astype(float)
    order = np.argsort(-chance, kind="stable")
    ends = np.flatnonzero(np.r_[np.diff(chance[order]) != 0, True])
    mine = _average_precision(weight[order], truth[order], ends)
    assert mine == pytest.approx(average_precision_score(truth, chance, sample_weight=weight))


def test_rows_of_one_vehicle_count_as_one_observation():
    vehicle = np.repeat(np.arange(4), 1000)
    found = vehicle < 3  # three vehicles are found in every row, one in none: as uncertain as four rows
    low, high = between(Resamples.of(4).ratio(vehicle, found, np.ones(4000, bool)))
    assert low <= 0.25
    assert high == 1.0


def test_more_evidence_of_a_better_share_makes_it_more_probable():
    assert probability_no_lower(5, 5, 5, 5) == pytest.approx(0.5, abs=0.03)
    assert probability_no_lower(90, 100, 60, 100) > 0.99
    assert probability_no_lower(6, 10, 9, 10) < 0.15
