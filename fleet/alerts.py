"""Alert types, their life, and the evidence they carry."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Final, NamedTuple


class AlertType(StrEnum):
    """What can be wrong. Declaration order is the column order of every score array."""

    HARSH_BRAKING = "HARSH_BRAKING"
    HARSH_ACCELERATION = "HARSH_ACCELERATION"
    HARSH_CORNERING = "HARSH_CORNERING"
    SPEEDING = "SPEEDING"
    FATIGUE = "FATIGUE"
    AGGRESSIVE_DRIVING = "AGGRESSIVE_DRIVING"
    FUEL_THEFT = "FUEL_THEFT"
    FUEL_LEAK = "FUEL_LEAK"
    ENGINE_OVERHEAT = "ENGINE_OVERHEAT"
    MISFIRE = "MISFIRE"
    LOW_OIL_PRESSURE = "LOW_OIL_PRESSURE"
    BATTERY_FAILURE = "BATTERY_FAILURE"
    SENSOR_FAULT = "SENSOR_FAULT"
    COMPONENT_FAILURE_RISK = "COMPONENT_FAILURE_RISK"


TYPES: Final[tuple[AlertType, ...]] = tuple(AlertType)
TYPE_INDEX: Final[dict[AlertType, int]] = {kind: position for position, kind in enumerate(TYPES)}


class Severity(IntEnum):
    """Ordered; 0 is kept for "none" in arrays."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


class AlertState(StrEnum):
    OPEN = "OPEN"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    IN_PROGRESS = "IN_PROGRESS"
    RESOLVED = "RESOLVED"
    CLOSED = "CLOSED"
    DISMISSED = "DISMISSED"


LIVE_STATES: Final = (AlertState.OPEN, AlertState.ACKNOWLEDGED, AlertState.IN_PROGRESS)


class VehicleId(NamedTuple):
    """Identity as the broker authorised it: tenant slug and vehicle id, both `[A-Za-z0-9_-]{1,64}`.

    A tuple: it is a key of every look-up and goes with every row of a call, and a dataclass hashes and pickles far slower.
    """

    tenant: str
    vehicle: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason for an alert.

    Attributes:
        signal: column of the signal table, or the name of a derived quantity.
        observed, expected: in `unit`; `expected` is the limit or the model's expectation, None where there is none.
        contribution: share of the decision this reason carries, in [0, 1]; None where the model gives none.
        text: one plain sentence for people.
    """

    signal: str
    unit: str
    observed: float | None
    expected: float | None
    text: str
    contribution: float | None = None


class EpisodeChange(StrEnum):
    """What happened to an episode: it began, grew worse, there is more of it than was told, or its condition ended."""

    OPENED = "opened"
    ESCALATED = "escalated"
    REVISED = "revised"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class EpisodeEvent:
    """A decision of the episode logic, to be recorded exactly once.

    `started_at` identifies the episode together with vehicle and type; `at` is the event time of the change.
    """

    vehicle: VehicleId
    type: AlertType
    change: EpisodeChange
    severity: Severity
    started_at: datetime
    at: datetime
    confidence: float
    model_version: str
    driver_id: str | None = None
    evidence: tuple[Evidence, ...] = field(default_factory=tuple)
