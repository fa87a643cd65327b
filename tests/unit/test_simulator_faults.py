"""What can be asked for, and what it does to a vehicle."""

import re

import numpy as np
import pytest

from fleet import signals
from fleet.alerts import AlertType
from fleet.errors import InvalidInput
from simulator.credentials import DeviceCredential
from simulator.faults import KINDS, Fault, Order, corrupt, parse_faults
from simulator.live import LiveFleet

SECONDS = 1500


def test_every_alert_type_but_the_forecast_can_be_injected() -> None:
    assert set(KINDS) == {kind.value for kind in AlertType} - {"COMPONENT_FAILURE_RISK"}


def test_a_text_names_type_severity_start_duration_and_vehicle() -> None:
    plan = parse_faults("ENGINE_OVERHEAT:0.8@30+120/VH-3,FUEL_THEFT@60,random:4")
    assert plan.orders == (Order("ENGINE_OVERHEAT", 0.8, 30, 120, "VH-3"), Order("FUEL_THEFT", None, 60, None, None))
    assert plan.random_per_hour == 4


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("FLAT_TYRE", "FLAT_TYRE is no fault"),
        ("MISFIRE:2", "2 in the fault 'MISFIRE:2' must lie between 0 and 1"),
        ("MISFIRE@soon", "the fault 'MISFIRE@soon' cannot be read"),
        ("random:often", "'often' in the fault 'random:often' is not a number"),
    ],
)
def test_a_fault_that_cannot_be_read_is_told(text: str, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(sentence)):
        parse_faults(text)


def fleet(text: str, seed: int, vehicles: int = 6) -> LiveFleet:
    devices = [DeviceCredential("acme", f"VH-{n}", f"acme.VH-{n}", "") for n in range(1, vehicles + 1)]
    return LiveFleet(devices, parse_faults(text), seed)


def labels(driven: LiveFleet, seconds: int = SECONDS) -> list[str]:
    for _ in range(seconds):
        driven.advance(1.0)
    return [episode.label for episode in driven.episodes(over=True)]


@pytest.mark.parametrize("kind", KINDS)
def test_an_injected_fault_shows_and_is_told(kind: str) -> None:
    assert kind in labels(fleet(f"{kind}:0.9@5/VH-1", seed=3))


def test_normal_driving_has_no_truth_to_tell() -> None:
    assert labels(fleet("none", seed=5, vehicles=40), 900) == []


def test_a_vehicle_that_is_not_simulated_is_told() -> None:
    with pytest.raises(InvalidInput, match="VH-99 of the faults is not simulated"):
        fleet("MISFIRE/VH-99", seed=1)


def test_the_same_seed_drives_the_same() -> None:
    first, second = fleet("random:60", seed=9), fleet("random:60", seed=9)
    for _ in range(60):
        np.testing.assert_array_equal(first.step(1.0), second.step(1.0))


def test_a_theft_stops_the_vehicle_and_takes_its_share_of_the_tank() -> None:
    driven = fleet("FUEL_THEFT:0.5@1+120/VH-1", seed=2)
    tank_l = driven.state.vehicles.tank_l[0]
    spent: list[float] = []
    for _ in range(SECONDS):
        driven.advance(1.0)
        if driven.state.effects.drain_lps[0] > 0:
            assert not driven.state.running[0]
            spent.append(float(driven.state.tank.spent_l[0]))
    assert spent[-1] - spent[0] == pytest.approx(0.25 * tank_l, rel=0.03)


def test_a_leak_goes_on_while_other_faults_come_and_go() -> None:
    driven = fleet("FUEL_LEAK:0.5@5+1200/VH-1,MISFIRE:0.9@60+120/VH-1,SPEEDING@300/VH-1", seed=3)
    leaking = []
    for _ in range(SECONDS):
        driven.advance(1.0)
        leaking.append(driven.state.effects.leak_lps[0])
    told = [episode for episode in driven.episodes(over=True) if episode.lane == 0]
    assert {"FUEL_LEAK", "MISFIRE"} <= {episode.label for episode in told}
    leaks = [episode.end_s - episode.start_s for episode in told if episode.label == "FUEL_LEAK"]
    assert leaks == [pytest.approx(1200, abs=3)]
    assert np.count_nonzero(leaking) == pytest.approx(1200, abs=3)
    assert max(leaking) == pytest.approx(4.5 / 3600)


def broken(variant: str, column: str = "coolant_temp_c") -> np.ndarray:
    fault = Fault("SENSOR_FAULT", 0, 0.5, 0, 100, variant, column, began=0)
    return corrupt(fault, np.arange(100.0), np.linspace(80, 90, 100, dtype=np.float32))


def test_a_stuck_sensor_repeats_its_last_reading() -> None:
    assert set(broken("stuck")) == {80.0}


def test_an_open_circuit_reads_one_end_of_the_scale_and_a_silent_one_nothing() -> None:
    assert set(broken("open")) == {-40.0}
    assert np.isnan(broken("silent")).all()
    assert set(broken("zero", "fuel_level_pct")) == {0.0}


@pytest.mark.parametrize("variant", ["drifting", "jumping"])
def test_a_broken_sensor_stays_within_the_physical_range(variant: str) -> None:
    values = broken(variant, "fuel_level_pct")
    signal = signals.BY_COLUMN["fuel_level_pct"]
    assert ((values >= signal.low) & (values <= signal.high)).all()
    assert np.abs(np.diff(values)).max() > 0.01
