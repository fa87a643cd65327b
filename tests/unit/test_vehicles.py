"""What an actor holds of its vehicles: minute features at leisure are late, and then the same."""

from dataclasses import replace

import numpy as np

from fleet.alerts import VehicleId
from fleet.features import MINUTE_FEATURES, SECOND_FEATURES
from fleet.fuel_drives import DRIVES
from fleet.stores.ingest import VehicleProfile
from fleet.testing import NOON, batch_of
from fleet.windows import STATE
from ingest.vehicles import EARLIER_LAYOUT, LAYOUT, REFRESHED_AT_ONCE, SWEEP_S, Vehicles, packed

FLEET = [f"V-{number:03d}" for number in range(4 * REFRESHED_AT_ONCE)]
SECONDS, MINUTES = slice(0, len(SECOND_FEATURES)), slice(len(SECOND_FEATURES), len(SECOND_FEATURES) + len(MINUTE_FEATURES))


def admitted() -> Vehicles:
    vehicles = Vehicles()
    vehicles.admit({VehicleId("acme", name): VehicleProfile("car", 50.0) for name in FLEET}, [])
    return vehicles


def second_of(second: int):
    return batch_of([(name, NOON + second, {"speed_kmh": 40 + second % 7, "engine_rpm": 1800}) for name in FLEET])


def test_minute_features_at_leisure_are_late_and_then_the_same():
    leisurely, prompt = admitted(), admitted()
    for second in range(60):
        leisurely.observe(second_of(second), at_leisure=True)
        prompt.observe(second_of(second))
    late = []
    for second in range(60, 66):
        one, other = leisurely.observe(second_of(second), at_leisure=True), prompt.observe(second_of(second))
        differ = ~np.isclose(one.features.values, other.features.values, equal_nan=True)
        assert not differ[:, SECONDS].any()
        late.append(int(differ[:, MINUTES].any(axis=1).sum()))
    assert late[0] == len(FLEET) - REFRESHED_AT_ONCE
    assert late == sorted(late, reverse=True)
    assert late[-1] == 0


def test_a_vehicle_that_is_forgotten_meanwhile_is_refreshed_for_nobody():
    vehicles = admitted()
    vehicles.observe(second_of(0), at_leisure=True)
    vehicles.forget([VehicleId("acme", name) for name in FLEET])
    again = [VehicleId("acme", name) for name in FLEET[:3]]
    vehicles.admit({vehicle: VehicleProfile("car", 50.0) for vehicle in again}, [])
    batch = batch_of([(name, NOON + 1, {"speed_kmh": 1}) for name in FLEET[:3]])
    assert len(vehicles.observe(batch, at_leisure=True).features) == 3


def test_a_vehicle_that_is_silent_for_long_is_found_and_one_that_speaks_is_not():
    now = [1000.0]
    vehicles = Vehicles(clock=lambda: now[0])
    vehicles.admit({VehicleId("acme", name): VehicleProfile("car", 50.0) for name in ("quiet", "loud")}, [])
    now[0] += 3500
    vehicles.observe(batch_of([("loud", NOON, {"speed_kmh": 1})]))
    assert vehicles.silent(3600) == []
    now[0] += 200
    assert vehicles.silent(3600) == [VehicleId("acme", "quiet")]
    vehicles.forget([VehicleId("acme", "quiet")])
    now[0] += SWEEP_S + 1
    assert vehicles.silent(3600) == []
    assert len(vehicles) == 1


def test_a_snapshot_from_before_drives_were_remembered_still_loads():
    name, profile = VehicleId("acme", FLEET[0]), VehicleProfile("car", 50.0)
    vehicles, reborn = admitted(), Vehicles()
    for second in range(130):
        vehicles.observe(second_of(second))
    newest = vehicles.due_snapshots(0, 1)[0]
    earlier = newest.state[: STATE.itemsize] + newest.state[STATE.itemsize + DRIVES.itemsize :]
    reborn.admit({name: profile}, packed([replace(newest, state=earlier)]))
    kept = reborn.due_snapshots(0, 1)[0]
    assert (kept.vehicle, kept.at) == (newest.vehicle, newest.at)
    assert kept.state == newest.state
    assert LAYOUT != EARLIER_LAYOUT
