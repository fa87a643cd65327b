"""What an actor holds of each vehicle: windows, features, episodes. A cache: it comes from the store and can be dropped."""

import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from alerts import episodes as episode_state
from alerts.episodes import Episodes
from fleet import windows as window_state
from fleet.alerts import EpisodeEvent, VehicleId
from fleet.features import FeatureBatch, FeatureState, concatenate
from fleet.own_thresholds import OwnThresholds
from fleet.scores import ScoreBatch
from fleet.stores.ingest import Snapshot, VehicleProfile
from fleet.telemetry import TelemetryBatch
from fleet.windows import VEHICLE_CLASSES, WindowState

SWEEP_S = 60.0
# Minute features take 0.2 ms a vehicle, and all minutes end together: they are spread, over 20 s for 10,000 vehicles.
REFRESHED_PER_S = 500
REFRESHED_AT_ONCE = (8, 125)  # at least, at most
LAYOUT, EARLIER_LAYOUT = (
    f"{zlib.crc32(f'{window_state.LAYOUT}|{episodes}'.encode()):08x}"
    for episodes in (episode_state.LAYOUT, episode_state.EARLIER_LAYOUT)
)


@dataclass(frozen=True, slots=True)
class Judgeable:
    """Feature rows that wait for their scores, with the slot of each."""

    slots: NDArray[np.intp]
    features: FeatureBatch

    def part(self, begin: int, end: int) -> "Judgeable":
        """Rows from `begin` to before `end`."""
        return Judgeable(self.slots[begin:end], self.features.rows(begin, end))

    def take(self, rows: NDArray[np.intp]) -> "Judgeable":
        """The given rows, in the given order."""
        return Judgeable(self.slots[rows], self.features.take(rows))


def packed(snapshots: list[Snapshot]) -> list[Snapshot]:
    """As they are stored; half a millisecond each, in which other threads go on."""
    return [replace(snapshot, state=zlib.compress(snapshot.state, 1)) for snapshot in snapshots]


class Vehicles:
    """State of all vehicles of an actor's partitions, in columns."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._slots: dict[VehicleId, int] = {}
        self._free: list[int] = []
        self._windows = WindowState()
        self._features = FeatureState(self._windows)
        self._episodes = Episodes()
        self._unrefreshed: dict[int, None] = {}  # slots whose minute features are due, longest first
        self._saved_at = np.full(64, np.nan)
        self._heard_at = np.zeros(64)  # by our clock
        self._swept_at = self._refreshed_at = clock()
        self._thresholds: dict[str, OwnThresholds] = {}

    def __contains__(self, vehicle: VehicleId) -> bool:
        return vehicle in self._slots

    def __len__(self) -> int:
        return len(self._slots)

    def admit(self, profiles: Mapping[VehicleId, VehicleProfile], snapshots: list[Snapshot]) -> None:
        """Take vehicles in, as their snapshots say or blank; what came after the snapshot is replayed by the caller."""
        for vehicle in profiles:
            self._slots[vehicle] = self._free.pop() if self._free else len(self._slots)
        slots = np.array([self._slots[vehicle] for vehicle in profiles], np.intp)
        self._ensure(len(self._slots) + len(self._free))
        self._windows.clear(slots)
        self._episodes.clear(slots)
        self._saved_at[slots] = np.nan
        self._heard_at[slots] = self._clock()
        for snapshot in snapshots:
            slot, state = self._slots[snapshot.vehicle], zlib.decompress(snapshot.state)
            self._windows.restore(slot, state[: window_state.SNAPSHOT_BYTES])
            self._episodes.restore(slot, state[window_state.SNAPSHOT_BYTES :])
            self._saved_at[slot] = snapshot.at
        self._describe(profiles)
        self._features.forget(slots)
        for slot in slots.tolist():
            self._unrefreshed.pop(slot, None)
        self._features.refresh(slots[~np.isnan(self._windows.rows["time"][slots])])

    def forget(self, vehicles: list[VehicleId]) -> None:
        """Drop vehicles; their next reading brings them back from the store."""
        self._free += [self._slots.pop(vehicle) for vehicle in vehicles if vehicle in self._slots]

    def fresh(self, batch: TelemetryBatch) -> NDArray[np.bool_]:
        """(n,) whether each reading is newer than all its vehicle has shown; `batch` is in time order."""
        return self._windows.fresh_rows(self._slots_of(batch), batch.event_time)

    def observe(self, batch: TelemetryBatch, at_leisure: bool = False) -> Judgeable:
        """Write fresh readings into the windows and compute the features of every vehicle and second concerned.

        `at_leisure`: where the minutes of many vehicles end together, the features of those minutes may come some batches later.
        """
        slots, parts, judged = self._slots_of(batch), [], []
        self._heard_at[slots] = self._clock()
        for rows, settled in self._windows.rounds(slots, batch):
            here = slots[rows]
            self._refresh(here[settled], self._affordable() if at_leisure else None)
            values, sequence = self._features.features(here)
            vehicles = tuple(batch.vehicles[vehicle] for vehicle in batch.row_vehicle[rows].tolist())
            drivers = tuple(batch.drivers[row] for row in rows.tolist())
            parts.append(FeatureBatch(vehicles, batch.event_time[rows], values, sequence, drivers))
            judged.append(here)
        return Judgeable(np.concatenate(judged) if judged else np.empty(0, np.intp), concatenate(parts))

    def _affordable(self) -> int:
        """How many vehicles' minute features may be computed now."""
        now = self._clock()
        since, self._refreshed_at = now - self._refreshed_at, now
        fewest, most = REFRESHED_AT_ONCE
        return max(fewest, min(int(since * REFRESHED_PER_S), most))

    def _refresh(self, slots: NDArray[np.intp], at_most: int | None) -> None:
        self._unrefreshed |= dict.fromkeys(slots.tolist())
        now = list(islice(self._unrefreshed, at_most))
        for slot in now:
            del self._unrefreshed[slot]
        self._features.refresh(np.array(now, np.intp))

    def silent(self, for_s: float) -> list[VehicleId]:
        """Vehicles that were not heard for so long; looked for now and then, otherwise empty."""
        now = self._clock()
        if now - self._swept_at < SWEEP_S:
            return []
        self._swept_at = now
        return [vehicle for vehicle, slot in self._slots.items() if now - self._heard_at[slot] > for_s]

    def judge(self, judgeable: Judgeable, scores: ScoreBatch) -> list[EpisodeEvent]:
        """Move the episodes by the scores; returns what changed."""
        return self._episodes.update(judgeable.slots, judgeable.features, scores)

    def describe(self, profiles: Mapping[VehicleId, VehicleProfile]) -> None:
        """Let the vehicles that are here be what their profiles say, and go by the thresholds of their class."""
        self._features.refresh(np.array(self._describe(profiles), np.intp))

    def _describe(self, profiles: Mapping[VehicleId, VehicleProfile]) -> list[int]:
        """The same; returns the slots whose minute features are those of what the vehicle was taken for."""
        slots: dict[str, list[int]] = {}
        new = []
        for vehicle, profile in profiles.items():
            if (slot := self._slots.get(vehicle)) is not None:
                if self._windows.describe(slot, profile.vehicle_class, profile.tank_l):
                    new.append(slot)
                slots.setdefault(vehicle.tenant, []).append(slot)
        for slug, theirs in slots.items():
            self._heed(slug, np.array(theirs, np.intp))
        return new

    def heed(self, thresholds: dict[str, OwnThresholds]) -> None:
        """Let the alerts of each tenant (slug) begin where it wants them to."""
        changed = {
            slug for slug in thresholds.keys() | self._thresholds.keys() if thresholds.get(slug) != self._thresholds.get(slug)
        }
        self._thresholds = thresholds
        for slug in changed:
            slots = [slot for vehicle, slot in self._slots.items() if vehicle.tenant == slug]
            self._heed(slug, np.array(slots, np.intp))

    def _heed(self, slug: str, slots: NDArray[np.intp]) -> None:
        own, kinds = self._thresholds.get(slug, OwnThresholds()), self._windows.rows["vehicle_class"][slots]
        for kind, name in enumerate(VEHICLE_CLASSES):
            self._episodes.heed(slots[kinds == kind], own.of_class(name))

    def due_snapshots(self, every_s: float, at_most: int) -> list[Snapshot]:
        """Copies of vehicles whose last one is older than `every_s` by their own clock, to be packed; marks them as saved."""
        vehicles = list(self._slots)
        slots = np.fromiter(self._slots.values(), np.intp, len(vehicles))
        newest = self._windows.rows["time"][slots]
        waiting = np.flatnonzero(~np.isnan(newest) & ~(newest - self._saved_at[slots] < every_s))[:at_most]
        due = [self._snapshot(vehicles[position], int(slots[position])) for position in waiting]
        self._saved_at[slots[waiting]] = newest[waiting]
        return due

    def _snapshot(self, vehicle: VehicleId, slot: int) -> Snapshot:
        state = self._windows.snapshot(slot) + self._episodes.snapshot(slot)
        return Snapshot(vehicle, float(self._windows.rows["time"][slot]), state)

    def _slots_of(self, batch: TelemetryBatch) -> NDArray[np.intp]:
        slots = np.fromiter((self._slots[vehicle] for vehicle in batch.vehicles), np.intp, len(batch.vehicles))
        return slots[batch.row_vehicle]

    def _ensure(self, slots: int) -> None:
        self._windows.ensure(slots)
        self._episodes.ensure(slots)
        if len(self._saved_at) < len(self._windows.rows):
            more = len(self._windows.rows) - len(self._saved_at)
            self._saved_at = np.concatenate([self._saved_at, np.full(more, np.nan)])
            self._heard_at = np.concatenate([self._heard_at, np.zeros(more)])
