"""Recorded telemetry through the live windows and features, many vehicles side by side.

A long history of one vehicle is cut into pieces that run side by side too: each begins with a warm-up as long as the
windows remember, and with what its vehicle's earlier drives have told, so that every row comes out as it would have live. The
pieces go on minute by minute of their own clocks, so that the minutes of all end together: the features of a minute take as long
for one vehicle as for ten.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fleet import signals
from fleet.alerts import VehicleId
from fleet.features import FeatureBatch, FeatureState, Moment, features_of
from fleet.fuel_drives import SILENCE_MIN
from fleet.history import History
from fleet.telemetry import FloatArray, TelemetryBatch, TimeArray
from fleet.windows import VEHICLE_CLASSES, WindowState

WARM_UP_S = 10 * 3600  # more than the minutes' ring: 4.5 h of driving are spread over so long by rests that are too short
PIECE_ROWS = 8_000

Select = Callable[[NDArray[np.intp], TimeArray], NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class Recording:
    """A bundle's telemetry as arrays, sorted by vehicle and time.

    Attributes:
        vehicles: identities. starts: (vehicle + 1,) first reading of each. event_time: (n,) s since the epoch, increasing
        within a vehicle. values: (n, signal). drivers: (n,) or None. kinds, tanks: per vehicle, class and litres or None.
    """

    vehicles: tuple[VehicleId, ...]
    starts: NDArray[np.intp]
    event_time: TimeArray
    values: FloatArray
    drivers: NDArray[np.object_] | None
    kinds: tuple[str, ...]
    tanks: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class _Piece:
    vehicle: int
    begin: int
    warm: int  # first reading whose features count
    end: int


def recording(history: History, tenant: str = "history") -> Recording:
    """The telemetry of a bundle; a reading at the time of the one before it is dropped, as live."""
    frame = history.telemetry
    names = frame["vehicle_id"].astype(str).to_numpy()
    time = frame["ts"].astype("int64").to_numpy() / 1e9
    keep = np.r_[True, (names[1:] != names[:-1]) | (time[1:] > time[:-1])]
    names, time = names[keep], time[keep]
    values = np.full((len(time), signals.COUNT), np.nan, np.float32)
    for column in history.signals:
        values[:, signals.INDEX[column]] = frame[column].to_numpy()[keep]
    starts = np.flatnonzero(np.r_[True, names[1:] != names[:-1]])
    ids = [str(name) for name in names[starts]]
    known = history.vehicles.set_index("vehicle_id").to_dict("index") if len(history.vehicles) else {}
    drivers = frame["driver_id"].to_numpy()[keep] if "driver_id" in frame.columns else None
    return Recording(
        vehicles=tuple(VehicleId(tenant, name) for name in ids),
        starts=np.r_[starts, len(time)],
        event_time=time,
        values=values,
        drivers=drivers,
        kinds=tuple(_kind(known.get(name, {})) for name in ids),
        tanks=tuple(_tank(known.get(name, {})) for name in ids),
    )


def _kind(record: dict[str, object]) -> str:
    kind = str(record.get("vehicle_class", VEHICLE_CLASSES[0])).lower()
    return kind if kind in VEHICLE_CLASSES else VEHICLE_CLASSES[0]


def _tank(record: dict[str, object]) -> float | None:
    tank = record.get("tank_l")
    return float(tank) if isinstance(tank, (int, float)) and not pd.isna(tank) else None


def replay_features(
    recorded: Recording,
    select: Select | None = None,
    progress: Callable[[float], None] | None = None,
    batch_rows: int = 4096,
) -> Iterator[tuple[NDArray[np.intp], FeatureBatch]]:
    """Features of a recording.

    Args:
        select: (vehicle positions, event times) → which rows are wanted; all of them without.
        progress: called with the share done.

    Yields:
        (positions of vehicles, their features). Rows of one vehicle come in time order within a piece; pieces overlap
        in time, so a consumer that needs order sorts by vehicle and time.
    """
    pieces = _pieces(recorded)
    windows = WindowState(max(len(pieces), 1))
    state = FeatureState(windows)
    for slot, piece in enumerate(pieces):
        windows.describe(slot, recorded.kinds[piece.vehicle], recorded.tanks[piece.vehicle])
    told = _told_before(recorded, pieces)
    vehicle_of = np.array([piece.vehicle for piece in pieces], np.intp)
    warm = np.array([piece.warm for piece in pieces], np.intp)
    warm_from = np.array([recorded.event_time[piece.warm] for piece in pieces])
    collected = _Collector(recorded, batch_rows)
    minutes = [_minutes(recorded, piece) for piece in pieces]
    longest = max((len(begins) - 1 for begins in minutes), default=0)
    for turn in range(longest):
        slots, rows = _turn(minutes, turn)
        for slot in told.keys() & set(slots[np.isin(rows, warm)].tolist()):
            windows.drives[slot] = told[slot]
        for positions, settled in windows.rounds(slots, batch := _readings(recorded, slots, rows)):
            active = slots[positions]
            state.refresh(active[settled])
            wanted = batch.event_time[positions] >= warm_from[active]
            if select is not None:
                wanted &= select(vehicle_of[active], batch.event_time[positions])
            if wanted.any():
                chosen = active[wanted]
                collected.add(vehicle_of[chosen], rows[positions[wanted]], state.moment(chosen))
                if collected.full:
                    yield collected.take()
        if progress:
            progress((turn + 1) / longest)
    if collected:
        yield collected.take()


def _pieces(recorded: Recording) -> list[_Piece]:
    pieces = []
    for vehicle in range(len(recorded.vehicles)):
        first, end = int(recorded.starts[vehicle]), int(recorded.starts[vehicle + 1])
        time = recorded.event_time[first:end]
        warm = 0
        while warm < len(time):
            begin = int(np.searchsorted(time, time[warm] - WARM_UP_S)) if warm else 0
            stop = min(len(time), warm + max(PIECE_ROWS, 2 * (warm - begin)))
            pieces.append(_Piece(vehicle, first + begin, first + warm, first + stop))
            warm = stop
    return pieces


def _told_before(recorded: Recording, pieces: list[_Piece]) -> dict[int, NDArray[np.void]]:
    """Piece → what the drives before it have told, where its warm-up is too short to know them all."""
    later: dict[int, list[int]] = {}
    for number, piece in enumerate(pieces):
        if piece.begin < piece.warm and _falls_silent(recorded, piece.vehicle):
            later.setdefault(piece.vehicle, []).append(number)
    if not later:
        return {}
    windows = WindowState(len(later))
    lanes = [_Piece(vehicle, first := int(recorded.starts[vehicle]), first, pieces[numbers[-1]].warm + 1)
             for vehicle, numbers in later.items()]  # fmt: skip
    for slot, lane in enumerate(lanes):
        windows.describe(slot, recorded.kinds[lane.vehicle], recorded.tanks[lane.vehicle])
    minutes = [_minutes(recorded, lane) for lane in lanes]
    told: dict[int, NDArray[np.void]] = {}
    for turn in range(max(map(len, minutes)) - 1):
        slots, rows = _turn(minutes, turn)
        for slot in np.unique(slots).tolist():
            numbers = later[lanes[slot].vehicle]
            while numbers and pieces[numbers[0]].warm < minutes[slot][turn + 1]:
                told[numbers.pop(0)] = windows.drives[slot].copy()
        for _ in windows.rounds(slots, _readings(recorded, slots, rows)):
            pass
    return told


def _falls_silent(recorded: Recording, vehicle: int) -> bool:
    rows = slice(int(recorded.starts[vehicle]), int(recorded.starts[vehicle + 1]))
    return bool((np.diff(np.floor(recorded.event_time[rows] / 60)) > SILENCE_MIN).any())


def _turn(minutes: list[NDArray[np.intp]], turn: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """(slots, rows) of the given minute of every piece that has one."""
    going = [(slot, begins[turn], begins[turn + 1]) for slot, begins in enumerate(minutes) if turn + 1 < len(begins)]
    slots, begin, end = (np.array(column, np.intp) for column in zip(*going, strict=True))
    count = end - begin
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return np.repeat(slots, count), np.repeat(begin, count) + within


def _minutes(recorded: Recording, piece: _Piece) -> NDArray[np.intp]:
    """Rows at which a minute of the piece begins, and the row behind its last."""
    minute = np.floor(recorded.event_time[piece.begin : piece.end] / 60)
    return piece.begin + np.r_[0, np.flatnonzero(np.diff(minute)) + 1, len(minute)]


def _readings(recorded: Recording, slots: NDArray[np.intp], rows: NDArray[np.intp]) -> TelemetryBatch:
    nobody = (None,) * len(rows)
    flags = np.zeros(len(rows), np.uint8)
    return TelemetryBatch((), slots, recorded.event_time[rows], recorded.values[rows], nobody, flags)


class _Collector:
    """Gathers the rows of many rounds into batches worth a call of the models."""

    def __init__(self, recorded: Recording, batch_rows: int) -> None:
        self._recorded, self._limit = recorded, batch_rows
        self._parts: list[tuple[NDArray[np.intp], NDArray[np.intp], Moment]] = []
        self._rows = 0

    def __len__(self) -> int:
        return self._rows

    @property
    def full(self) -> bool:
        return self._rows >= self._limit

    def add(self, vehicles: NDArray[np.intp], rows: NDArray[np.intp], moment: Moment) -> None:
        self._parts.append((vehicles, rows, moment))
        self._rows += len(rows)

    def take(self) -> tuple[NDArray[np.intp], FeatureBatch]:
        vehicles, rows = (np.concatenate([part[column] for part in self._parts]) for column in (0, 1))
        moments = zip(*(moment for _, _, moment in self._parts), strict=True)
        values, sequence = features_of(Moment(*(np.concatenate(column) for column in moments)))
        self._parts, self._rows = [], 0
        recorded = self._recorded
        drivers = recorded.drivers[rows].tolist() if recorded.drivers is not None else [None] * len(rows)
        identities = tuple(recorded.vehicles[vehicle] for vehicle in vehicles.tolist())
        return vehicles, FeatureBatch(identities, recorded.event_time[rows], values, sequence, tuple(drivers))
