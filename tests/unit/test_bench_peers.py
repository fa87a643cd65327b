"""How the comparison with peers turns what was measured into figures, and what goes over the wire."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bench.peers import comparison, stream
from bench.peers.figures import Level, level, middle, outdone, ratios
from bench.peers.serving import Effort
from bench.peers.wire import DIALECTS, features_of, packed, packed_answer, rows_of, unpacked
from fleet.alerts import TYPES
from fleet.features import silent_vehicles
from fleet.stores.provisioning import GATEWAY_VEHICLES


def a_level(per_s: float, p99_ms: float, rows: int = 1) -> Level:
    return Level(rows, 8, 2.0, round(2 * per_s), 1.0, 2.0, p99_ms, 0.5)


@pytest.mark.parametrize("effort", [comparison.FULL, comparison.QUICK], ids=["full", "quick"])
def test_the_gateways_can_speak_for_the_vehicles_of_every_rate(effort: Effort) -> None:
    assert max(effort.rates) <= stream.GATEWAYS * GATEWAY_VEHICLES


def test_a_level_knows_its_quantiles_rate_and_cost() -> None:
    one = level(1, 8, 2.0, np.arange(1.0, 101.0), cpu_s=0.5)
    assert (one.p50_ms, one.p99_ms) == pytest.approx((50.5, 99.01))
    assert (one.per_s, one.cpu_ms) == (50.0, 5.0)


def test_rounds_are_told_by_their_median() -> None:
    assert middle([a_level(10, 5), a_level(90, 50), a_level(20, 6)]) == a_level(20, 6)


@pytest.mark.parametrize(
    ("ours", "ahead"),
    [
        pytest.param(a_level(110, 5), True, id="more at the same p99"),
        pytest.param(a_level(100, 4), True, id="a lower p99 at the same rate"),
        pytest.param(a_level(100, 5), False, id="the same"),
        pytest.param(a_level(200, 6), False, id="more, but later"),
        pytest.param(a_level(50, 1), False, id="sooner, but less"),
        pytest.param(a_level(200, 1, rows=100), False, id="on requests of another size"),
    ],
)
def test_ahead_is_better_in_one_and_worse_in_neither(ours: Level, ahead: bool) -> None:
    assert outdone(a_level(100, 5), [ours]) is ahead


def test_throughput_is_compared_within_a_round() -> None:
    ours, theirs = [a_level(100, 1), a_level(30, 1), a_level(60, 1)], [a_level(50, 1), a_level(30, 1), a_level(20, 1)]
    assert ratios(ours, theirs) == (2.0, 1.0, 3.0)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        pytest.param("plain", lambda text: {"probability": text}, id="plain"),
        pytest.param("list", lambda text: [text], id="list"),
        pytest.param("tensor", lambda text: {"outputs": [{"data": [text]}]}, id="tensor"),
    ],
)
def test_rows_and_answers_survive_every_dialect(name: str, answer: Callable[[str], Any]) -> None:
    rows, probability = rows_of(silent_vehicles(3)), np.full((3, len(TYPES)), np.nan, np.float32)
    probability[1] = 0.25
    assert packed(rows) in DIALECTS[name].body(rows).decode()
    np.testing.assert_array_equal(features_of(unpacked(packed(rows))).values, silent_vehicles(3).values)
    body = json.dumps(answer(packed_answer(probability))).encode()
    np.testing.assert_array_equal(DIALECTS[name].probability(body), probability)
