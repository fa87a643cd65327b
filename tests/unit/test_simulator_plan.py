"""Who drives when, and what befalls whom."""

import numpy as np
import pytest

from simulator.plan import Trips, plan_faults, plan_trips
from simulator.vehicles import draw_vehicles


@pytest.fixture(scope="module", params=[1, 2, 3])
def planned(request):
    rng = np.random.default_rng(request.param)
    fleet = draw_vehicles(12, rng)
    trips = plan_trips(fleet, 1.0, rng)
    return trips, plan_faults(trips, fleet, 60, rng)


def last_lane(trips: Trips, lane: int) -> int:
    """The vehicle's last trip."""
    return int(np.flatnonzero(trips.vehicle == trips.vehicle[lane])[-1])


def test_a_leak_goes_on_from_trip_to_trip_until_it_is_mended(planned) -> None:
    trips, faults = planned
    leaks = {fault.lane: fault for fault in faults if fault.kind == "FUEL_LEAK"}
    assert len(leaks) > 5
    for lane, leak in leaks.items():
        whole_s = trips.trip_s[lane] + trips.rest_s[lane]
        goes_on = leak.duration_s >= whole_s
        assert goes_on == (lane + 1 in leaks) or lane == last_lane(trips, lane)


def test_a_leak_is_recorded_for_six_hours_or_more(planned) -> None:
    trips, faults = planned
    lost_s = np.bincount(
        trips.vehicle[[fault.lane for fault in faults if fault.kind == "FUEL_LEAK"]],
        [fault.duration_s for fault in faults if fault.kind == "FUEL_LEAK"],
    )
    assert lost_s[lost_s > 0].min() >= 6 * 3600 - 1


def test_other_faults_happen_to_vehicles_that_leak(planned) -> None:
    _, faults = planned
    leaking = {fault.lane for fault in faults if fault.kind == "FUEL_LEAK"}
    assert leaking & {fault.lane for fault in faults if fault.kind != "FUEL_LEAK"}
