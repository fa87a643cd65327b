"""Wear of components over months: failures, services and the fault codes before them, day by day."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from simulator.vehicles import Vehicles

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Component:
    """How a part dies. `life_days` is the Weibull scale for an average vehicle, `service_days` when workshops replace it."""

    name: str
    codes: tuple[str, ...]
    life_days: float
    shape: float
    service_days: float
    sudden: float
    usage_power: float
    weak_model: int


COMPONENTS: Final = (
    Component("brakes", ("C0035", "C1201"), 190, 2.6, 210, 0.2, 1.0, 1),
    Component("battery", ("P0562", "P0620"), 240, 1.8, 300, 0.3, 0.3, 0),
    Component("turbo", ("P0299", "P0234"), 310, 1.6, 400, 0.15, 0.8, 2),
    Component("injectors", ("P0201", "P0087"), 260, 1.5, 330, 0.2, 0.7, 1),
    Component("water_pump", ("P0217", "P2181"), 290, 2.2, 320, 0.25, 0.6, 2),
)
_OTHER_CODES: Final = ("P0420", "U0100", "B1318", "P0455")
_LONE_CODE_PER_DAY = 0.006
_OTHER_CODE_PER_DAY = 0.02
_DEGRADED_CODE_PER_DAY = 0.55
_DEGRADED_FAILURE_PER_DAY = 0.16
_WORKSHOP_PER_DAY = 0.035  # a degraded part that somebody looks at in time


@dataclass(frozen=True, slots=True)
class ComponentEvents:
    """Frames vehicle (row), day (fraction, from the start of the record) and what happened."""

    failures: pd.DataFrame
    maintenance: pd.DataFrame
    dtcs: pd.DataFrame


def simulate_components(vehicles: Vehicles, days: int, rng: np.random.Generator) -> ComponentEvents:
    """What happened to the components of each vehicle over so many days."""
    rows: dict[str, list[tuple[int, float, str]]] = {"failures": [], "maintenance": [], "dtcs": []}
    for component in COMPONENTS:
        _live(component, vehicles, days, rng, rows)
    for day in range(days):
        for vehicle in np.flatnonzero(rng.random(len(vehicles)) < _OTHER_CODE_PER_DAY):
            rows["dtcs"].append((int(vehicle), day + float(rng.uniform(0.25, 0.9)), str(rng.choice(_OTHER_CODES))))
    names = {"failures": "component", "maintenance": "component", "dtcs": "code"}
    return ComponentEvents(
        **{table: pd.DataFrame(found, columns=["vehicle", "day", names[table]]) for table, found in rows.items()}
    )


def _live(
    component: Component, vehicles: Vehicles, days: int, rng: np.random.Generator, rows: dict[str, list[tuple[int, float, str]]]
) -> None:
    count = len(vehicles)
    typical_km = np.array([45.0, 110.0, 340.0])[vehicles.kind]
    stress = (vehicles.daily_km / typical_km) ** component.usage_power
    stress = stress * np.exp(0.045 * (vehicles.age_years - 5)) * np.where(vehicles.model == component.weak_model, 1.7, 0.9)
    worn = rng.uniform(0, 0.8, count) * component.service_days  # days of average use since it was last replaced
    degraded = np.zeros(count, bool)
    service = component.service_days * rng.uniform(0.8, 1.25, count)
    for day in range(days):
        use = rng.gamma(6, 1 / 6, count) * rng.choice([0.4, 1.0], count, p=[0.25, 0.75])
        hazard = stress * component.shape / component.life_days * (worn / component.life_days) ** (component.shape - 1) * use
        onset = ~degraded & (rng.random(count) < hazard)
        sudden = onset & (rng.random(count) < component.sudden)
        failed = sudden | (degraded & (rng.random(count) < _DEGRADED_FAILURE_PER_DAY * np.sqrt(use)))
        serviced = ~failed & ((worn > service) | (degraded & (rng.random(count) < _WORKSHOP_PER_DAY)))
        coded = rng.random(count) < np.where(degraded, _DEGRADED_CODE_PER_DAY, _LONE_CODE_PER_DAY)
        for vehicle in np.flatnonzero(coded):
            rows["dtcs"].append((int(vehicle), day + float(rng.uniform(0.25, 0.6)), str(rng.choice(component.codes))))
        for vehicle in np.flatnonzero(failed):
            at = day + float(rng.uniform(0.62, 0.85))
            rows["failures"].append((int(vehicle), at, component.name))
            rows["maintenance"].append((int(vehicle), at + 0.1, component.name))
        for vehicle in np.flatnonzero(serviced):
            rows["maintenance"].append((int(vehicle), day + 0.95, component.name))
        renewed = failed | serviced
        degraded = (degraded | onset) & ~renewed
        worn = np.where(renewed, 0.0, worn + use)
        service = np.where(renewed, component.service_days * rng.uniform(0.8, 1.25, count), service)
