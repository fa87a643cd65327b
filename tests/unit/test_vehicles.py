"""What an actor holds of its vehicles: minute features at leisure are late, and then the same."""

from dataclasses import replace

import numpy as np
import pytest

from alerts.episodes import STATE
from fleet.alerts import TYPES, AlertType, EpisodeEvent, VehicleId
from fleet.features import MINUTE_FEATURES, SECOND_FEATURES
from fleet.own_thresholds import OwnThresholds
from fleet.scores import ScoreBatch
from fleet.stores.ingest import VehicleProfile
from fleet.testing import NOON, batch_of
from ingest.vehicles import EARLIER_LAYOUT, LAYOUT, REFRESHED_AT_ONCE, REFRESHED_PER_S, SWEEP_S, Vehicles, packed

FLEET = [f"V-{number:03d}" for number in range(128)]
SECONDS, MINUTES = slice(0, len(SECOND_FEATURES)), slice(len(SECOND_FEATURES), len(SECOND_FEATURES) + len(MINUTE_FEATURES))


def admitted(clock=lambda: 0.0) -> Vehicles:
    vehicles = Vehicles(clock)
    vehicles.admit({VehicleId("acme", name): VehicleProfile("car", 50.0) for name in FLEET}, [])
    return vehicles


def second_of(second: int):
    return batch_of([(name, NOON + second, {"speed_kmh": 40 + second % 7, "engine_rpm": 1800}) for name in FLEET])


@pytest.mark.parametrize(("batches_per_s", "at_once"), [(1000, REFRESHED_AT_ONCE[0]), (25, REFRESHED_PER_S // 25), (1, 125)])
def test_minute_features_at_leisure_are_late_and_then_the_same(batches_per_s, at_once):
    now = [0.0]
    leisurely, prompt = admitted(lambda: now[0]), admitted()
    for second in range(60):
        leisurely.observe(second_of(second), at_leisure=True)
        prompt.observe(second_of(second))
    late = []
    for second in range(60, 78):
        now[0] += 1.001 / batches_per_s
        one, other = leisurely.observe(second_of(second), at_leisure=True), prompt.observe(second_of(second))
        differ = ~np.isclose(one.features.values, other.features.values, equal_nan=True)
        assert not differ[:, SECONDS].any()
        late.append(int(differ[:, MINUTES].any(axis=1).sum()))
    assert late[0] == len(FLEET) - at_once
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


def test_a_snapshot_from_before_told_amounts_were_remembered_still_loads():
    name, profile = VehicleId("acme", FLEET[0]), VehicleProfile("car", 50.0)
    vehicles, reborn = admitted(), Vehicles()
    for second in range(130):
        vehicles.observe(second_of(second))
    newest = vehicles.due_snapshots(0, 1)[0]
    earlier = newest.state[: -STATE["told"].itemsize]
    reborn.admit({name: profile}, packed([replace(newest, state=earlier)]))
    kept = reborn.due_snapshots(0, 1)[0]
    assert (kept.vehicle, kept.at) == (newest.vehicle, newest.at)
    assert kept.state == newest.state
    assert LAYOUT != EARLIER_LAYOUT


FLEETS = {"acme": OwnThresholds({AlertType.SPEEDING: 0.8}, {"truck": {AlertType.SPEEDING: 0.9}})}


def loud(vehicles: Vehicles, ids: list[VehicleId], second: int, probability: float) -> list[str]:
    """Vehicles whose speeding begins at this probability."""
    raised: list[EpisodeEvent] = []
    for tenant in {vehicle.tenant for vehicle in ids}:
        names = [name for owner, name in ids if owner == tenant]
        judgeable = vehicles.observe(batch_of([(name, NOON + second, {"speed_kmh": 90}) for name in names], tenant))
        scores = ScoreBatch.unknown(len(names))
        scores.probability[:, TYPES.index(AlertType.SPEEDING)] = probability
        raised += vehicles.judge(judgeable, scores)
    return sorted(f"{event.vehicle.tenant}/{event.vehicle.vehicle}" for event in raised)


def mixed() -> tuple[Vehicles, list[VehicleId]]:
    profiles = {VehicleId(tenant, kind): VehicleProfile(kind, 50.0) for tenant in ("acme", "other") for kind in ("car", "truck")}
    vehicles = Vehicles()
    vehicles.admit(profiles, [])
    return vehicles, list(profiles)


def test_a_vehicle_goes_by_the_threshold_of_its_class_then_of_its_fleet_then_by_the_usual():
    vehicles, ids = mixed()
    vehicles.heed(FLEETS)
    assert loud(vehicles, ids, 0, 0.75) == ["other/car", "other/truck"]
    assert loud(vehicles, ids, 1, 0.85) == ["acme/car"]
    assert loud(vehicles, ids, 2, 0.92) == ["acme/truck"]


def test_a_vehicle_that_comes_later_goes_by_the_thresholds_too():
    vehicles = Vehicles()
    vehicles.heed(FLEETS)
    late = VehicleId("acme", "late")
    vehicles.admit({late: VehicleProfile("truck", 400.0)}, [])
    assert loud(vehicles, [late], 0, 0.85) == []


def test_a_change_of_class_brings_the_thresholds_of_the_new_one_and_leaves_an_open_episode_alone():
    vehicles, ids = mixed()
    vehicles.heed(FLEETS)
    car, truck = ids[0], ids[1]
    assert loud(vehicles, [car], 0, 0.85) == ["acme/car"]
    vehicles.describe({car: VehicleProfile("truck", 50.0), truck: VehicleProfile("car", 50.0)})
    assert loud(vehicles, [car, truck], 1, 0.85) == ["acme/truck"]


def test_features_know_the_new_class_at_once():
    vehicles, (car, *_) = mixed()
    vehicles.describe({car: VehicleProfile("truck", None)})
    seen = vehicles.observe(batch_of([(car.vehicle, NOON, {"speed_kmh": 50})])).features
    assert (seen.column("vehicle_class")[0], seen.column("tank_l")[0]) == (2, 400)


def test_thresholds_that_are_given_up_hold_no_longer():
    vehicles, ids = mixed()
    vehicles.heed(FLEETS)
    vehicles.heed({})
    assert loud(vehicles, ids, 0, 0.75) == ["acme/car", "acme/truck", "other/car", "other/truck"]
