"""Thresholds that keep to a number of alerts per vehicle and week, or that somebody typed, and what they would change. Pure."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from alerts.episodes import USUAL
from alerts.potentials import FLOOR, Potential, heard
from fleet.alerts import AlertType, Severity
from fleet.errors import InvalidInput
from fleet.own_thresholds import OwnThreshold, OwnThresholds
from fleet.windows import VEHICLE_CLASSES

_BEYOND_LIMIT: Final = 0.79  # a guard rail says 0.8 at its limit (`fleet.thresholds.AT_LIMIT`): that is always heard
_CEILING: Final = 0.95
# No threshold silences a physical limit of these, nor a severe manoeuvre.
CEILINGS: Final[dict[AlertType, float]] = {
    AlertType.ENGINE_OVERHEAT: _BEYOND_LIMIT,
    AlertType.LOW_OIL_PRESSURE: _BEYOND_LIMIT,
    AlertType.BATTERY_FAILURE: _BEYOND_LIMIT,
    AlertType.FUEL_THEFT: _BEYOND_LIMIT,
    AlertType.FATIGUE: _BEYOND_LIMIT,
    AlertType.HARSH_BRAKING: 0.88,
    AlertType.HARSH_ACCELERATION: 0.88,
    AlertType.HARSH_CORNERING: 0.88,
}
BUDGETED: Final = tuple(kind for kind in AlertType if kind is not AlertType.COMPONENT_FAILURE_RISK)  # a forecast has its own pace
_WEIGHT: Final = {Severity.LOW: 1.0, Severity.MEDIUM: 2.0, Severity.HIGH: 4.0, Severity.CRITICAL: 8.0}
_STRICTEST: Final = 12.0
_HALVINGS: Final = 40


@dataclass(frozen=True)
class Tried:
    """Thresholds of a fleet's own, and the alerts that a past time would have had under those that hold and under these."""

    thresholds: OwnThresholds
    before: tuple[Potential, ...]
    after: tuple[Potential, ...]

    @property
    def totals(self) -> tuple[int, int]:
        return len(self.before), len(self.after)

    @cached_property
    def vanished(self) -> tuple[Potential, ...]:
        kept = set(self.after)
        return tuple(potential for potential in self.before if potential not in kept)


def by_type(potentials: Iterable[Potential]) -> dict[AlertType, int]:
    """How many of each type."""
    return dict(Counter(potential.type for potential in potentials))


def try_thresholds(found: Sequence[Potential], chosen: OwnThresholds, present: OwnThresholds) -> Tried:
    """What `found` makes under the thresholds that hold at present and under those that somebody chose."""
    return Tried(chosen, tuple(heard(found, present)), tuple(heard(found, chosen)))


def keep_to(target: float, found: Sequence[Potential], present: OwnThresholds | None = None) -> Tried:
    """The thresholds nearest to the usual ones under which `found` makes no more than `target` alerts.

    Strictness is one number for all types, divided by how severe a type's alerts are: what matters less gives way first. Where
    fewer than `target` are found the thresholds come down, to `FLOOR` at the least. What the fleet chose for a class of vehicles
    stays as it is, and the others give way for it.

    Args:
        present: the fleet's own thresholds that hold now.
    """
    present = present or OwnThresholds()
    weights = _weights(found)

    def chosen(strictness: float) -> OwnThresholds:
        return OwnThresholds(_thresholds(strictness, weights), present.classes)

    def count(strictness: float) -> int:
        return len(heard(found, chosen(strictness)))

    loosest = _least(-_STRICTEST, _STRICTEST, lambda strictness: count(strictness) <= target)
    if loosest < 0:  # no lower than it takes to hear as many
        most = count(loosest)
        loosest = -_least(0.0, -loosest, lambda eased: count(-eased) >= most)
    return try_thresholds(found, chosen(loosest), present)


def allowed(kind: AlertType) -> tuple[float, float] | None:
    """Between which thresholds a fleet may choose; None for a type that has none of a fleet's own."""
    return (FLOOR, CEILINGS.get(kind, _CEILING)) if kind in BUDGETED else None


def chosen_by_hand(rows: Sequence[OwnThreshold]) -> OwnThresholds:
    """Thresholds that somebody typed.

    Raises:
        InvalidInput: one is out of bounds, of an unknown class or there twice; the message says which and what is possible.
    """
    for row in rows:
        _check(row)
    twice = [place for place, times in Counter((row.vehicle_class, row.type) for row in rows).items() if times > 1]
    if twice:
        vehicle_class, kind = twice[0]
        raise InvalidInput(f"thresholds: {_named(vehicle_class, kind)} is there twice; give it once.")
    return OwnThresholds.of_rows(rows)


def _check(row: OwnThreshold) -> None:
    name = _named(row.vehicle_class, row.type)
    if row.vehicle_class is not None and row.vehicle_class not in VEHICLE_CLASSES:
        raise InvalidInput(f"thresholds: {name} is of no known class; there are {', '.join(VEHICLE_CLASSES)}.")
    bounds = allowed(row.type)
    if bounds is None:
        raise InvalidInput(f"thresholds: {name} follows its forecast and has no threshold of a fleet's own.")
    lowest, highest = bounds
    if not lowest <= row.threshold <= highest:
        raise InvalidInput(f"thresholds: {name} may begin from {lowest} to {highest}; {row.threshold:g} is outside.")


def _named(vehicle_class: str | None, kind: AlertType) -> str:
    return str(kind) if vehicle_class is None else f"{kind} of class {vehicle_class}"


def _least(low: float, high: float, enough: Callable[[float], bool]) -> float:
    """The smallest number between the two from which on it is enough; `high` where it never is."""
    if enough(low):
        return low
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _thresholds(strictness: float, weights: dict[AlertType, float]) -> dict[AlertType, float]:
    """A type of which nothing was found keeps the usual one."""
    return {kind: _threshold(kind, strictness / weights[kind] if kind in weights else 0.0) for kind in BUDGETED}


def _threshold(kind: AlertType, step: float) -> float:
    usual = USUAL[kind]
    moved = 1 / (1 + math.exp(-(math.log(usual / (1 - usual)) + step)))
    return round(min(max(moved, FLOOR), CEILINGS.get(kind, _CEILING)), 4)


def _weights(found: Sequence[Potential]) -> dict[AlertType, float]:
    """How much a type's alerts matter: the mean over those found."""
    weights: dict[AlertType, list[float]] = {}
    for potential in found:
        weights.setdefault(potential.type, []).append(_WEIGHT[potential.severity])
    return {kind: sum(mine) / len(mine) for kind, mine in weights.items()}
