"""What a vehicle is: classes, and the spread of engines, habits and senders in a fleet."""

from dataclasses import dataclass, fields
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from fleet import signals

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
GRAVITY = 9.81
Self = TypeVar("Self", bound="Vehicles")


@dataclass(frozen=True, slots=True)
class VehicleClass:
    """A class of vehicles in SI units; `ratios` are engine rpm per m/s, first gear first."""

    name: str
    models: tuple[str, ...]
    mass_kg: tuple[float, float]
    power_kw: float
    peak_rpm: float
    displacement_l: float
    diesel: bool
    idle_rpm: float
    lug_rpm: tuple[float, float]
    ratios: tuple[float, ...]
    tank_l: float
    drag_m2: float
    rolling: float
    heat_kj_per_k: float
    radiator_w_per_k: float
    brake_kpa_per_ms2: float
    eagerness_ms2: float
    cornering_ms2: float
    harsh_g: tuple[float, float, float]
    top_kmh: float


CAR: Final = VehicleClass(
    "car", ("Corsa-12", "Etios-15", "Octavia-15"), (1250, 1750), 80, 5500, 1.5, False, 740, (1450, 3100),
    (520, 300, 200, 145, 110, 88), 50, 0.68, 0.011, 62, 1050, 900, 1.5, 1.9, (0.35, 0.40, 0.40), 150,
)  # fmt: skip
VAN: Final = VehicleClass(
    "van", ("Transit-20", "Crafter-20", "Ducato-22"), (2100, 3400), 105, 3600, 2.0, True, 800, (1250, 2500),
    (560, 310, 195, 140, 105, 84), 80, 1.35, 0.012, 95, 1500, 1000, 1.2, 1.6, (0.35, 0.40, 0.40), 130,
)  # fmt: skip
TRUCK: Final = VehicleClass(
    "truck", ("Actros-18", "FH-500", "TGX-18"), (11_000, 36_000), 340, 1700, 12.8, True, 590, (900, 1400),
    (400, 210, 130, 92, 68, 53), 400, 5.2, 0.0065, 330, 5600, 75, 0.65, 1.1, (0.28, 0.30, 0.30), 90,
)  # fmt: skip
CLASSES: Final = (CAR, VAN, TRUCK)
CLASS_SHARES: Final = (0.4, 0.35, 0.25)

# Signals that some fitted devices do not deliver, with the share of vehicles that do.
_FITTED: Final[dict[str, float]] = {
    "oil_temp_c": 0.6, "oil_pressure_kpa": 0.8, "map_kpa": 0.85, "maf_gps": 0.75, "intake_temp_c": 0.9, "fuel_rate_lph": 0.7,
    "brake_pressure_kpa": 0.7, "brake_pedal_pct": 0.8, "speed_limit_kmh": 0.9, "ambient_temp_c": 0.9, "altitude_m": 0.85,
}  # fmt: skip
_IMU: Final = ("accel_x_ms2", "accel_y_ms2", "accel_z_ms2", "yaw_rate_dps")
_IMU_SHARE = 0.85
# Standard deviation, over a fleet, of what a sensor constantly reads too much or too little.
_BIAS: Final[dict[str, float]] = {
    "coolant_temp_c": 1.2, "battery_v": 0.04, "accel_x_ms2": 0.08, "accel_y_ms2": 0.08, "accel_z_ms2": 0.08,
    "ambient_temp_c": 0.8, "oil_pressure_kpa": 6, "map_kpa": 0.8,
}  # fmt: skip
_HEALTHY_REST_V: Final = 12.54  # a battery that rests lower is failing: that is for the faults to bring about
_POLLED_SHARE = 0.2  # of devices that ask the engine computer for one signal after the other, and repeat the rest
_TOWNS: Final = ((48.137, 11.575), (52.52, 13.405), (50.111, 8.682), (48.856, 2.352), (45.464, 9.19), (50.075, 14.437))


@dataclass(slots=True)
class Vehicles:
    """(n,) parameters of n vehicles; what is per signal is (signal, n)."""

    kind: NDArray[np.intp]
    model: NDArray[np.intp]
    age_years: Array
    mass_kg: Array
    power_w: Array
    peak_rpm: Array
    displacement_l: Array
    diesel: Flags
    idle_rpm: Array
    lug_rpm: Array
    lug_span_rpm: Array
    tank_l: Array
    drag_m2: Array
    rolling: Array
    heat_j_per_k: Array
    radiator_w_per_k: Array
    thermostat_c: Array
    brake_kpa_per_ms2: Array
    eagerness_ms2: Array
    braking_ms2: Array
    cornering_ms2: Array
    haste: Array
    harsh_ms2: Array
    top_ms: Array
    roughness_rpm: Array
    oil_kpa: Array
    regulator_v: Array
    rest_v: Array
    slosh_pct: Array
    sender_low_pct: Array
    sender_high_pct: Array
    zero_on_power: Flags
    silent_when_off: Flags
    vibration_ms2: Array
    clock_skew_s: Array
    charge: Array
    coarse_speed: Flags
    home_lat: Array
    home_lon: Array
    daily_km: Array
    ratios: Array
    fitted: Flags
    bias: Array
    grain: Array
    repeats: Array
    thermostat_span_c: Array
    fan_on_c: Array
    fan_span_c: Array

    def __len__(self) -> int:
        return len(self.kind)

    def take(self: Self, rows: NDArray[np.intp]) -> Self:
        """The given vehicles, in the given order, repeats allowed."""
        return type(self)(**{item.name: getattr(self, item.name)[..., rows] for item in fields(self)})

    def class_name(self, row: int) -> str:
        return CLASSES[int(self.kind[row])].name

    def model_name(self, row: int) -> str:
        return CLASSES[int(self.kind[row])].models[int(self.model[row])]


def draw_vehicles(count: int, rng: np.random.Generator, known: NDArray[np.intp] | None = None) -> Vehicles:
    """A fleet of mixed classes, ages, drivers' habits and senders. `known`: (n,) position in `CLASSES`, −1 where it is open."""
    kind = rng.choice(len(CLASSES), count, p=CLASS_SHARES)
    kind = kind if known is None else np.where(known >= 0, known, kind)
    age = np.round(rng.gamma(2.2, 2.4, count).clip(0, 18))

    def of_class(attribute: str) -> Array:
        values: Array = np.array([float(getattr(c, attribute)) for c in CLASSES])
        return values[kind]

    def spread(attribute: str, sigma: float) -> Array:
        factor: Array = rng.normal(1, sigma, count).clip(1 - 2.5 * sigma, 1 + 2.5 * sigma)
        return of_class(attribute) * factor

    masses = np.array([c.mass_kg for c in CLASSES])[kind]
    load = rng.beta(1.4, 2.2, count)  # towing and full loads are the tail
    lug = np.array([c.lug_rpm for c in CLASSES])[kind]
    temper = rng.choice([0.75, 1.0, 1.3], count, p=[0.3, 0.5, 0.2]) * rng.normal(1, 0.06, count).clip(0.85, 1.15)
    harsh = np.array([c.harsh_g for c in CLASSES])[kind].T * GRAVITY
    bad_sender = rng.random(count) < 0.15
    town = np.array(_TOWNS)[rng.integers(len(_TOWNS), size=count)]
    return Vehicles(
        kind=kind,
        model=rng.integers(3, size=count),
        age_years=age,
        mass_kg=masses[:, 0] + load * (masses[:, 1] - masses[:, 0]),
        power_w=spread("power_kw", 0.12) * 1e3,
        peak_rpm=of_class("peak_rpm"),
        displacement_l=spread("displacement_l", 0.08),
        diesel=of_class("diesel") > 0,
        idle_rpm=spread("idle_rpm", 0.03),
        lug_rpm=lug[:, 0] * rng.normal(1, 0.05, count),
        lug_span_rpm=lug[:, 1] - lug[:, 0],
        tank_l=np.round(of_class("tank_l") * rng.choice([0.9, 1.0, 1.1], count)),
        drag_m2=spread("drag_m2", 0.06),
        rolling=spread("rolling", 0.08),
        heat_j_per_k=spread("heat_kj_per_k", 0.08) * 1e3,
        radiator_w_per_k=spread("radiator_w_per_k", 0.1),
        thermostat_c=rng.normal(86, 2, count).clip(81, 91),
        brake_kpa_per_ms2=spread("brake_kpa_per_ms2", 0.08),
        eagerness_ms2=spread("eagerness_ms2", 0.08) * temper,
        braking_ms2=1.5 * np.sqrt(temper) * np.where(kind == 2, 0.75, 1.0),
        cornering_ms2=spread("cornering_ms2", 0.08) * np.sqrt(temper),
        haste=0.97 + 0.08 * (temper - 0.75).clip(0, 0.75) + rng.normal(0, 0.008, count),
        harsh_ms2=harsh,
        top_ms=of_class("top_kmh") / 3.6,
        roughness_rpm=rng.gamma(3, 3, count) + 0.5 * age,
        oil_kpa=rng.normal(330, 25, count) * (1 - 0.008 * age),
        regulator_v=rng.normal(14.25, 0.12, count).clip(13.95, 14.5),
        rest_v=(rest_v := rng.normal(12.68, 0.06, count).clip(12.62, 12.85) - 0.004 * age),
        slosh_pct=np.where(bad_sender, rng.uniform(6, 16, count), rng.uniform(0.4, 2.5, count)),
        sender_low_pct=np.where(rng.random(count) < 0.3, rng.uniform(2, 9, count), 0),
        sender_high_pct=np.where(rng.random(count) < 0.3, rng.uniform(90, 97, count), 100),
        zero_on_power=rng.random(count) < 0.2,
        silent_when_off=rng.random(count) < 0.5,
        vibration_ms2=rng.uniform(0.06, 0.28, count),
        clock_skew_s=np.where(rng.random(count) < 0.1, rng.normal(0, 12, count), rng.normal(0, 0.6, count)),
        charge=np.maximum(rng.beta(12, 1.6, count), 1 - (rest_v - _HEALTHY_REST_V) / 1.1),
        coarse_speed=rng.random(count) < 0.25,
        home_lat=town[:, 0] + rng.normal(0, 0.03, count),
        home_lon=town[:, 1] + rng.normal(0, 0.04, count),
        daily_km=np.array([45.0, 110.0, 340.0])[kind] * rng.lognormal(0, 0.25, count),
        ratios=np.array([c.ratios for c in CLASSES])[kind].T,
        fitted=_draw_fitted(count, kind, rng),
        bias=_draw_bias(count, rng),
        grain=rng.lognormal(-0.2, 0.5, count).clip(0.25, 2),
        repeats=np.where(rng.random(count) < _POLLED_SHARE, rng.uniform(0.2, 0.5, count), 0.0),
        thermostat_span_c=rng.uniform(3, 10, count),
        fan_on_c=rng.normal(97, 2, count).clip(94, 100),
        fan_span_c=rng.uniform(3, 8, count),
    )


def _draw_fitted(count: int, kind: NDArray[np.intp], rng: np.random.Generator) -> Flags:
    """(signal, n) which signals each vehicle's device delivers."""
    fitted = np.ones((signals.COUNT, count), bool)
    for column, share in _FITTED.items():
        fitted[signals.INDEX[column]] = rng.random(count) < share
    fitted[[signals.INDEX[column] for column in _IMU]] = rng.random(count) < _IMU_SHARE
    fitted[signals.INDEX["fuel_level_l"]] = kind == 2
    return fitted


def _draw_bias(count: int, rng: np.random.Generator) -> Array:
    """(signal, n) constant error of each sensor."""
    bias = np.zeros((signals.COUNT, count))
    for column, sigma in _BIAS.items():
        bias[signals.INDEX[column]] = rng.normal(0, sigma, count)
    return bias
