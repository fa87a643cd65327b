"""What a past time could have raised, at any threshold, and what of it is heard at given ones. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from alerts.episodes import RULES, USUAL, Rule
from fleet.alerts import AlertType, Severity
from fleet.own_thresholds import OwnThresholds
from fleet.stores.past_alerts import PastAlert
from fleet.telemetry import FloatArray, TimeArray

FLOOR: Final = 0.5  # below it a claim is more likely wrong than right, and carries no reasons
NEAR_S: Final = 120.0  # an alert begins when it has held; a version that sees it a little sooner or later sees the same


@dataclass(frozen=True, slots=True)
class Potential:
    """What would be an alert at any threshold up to `strength`."""

    vehicle: str
    vehicle_class: str
    type: AlertType
    started_at: float
    ended_at: float
    strength: float
    severity: Severity


def potentials(
    vehicle: str,
    vehicle_class: str,
    kind: AlertType,
    at: TimeArray,
    probability: FloatArray,
    severity: NDArray[np.int8],
    rule: Rule | None = None,
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
            found.append(Potential(vehicle, vehicle_class, kind, float(at[begin]), float(at[end - 1]), strength, worst))
    return found


def heard(found: Iterable[Potential], own: OwnThresholds) -> list[Potential]:
    """Those that are strong enough where a fleet's own thresholds hold, and the usual ones beside them."""
    on: dict[str, dict[AlertType, float]] = {}
    strong = []
    for potential in found:
        thresholds = on.get(potential.vehicle_class)
        if thresholds is None:
            thresholds = on[potential.vehicle_class] = USUAL | own.of_class(potential.vehicle_class)
        if potential.strength >= thresholds[potential.type]:
            strong.append(potential)
    return strong


def raised(past: Collection[PastAlert], by: Iterable[Potential]) -> set[UUID]:
    """Which past alerts these would have raised: of the same vehicle and type, within `NEAR_S` of the same time."""
    times: dict[tuple[str, AlertType], list[tuple[float, float]]] = {}
    for potential in by:
        times.setdefault((potential.vehicle, potential.type), []).append((potential.started_at, potential.ended_at))
    return {alert.alert_id for alert in past if _meets(alert, times.get((alert.vehicle_id, alert.type), []))}


def _meets(alert: PastAlert, times: Sequence[tuple[float, float]]) -> bool:
    begin, end = alert.started_at.timestamp() - NEAR_S, alert.ended_at.timestamp() + NEAR_S
    return any(started <= end and ended >= begin for started, ended in times)


def _strength(at: TimeArray, probability: FloatArray, hold_s: float) -> float:
    """The highest threshold that is passed for `hold_s`; 0 where none is."""
    order = np.argsort(-probability, kind="stable")
    span = np.maximum.accumulate(at[order]) - np.minimum.accumulate(at[order])
    long_enough = np.flatnonzero(span >= hold_s)
    return float(probability[order][long_enough[0]]) if len(long_enough) else 0.0
