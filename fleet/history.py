"""Reads a history bundle and refuses, in one sentence, what would train or score nonsense."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from fleet import signals
from fleet.errors import InvalidHistory

TABLES: Final = ("telemetry", "labels", "vehicles", "dtcs", "maintenance", "failures")
REQUIRED: Final[dict[str, tuple[str, ...]]] = {
    "telemetry": ("vehicle_id", "ts"),
    "labels": ("vehicle_id", "start", "end", "label"),
    "vehicles": ("vehicle_id",),
    "dtcs": ("vehicle_id", "ts", "code"),
    "maintenance": ("vehicle_id", "ts", "component"),
    "failures": ("vehicle_id", "ts", "component"),
}
OPTIONAL: Final[dict[str, tuple[str, ...]]] = {
    "telemetry": ("trip_id", "driver_id", "tenant_id"),
    "labels": ("alert",),
    "vehicles": ("model", "age_years", "vehicle_class", "tank_l"),
}
TIMES: Final = ("ts", "start", "end")
NUMBERS: Final = ("age_years", "tank_l")
MOSTLY = 0.5  # share of a column's values outside the physical range that makes it a wrong unit, not noise


@dataclass(frozen=True, slots=True)
class History:
    """A validated bundle.

    Attributes:
        folder: where it was read from.
        telemetry: vehicle_id, ts (UTC), signal columns as float32 (NaN where nothing or nonsense was recorded),
            optional trip_id, driver_id, tenant_id; sorted by vehicle and time.
        labels, vehicles, dtcs, maintenance, failures: as in the bundle; empty, with its columns, where the file is absent.
        unknown_columns: "table.column" of what was ignored.
        quarantined: signal column → number of values outside its physical range, now NaN.
    """

    folder: Path
    telemetry: pd.DataFrame
    labels: pd.DataFrame
    vehicles: pd.DataFrame
    dtcs: pd.DataFrame
    maintenance: pd.DataFrame
    failures: pd.DataFrame
    unknown_columns: tuple[str, ...] = ()
    quarantined: dict[str, int] = field(default_factory=dict)

    @property
    def signals(self) -> tuple[str, ...]:
        """Signal columns that this telemetry holds, in the order of the signal table."""
        return tuple(column for column in signals.COLUMNS if column in self.telemetry.columns)


def load_history(
    folder: Path, tables: Sequence[str] = TABLES, require: Sequence[str] = (), vehicles: Sequence[str] | None = None
) -> History:
    """The bundle in a folder, as .csv or .parquet.

    Args:
        tables: what to read; the others stay empty, which spares the telemetry when only events are wanted.
        require: what the caller cannot do without.
        vehicles: whose telemetry to read; everybody's by default.

    Raises:
        InvalidHistory: a file or column is missing, a file is empty, a time cannot be read, a unit is wrong.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InvalidHistory(
            f"{folder} is not a folder: a history bundle is a folder with telemetry.parquet, labels.csv and so on"
        )
    frames: dict[str, pd.DataFrame] = {}
    unknown: list[str] = []
    for table in TABLES:
        path = _path(folder, table) if table in tables else None
        if path is None and table in require:
            raise InvalidHistory(f"{folder} has no {table}.{'parquet' if table == 'telemetry' else 'csv'}, which is needed here")
        frames[table], ignored = _table(path, table, vehicles) if path else (pd.DataFrame(columns=list(REQUIRED[table])), ())
        unknown += [f"{table}.{column}" for column in ignored]
    if not any(_path(folder, table) for table in TABLES):
        raise InvalidHistory(f"{folder} holds none of the files of a history bundle ({', '.join(TABLES)})")
    frames["telemetry"], quarantined = _physical(frames["telemetry"])
    return History(folder, **frames, unknown_columns=tuple(unknown), quarantined=quarantined)


def _path(folder: Path, table: str) -> Path | None:
    candidates = (folder / f"{table}.parquet", folder / f"{table}.csv")
    return next((path for path in candidates if path.is_file()), None)


def vehicle_readings(folder: Path) -> dict[str, int]:
    """How many readings each vehicle of a bundle has.

    Raises:
        InvalidHistory: there is no telemetry, or it cannot be read.
    """
    path = _path(Path(folder), "telemetry")
    if path is None:
        raise InvalidHistory(f"{folder} has no telemetry.parquet, which is needed here")
    frame = _read(path)
    _check_columns(frame, "telemetry", path.name)
    return {str(name): int(count) for name, count in frame["vehicle_id"].value_counts(sort=False).items()}


def _table(path: Path, table: str, vehicles: Sequence[str] | None) -> tuple[pd.DataFrame, tuple[str, ...]]:
    frame = _read(path)
    _check_columns(frame, table, path.name)
    if table == "telemetry" and vehicles is not None:
        frame = frame[frame["vehicle_id"].astype(str).isin(vehicles)]
    if table == "telemetry" and frame.empty:
        raise InvalidHistory(f"{path.name} holds no rows")
    known = set(REQUIRED[table]) | set(OPTIONAL.get(table, ())) | (set(signals.COLUMNS) if table == "telemetry" else set())
    ignored = tuple(str(column) for column in frame.columns if column not in known)
    frame = frame[[column for column in frame.columns if column in known]].copy()
    for column in frame.columns:
        if column in TIMES:
            frame[column] = _times(frame[column], path.name)
        elif column in NUMBERS or column in signals.INDEX:
            frame[column] = _numbers(frame[column], path.name)
        else:
            frame[column] = frame[column].astype("string").astype(object).where(frame[column].notna(), None)
    _check_rows(frame, table, path.name)
    order = [column for column in ("vehicle_id", "ts", "start") if column in frame.columns]
    return frame.sort_values(order, kind="stable", ignore_index=True), ignored


def _read(path: Path) -> pd.DataFrame:
    if path.stat().st_size == 0:
        raise InvalidHistory(f"{path.name} is empty")
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        return pd.read_csv(path, dtype={"vehicle_id": "string", "trip_id": "string", "driver_id": "string"})
    except (ValueError, OSError, UnicodeDecodeError) as error:
        raise InvalidHistory(f"{path.name} cannot be read as {path.suffix[1:]}: {str(error).splitlines()[0]}") from error


def _check_columns(frame: pd.DataFrame, table: str, name: str) -> None:
    missing = [column for column in REQUIRED[table] if column not in frame.columns]
    if missing:
        raise InvalidHistory(f"{name} lacks the column {missing[0]}; it has {', '.join(map(str, frame.columns))}")


def _check_rows(frame: pd.DataFrame, table: str, name: str) -> None:
    for column in REQUIRED[table]:
        empty = np.flatnonzero(frame[column].isna())
        if len(empty):
            raise InvalidHistory(f"{name}: {column} is empty in row {empty[0] + 1}")
    if table == "labels":
        reversed_rows = np.flatnonzero(frame["end"] < frame["start"])
        if len(reversed_rows):
            raise InvalidHistory(f"{name}: the label in row {reversed_rows[0] + 1} ends before it starts")
    if table == "vehicles" and frame["vehicle_id"].duplicated().any():
        twice = frame.loc[frame["vehicle_id"].duplicated(), "vehicle_id"].iloc[0]
        raise InvalidHistory(f"{name}: the vehicle {twice} is listed twice")


def _times(column: pd.Series, name: str) -> pd.Series:
    """UTC times from RFC 3339 text, datetimes or epoch milliseconds; without a zone they are UTC, as the bundle says."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        times = column.dt.tz_localize("UTC") if column.dt.tz is None else column.dt.tz_convert("UTC")
    elif pd.api.types.is_numeric_dtype(column.dtype):
        times = pd.to_datetime(column, unit="ms", utc=True, errors="coerce")
    else:
        times = pd.to_datetime(column, utc=True, format="ISO8601", errors="coerce")
    unreadable = np.flatnonzero(times.isna() & column.notna())
    if len(unreadable):
        count, first = len(unreadable), unreadable[0]
        raise InvalidHistory(
            f"{name}: {count} times in {column.name} cannot be read, the first is {column.iloc[first]!r} in row {first + 1}"
        )
    return times.astype("datetime64[ns, UTC]")


def _numbers(column: pd.Series, name: str) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce")
    unreadable = np.flatnonzero(numbers.isna() & column.notna())
    if len(unreadable):
        first = unreadable[0]
        raise InvalidHistory(f"{name}: {column.name} is not a number in row {first + 1}: {column.iloc[first]!r}")
    return numbers.astype(np.float32)


def _physical(telemetry: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    """Refuse a wrong unit; make the odd value outside its physical range NaN, as live readings are quarantined."""
    quarantined: dict[str, int] = {}
    for column in telemetry.columns:
        if column not in signals.BY_COLUMN:
            continue
        values = telemetry[column].to_numpy()
        finite = values[np.isfinite(values)]
        if not len(finite):
            continue
        _check_unit(column, finite)
        signal = signals.BY_COLUMN[column]
        outside = ~np.isnan(values) & ~((values >= signal.low) & (values <= signal.high))
        if outside.any():
            quarantined[column] = int(outside.sum())
            telemetry[column] = np.where(outside, np.nan, values).astype(np.float32)
    return telemetry, quarantined


def _check_unit(column: str, finite: Any) -> None:
    signal = signals.BY_COLUMN[column]
    guess = next((unit for unit, fits in _MISTAKEN_UNITS.get(column, ()) if fits(finite)), None)
    outside = float(np.mean((finite < signal.low) | (finite > signal.high)))
    if guess is None and outside <= MOSTLY:
        return
    looks = f"looks like {guess}" if guess else "is in a wrong unit"
    raise InvalidHistory(
        f"{column} {looks}: its median is {np.median(finite):.4g}, and it is meant in {signal.unit or 'units'} "
        f"from {signal.low:g} to {signal.high:g}"
    )


Fits = Callable[[Any], bool]


def _median_within(low: float, high: float) -> Fits:
    return lambda values: bool(low < np.median(values) <= high)


def _positive_median_within(low: float, high: float) -> Fits:
    return lambda values: bool((values > 0).sum() > 10 and low < np.median(values[values > 0]) <= high)


def _fraction(values: Any) -> bool:
    return bool(len(np.unique(values)) > 10 and values.max() <= 1.0)


# Units people really export. The windows lie where no healthy vehicle spends half of its time.
_MISTAKEN_UNITS: Final[dict[str, tuple[tuple[str, Fits], ...]]] = {
    "coolant_temp_c": (("Fahrenheit", _median_within(135, 250)), ("Kelvin", _median_within(250, 500))),
    "oil_temp_c": (("Fahrenheit", _median_within(165, 250)), ("Kelvin", _median_within(250, 500))),
    "intake_temp_c": (("Fahrenheit", _median_within(100, 215)), ("Kelvin", _median_within(230, 500))),
    "ambient_temp_c": (("Fahrenheit", _median_within(55, 130)), ("Kelvin", _median_within(220, 350))),
    "oil_pressure_kpa": (("bar", _positive_median_within(0, 10)), ("psi", _positive_median_within(10, 90))),
    "map_kpa": (("bar", _positive_median_within(0, 4)),),
    "battery_v": (("millivolt", _median_within(1000, 40_000)),),
    "fuel_level_pct": (("a fraction of 1", _fraction),),
    "throttle_pct": (("a fraction of 1", _fraction),),
    "engine_load_pct": (("a fraction of 1", _fraction),),
    "odometer_km": (("metres", _median_within(5e6, 1e10)),),
}
