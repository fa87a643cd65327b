"""Driver scores: events and habits per distance, held against the class, 0 to 100 with a 90 % interval. Pure numpy.

Each behaviour gives points: 100 for none of it, 75 at its published reference. A driver's own rate is shrunk to the mean of
the class by empirical Bayes, so that few kilometres make nobody a hero or a villain; what is left of doubt is the interval.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np

from fleet.alerts import AlertType
from fleet.telemetry import FloatArray

WINDOW_DAYS: Final = 28
LEAST_KM: Final = 160.0  # below it a driver has no score
WEIGHTS_VERSION: Final = "1"
BANDS: Final = ((90.0, "EXCELLENT"), (75.0, "GOOD"), (60.0, "FAIR"), (0.0, "POOR"))
AT_REFERENCE: Final = 75.0
Z90: Final = 1.645
FEWEST_DAYS: Final = 3  # fewer say nothing about how much a habit varies
FEWEST_PEERS: Final = 3  # fewer say nothing about how much drivers differ
PRIOR_RANGE: Final = (0.5, 20.0)  # 1,000 km that the class may count for
LEAST_SPREAD: Final = 0.05  # relative: drivers are never taken to be all alike


class Area(StrEnum):
    SAFE_DRIVING = "SAFE_DRIVING"
    FUEL_EFFICIENCY = "FUEL_EFFICIENCY"
    PUNCTUALITY = "PUNCTUALITY"
    VEHICLE_CARE = "VEHICLE_CARE"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What is scored.

    Attributes:
        weight: share of the whole score; all behaviours together make 1.
        reference: the value that gives 75 points, in `unit`; for fuel it is a ratio to the class mean.
        enabled: whether it counts. Punctuality does not: EU 561/2006 Art. 10 forbids pay tied to the speed of delivery.
    """

    name: str
    area: Area
    weight: float
    unit: str
    reference: float
    enabled: bool = True


_PER_1000_KM: Final = "per 1,000 km"
EVENT_BEHAVIOURS: Final = tuple(
    Behaviour(kind, Area.SAFE_DRIVING, weight, _PER_1000_KM, reference)
    for kind, weight, reference in (
        (AlertType.HARSH_BRAKING, 0.10, 5.0),
        (AlertType.HARSH_ACCELERATION, 0.06, 5.0),
        (AlertType.HARSH_CORNERING, 0.08, 5.0),
        (AlertType.SPEEDING, 0.08, 5.0),
        (AlertType.FATIGUE, 0.04, 1.0),
        (AlertType.AGGRESSIVE_DRIVING, 0.04, 1.0),
    )
)
FUEL: Final = Behaviour("FUEL_CONSUMPTION", Area.FUEL_EFFICIENCY, 0.25, "l/100 km", 1.0)
IDLING: Final = Behaviour("IDLING", Area.VEHICLE_CARE, 0.15, "% of engine time", 10.0)
LATENESS: Final = Behaviour("LATENESS", Area.PUNCTUALITY, 0.20, "% of deliveries", 5.0, enabled=False)
BEHAVIOURS: Final = (*EVENT_BEHAVIOURS, FUEL, IDLING, LATENESS)


@dataclass(frozen=True, slots=True, eq=False)
class DriverRecord:
    """A driver's window. Arrays are (day,), NaN where a day was not measured; hours in engine hours, litres over `metered_km`."""

    driver_id: str
    vehicle_class: str
    km: FloatArray
    metered_km: FloatArray
    litres: FloatArray
    engine_h: FloatArray
    idle_h: FloatArray
    events: Mapping[AlertType, int]

    @property
    def distance_km(self) -> float:
        return float(np.nansum(self.km))


@dataclass(frozen=True, slots=True)
class Contribution:
    """A behaviour's share of a score; `weight` is its share of what was measured, `lost` the points it cost the score.

    Attributes:
        observed: the driver's own value; shrunk: what is believed of it; class_mean: the peers'; all in `unit`.
    """

    behaviour: str
    area: str
    unit: str
    weight: float
    events: int | None
    observed: float
    shrunk: float
    class_mean: float
    points: float
    lost: float


@dataclass(frozen=True, slots=True)
class DriverScore:
    """`score`, its interval, `band` and `rank` are None below `LEAST_KM`: unknown, not average."""

    driver_id: str
    vehicle_class: str
    distance_km: float
    score: float | None = None
    lower: float | None = None
    upper: float | None = None
    band: str | None = None
    rank: int | None = None
    measured: float = 0.0  # share of the enabled weights that could be measured
    contributions: tuple[Contribution, ...] = ()


@dataclass(frozen=True, slots=True)
class _Belief:
    """What is believed of each driver of a class about one behaviour; arrays are (driver,)."""

    behaviour: Behaviour
    observed: FloatArray
    shrunk: FloatArray
    class_mean: float
    points: FloatArray
    variance: FloatArray
    events: FloatArray | None = None


def driver_scores(records: Sequence[DriverRecord]) -> list[DriverScore]:
    """Scores of a tenant's drivers, best first; those without enough distance follow without a number."""
    scored: list[DriverScore] = []
    by_class: dict[str, list[DriverRecord]] = {}
    for record in records:
        if record.distance_km >= LEAST_KM:
            by_class.setdefault(record.vehicle_class, []).append(record)
    for peers in by_class.values():
        scored += _scores_of_class(peers)
    scored.sort(key=lambda driver: (-(driver.score or 0.0), driver.driver_id))
    values = [driver.score for driver in scored]
    ranked = [replace(driver, rank=values.index(driver.score) + 1) for driver in scored]
    unknown = [DriverScore(r.driver_id, r.vehicle_class, r.distance_km) for r in records if r.distance_km < LEAST_KM]
    return ranked + sorted(unknown, key=lambda driver: driver.driver_id)


def band_of(score: float) -> str:
    return next(name for least, name in BANDS if score >= least)


def _scores_of_class(peers: Sequence[DriverRecord]) -> list[DriverScore]:
    beliefs = [_events(peers, behaviour) for behaviour in EVENT_BEHAVIOURS]
    beliefs += [_fuel(peers), _idling(peers)]
    return [_score(record, row, beliefs) for row, record in enumerate(peers)]


def _score(record: DriverRecord, row: int, beliefs: Sequence[_Belief]) -> DriverScore:
    known = [belief for belief in beliefs if belief.behaviour.enabled and not np.isnan(belief.points[row])]
    total = sum(belief.behaviour.weight for belief in known)
    shares = np.array([belief.behaviour.weight / total for belief in known])
    points = np.array([belief.points[row] for belief in known])
    half_width = Z90 * float(np.sqrt((shares**2 * np.array([belief.variance[row] for belief in known])).sum()))
    score = float(np.clip(shares @ points, 0, 100))
    lower, upper = np.clip([score - half_width, score + half_width], 0, 100).tolist()
    contributions = tuple(_contribution(belief, row, share) for belief, share in zip(known, shares.tolist(), strict=True))
    measured = total / sum(behaviour.weight for behaviour in BEHAVIOURS if behaviour.enabled)
    distance_km = record.distance_km
    return DriverScore(
        record.driver_id, record.vehicle_class, distance_km, score, lower, upper, band_of(score),
        measured=measured, contributions=contributions,
    )  # fmt: skip


def _contribution(belief: _Belief, row: int, share: float) -> Contribution:
    behaviour, points = belief.behaviour, float(belief.points[row])
    events = None if belief.events is None else int(belief.events[row])
    observed, shrunk = float(belief.observed[row]), float(belief.shrunk[row])
    return Contribution(
        behaviour.name, behaviour.area, behaviour.unit, share, events, observed, shrunk, belief.class_mean, points,
        share * (100 - points),
    )  # fmt: skip


def _events(peers: Sequence[DriverRecord], behaviour: Behaviour) -> _Belief:
    """Counts over distance: Poisson with a Gamma prior. Points decay by the same factor for each reference's worth of events,
    so their mean and variance under the posterior are its moment generating function."""
    events = np.array([record.events.get(AlertType(behaviour.name), 0) for record in peers], np.float64)
    exposure = np.array([record.distance_km for record in peers]) / 1000
    shape, prior = gamma_prior(events, exposure)
    decay = np.log(AT_REFERENCE / 100) / behaviour.reference
    first, second = (((prior + exposure) / (prior + exposure - n * decay)) ** (shape + events) for n in (1, 2))
    shrunk = (shape + events) / (prior + exposure)
    variance = 1e4 * np.maximum(second - first**2, 0)
    return _Belief(behaviour, events / exposure, shrunk, shape / prior, 100 * first, variance, events)


def gamma_prior(events: FloatArray, exposure: FloatArray) -> tuple[float, float]:
    """(shape, exposure) of the Gamma distribution of rates in a class, by the method of moments.

    Half an event is added to the class: that nothing happened yet is no proof that nothing can.
    """
    total = exposure.sum()
    mean = (events.sum() + 0.5) / total
    if len(events) < FEWEST_PEERS:
        return float(mean), 1.0
    excess = (exposure * (events / exposure - mean) ** 2).sum() - (len(events) - 1) * mean
    spread = excess / (total - (exposure**2).sum() / total)
    prior = float(np.clip(mean / spread if spread > 0 else np.inf, *PRIOR_RANGE))
    return float(mean * prior), prior


def _fuel(peers: Sequence[DriverRecord]) -> _Belief:
    """Points follow the ratio to the class mean: a tenth less fuel is ten points more."""
    observed, shrunk, variance, mean = _ratios([record.litres for record in peers], [record.metered_km for record in peers])
    per_mean = 100 / mean if mean > 0 else np.nan  # a class that burns nothing has no meter
    points = np.clip(AT_REFERENCE - per_mean * (shrunk - FUEL.reference * mean), 0, 100)
    return _Belief(FUEL, 100 * observed, 100 * shrunk, 100 * mean, points, variance * per_mean**2)


def _idling(peers: Sequence[DriverRecord]) -> _Belief:
    observed, shrunk, variance, mean = _ratios([record.idle_h for record in peers], [record.engine_h for record in peers])
    slope = (100 - AT_REFERENCE) / IDLING.reference
    points = np.clip(100 - slope * 100 * shrunk, 0, 100)
    return _Belief(IDLING, 100 * observed, 100 * shrunk, 100 * mean, points, variance * (100 * slope) ** 2)


def _ratios(
    numerators: Sequence[FloatArray], denominators: Sequence[FloatArray]
) -> tuple[FloatArray, FloatArray, FloatArray, float]:
    """Own ratio, shrunk ratio, its variance, each (driver,), and the class mean; NaN where too few days were measured."""
    rows = [_ratio(numerator, denominator) for numerator, denominator in zip(numerators, denominators, strict=True)]
    observed, noise, numerator, denominator = np.array(rows).T
    known = ~np.isnan(observed)
    if not known.any():
        return observed, observed, observed, np.nan
    mean = float(numerator[known].sum() / denominator[known].sum())
    between = (0.15 * mean) ** 2
    if known.sum() >= FEWEST_PEERS:
        between = max(float(np.var(observed[known], ddof=1) - noise[known].mean()), (LEAST_SPREAD * mean) ** 2)
    own = np.divide(between, between + noise, out=np.ones_like(noise), where=between + noise > 0)
    return observed, mean + own * (observed - mean), own * noise, mean


def _ratio(numerator: FloatArray, denominator: FloatArray) -> tuple[float, float, float, float]:
    """Ratio of the sums, its variance over days (linearised), and the sums."""
    use = ~np.isnan(numerator) & (denominator > 0)
    days, top, bottom = int(use.sum()), numerator[use], denominator[use]
    if days < FEWEST_DAYS:
        return np.nan, np.nan, np.nan, np.nan
    ratio = top.sum() / bottom.sum()
    variance = days / (days - 1) * ((top - ratio * bottom) ** 2).sum() / bottom.sum() ** 2
    return float(ratio), float(variance), float(top.sum()), float(bottom.sum())
