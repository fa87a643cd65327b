"""How sure a figure is: of small counts, and of rows that come from few vehicles."""

import math
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, chi2

from fleet.telemetry import FloatArray

DRAWS: Final = 400
_SEED: Final = 20_261_124
_Z_95: Final = 1.959964
_TAILS: Final = (2.5, 97.5)

Interval = tuple[float, float]


def wilson(found: float, of: float) -> Interval:
    """95 % interval of a share; (0, 1) of nothing."""
    if of <= 0:
        return 0.0, 1.0
    share, z2 = found / of, _Z_95**2
    centre, half = share + z2 / (2 * of), _Z_95 * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return max(0.0, (centre - half) / (1 + z2 / of)), min(1.0, (centre + half) / (1 + z2 / of))


def poisson(count: int, exposure: float) -> Interval:
    """95 % interval (exact) of a rate of which `count` were seen during `exposure`."""
    low = chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    return float(low) / exposure, float(chi2.ppf(0.975, 2 * count + 2)) / 2 / exposure


def probability_no_lower(found: int, of: int, than_found: int, than_of: int, draws: int = 20_000) -> float:
    """P(first share ≥ second share), both unknown beforehand (Jeffreys)."""
    rng = np.random.default_rng(_SEED)
    mine = beta.rvs(found + 0.5, of - found + 0.5, size=draws, random_state=rng)
    theirs = beta.rvs(than_found + 0.5, than_of - than_found + 0.5, size=draws, random_state=rng)
    return float(np.mean(mine >= theirs))


@dataclass(frozen=True, slots=True)
class Resamples:
    """How often each vehicle is drawn, in `DRAWS` draws of as many vehicles: rows of one vehicle stay together."""

    times: FloatArray  # (draw, vehicle)

    @classmethod
    def of(cls, vehicles: int) -> Self:
        """The same draws for every scorer, so that differences are paired."""
        rng = np.random.default_rng(_SEED)
        return cls(rng.multinomial(vehicles, np.full(vehicles, 1 / vehicles), DRAWS).astype(np.float32))

    def ratio(self, vehicle: NDArray[np.intp], hit: NDArray[np.bool_], of: NDArray[np.bool_]) -> FloatArray:
        """(draw,) share of the rows `of` that are also `hit`; NaN where a draw has none."""
        vehicles = self.times.shape[1]
        hits = np.bincount(vehicle, hit & of, vehicles)
        total = np.bincount(vehicle, of, vehicles)
        with np.errstate(invalid="ignore", divide="ignore"):
            return (self.times @ hits) / (self.times @ total)

    def average_precision(self, vehicle: NDArray[np.intp], chance: FloatArray, truth: NDArray[np.bool_]) -> FloatArray:
        """(draw,) average precision; NaN where a draw has no positive row."""
        order = np.argsort(-chance, kind="stable")
        vehicle, chance, truth = vehicle[order], chance[order], truth[order]
        ends = np.flatnonzero(np.r_[chance[1:] != chance[:-1], True])
        return np.array([_average_precision(times[vehicle], truth, ends) for times in self.times])


def between(values: FloatArray) -> Interval:
    """95 % interval of a resampled figure; NaN where it could not be computed often enough."""
    known = values[np.isfinite(values)]
    if len(known) < len(values) / 2:
        return math.nan, math.nan
    low, high = np.percentile(known, _TAILS)
    return float(low), float(high)


def _average_precision(weight: FloatArray, truth: NDArray[np.bool_], ends: NDArray[np.intp]) -> float:
    """Of rows that fall in probability; `ends`: the last row of each probability."""
    right = np.cumsum(np.where(truth, weight, 0), dtype=np.float64)[ends]
    raised = np.cumsum(weight, dtype=np.float64)[ends]
    if not right[-1]:
        return math.nan
    precision = np.divide(right, raised, out=np.zeros_like(right), where=raised > 0)
    return float(np.diff(right, prepend=0.0) @ precision / right[-1])
