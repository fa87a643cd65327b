"""How many alerts a vehicle and week may raise, and the thresholds that keep to it. Pure."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.episodes import RULES, Rule
from fleet.alerts import AlertType, Severity
from fleet.telemetry import FloatArray, TimeArray

FLOOR: Final = 0.5  # below it a claim is more likely wrong than right, and carries no reasons
_BEYOND_LIMIT: Final = 0.79  # a guard rail says 0.8 at its limit (`fleet.thresholds.AT_LIMIT`): that is always heard
_CEILING: Final = 0.95
# A budget silences no physical limit of these, and no severe manoeuvre.
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


@dataclass(frozen=True, slots=True)
class Potential:
    """What would be an alert at any threshold up to `strength`."""

    vehicle: str
    type: AlertType
    started_at: float
    ended_at: float
    strength: float
    severity: Severity


@dataclass(frozen=True, slots=True)
class Budget:
    """Thresholds by type, and the alerts by type that a past time would have had before and after."""

    thresholds: dict[AlertType, float]
    before: dict[AlertType, int]
    after: dict[AlertType, int]
    vanished: tuple[Potential, ...]

    @property
    def totals(self) -> tuple[int, int]:
        return sum(self.before.values()), sum(self.after.values())


def potentials(
    vehicle: str, kind: AlertType, at: TimeArray, probability: FloatArray, severity: NDArray[np.int8], rule: Rule | None = None
) -> list[Potential]:
    """What one vehicle's scores of a type could become, episodes put together as `alerts.episodes` would.

    Args:
        at, probability, severity: (n,) in time order, of the rows at or above `FLOOR`; all others may be left out.
    """
    rule = rule or RULES[kind]
    kept = probability >= FLOOR
    at, probability, severity = at[kept], probability[kept], severity[kept]
    if not len(at):
        return []
    breaks = np.flatnonzero(np.diff(at) > rule.clear_s + rule.cooldown_s) + 1
    found = []
    for begin, end in zip([0, *breaks.tolist()], [*breaks.tolist(), len(at)], strict=True):
        strength = _strength(at[begin:end], probability[begin:end], rule.hold_s)
        if strength >= FLOOR:
            worst = Severity(max(int(severity[begin:end].max()), Severity.LOW))
            found.append(Potential(vehicle, kind, float(at[begin]), float(at[end - 1]), strength, worst))
    return found


def keep_to(target: float, found: Sequence[Potential], present: dict[AlertType, float] | None = None) -> Budget:
    """The thresholds nearest to the product's own under which `found` makes no more than `target` alerts.

    Strictness is one number for all types, divided by how severe a type's alerts are: what matters less gives way first. Where
    fewer than `target` are found the thresholds come down, to `FLOOR` at the least.

    Args:
        present: thresholds that hold now, where they differ from the product's own.
    """
    now = {kind: RULES[kind].on for kind in BUDGETED} | (present or {})
    weights = _weights(found)

    def count(strictness: float) -> int:
        return len(_heard(found, _thresholds(strictness, weights)))

    loosest = _least(-_STRICTEST, _STRICTEST, lambda strictness: count(strictness) <= target)
    if loosest < 0:  # no lower than it takes to hear as many
        most = count(loosest)
        loosest = -_least(0.0, -loosest, lambda eased: count(-eased) >= most)
    chosen = _thresholds(loosest, weights)
    heard, kept = _heard(found, now), _heard(found, chosen)
    vanished = tuple(potential for potential in heard if potential.strength < chosen[potential.type])
    return Budget(chosen, _by_type(heard), _by_type(kept), vanished)


def _least(low: float, high: float, enough: Callable[[float], bool]) -> float:
    """The smallest number between the two from which on it is enough; `high` where it never is."""
    if enough(low):
        return low
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _strength(at: TimeArray, probability: FloatArray, hold_s: float) -> float:
    """The highest threshold that is passed for `hold_s`; 0 where none is."""
    order = np.argsort(-probability, kind="stable")
    span = np.maximum.accumulate(at[order]) - np.minimum.accumulate(at[order])
    long_enough = np.flatnonzero(span >= hold_s)
    return float(probability[order][long_enough[0]]) if len(long_enough) else 0.0


def _thresholds(strictness: float, weights: dict[AlertType, float]) -> dict[AlertType, float]:
    """A type of which nothing was found keeps the product's own."""
    return {kind: _threshold(kind, strictness / weights[kind] if kind in weights else 0.0) for kind in BUDGETED}


def _threshold(kind: AlertType, step: float) -> float:
    usual = RULES[kind].on
    moved = 1 / (1 + math.exp(-(math.log(usual / (1 - usual)) + step)))
    return round(min(max(moved, FLOOR), CEILINGS.get(kind, _CEILING)), 4)


def _weights(found: Sequence[Potential]) -> dict[AlertType, float]:
    """How much a type's alerts matter: the mean over those found."""
    weights: dict[AlertType, list[float]] = {}
    for potential in found:
        weights.setdefault(potential.type, []).append(_WEIGHT[potential.severity])
    return {kind: sum(mine) / len(mine) for kind, mine in weights.items()}


def _heard(found: Sequence[Potential], thresholds: dict[AlertType, float]) -> list[Potential]:
    return [potential for potential in found if potential.strength >= thresholds.get(potential.type, math.inf)]


def _by_type(heard: Sequence[Potential]) -> dict[AlertType, int]:
    return dict(Counter(potential.type for potential in heard))
