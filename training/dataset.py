"""Labelled rows from a history bundle, through the same windows and features that serve live."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from fleet.alerts import TYPES, AlertType
from fleet.errors import InvalidHistory
from fleet.features import FeatureBatch, concatenate
from fleet.history import History, load_history
from fleet.replay import recording, replay_features
from fleet.telemetry import FloatArray, TimeArray

NORMAL = "NORMAL"  # the label of what is no fault
HELD_OUT_SHARE = 0.3
LEAST_GROUPS = 3
NORMAL_EVERY_S = 20
EVENT_EVERY_S = 3
LONG_EVENT_EVERY_S = 12
_LONG_EVENT_S = 1200.0
_SHORT_EVENT_S = 30.0
_NORMAL_MOMENT_S = 300.0  # whoever calls so short a span normal means it: a model may err there; longer ones are whole trips
# (onset, tail) in s: how long after its start a fault can show, and how long after its end the windows still remember it
_SETTLE_S: dict[AlertType, tuple[float, float]] = {
    AlertType.HARSH_BRAKING: (0, 1),
    AlertType.HARSH_ACCELERATION: (0, 1),
    AlertType.HARSH_CORNERING: (0, 1),
    AlertType.SPEEDING: (30, 3),
    AlertType.FATIGUE: (120, 960),
    AlertType.AGGRESSIVE_DRIVING: (60, 960),
    AlertType.FUEL_THEFT: (120, 1080),
    AlertType.FUEL_LEAK: (1800, 21_600),
    AlertType.ENGINE_OVERHEAT: (20, 900),
    AlertType.MISFIRE: (15, 60),
    AlertType.LOW_OIL_PRESSURE: (10, 60),
    AlertType.BATTERY_FAILURE: (30, 1200),
    AlertType.SENSOR_FAULT: (60, 1800),
}
_DAY_S = 86_400.0
_OTHER_NAMES = {  # what public data sets call the same thing
    "AGGRESSIVE": AlertType.AGGRESSIVE_DRIVING,
    "DROWSY": AlertType.FATIGUE,
    "AGGRESSIVE_LANE_CHANGE": AlertType.HARSH_CORNERING,
}


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """Rows with ground truth.

    Attributes:
        features: (n) rows. vehicle: (n,) position in `vehicle_ids`.
        positive: (n, type) the fault is there and can be seen.
        unsettled: (n, type) it has just begun or still echoes in the windows: neither right nor wrong.
        events: vehicle position, type position, start, end of every labelled event with rows.
        fingerprint: of the bundle's files.
        weight: (n,) of each row in a fit. judged: (n,) rows that people judged: always learnt from, never held out.
        whole: nothing is held out.
    """

    features: FeatureBatch
    vehicle: NDArray[np.intp]
    vehicle_ids: tuple[str, ...]
    positive: NDArray[np.bool_]
    unsettled: NDArray[np.bool_]
    events: pd.DataFrame
    fingerprint: str
    weight: FloatArray
    judged: NDArray[np.bool_]
    whole: bool = False

    def __len__(self) -> int:
        return len(self.features)

    def rows(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> "LabelledSet":
        """Some rows, all events."""
        chosen = np.arange(len(self))[rows]
        return LabelledSet(
            take(self.features, chosen),
            self.vehicle[chosen],
            self.vehicle_ids,
            self.positive[chosen],
            self.unsettled[chosen],
            self.events,
            self.fingerprint,
            self.weight[chosen],
            self.judged[chosen],
            self.whole,
        )

    @property
    def held_out(self) -> NDArray[np.bool_]:
        """(n,) rows of vehicles that are never trained on; by vehicle, the same in every run.

        A type that only such vehicles show releases the first of them: a small set is better learnt from than refused.
        """
        if self.whole:
            return np.zeros(len(self), bool)
        held = np.array([is_held_out(vehicle) for vehicle in self.vehicle_ids], bool)
        for shown in self.positive.T:
            showing = np.unique(self.vehicle[shown])
            if len(showing) and held[showing].all():
                held[showing[0]] = False
        return np.take(held, self.vehicle) & ~self.judged

    @property
    def group(self) -> NDArray[np.intp]:
        """(n,) number of what must stay together when rows are split: vehicles that share a driver.

        Where drivers change vehicles so much that fewer than three groups are left, it is the vehicle.
        """
        drivers, driver = np.unique(np.array([d or "" for d in self.features.drivers], object).astype(str), return_inverse=True)
        known = drivers[driver] != ""
        shape = (len(self.vehicle_ids), len(drivers))
        links = coo_array((np.ones(known.sum()), (self.vehicle[known], driver[known])), shape).tocsr()
        together = connected_components(links @ links.T, directed=False)[1][self.vehicle]
        apart = np.unique(together)
        return np.searchsorted(apart, together) if len(apart) >= LEAST_GROUPS else np.unique(self.vehicle, return_inverse=True)[1]

    @property
    def normal(self) -> NDArray[np.bool_]:
        """(n,) rows with no fault near them."""
        return ~np.asarray((self.positive | self.unsettled).any(axis=1))


def take(features: FeatureBatch, rows: NDArray[np.intp]) -> FeatureBatch:
    """Some rows of a batch."""
    chosen = rows.tolist()
    return FeatureBatch(
        tuple(features.vehicles[row] for row in chosen),
        features.at[rows],
        features.values[rows],
        features.sequence[rows],
        tuple(features.drivers[row] for row in chosen),
    )


def is_held_out(vehicle_id: str) -> bool:
    """Whether a vehicle is kept for validation: a property of its name, so no run can peek."""
    return int(hashlib.sha256(vehicle_id.encode()).hexdigest()[:8], 16) / 0xFFFFFFFF < HELD_OUT_SHARE


def read_ground_truth(folder: Path, vehicle_ids: tuple[str, ...]) -> "GroundTruth":
    """The labels of a bundle.

    Raises:
        InvalidHistory: there are none, or none that is known.
    """
    history = load_history(folder, tables=("labels",), require=("labels",))
    return GroundTruth(_events(history, vehicle_ids), vehicle_ids, _normal(history, vehicle_ids))


def labelled_rows(
    history: History, truth: "GroundTruth", progress: Callable[[float], None] | None = None
) -> tuple[NDArray[np.intp], FeatureBatch]:
    """Rows worth learning from: every second of short events, every few of long ones, some of normal driving.

    Returns:
        (n,) position of each row's vehicle in `truth.vehicle_ids`, and the rows.
    """
    recorded = recording(history)
    place = np.array([truth.vehicle_ids.index(vehicle.vehicle) for vehicle in recorded.vehicles], np.intp)
    parts = list(replay_features(recorded, lambda vehicle, at: truth.wanted(place[vehicle], at), progress))
    vehicle = np.concatenate([vehicles for vehicles, _ in parts]) if parts else np.empty(0, np.intp)
    return place[vehicle], concatenate([batch for _, batch in parts])


def labelled_set(folder: Path, truth: "GroundTruth", vehicle: NDArray[np.intp], features: FeatureBatch) -> LabelledSet:
    """The rows of a bundle with its ground truth.

    Raises:
        InvalidHistory: no label meets any telemetry.
    """
    positive, unsettled = truth.of(vehicle, features.at)
    if not positive.any():
        raise InvalidHistory(f"{folder}: none of the labels lies where there is telemetry, so there is nothing to learn from")
    weight, judged = np.ones(len(features), np.float32), np.zeros(len(features), bool)
    return LabelledSet(
        features, vehicle, truth.vehicle_ids, positive, unsettled, truth.events, fingerprint(folder), weight, judged
    )


def require_examples(labelled: LabelledSet, types: tuple[AlertType, ...]) -> None:
    """Refuse a set in which the vehicles to learn from show no example of a type, naming it.

    Raises:
        InvalidHistory: there is none.
    """
    for kind in types:
        rows = labelled.positive[:, TYPES.index(kind)]
        if not (rows & ~labelled.held_out).any():
            raise InvalidHistory(f"labels.csv has no usable example of {kind} for any vehicle: label more vehicles, or more days")


def fingerprint(folder: Path) -> str:
    """Of every file of a bundle: the same data, the same text."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        digest.update(path.name.encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]


def _events(history: History, ids: tuple[str, ...]) -> pd.DataFrame:
    position = {name: place for place, name in enumerate(ids)}
    labels = history.labels[history.labels["vehicle_id"].isin(position) & (history.labels["label"] != NORMAL)]
    labels = labels.assign(label=labels["label"].replace({name: str(kind) for name, kind in _OTHER_NAMES.items()}))
    known = labels["label"].isin([str(kind) for kind in TYPES])
    if len(labels) and not known.any():
        raise InvalidHistory(
            f"labels.csv holds no alert type that is known; it has {', '.join(sorted(labels['label'].unique())[:5])}"
        )
    labels = labels[known]
    kinds = [TYPES.index(AlertType(label)) for label in labels["label"]]
    return _placed(labels, position).assign(type=np.array(kinds, np.int64))


def _normal(history: History, ids: tuple[str, ...]) -> pd.DataFrame:
    """What people call normal."""
    position = {name: place for place, name in enumerate(ids)}
    labels = history.labels[history.labels["vehicle_id"].isin(position) & (history.labels["label"] == NORMAL)]
    return _placed(labels, position)


def _placed(labels: pd.DataFrame, position: dict[str, int]) -> pd.DataFrame:
    """vehicle (position), start, end in s since the epoch."""
    return pd.DataFrame(
        {
            "vehicle": labels["vehicle_id"].map(position).astype(np.int64),
            "start": labels["start"].astype("int64") / 1e9,
            "end": labels["end"].astype("int64") / 1e9,
        }
    ).reset_index(drop=True)


class GroundTruth:
    """Which faults hold for a vehicle at a time.

    Attributes:
        events: vehicle position, type position, start, end of every labelled event. vehicle_ids: names by position.
        normal: vehicle position, start, end of what is labelled NORMAL.
    """

    def __init__(self, events: pd.DataFrame, vehicle_ids: tuple[str, ...], normal: pd.DataFrame) -> None:
        self.events, self.vehicle_ids, self.normal = events, vehicle_ids, normal
        self._origin = float(events["start"].min()) - _DAY_S if len(events) else 0.0
        self._near: list[tuple[TimeArray, TimeArray]] = []
        self._sure: list[tuple[TimeArray, TimeArray]] = []
        for column, kind in enumerate(TYPES):
            mine = events[events["type"] == column]
            onset, tail = _SETTLE_S.get(kind, (0.0, 0.0))
            linger = tail if tail <= 3 else 0.0  # an event of seconds is still in the window just after it
            onset_s = np.minimum(onset, 0.5 * (mine["end"] - mine["start"]).to_numpy())
            self._near.append(self._spans(mine, 0.0, 2 * tail if tail <= 3 else tail))
            self._sure.append(self._spans(mine, onset_s, linger))
        length = events["end"] - events["start"]
        moments = normal[normal["end"] - normal["start"] <= _NORMAL_MOMENT_S]
        medium = pd.concat([events[length <= _LONG_EVENT_S], moments], ignore_index=True)
        self._medium = self._spans(medium, 0.0, 2.0)
        self._long = self._spans(events, 0.0, 2.0)
        parked = events["type"] == TYPES.index(AlertType.FUEL_THEFT)  # parked vehicles report every few minutes: keep all
        self._dense = self._spans(events[(length <= _SHORT_EVENT_S) | parked], 1.0, 3.0)

    def wanted(self, vehicle: NDArray[np.intp], at: TimeArray) -> NDArray[np.bool_]:
        """(n,) rows worth computing features for."""
        key, second = self._key(vehicle, at), at.astype(np.int64)
        usual = (second + 7 * vehicle) % NORMAL_EVERY_S == 0
        medium = _inside(self._medium, key) & (second % EVENT_EVERY_S == 0)
        long = _inside(self._long, key) & (second % LONG_EVENT_EVERY_S == 0)
        return usual | medium | long | _inside(self._dense, key)

    def of(self, vehicle: NDArray[np.intp], at: TimeArray) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """(n, type) positive, and unsettled."""
        key = self._key(vehicle, at)
        sure = np.stack([_inside(spans, key) for spans in self._sure], axis=1)
        near = np.stack([_inside(spans, key) for spans in self._near], axis=1)
        return sure, near & ~sure

    def _key(self, vehicle: NDArray[np.intp], at: TimeArray) -> TimeArray:
        """Vehicle and time in one number: a vehicle's years never reach the next vehicle's."""
        return vehicle * 1e10 + (at - self._origin)

    def _spans(self, events: pd.DataFrame, after_s: TimeArray | float, tail_s: float) -> tuple[TimeArray, TimeArray]:
        """Sorted disjoint spans of (key of start + after, key of end + tail)."""
        vehicle = events["vehicle"].to_numpy()
        start = self._key(vehicle, events["start"].to_numpy() + after_s)
        end = self._key(vehicle, events["end"].to_numpy() + tail_s)
        order = np.argsort(start)
        start, end = start[order], np.maximum.accumulate(end[order]) if len(end) else end
        return start, end


def _inside(spans: tuple[TimeArray, TimeArray], key: TimeArray) -> NDArray[np.bool_]:
    start, end = spans
    if not len(start):
        return np.zeros(len(key), bool)
    place = np.searchsorted(start, key, "right") - 1
    return (place >= 0) & (key <= end[np.maximum(place, 0)])
