"""Writes a history bundle: telemetry of weeks, its ground truth, and a longer record of services and failures."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fleet import signals
from simulator.components import DAY_S, simulate_components
from simulator.deck import FaultDeck
from simulator.faults import KINDS, Fault
from simulator.plan import Trips, plan_faults, plan_trips
from simulator.state import Start, State
from simulator.stitch import Recording, break_sensors, join, stitch, stood_before, while_fuel_is_left
from simulator.truth import Episode, ordinary_trips, overdue_rests
from simulator.vehicles import Array, Vehicles, draw_vehicles

Progress = Callable[[float], None]
RECORD_START: Final = pd.Timestamp("2026-05-04T00:00:00Z")
EVENT_DAYS: Final = 420
_PARKED_STEP_S: Final = 120.0
_LANES_AT_ONCE: Final = 160
_LASTING: Final = ("FUEL_LEAK", "FATIGUE")
_FINE_VEHICLE_DAYS: Final = 250.0


@dataclass(frozen=True, slots=True)
class Reporting:
    """How a moving vehicle reports: seconds between two readings, noise as a multiple of the ordinary."""

    every_s: int
    noise: float


def write_history(
    out: Path,
    vehicles: int,
    days: float,
    seed: int,
    progress: Progress | None = None,
    *,
    faults_per_vehicle_day: float = 1.5,
    resolution_s: int | None = None,
    noise: float = 1.0,
) -> None:
    """Write a bundle into a folder, the same for the same arguments.

    Args:
        days: of telemetry; services, failures and fault codes reach `EVENT_DAYS` further back.
        progress: called with the share that is done, in [0, 1].
        faults_per_vehicle_day: injected faults, every kind about equally often and, unless there are none, at least twice.
        resolution_s: between two readings of a moving vehicle; by default 1, and 5 for more than 250 vehicle days.
        noise: of all sensors, as a multiple of the ordinary.
    """
    rng = np.random.default_rng(seed)
    tell = progress or (lambda _: None)
    step_s = resolution_s or (1 if vehicles * days <= _FINE_VEHICLE_DAYS else 5)
    fleet = draw_vehicles(vehicles, rng)
    names = [f"VH-{row + 1:03d}" for row in range(vehicles)]
    trips = plan_trips(fleet, days, rng)
    wanted = round(vehicles * days * faults_per_vehicle_day)
    faults = plan_faults(trips, fleet, max(wanted, 2 * len(KINDS)) if wanted else 0, rng)
    recording, episodes = _drive(fleet, trips, faults, Reporting(step_s, noise), rng, lambda share: tell(0.8 * share))
    empty = stitch(recording, fleet, trips, rng)
    episodes = list(while_fuel_is_left(episodes, recording, empty))
    break_sensors(recording, faults, fleet, trips)
    trips = replace(trips, rested_s=stood_before(recording, trips))
    out.mkdir(parents=True, exist_ok=True)
    _write_telemetry(out, recording, fleet, trips, names)
    tell(0.9)
    _labels(episodes, faults, fleet, trips, names).to_csv(out / "labels.csv", index=False)
    _vehicle_table(fleet, names).to_csv(out / "vehicles.csv", index=False)
    _write_components(out, fleet, names, days, rng)
    tell(1.0)


def _drive(
    fleet: Vehicles, trips: Trips, faults: list[Fault], reporting: Reporting, rng: np.random.Generator, tell: Progress
) -> tuple[Recording, list[Episode]]:
    """Drive all trips, those of like length side by side: a step of many vehicles costs hardly more than a step of one."""
    order = np.argsort(trips.trip_s, kind="stable")
    groups = np.array_split(order, max(1, int(np.ceil(len(order) / _LANES_AT_ONCE))))
    weights = np.cumsum([trips.trip_s[group].max() + 1000 for group in groups])
    parts: list[Recording] = []
    episodes: list[Episode] = []
    for group, weight in zip(groups, weights, strict=True):
        position = {int(lane): at for at, lane in enumerate(group)}
        mine = [fault for fault in faults if fault.lane in position]
        for fault in mine:
            fault.lane = position[fault.lane]
        part, found = _drive_group(fleet.take(trips.vehicle[group]), trips, group, mine, reporting, rng)
        for fault in mine:
            fault.lane = int(group[fault.lane])
        parts.append(part)
        episodes += found
        tell(float(weight / weights[-1]))
    recording = join(parts)
    return recording.take(np.lexsort((recording.time_s, recording.lane))), episodes


def _drive_group(
    vehicles: Vehicles, trips: Trips, group: NDArray[np.intp], faults: list[Fault], reporting: Reporting, rng: np.random.Generator
) -> tuple[Recording, list[Episode]]:
    count = len(group)
    length_s = trips.trip_s[group] + trips.rest_s[group]
    ambient = _ambient(trips.start_s[group], trips.vehicle[group])
    warmth = np.exp(-trips.rested_s[group] / np.where(vehicles.kind == 2, 14_000, 6_500))
    start = Start(np.ones(count, bool), trips.trip_s[group], ambient + (88 - ambient) * warmth, ambient, vehicles.tank_l)
    state = State(vehicles, start, _never(count), _never(count), rng, reporting.noise)
    state.motion.odometer_m[:] = 0
    deck = FaultDeck(faults, 0.0, rng)
    parts: list[Recording] = []
    step = 0
    while True:
        left = length_s - state.clock_s
        dt = np.where(state.running, 1.0, _PARKED_STEP_S)
        dt = np.where(left > dt, dt, 0.0)
        if not dt.any():
            break
        state.step(dt)
        deck.step(state, dt)
        rows = np.flatnonzero((dt > 0) & (~state.running | (step % reporting.every_s == 0)))
        step += 1
        if len(rows):
            parts.append(_record(state, group, rows))
    deck.log.finish()
    found = [Episode(int(group[e.lane]), e.label, e.start_s, e.end_s) for e in deck.log.take()]
    return join(parts), found


def _record(state: State, group: NDArray[np.intp], rows: NDArray[np.intp]) -> Recording:
    return Recording(
        group[rows],
        state.clock_s[rows],
        state.readings()[:, rows],
        state.float_off_pct[rows],
        state.tank.spent_l[rows],
        state.running[rows],
    )


def _never(count: int) -> Callable[[NDArray[np.intp]], Array]:
    return lambda rows: np.full(len(rows), np.inf)


def _ambient(start_s: Array, vehicle: NDArray[np.intp]) -> Array:
    """(n,) °C: each vehicle has a climate, each day a course, and some days are hot."""
    day, hour = np.divmod(start_s / 3600, 24)
    climate = 12 + 9 * np.sin(vehicle * 2.4)
    weather = 8 * np.sin(day * 1.7 + vehicle * 0.9)
    degrees: Array = climate + weather + 6 * np.sin((hour - 9) / 24 * 2 * np.pi)
    return degrees


def _clock(fleet: Vehicles, trips: Trips, lane: NDArray[np.intp], time_s: Array) -> pd.DatetimeIndex:
    """(n,) times by the vehicles' own clocks."""
    vehicle = trips.vehicle[lane]
    seconds = trips.start_s[lane] + time_s + fleet.clock_skew_s[vehicle]
    return RECORD_START + pd.to_timedelta(np.round(seconds * 1e3), unit="ms")


def _write_telemetry(out: Path, recording: Recording, fleet: Vehicles, trips: Trips, names: list[str]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    def text(codes: NDArray[np.intp], words: list[str], absent: NDArray[np.bool_] | None = None) -> pa.Array:
        return pa.DictionaryArray.from_arrays(pa.array(codes, mask=absent), pa.array(words)).cast(pa.string())

    parked = ~recording.running
    columns = {
        "vehicle_id": text(trips.vehicle[recording.lane], names),
        "ts": pa.array(_clock(fleet, trips, recording.lane, recording.time_s)),
        "trip_id": text(recording.lane, [f"trip-{lane:05d}" for lane in range(len(trips))], parked),
        "driver_id": text(trips.driver[recording.lane], [f"d-{row:03d}" for row in range(2 * len(names))], parked),
    }
    for column, position in signals.INDEX.items():
        columns[column] = pa.array(recording.values[position], from_pandas=True)
    pq.write_table(pa.table(columns), out / "telemetry.parquet", compression="zstd", compression_level=1)


def _labels(episodes: list[Episode], faults: list[Fault], fleet: Vehicles, trips: Trips, names: list[str]) -> pd.DataFrame:
    """Episodes, those that go on over the next trip joined, and NORMAL for every trip without any."""
    rows = [*episodes, *overdue_rests(trips), *ordinary_trips(trips, episodes, faults)]
    lane = np.array([row.lane for row in rows], np.intp)
    frame = pd.DataFrame(
        {
            "vehicle_id": [names[vehicle] for vehicle in trips.vehicle[lane]],
            "start": _clock(fleet, trips, lane, np.array([row.start_s for row in rows])),
            "end": _clock(fleet, trips, lane, np.array([row.end_s for row in rows])),
            "label": [row.label for row in rows],
        }
    )
    frame = _joined(frame)
    for column in ("start", "end"):
        frame[column] = frame[column].dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return frame.sort_values(["vehicle_id", "start", "label"], ignore_index=True)


def _joined(frame: pd.DataFrame) -> pd.DataFrame:
    """Intervals of one vehicle and label that overlap, or go on in the next trip, made one."""
    frame = frame.sort_values(["vehicle_id", "label", "start"], ignore_index=True)
    same = (frame["vehicle_id"] == frame["vehicle_id"].shift()) & (frame["label"] == frame["label"].shift())
    reach = frame.groupby(["vehicle_id", "label"])["end"].cummax().shift()
    goes_on = same & (frame["start"] - reach <= pd.Timedelta(seconds=2 * _PARKED_STEP_S)) & (frame["label"].isin(_LASTING))
    joined = frame.groupby((~goes_on).cumsum()).agg(vehicle_id=("vehicle_id", "first"), start=("start", "first"),
                                                    end=("end", "max"), label=("label", "first"))  # fmt: skip
    return joined.reset_index(drop=True)


def _vehicle_table(fleet: Vehicles, names: list[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "vehicle_id": names,
            "model": [fleet.model_name(row) for row in range(len(fleet))],
            "age_years": fleet.age_years.astype(int),
            "vehicle_class": [fleet.class_name(row) for row in range(len(fleet))],
            "tank_l": fleet.tank_l,
        }
    )


def _write_components(out: Path, fleet: Vehicles, names: list[str], days: float, rng: np.random.Generator) -> None:
    length = EVENT_DAYS + int(np.ceil(days))
    events = simulate_components(fleet, length, rng)
    record = RECORD_START - pd.Timedelta(days=EVENT_DAYS)
    for table, frame in (("failures", events.failures), ("maintenance", events.maintenance), ("dtcs", events.dtcs)):
        times = (record + pd.to_timedelta(np.round(frame["day"] * DAY_S), unit="s")).dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        what = frame.columns[-1]
        written = pd.DataFrame({"vehicle_id": [names[row] for row in frame["vehicle"]], "ts": times, what: frame[what]})
        written.sort_values(["ts", "vehicle_id", what], ignore_index=True).to_csv(out / f"{table}.csv", index=False)
