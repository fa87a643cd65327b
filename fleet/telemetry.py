"""Readings in columns: one batch, many vehicles."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import IntFlag
from typing import Protocol
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from fleet import signals
from fleet.alerts import VehicleId

FloatArray = NDArray[np.floating]
TimeArray = NDArray[np.float64]

MAX_AHEAD_S = 300.0  # interfaces.md: beyond 5 min ahead or 24 h behind a reading raises no alert
MAX_BEHIND_S = 86_400.0


class ReadingFlag(IntFlag):
    """Why a reading is stored and not scored."""

    OK = 0
    AHEAD = 1
    BEHIND = 2
    UNSCORABLE = 4


@dataclass(frozen=True, slots=True)
class TelemetryBatch:
    """Readings of any number of vehicles.

    Attributes:
        vehicles: the distinct vehicles of this batch.
        row_vehicle: (n,) position of each reading's vehicle in `vehicles`.
        event_time: (n,) seconds since the epoch, UTC, by the vehicle's clock, microsecond resolution.
        values: (n, signal) float32 in the units of `fleet.signals`; NaN where nothing was sent.
        drivers: (n,) driver ids, None where unknown.
        flags: (n,) `ReadingFlag`.
    """

    vehicles: tuple[VehicleId, ...]
    row_vehicle: NDArray[np.intp]
    event_time: TimeArray
    values: FloatArray
    drivers: tuple[str | None, ...]
    flags: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.event_time)

    def column(self, name: str) -> FloatArray:
        """(n,) values of one signal, by its column name."""
        return self.values[:, signals.INDEX[name]]

    def take(self, rows: NDArray[np.intp]) -> "TelemetryBatch":
        """The given rows, in the given order; `vehicles` stays as it is."""
        return TelemetryBatch(
            self.vehicles,
            self.row_vehicle[rows],
            self.event_time[rows],
            self.values[rows],
            tuple(self.drivers[row] for row in rows),
            self.flags[rows],
        )

    def without(self, vehicles: Collection[VehicleId]) -> "TelemetryBatch":
        """The readings of all other vehicles."""
        if not vehicles:
            return self
        kept = np.array([vehicle not in vehicles for vehicle in self.vehicles], bool)
        return self.take(np.flatnonzero(kept[self.row_vehicle]))


def clock_flags(event_time: TimeArray, received_at: TimeArray) -> NDArray[np.uint8]:
    """(n,) flags of readings whose clock is too far from ours; `received_at` (n,) is our clock at arrival."""
    flags = np.zeros(len(event_time), np.uint8)
    flags[event_time > received_at + MAX_AHEAD_S] = ReadingFlag.AHEAD
    flags[event_time < received_at - MAX_BEHIND_S] = ReadingFlag.BEHIND
    return flags


class TelemetryStore(Protocol):
    """Where readings are kept: PostgreSQL or InfluxDB."""

    async def append(self, batch: TelemetryBatch, tenants: Mapping[str, UUID]) -> None: ...

    async def known(self, batch: TelemetryBatch, tenants: Mapping[str, UUID]) -> NDArray[np.bool_]: ...

    async def set_aside(self, until: Mapping[VehicleId, float], tenants: Mapping[str, UUID]) -> list[tuple[VehicleId, bytes]]: ...

    async def since(self, after: Mapping[VehicleId, float], tenants: Mapping[str, UUID]) -> TelemetryBatch: ...
