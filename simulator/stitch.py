"""Joins trips that were simulated apart into the life of each vehicle."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fleet import signals
from simulator.faults import Fault, corrupt
from simulator.plan import Trips
from simulator.sensors import FUEL_PCT, Readings
from simulator.state import report_volume
from simulator.supply import float_reading
from simulator.truth import Episode
from simulator.vehicles import Array, Flags, Vehicles

_SPEED: Final = signals.INDEX["speed_kmh"]
_MOVING_KMH: Final = 5.0
_ODOMETER: Final = signals.INDEX["odometer_km"]
_PLACE: Final = (signals.INDEX["latitude_deg"], signals.INDEX["longitude_deg"])
_HEADING: Final = signals.INDEX["heading_deg"]


@dataclass(slots=True)
class Recording:
    """(rows,) of all trips, in order of trip and time; `values` is (signal, rows)."""

    lane: NDArray[np.intp]
    time_s: Array
    values: Readings
    off_pct: Array
    spent_l: Array
    running: Flags

    def take(self, rows: NDArray[np.intp]) -> "Recording":
        """The given rows, in the given order."""
        return Recording(*(getattr(self, item.name)[..., rows] for item in fields(self)))


def join(parts: Sequence[Recording]) -> Recording:
    """One recording after the other."""
    return Recording(*(np.concatenate([getattr(part, item.name) for part in parts], axis=-1) for item in fields(Recording)))


def stitch(recording: Recording, fleet: Vehicles, trips: Trips, rng: np.random.Generator) -> Flags:
    """Let each trip begin where the one before ended: odometer, place and fuel, with refuelling where it is needed.

    Returns:
        (rows,) where the tank is empty.
    """
    count = len(trips)
    first = np.searchsorted(recording.lane, np.arange(count))
    after = np.searchsorted(recording.lane, np.arange(count), side="right")
    litres = -recording.spent_l.copy()
    km, level = 0.0, 0.0
    shift = np.zeros(2)
    for lane in range(count):
        rows, vehicle = slice(first[lane], after[lane]), int(trips.vehicle[lane])
        if rows.start == rows.stop:
            continue
        tank = float(fleet.tank_l[vehicle])
        home = np.array([fleet.home_lat[vehicle], fleet.home_lon[vehicle]])
        if lane == 0 or trips.vehicle[lane - 1] != vehicle:
            km = float(fleet.age_years[vehicle] * fleet.daily_km[vehicle] * 300 + rng.uniform(500, 20_000))
            level, shift = tank * float(rng.uniform(0.35, 0.95)), np.zeros(2)
        spent = float(recording.spent_l[rows].max())
        if level - spent < 0.12 * tank:
            filled = tank * float(rng.uniform(0.85, 0.97)) - level
            level += filled
            if lane and trips.vehicle[lane - 1] == vehicle:
                pause = slice(first[lane - 1], after[lane - 1])
                late = recording.time_s[pause] > trips.trip_s[lane - 1] + 0.7 * trips.rest_s[lane - 1]
                litres[pause] += filled * late
        litres[rows] += level
        level -= spent
        recording.values[_ODOMETER, rows] += np.float32(km)
        km = float(np.nanmax(recording.values[_ODOMETER, rows]))
        shift = _shift_place(recording, rows, home, shift)
    tank_l = fleet.tank_l[trips.vehicle][recording.lane]
    low, high = (bound[trips.vehicle][recording.lane] for bound in (fleet.sender_low_pct, fleet.sender_high_pct))
    pct = float_reading(100 * litres.clip(0) / tank_l, recording.off_pct, low, high)
    recording.values[FUEL_PCT] *= pct.astype(np.float32)
    empty: Flags = litres <= 0
    return empty


def stood_before(recording: Recording, trips: Trips) -> Array:
    """(trip,) s from the last motion of the trip before to the first of each: a rest begins where the vehicle stands, whether the
    engine runs or not. As planned for the first trip of a vehicle, and where one did not move at all.
    """
    moves = recording.values[_SPEED] > _MOVING_KMH
    lane = recording.lane[moves]
    clock = trips.start_s[lane] + recording.time_s[moves]
    first, last = np.full(len(trips), np.inf), np.full(len(trips), -np.inf)
    np.minimum.at(first, lane, clock)
    np.maximum.at(last, lane, clock)
    stood = trips.rested_s.copy()
    standing = first[1:] - last[:-1]
    stood[1:] = np.where((trips.vehicle[1:] == trips.vehicle[:-1]) & np.isfinite(standing), standing, stood[1:])
    return stood


def while_fuel_is_left(episodes: Sequence[Episode], recording: Recording, empty: Flags) -> Iterator[Episode]:
    """The episodes, of leaks only the time in which the tank is not empty: a hole in an empty tank loses nothing.

    Args:
        empty: (rows,) of the recording.
    """
    for episode in episodes:
        first, after = np.searchsorted(recording.lane, episode.lane), np.searchsorted(recording.lane, episode.lane, side="right")
        times = recording.time_s[first:after]
        inside = first + np.flatnonzero((times >= episode.start_s) & (times <= episode.end_s))
        if episode.label != "FUEL_LEAK" or not empty[inside].any():
            yield episode
            continue
        left = inside[~empty[inside]]
        for run in filter(len, np.split(left, np.flatnonzero(np.diff(left) > 1) + 1)):
            yield replace(episode, start_s=float(recording.time_s[run[0]]), end_s=float(recording.time_s[run[-1]]))


def _shift_place(recording: Recording, rows: slice, home: Array, shift: Array) -> Array:
    """Move a trip to where the last one ended, turned round where that leads back home; where it ends, from home."""
    track = recording.values[_PLACE, rows].astype(np.float64) - home[:, None]
    seen = np.flatnonzero(np.isfinite(track).all(axis=0))
    end = track[:, seen[-1]] if len(seen) else np.zeros(2)
    side = -1.0 if np.hypot(*(shift - end)) < np.hypot(*(shift + end)) else 1.0
    recording.values[_PLACE, rows] = (home + shift)[:, None] + side * track
    if side < 0:
        recording.values[_HEADING, rows] = (recording.values[_HEADING, rows] + 180) % 360
    return shift + side * end


def break_sensors(recording: Recording, faults: list[Fault], fleet: Vehicles, trips: Trips) -> None:
    for fault in faults:
        if fault.kind != "SENSOR_FAULT" or np.isnan(fault.began):
            continue
        first, after = np.searchsorted(recording.lane, fault.lane), np.searchsorted(recording.lane, fault.lane, side="right")
        times = recording.time_s[first:after]
        rows = first + np.flatnonzero((times >= fault.began) & (times <= fault.began + fault.duration_s))
        column = signals.INDEX[fault.column]
        recording.values[column, rows] = corrupt(fault, recording.time_s[rows], recording.values[column, rows])
    report_volume(recording.values, fleet.tank_l[trips.vehicle][recording.lane])
