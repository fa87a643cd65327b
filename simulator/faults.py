"""Which faults are asked for, and what each of them does to a vehicle while it lasts."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fleet import signals
from fleet.errors import InvalidInput
from simulator.effects import Effects
from simulator.vehicles import Vehicles

HARSH: Final = ("HARSH_ACCELERATION", "HARSH_BRAKING", "HARSH_CORNERING")
DRIVER: Final = (*HARSH, "SPEEDING", "FATIGUE", "AGGRESSIVE_DRIVING")
ENGINE: Final = ("ENGINE_OVERHEAT", "MISFIRE", "LOW_OIL_PRESSURE")
KINDS: Final = (*DRIVER, "FUEL_THEFT", "FUEL_LEAK", "SENSOR_FAULT", *ENGINE, "BATTERY_FAILURE")
VARIANTS: Final[dict[str, tuple[str, ...]]] = {
    "FUEL_THEFT": ("drained", "siphoned"),
    "SENSOR_FAULT": ("stuck", "drifting", "open", "silent", "zero", "jumping"),
    "ENGINE_OVERHEAT": ("thermostat", "coolant", "fan"),
    "MISFIRE": ("rich", "lean"),
    "BATTERY_FAILURE": ("battery", "alternator"),
}
DURATION_S: Final[dict[str, float]] = {
    **dict.fromkeys(HARSH, 3), "SPEEDING": 90, "FATIGUE": 900, "AGGRESSIVE_DRIVING": 420, "FUEL_THEFT": 480,
    "FUEL_LEAK": 8 * 3600, "SENSOR_FAULT": 600, "ENGINE_OVERHEAT": 600, "MISFIRE": 420, "LOW_OIL_PRESSURE": 420,
    "BATTERY_FAILURE": 900,
}  # fmt: skip
# What the engine computer says to it, once it has seen it for half a minute.
CODES: Final[dict[str, str]] = {
    "ENGINE_OVERHEAT": "P0217", "MISFIRE": "P0300", "LOW_OIL_PRESSURE": "P0524", "BATTERY_FAILURE": "P0562",
    "fuel_level_pct": "P0461", "coolant_temp_c": "P0116", "oil_pressure_kpa": "P0521", "map_kpa": "P0106",
    "intake_temp_c": "P0111", "battery_v": "P0563",
}  # fmt: skip
CODED_AFTER_S: Final = 30.0
SENSOR_COLUMNS: Final = ("fuel_level_pct", "coolant_temp_c", "oil_pressure_kpa", "map_kpa", "intake_temp_c", "battery_v")
# What an open circuit reads: the resistor that is left in the divider pulls to one end.
OPEN_READING: Final[dict[str, float]] = {
    "fuel_level_pct": 100, "coolant_temp_c": -40, "oil_pressure_kpa": 1000, "map_kpa": 0, "intake_temp_c": -40, "battery_v": 0,
}  # fmt: skip
DRIFT_SPAN: Final[dict[str, float]] = {
    "fuel_level_pct": 45, "coolant_temp_c": -60, "oil_pressure_kpa": 320, "map_kpa": 70, "intake_temp_c": 60, "battery_v": -2.5,
}  # fmt: skip


@dataclass(slots=True)
class Fault:
    """One fault of one vehicle. Times are seconds on the simulation's clock; `began` is NaN until the vehicle can have it."""

    kind: str
    lane: int
    severity: float
    start_s: float
    duration_s: float
    variant: str = ""
    column: str = ""
    began: float = float("nan")
    held: float = float("nan")
    shown_s: float = 0.0
    coded: bool = False
    side: float = 1.0

    @property
    def apart(self) -> bool:
        """Goes on beside whatever else happens to the vehicle."""
        return self.kind == "FUEL_LEAK"

    @property
    def needs_parking(self) -> bool:
        return self.kind == "FUEL_THEFT"

    def share(self, now: float) -> float:
        """How much of its duration has passed, in [0, 1]."""
        return min(max((now - self.began) / max(self.duration_s, 1e-9), 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class Order:
    """One item of a `--faults` text; None is left to chance."""

    kind: str
    severity: float | None = None
    start_s: float = 0.0
    duration_s: float | None = None
    vehicle: str | None = None


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """What to inject: ordered faults, and a rate of random ones per vehicle hour."""

    orders: tuple[Order, ...] = ()
    random_per_hour: float = 0.0


_ORDER = re.compile(r"([A-Z_]+)(?::([\d.]+))?(?:@([\d.]+))?(?:\+([\d.]+))?(?:/([A-Za-z0-9_-]{1,64}))?")
_FORM = "TYPE[:severity][@start_s][+duration_s][/vehicle] or random:RATE"


def parse_faults(text: str) -> FaultPlan:
    """A plan from a text such as `ENGINE_OVERHEAT:0.8@30+120/VH-3,FUEL_THEFT@60,random:4`; `none` is no fault at all."""
    orders: list[Order] = []
    rate = 0.0
    for item in filter(None, (part.strip() for part in text.split(","))):
        if item.startswith("random:"):
            rate = _number(item.removeprefix("random:"), item, 3600)
        elif item != "none":
            orders.append(_order(item))
    return FaultPlan(tuple(orders), rate)


def _order(item: str) -> Order:
    match = _ORDER.fullmatch(item)
    if match is None:
        raise InvalidInput(f"the fault {item!r} cannot be read; write {_FORM}")
    kind, severity, start, duration, vehicle = match.groups()
    if kind not in KINDS:
        raise InvalidInput(f"{kind} is no fault that can be injected; known are {', '.join(KINDS)}")
    return Order(
        kind,
        None if severity is None else _number(severity, item, 1),
        0.0 if start is None else _number(start, item),
        None if duration is None else _number(duration, item),
        vehicle,
    )


def _number(text: str, item: str, most: float = 1e7) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise InvalidInput(f"{text!r} in the fault {item!r} is not a number") from error
    if not 0 <= value <= most:
        raise InvalidInput(f"{text} in the fault {item!r} must lie between 0 and {most:g}")
    return value


def draw_fault(kind: str, lane: int, start_s: float, rng: np.random.Generator, fitted: NDArray[np.bool_]) -> Fault:
    """A fault of a kind, with severity, variant and duration left to chance. `fitted`: (signal,) what the vehicle reports."""
    columns = [column for column in SENSOR_COLUMNS if fitted[signals.INDEX[column]]]
    column = str(rng.choice(columns)) if kind == "SENSOR_FAULT" else ""
    variants: Sequence[str] = VARIANTS.get(kind, ("",))
    if column and column != "fuel_level_pct":
        variants = variants[:4]  # zeros and jumps are how floats die
    duration = DURATION_S[kind] * float(rng.uniform(0.7, 1.5))
    variant = str(rng.choice(variants))
    return Fault(
        kind,
        lane,
        float(rng.beta(2.2, 1.6)),
        start_s,
        duration * (9 if variant == "siphoned" else 1),
        variant,
        column,
        side=float(rng.choice([-1.0, 1.0])),
    )


Apply = Callable[[Fault, Effects, Vehicles, float], None]


def apply_fault(fault: Fault, effects: Effects, vehicles: Vehicles, now: float) -> None:
    """Move the levers of the fault's vehicle to where the fault has them now."""
    _APPLY[fault.kind](fault, effects, vehicles, now)


def _harsh(fault: Fault, effects: Effects, vehicles: Vehicles, now: float) -> None:
    axis = HARSH.index(fault.kind)
    reach = 0.5 if fault.kind == "HARSH_ACCELERATION" else 0.8  # engines push less than brakes and tyres hold
    peak = vehicles.harsh_ms2[axis, fault.lane] * (1.08 + reach * fault.severity)
    if fault.kind == "HARSH_CORNERING":
        effects.swerve_ms2[fault.lane] = fault.side * peak
    else:
        effects.push_ms2[fault.lane] = peak if fault.kind == "HARSH_ACCELERATION" else -peak


def _speeding(fault: Fault, effects: Effects, vehicles: Vehicles, now: float) -> None:
    effects.speed_factor[fault.lane] = 1.17 + 0.4 * fault.severity
    effects.temper[fault.lane] = 1.15


def _fatigue(fault: Fault, effects: Effects, vehicles: Vehicles, now: float) -> None:
    effects.drowsiness[fault.lane] = (0.35 + 0.65 * fault.severity) * min(1.0, 0.5 + fault.share(now))


def _aggressive(fault: Fault, effects: Effects, vehicles: Vehicles, now: float) -> None:
    effects.temper[fault.lane] = 1.45 + 0.75 * fault.severity
    effects.speed_factor[fault.lane] = 1.05 + 0.2 * fault.severity


def _theft(fault: Fault, effects: Effects, vehicles: Vehicles, now: float) -> None:
    effects.park[fault.lane] = True
    share = 0.10 + 0.30 * fault.severity
    effects.drain_lps[fault.lane] = share * vehicles.tank_l[fault.lane] / fault.duration_s


def _leak(fault: Fault, effects: Effects, vehicles: Vehicles, now: float) -> None:
    effects.leak_lps[fault.lane] = (1 + 7 * fault.severity) / 3600


def _overheat(fault: Fault, effects: Effects, vehicles: Vehicles, now: float) -> None:
    lane, severity = fault.lane, fault.severity
    onset = min(1.0, (now - fault.began) / 20)
    if fault.variant == "thermostat":
        effects.thermostat[lane] = 1 - onset * (0.86 + 0.14 * severity)
    elif fault.variant == "fan":
        effects.fan[lane] = 1 - onset
        effects.radiator[lane] = 1 - onset * (0.82 + 0.16 * severity)
    else:
        effects.radiator[lane] = 1 - onset * (0.84 + 0.15 * severity)
    effects.coolant_mass[lane] = 1 - onset * (0.25 + 0.4 * severity)


def _misfire(fault: Fault, effects: Effects, vehicles: Vehicles, now: float) -> None:
    lane, severity = fault.lane, fault.severity
    effects.roughness_rpm[lane] = (28 + 110 * severity) * vehicles.idle_rpm[lane] / 750
    effects.power[lane] = 1 - (0.07 + 0.3 * severity)
    effects.mixture[lane] = 1 + (0.08 + 0.25 * severity) * (1 if fault.variant == "rich" else -0.5)


def _low_oil(fault: Fault, effects: Effects, vehicles: Vehicles, now: float) -> None:
    effects.oil[fault.lane] = 1 - (0.38 + 0.5 * fault.severity) * min(1.0, (now - fault.began) / 15)


def _battery(fault: Fault, effects: Effects, vehicles: Vehicles, now: float) -> None:
    if fault.variant == "alternator":
        effects.charge[fault.lane] = 0.5 - 0.5 * fault.severity
    effects.sag_v[fault.lane] = 0.35 + 1.1 * fault.severity


def _no_lever(fault: Fault, effects: Effects, vehicles: Vehicles, now: float) -> None:
    """A broken sensor changes what is reported, not the vehicle."""


_APPLY: Final[dict[str, Apply]] = {
    **dict.fromkeys(HARSH, _harsh), "SPEEDING": _speeding, "FATIGUE": _fatigue, "AGGRESSIVE_DRIVING": _aggressive,
    "FUEL_THEFT": _theft, "FUEL_LEAK": _leak, "SENSOR_FAULT": _no_lever, "ENGINE_OVERHEAT": _overheat, "MISFIRE": _misfire,
    "LOW_OIL_PRESSURE": _low_oil, "BATTERY_FAILURE": _battery,
}  # fmt: skip


def corrupt(fault: Fault, times_s: NDArray[np.float64], values: NDArray[np.float32]) -> NDArray[np.float32]:
    """What a broken sensor makes of (n,) readings of its signal, in order of time."""
    span = DRIFT_SPAN[fault.column]
    age = np.clip((times_s - fault.began) / fault.duration_s, 0, 1)
    if fault.variant == "stuck":
        if np.isnan(fault.held) and np.isfinite(values).any():
            fault.held = float(values[np.isfinite(values)][0])
        return np.full_like(values, fault.held)
    if fault.variant == "drifting":
        drifted = values + span * (0.4 + 0.6 * fault.severity) * age
    elif fault.variant == "jumping":
        drifted = values + np.where(np.sin(times_s * 0.7 + np.floor(times_s / 9) * 2.1) > 0, 1, -1) * (20 + 50 * fault.severity)
    else:
        lost = {"silent": np.nan, "zero": 0.0, "open": OPEN_READING[fault.column]}[fault.variant]
        drifted = np.full_like(values, lost)
    signal = signals.BY_COLUMN[fault.column]
    return np.clip(drifted, signal.low, signal.high).astype(np.float32)
