"""Trips that were simulated apart, made the life of a vehicle."""

import numpy as np
import pytest

from fleet import signals
from simulator.plan import Trips
from simulator.stitch import Recording, stood_before, while_fuel_is_left
from simulator.truth import Episode


def recording(seconds: int) -> Recording:
    """Two trips of so many seconds each."""
    lane, time_s = np.repeat(np.arange(2), seconds), np.tile(np.arange(seconds, dtype=float), 2)
    nothing = np.zeros(2 * seconds)
    return Recording(lane, time_s, np.zeros((signals.COUNT, 2 * seconds), np.float32), nothing, nothing, nothing > 0)


@pytest.mark.parametrize(
    ("empty_s", "spans"),
    [
        pytest.param((), [(10, 90)], id="fuel is left"),
        pytest.param(range(40, 100), [(10, 39)], id="it runs out"),
        pytest.param(range(40, 70), [(10, 39), (70, 90)], id="it is filled again"),
        pytest.param(range(100), [], id="empty all the time"),
    ],
)
def test_a_hole_in_an_empty_tank_is_no_leak(empty_s, spans) -> None:
    driven = recording(100)
    empty = np.isin(np.arange(200), 100 + np.array(empty_s, int))
    told = list(while_fuel_is_left([Episode(1, "FUEL_LEAK", 10, 90)], driven, empty))
    assert [(episode.start_s, episode.end_s) for episode in told] == spans
    assert {episode.lane for episode in told} <= {1}


def test_other_events_do_not_end_with_the_fuel() -> None:
    event = Episode(0, "MISFIRE", 10, 90)
    assert list(while_fuel_is_left([event], recording(100), np.ones(200, bool))) == [event]


def two_trips(rested_s: float) -> Trips:
    """Of one vehicle, 45 minutes from the beginning of one to that of the other."""
    nothing, nobody = np.zeros(2), np.zeros(2, np.intp)
    return Trips(nobody, np.array([0.0, 2700.0]), nothing, nothing, np.full(2, rested_s), nothing, nobody)


def test_a_rest_begins_with_the_last_motion_before_it_and_ends_with_the_first_after_it() -> None:
    driven = recording(100)
    driven.values[signals.INDEX["speed_kmh"]] = np.tile(np.where((np.arange(100) >= 8) & (np.arange(100) <= 80), 50, 0), 2)
    assert stood_before(driven, two_trips(100)).tolist() == [100, 2700 + 8 - 80]


def test_a_trip_that_did_not_move_has_rested_as_planned() -> None:
    assert stood_before(recording(100), two_trips(2600)).tolist() == [2600, 2600]
