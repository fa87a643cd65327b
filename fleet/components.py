"""What was known of every component at a moment: the forecaster's covariates, for training, history and live alike.

Pure numpy and pandas. An event enters a covariate from its own moment on, never before: `ts <= at`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fleet.visits import HOUR_MS, SPAN_MS, VisitRhythm

Matrix = NDArray[np.float32]
Places = NDArray[np.int64]

HORIZON_H: Final = 72
COUNT_WINDOWS_H: Final = (24, 72)
USAGE_COLUMNS: Final = ("km_per_day", "engine_h_per_day")


@dataclass(frozen=True)
class ComponentHistory:
    """Events of a fleet, with the columns of a history bundle.

    Attributes:
        vehicles: vehicle_id, optional model, age_years.
        codes: vehicle_id, ts, code.
        maintenance, failures: vehicle_id, ts, component.
        usage: vehicle_id, ts and any of `USAGE_COLUMNS`, one row per vehicle and day, stamped when the day was over.
    """

    vehicles: pd.DataFrame
    codes: pd.DataFrame
    maintenance: pd.DataFrame
    failures: pd.DataFrame
    usage: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["vehicle_id", "ts", *USAGE_COLUMNS]))

    def vehicle_ids(self) -> list[str]:
        """Every vehicle that is listed or has an event."""
        tables = (self.vehicles, self.codes, self.maintenance, self.failures)
        return sorted({str(vehicle) for table in tables for vehicle in table["vehicle_id"]})


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a model knows by name; what it does not know counts in the totals only. `usage`: those of `USAGE_COLUMNS` it uses."""

    components: tuple[str, ...]
    codes: tuple[str, ...]
    models: tuple[str, ...]
    usage: tuple[str, ...] = ()

    @staticmethod
    def of(history: ComponentHistory, max_codes: int = 40, max_models: int = 12) -> "Vocabulary":
        """The components that failed or were replaced, and the most frequent codes and vehicle models."""
        components = pd.concat([history.failures["component"], history.maintenance["component"]])
        models = history.vehicles["model"].dropna() if "model" in history.vehicles else pd.Series(dtype=object)
        return Vocabulary(
            tuple(sorted({str(name) for name in components})),
            tuple(sorted(history.codes["code"].value_counts().index[:max_codes])),
            tuple(sorted(models.value_counts().index[:max_models])),
            tuple(name for name in USAGE_COLUMNS if name in history.usage and history.usage[name].notna().any()),
        )

    def names(self) -> tuple[str, ...]:
        """Covariate names, in the column order of `Covariates.values`."""
        per_code = [f"{what}:{code}" for code in self.codes for what in ("since_h", *(f"count_{w}h" for w in COUNT_WINDOWS_H))]
        ages = [f"component_age_h:{name}" for name in self.components]
        visits = ("since_visit_h", "visit_phase_h", "visit_due_h")
        totals = [*(f"codes_{w}h" for w in COUNT_WINDOWS_H), "since_code_h", *visits, "vehicle_age_years"]
        return (*per_code, *ages, *totals, *self.usage, *(f"model:{name}" for name in self.models))


@dataclass(frozen=True, slots=True)
class Covariates:
    """One row per vehicle and moment.

    Attributes:
        vehicle_ids: (n,) vehicles.
        at_ms: (n,) moments, ms since the epoch.
        values: (n, covariate) float32; NaN where there is nothing to measure: no such code yet, no known replacement.
        names: of the columns.
    """

    vehicle_ids: tuple[str, ...]
    at_ms: Places
    values: Matrix
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.at_ms)

    def column(self, name: str) -> Matrix:
        """(n,) one covariate."""
        return self.values[:, self.names.index(name)]


class EventTimes:
    """Moments of one kind of event, asked for many vehicles and moments at once."""

    def __init__(self, vehicle: Places, at_ms: Places) -> None:
        self._keys = np.sort(vehicle * SPAN_MS + at_ms)

    def hours_since(self, vehicle: Places, at_ms: Places) -> Matrix:
        """(n,) hours since the newest event; NaN where there was none."""
        if not len(self._keys):
            return np.full(len(vehicle), np.nan, np.float32)
        now = vehicle * SPAN_MS + at_ms
        place = np.searchsorted(self._keys, now, "right") - 1
        key = self._keys[np.maximum(place, 0)]
        own = (place >= 0) & (key >= vehicle * SPAN_MS)
        return np.where(own, (now - key) / HOUR_MS, np.nan).astype(np.float32)

    def count_within(self, vehicle: Places, at_ms: Places, hours: float) -> Matrix:
        """(n,) events in the `hours` up to and including the moment."""
        first = vehicle * SPAN_MS
        now = first + at_ms
        earliest = np.maximum(now - int(hours * HOUR_MS), first - 1)
        counts = np.searchsorted(self._keys, now, "right") - np.searchsorted(self._keys, earliest, "right")
        return np.asarray(counts, np.float32)

    def hours_until(self, vehicle: Places, at_ms: Places) -> Matrix:
        """(n,) hours to the next event after the moment; NaN where none is recorded. For labels, never for covariates."""
        if not len(self._keys):
            return np.full(len(vehicle), np.nan, np.float32)
        now = vehicle * SPAN_MS + at_ms
        place = np.searchsorted(self._keys, now, "right")
        key = self._keys[np.minimum(place, len(self._keys) - 1)]
        own = (place < len(self._keys)) & (key < (vehicle + 1) * SPAN_MS)
        return np.where(own, (key - now) / HOUR_MS, np.nan).astype(np.float32)


def milliseconds(times: Any) -> Places:
    """(n,) ms since the epoch of aware times; the rest of a millisecond counts as later, so that nothing is known early."""
    nanoseconds = pd.DatetimeIndex(times).tz_convert("UTC").as_unit("ns").asi8
    return np.asarray(-(-nanoseconds // 1_000_000), np.int64)


def event_times(table: pd.DataFrame, places: dict[str, int]) -> EventTimes:
    """The events of a table whose vehicles have a place."""
    return EventTimes(*_placed(table, places))


def _placed(table: pd.DataFrame, places: dict[str, int]) -> tuple[Places, Places]:
    """(n,) place of the vehicle and ms of each event whose vehicle has a place."""
    known = table[table["vehicle_id"].isin(places)]
    if known.empty:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    return known["vehicle_id"].map(places).to_numpy(np.int64), milliseconds(known["ts"])


def component_covariates(history: ComponentHistory, vocabulary: Vocabulary, vehicles: Sequence[str], at_ms: Places) -> Covariates:
    """What was known of each vehicle's components at each moment.

    Args:
        vehicles: (n,) vehicle of each row.
        at_ms: (n,) moment of each row, ms since the epoch.
    """
    places = {vehicle: place for place, vehicle in enumerate(dict.fromkeys(vehicles))}
    row = np.array([places[vehicle] for vehicle in vehicles], np.int64)
    columns = [
        *_code_columns(history.codes, vocabulary, places, row, at_ms),
        *_ages(history, vocabulary, places, row, at_ms),
        *_total_columns(history, places, row, at_ms),
        *(_weekly_mean(history.usage, name, places, row, at_ms) for name in vocabulary.usage),
        *_model_columns(history.vehicles, vocabulary, places, row),
    ]
    values = np.column_stack(columns).astype(np.float32) if len(row) else np.empty((0, len(vocabulary.names())), np.float32)
    return Covariates(tuple(vehicles), np.asarray(at_ms, np.int64), values, vocabulary.names())


def _code_columns(
    codes: pd.DataFrame, vocabulary: Vocabulary, places: dict[str, int], row: Places, at_ms: Places
) -> list[Matrix]:
    columns = []
    for code in vocabulary.codes:
        times = event_times(codes[codes["code"] == code], places)
        columns.append(times.hours_since(row, at_ms))
        columns += [times.count_within(row, at_ms, hours) for hours in COUNT_WINDOWS_H]
    return columns


def _ages(history: ComponentHistory, vocabulary: Vocabulary, places: dict[str, int], row: Places, at_ms: Places) -> list[Matrix]:
    replaced = pd.concat([_events(history.maintenance), _events(history.failures)])
    return [
        event_times(replaced[replaced["component"] == name], places).hours_since(row, at_ms) for name in vocabulary.components
    ]


def _events(table: pd.DataFrame) -> pd.DataFrame:
    return table[["vehicle_id", "ts", "component"]]


def _total_columns(history: ComponentHistory, places: dict[str, int], row: Places, at_ms: Places) -> list[Matrix]:
    codes = event_times(history.codes, places)
    return [
        *(codes.count_within(row, at_ms, hours) for hours in COUNT_WINDOWS_H),
        codes.hours_since(row, at_ms),
        *_visits(history.maintenance, places).known(row, at_ms),
        _of_vehicle(history.vehicles, "age_years", places, row),
    ]


def _visits(maintenance: pd.DataFrame, places: dict[str, int]) -> VisitRhythm:
    return VisitRhythm(*_placed(maintenance, places))


def _of_vehicle(vehicles: pd.DataFrame, column: str, places: dict[str, int], row: Places) -> Matrix:
    own = np.full(len(places), np.nan, np.float32)
    if column in vehicles:
        for vehicle, value in zip(vehicles["vehicle_id"], vehicles[column], strict=True):
            if vehicle in places and not pd.isna(value):
                own[places[vehicle]] = value
    return own[row]


def _weekly_mean(usage: pd.DataFrame, name: str, places: dict[str, int], row: Places, at_ms: Places) -> Matrix:
    """(n,) mean over the days recorded in the 7 days before; NaN where none was."""
    known = usage[usage["vehicle_id"].isin(places)].dropna(subset=[name]) if name in usage else usage[:0]
    if known.empty:
        return np.full(len(row), np.nan, np.float32)
    keys = known["vehicle_id"].map(places).to_numpy(np.int64) * SPAN_MS + milliseconds(known["ts"])
    order = np.argsort(keys)
    total = np.concatenate([[0.0], np.cumsum(known[name].to_numpy(float)[order])])
    now = row * SPAN_MS + at_ms
    last = np.searchsorted(keys[order], now, "right")
    first = np.searchsorted(keys[order], np.maximum(now - 168 * HOUR_MS, row * SPAN_MS - 1), "right")
    days = last - first
    return np.where(days > 0, (total[last] - total[first]) / np.maximum(days, 1), np.nan).astype(np.float32)


def _model_columns(vehicles: pd.DataFrame, vocabulary: Vocabulary, places: dict[str, int], row: Places) -> list[Matrix]:
    models: dict[str, Any] = dict(zip(vehicles["vehicle_id"], vehicles["model"], strict=True)) if "model" in vehicles else {}
    own = np.array([models.get(vehicle) for vehicle in places], object)
    return [(own[row] == name).astype(np.float32) for name in vocabulary.models]
