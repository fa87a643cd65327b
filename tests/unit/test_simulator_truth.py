"""What is labelled is what the vehicle shows, whoever caused it."""

from types import SimpleNamespace

import numpy as np
import pytest

from fleet import signals
from simulator.faults import Fault
from simulator.plan import Trips
from simulator.truth import Episode, TruthLog, ordinary_trips, watch_engine


def told(running=True, rpm=1800.0, coolant_c=90.0, oil_kpa=250.0, resting_v=12.6, measured=True):
    """Labels after a minute in which one vehicle is as given."""
    log = TruthLog()
    vehicle = SimpleNamespace(fitted=np.full((signals.COUNT, 1), measured))
    engine = SimpleNamespace(rpm=np.array([rpm]), coolant_c=np.array([coolant_c]), oil_kpa=np.array([oil_kpa]))
    electrics = SimpleNamespace(resting_v=np.array([resting_v]))
    for second in range(1, 61):
        watch_engine(log, vehicle, engine, electrics, np.array([running]), np.array([float(second)]), np.ones(1))
    log.finish()
    return [episode.label for episode in log.take()]


@pytest.mark.parametrize(
    ("state", "labels"),
    [
        pytest.param({}, [], id="healthy"),
        pytest.param({"coolant_c": 111.0}, ["ENGINE_OVERHEAT"], id="too hot"),
        pytest.param({"oil_kpa": 130.0}, ["LOW_OIL_PRESSURE"], id="oil thinned"),
        pytest.param({"oil_kpa": 130.0, "rpm": 750.0}, [], id="warm idle"),
        pytest.param({"oil_kpa": 130.0, "measured": False}, [], id="pressure not measured"),
        pytest.param({"resting_v": 12.3, "running": False, "rpm": 0.0, "oil_kpa": 0.0}, ["BATTERY_FAILURE"], id="drained"),
        pytest.param({"resting_v": 12.3}, [], id="charging"),
    ],
)
def test_side_effects_are_labelled_where_the_vehicle_truly_shows_them(state, labels):
    assert told(**state) == labels


def test_a_trip_in_which_a_part_failed_is_not_normal_even_where_that_did_not_show():
    trips = Trips(np.arange(5), *np.full((5, 5), 600.0), np.arange(5))
    hidden = Fault("ENGINE_OVERHEAT", 1, 0.5, 60, 300, "coolant", began=60.0)
    not_begun = Fault("FUEL_THEFT", 2, 0.5, 700, 300)
    mild = Fault("SPEEDING", 3, 0.1, 60, 90, began=60.0)
    normal = ordinary_trips(trips, [Episode(0, "MISFIRE", 60.0, 300.0)], [hidden, not_begun, mild])
    assert [episode.lane for episode in normal] == [2, 3, 4]


def test_a_trip_without_the_rest_that_was_due_is_not_normal():
    hours = Trips(np.zeros(2, int), *np.full((5, 2), 3600.0), np.zeros(2, int))
    hours.trip_s[:], hours.rested_s[:] = 3 * 3600, 600
    assert [episode.lane for episode in ordinary_trips(hours, [], [])] == [0]


def speeding(*steps: bool) -> list[str]:
    """Labels of a vehicle that is above the limit for as many seconds as there are steps; True where it is so by much."""
    log = TruthLog()
    for second, severe in enumerate(steps):
        log.see(0, "SPEEDING", float(second), second + 1.0, severe=severe)
    log.settle(np.array([len(steps) + 60.0]))
    return [episode.label for episode in log.take()]


@pytest.mark.parametrize(("steps", "told"), [
    pytest.param([False] * 29, False, id="29 s"),
    pytest.param([False] * 30, True, id="30 s"),
    pytest.param([True] * 9 + [False] * 12, False, id="9 s by much"),
    pytest.param([False] * 5 + [True] * 10, True, id="10 s by much"),
    pytest.param([True] * 8 + [False] * 2 + [True] * 8, False, id="twice 8 s by much"),
])  # fmt: skip
def test_speeding_lasts_30_s_or_by_much_10_s(steps: list[bool], told: bool) -> None:
    assert speeding(*steps) == ["SPEEDING"] * told
