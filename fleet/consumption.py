"""What an engine should burn, from how it turns and how the vehicle moves; calibrated on line. Pure numpy.

Work at the wheels follows from speed, acceleration and climb, friction from the engine speed (a Willans line); the weights
are fitted on other vehicles. What the cargo, the weather and the driver change is followed on line by a factor and an offset.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from fleet.series import carried, mean
from fleet.telemetry import FloatArray

GRAVITY_MS2 = 9.81
RUNNING_RPM = 300.0
TERMS = ("running", "turning", "turning²", "work", "work 0.3", "work 0.9", "work 1.8", "work·turning", "speed", "speed²",
         "speed³", "speed·turning", "climb")  # fmt: skip
_ROLLING_MS2, _DRAG_PER_M = 0.064, 1.2e-4  # of a laden truck; lighter vehicles differ by the speed terms
_CLIMB_S = (
    4  # half of the time over which a climb is told from an altitude, whose reading lags by about as much as it is smoothed
)
_GLITCH_MS2 = 4.0


def effort(speed_kmh: FloatArray, engine_rpm: FloatArray, altitude_m: FloatArray) -> FloatArray:
    """(n, term) mean effort over each window, from (n, seconds); NaN where speed or engine speed is silent throughout.

    A silent altitude is a level road.
    """
    speed, turning = speed_kmh / 3.6, engine_rpm / 1000
    accel = np.clip(_rate(speed, 1), -_GLITCH_MS2, _GLITCH_MS2)
    climb = np.clip(np.nan_to_num(_rate(altitude_m, _CLIMB_S)), -0.15 * speed - 0.05, 0.15 * speed + 0.05)
    work = _smoothed(speed * accel + GRAVITY_MS2 * climb + _ROLLING_MS2 * speed + _DRAG_PER_M * speed**3)
    above = [np.maximum(work - limit, 0) for limit in (0.0, 0.3, 0.9, 1.8)]
    ten = speed / 10
    running = (engine_rpm > RUNNING_RPM) + 0 * engine_rpm
    terms = [running, turning, turning**2, *above, above[0] * turning, ten, ten**2, ten**3, ten * turning, np.maximum(climb, 0)]
    return np.stack([mean(term) for term in terms], axis=1)


def _rate(values: FloatArray, half: int) -> FloatArray:
    """(n, seconds) change per second between `half` seconds before and after, fewer at the ends of the window."""
    columns = np.arange(values.shape[1])
    before, after = np.maximum(columns - half, 0), np.minimum(columns + half, values.shape[1] - 1)
    return (values[:, after] - values[:, before]) / np.maximum(after - before, 1)


def _smoothed(values: FloatArray) -> FloatArray:
    padded = np.concatenate([values[:, :1], values, values[:, -1:]], axis=1)
    return (padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]) / 3


@dataclass(frozen=True, slots=True)
class Consumption:
    """Litres per hour as a weighted sum of effort."""

    weights: FloatArray

    @classmethod
    def fit(cls, terms: FloatArray, lph: FloatArray, stiffness: float = 0.01) -> Self:
        """Ridge regression on (n, term) efforts and the (n,) rates a meter reported."""
        known = ~(np.isnan(terms).any(axis=1) | np.isnan(lph))
        a, y = terms[known].astype(np.float64), lph[known].astype(np.float64)
        penalty = stiffness * len(a) * np.diag(a.var(axis=0) + 1e-9)
        return cls(np.linalg.solve(a.T @ a + penalty, a.T @ y).astype(np.float32))

    def lph(self, terms: FloatArray) -> FloatArray:
        """(n,) from (n, term)."""
        return np.maximum(terms @ self.weights, 0)


# Weights of `TERMS` per class, in the order of `fleet.windows.VEHICLE_CLASSES`: fits on metered normal driving of simulated
# vehicles, between which they are 6, 7 and 14 % off (standard deviation).
_BY_MOTION: Final = np.array([
    (-0.01, 0.46, 0.16, 0.14, 0.12, 0.09, 0.04, 0.02, -0.09, 0.06, 0.03, 0.07, 0.41),
    (-0.50, 0.59, 0.25, 0.19, 0.16, 0.12, 0.04, 0.06, 0.0, 0.08, 0.03, 0.11, -0.55),
    (-12.06, 2.89, 11.99, 0.82, 0.64, 0.35, -0.23, 0.98, -5.32, 0.04, 0.18, 4.55, 1.04),
], np.float32)  # fmt: skip
# l/h per 1,000 rpm at full load, and without load: 1.5 l petrol, 2.0 l and 12.8 l diesel, 10 to 12 % off between vehicles.
_BY_LOAD: Final = np.array([(4.73, 0.32), (7.20, 0.25), (43.0, 1.99)], np.float32)
_PETROL_LPH_PER_GPS: Final = 3600 / (14.7 * 745)  # stoichiometric air, grams of a litre
_PETROL_CLASS: Final = 0
# Of a truck at work; a minute's noise holds what the road hides.
_FACTOR_ERROR, _OFFSET_ERROR_LPH = 0.2, 0.6
_WALK: Final = np.diag([0.03**2, 0.09**2])  # in a minute
_NOISE_LPH, _NOISE_SHARE = 0.75, 0.05


def expected_lph(vehicle_class: NDArray[np.int8], of: Callable[[str], FloatArray]) -> FloatArray:
    """(n,) what a vehicle of this class burns in a window: from engine load, from the air of a petrol engine, from its motion.

    Args:
        of: a channel of `fleet.channels.SECOND_CHANNELS` → (n, seconds), oldest first. What is silent is passed over.
    """
    rpm, kind = of("engine_rpm"), vehicle_class.astype(np.intp)
    full, empty = _BY_LOAD[kind].T
    by_load = mean(rpm / 1000 * (full[:, None] * of("engine_load_pct") / 100 + empty[:, None]))
    air = np.where(kind == _PETROL_CLASS, mean(of("maf_gps")) * _PETROL_LPH_PER_GPS, np.nan)
    expected = np.where(np.isnan(by_load), air, by_load)
    open_ = np.flatnonzero(np.isnan(expected))
    if len(open_):
        terms = effort(*(carried(of(name)[open_]) for name in ("speed_kmh", "engine_rpm", "altitude_m")))
        expected[open_] = np.maximum((terms * _BY_MOTION[kind[open_]]).sum(axis=1), 0)
    return expected


class Calibration:
    """A factor and an offset per vehicle that follow what a meter says, as random walks: cargo and weather change by the hour.

    Attributes:
        state: (n, 2) factor and offset: litres per hour = factor · expected + offset. covariance: (n, 2, 2) of the two.
    """

    def __init__(self, vehicles: int) -> None:
        self.state = np.tile(np.array([1.0, 0.0]), (vehicles, 1))
        self.covariance = np.tile(np.diag([_FACTOR_ERROR**2, _OFFSET_ERROR_LPH**2]), (vehicles, 1, 1))

    def lph(self, expected: FloatArray) -> FloatArray:
        """(n, minutes) litres per hour, from the (n, minutes) that are expected of the class."""
        return np.maximum(self.state[:, :1] * expected + self.state[:, 1:], 0).astype(np.float32)

    def learn(self, expected: FloatArray, metered: FloatArray) -> None:
        """Follow one more minute: (n,) litres per hour expected and metered; a NaN teaches nothing."""
        known = np.flatnonzero(~np.isnan(expected + metered))
        seen = np.stack([expected[known], np.ones(len(known))], axis=1).astype(np.float64)
        spread = self.covariance[known] + _WALK
        gain = np.einsum("nij,nj->ni", spread, seen)
        noise = (_NOISE_LPH + _NOISE_SHARE * expected[known]) ** 2
        gain /= (np.einsum("ni,ni->n", gain, seen) + noise)[:, None]
        surprise = metered[known] - (self.state[known] * seen).sum(axis=1)
        self.state[known] += gain * surprise[:, None]
        self.covariance[known] = spread - np.einsum("ni,nj,njk->nik", gain, seen, spread)
