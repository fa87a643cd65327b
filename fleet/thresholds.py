"""Physical limits behind the alerts, per vehicle class. Defaults are the recommended values of the product's domain notes."""

from dataclasses import dataclass, field

import numpy as np

from fleet.alerts import Severity
from fleet.telemetry import FloatArray


def _per_class(car: float, van: float, truck: float) -> FloatArray:
    """(3,) in the order of `fleet.windows.VEHICLE_CLASSES`."""
    return np.array([car, van, truck], np.float32)


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a quantity starts to be an alert.

    Attributes:
        accel_g, brake_g, corner_g: (class,) peak of a harsh event; severe from 1.25 times, extreme from 1.6 times.
        harsh_min_kmh: no harsh event below this speed.
        crash_g: horizontal peak that no manoeuvre reaches.
        speeding_kmh, speeding_ratio: (light, moderate, severe), both must be passed.
        driving_min: driving time without a rest of 45 min (EU 561/2006 Art. 7).
        coolant_high_c, coolant_critical_c: with the engine running.
        oil_kpa, oil_idle_kpa: running, and at idle where low pressure is ordinary.
        battery_low_v, battery_medium_v: engine off, a 12 V system.
        charging_v: with the engine running; below it the alternator does not charge.
        theft_suspect_l, theft_critical_l: unexplained drop within 15 min; the share of the tank counts where it is larger.
        leak_lph: fuel that vanishes beyond consumption.
        sigmas: distance from the level's own noise.
    """

    accel_g: FloatArray = field(default_factory=lambda: _per_class(0.35, 0.35, 0.28))
    brake_g: FloatArray = field(default_factory=lambda: _per_class(0.40, 0.40, 0.30))
    corner_g: FloatArray = field(default_factory=lambda: _per_class(0.40, 0.40, 0.30))
    harsh_min_kmh: float = 8.0
    crash_g: float = 2.5
    speeding_kmh: tuple[float, float, float] = (6.0, 15.0, 25.0)
    speeding_ratio: tuple[float, float, float] = (0.10, 0.20, 0.35)
    driving_min: float = 270.0
    coolant_high_c: float = 110.0
    coolant_critical_c: float = 125.0
    oil_kpa: float = 138.0
    oil_idle_kpa: float = 60.0
    battery_low_v: float = 12.4
    battery_medium_v: float = 12.0
    charging_v: float = 12.4
    theft_suspect_l: float = 10.0
    theft_suspect_share: float = 0.03
    theft_critical_l: float = 25.0
    theft_critical_share: float = 0.08
    leak_lph: float = 1.0
    sigmas: float = 4.0


DEFAULT_LIMITS = Limits()

AT_LIMIT = 1.386  # logit of 0.8: what a guard rail says of a quantity exactly at its limit
HARSH_AT_LIMIT, HARSH_STEEPNESS = 0.69, 5.7  # 0.67 at the limit, 0.4 at 0.81 of it: 17 % of hysteresis between on and off
SUPPORT_CAP = 0.45  # what a model may say at most where no physical quantity supports it


def sigmoid(logit: FloatArray) -> FloatArray:
    """Probability of a logit; NaN stays NaN."""
    return (1 / (1 + np.exp(-np.clip(logit, -30, 30)))).astype(np.float32)


def beyond(ratio: FloatArray, steepness: float = 10.5, at_limit: float = AT_LIMIT) -> FloatArray:
    """Probability that a quantity, as a multiple of its limit, is an alert: 0.8 at the limit unless told otherwise."""
    return sigmoid(at_limit + steepness * (ratio - 1))


def graded(value: FloatArray, *steps: tuple[float, Severity]) -> np.ndarray:
    """(n,) severity of the highest step that `value` reaches, LOW below the first."""
    severity = np.full(len(value), Severity.LOW, np.int8)
    for limit, grade in steps:
        severity[value >= limit] = grade
    return severity
