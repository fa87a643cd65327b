"""Who drives when: days of trips and rests, and the faults that fall into them."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fleet import signals
from simulator.components import DAY_S
from simulator.faults import DRIVER, ENGINE, HARSH, KINDS, Fault, draw_fault
from simulator.vehicles import Array, Vehicles

HOUR_S = 3600.0
# class → trips a day, median minutes of a trip, minutes of a rest between two
_HABITS: Final = (((3, 6), 21, (15, 170)), ((6, 11), 15, (4, 22)), ((3, 5), 82, (16, 50)))
_LEAK_S: Final = (6 * HOUR_S, 14 * HOUR_S)  # a hole in a tank does not close with the trip
_LONGEST_TRIP_S: Final = 115 * 60.0
_NIGHT_SHARE: Final = 0.12


@dataclass(frozen=True, slots=True)
class Trips:
    """(n,) trips, each with the rest after it, in order of vehicle and time. Times in seconds from the record's start."""

    vehicle: NDArray[np.intp]
    start_s: Array
    trip_s: Array
    rest_s: Array
    rested_s: Array
    shift_s: Array
    driver: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.vehicle)


def plan_trips(vehicles: Vehicles, days: float, rng: np.random.Generator) -> Trips:
    """Days of ordinary work for each vehicle. `rested_s`: how long it stood before; `shift_s`: how long the day is already."""
    rows: list[tuple[float, ...]] = []
    for vehicle in range(len(vehicles)):
        rows += _plan_vehicle(vehicle, int(vehicles.kind[vehicle]), days, rng)
    if not rows:
        rows = [(vehicle, 0.0, days * DAY_S, 0.0, 12 * HOUR_S, 0.0, vehicle) for vehicle in range(len(vehicles))]
    table = np.array(rows)
    start, trip, rest, rested, shift = table[:, 1:6].T
    return Trips(table[:, 0].astype(np.intp), start, trip, rest, rested, shift, table[:, 6].astype(np.intp))


def _plan_vehicle(vehicle: int, kind: int, days: float, rng: np.random.Generator) -> list[tuple[float, ...]]:
    (fewest, most), minutes, rests = _HABITS[kind]
    night = rng.random() < _NIGHT_SHARE
    starts: list[tuple[float, float, float, int]] = []
    free_at = 0.0
    for day in range(int(np.ceil(days))):
        clock = begin = max(day * DAY_S + (19 if night else rng.uniform(5, 8.5)) * HOUR_S, free_at + 1800)
        for _ in range(rng.integers(fewest, most + 1)):
            length = min(minutes * 60 * rng.lognormal(0, 0.4), _LONGEST_TRIP_S)
            starts.append((clock, length, clock - begin, vehicle * 2 + day % 2))
            clock += length + rng.uniform(*rests) * 60
        free_at = clock
    end = days * DAY_S
    starts = [trip for trip in starts if trip[0] + trip[1] + 120 < end]
    rows: list[tuple[float, ...]] = []
    for position, (start, length, shift, driver) in enumerate(starts):
        following = starts[position + 1][0] if position + 1 < len(starts) else min(end, start + length + 10 * HOUR_S)
        before = start - sum(starts[position - 1][:2]) if position else 9 * HOUR_S
        rows.append((vehicle, start, length, following - start - length, before, shift, driver))
    return rows


def plan_faults(trips: Trips, vehicles: Vehicles, count: int, rng: np.random.Generator) -> list[Fault]:
    """So many faults over the trips, every kind about equally often; `lane` is the trip.

    A trip has one of them, and a leak beside it where the tank has a hole: that one stays when something else happens.
    """
    kinds = np.resize(np.array(KINDS), count)
    rng.shuffle(kinds[len(KINDS) :])
    taken: set[int] = set()
    leaking: set[int] = set()
    faults: list[Fault] = []
    for kind in map(str, kinds):
        full = leaking if kind == "FUEL_LEAK" else taken
        fits = [int(lane) for lane in np.flatnonzero(_suits(kind, trips, vehicles)) if lane not in full]
        if not fits:
            continue
        placed = _place(kind, int(rng.choice(fits)), trips, vehicles, rng)
        placed = placed[: next((at for at, fault in enumerate(placed) if fault.lane in full), None)]
        full |= {fault.lane for fault in placed}
        faults += placed
    return faults


def _suits(kind: str, trips: Trips, vehicles: Vehicles) -> NDArray[np.bool_]:
    if kind == "FUEL_THEFT":
        return trips.rest_s > 40 * 60
    if kind == "FUEL_LEAK":  # what is recorded for less than its shortest length is no leak
        lasting = _recorded_until_s(trips) - trips.start_s >= _LEAK_S[0]
        return lasting if lasting.any() else trips.trip_s > 6 * 60
    if kind == "FATIGUE":
        tired = (trips.shift_s > 4 * HOUR_S) & (trips.trip_s > 15 * 60)
        return tired if tired.any() else trips.trip_s > 15 * 60
    if kind == "LOW_OIL_PRESSURE":  # what no sensor shows cannot be told
        measured = vehicles.fitted[signals.INDEX["oil_pressure_kpa"]][trips.vehicle]
        return measured & (trips.trip_s > 12 * 60)
    if kind in ENGINE or kind == "AGGRESSIVE_DRIVING":
        return trips.trip_s > 12 * 60
    return trips.trip_s > 6 * 60


def _recorded_until_s(trips: Trips) -> Array:
    """(n,) end of the record of each trip's vehicle."""
    until = np.zeros(trips.vehicle.max() + 1)
    np.maximum.at(until, trips.vehicle, trips.start_s + trips.trip_s + trips.rest_s)
    ends: Array = until[trips.vehicle]
    return ends


def _place(kind: str, lane: int, trips: Trips, vehicles: Vehicles, rng: np.random.Generator) -> list[Fault]:
    fitted = vehicles.fitted[:, trips.vehicle[lane]]
    trip_s, rest_s = float(trips.trip_s[lane]), float(trips.rest_s[lane])
    start = float(rng.uniform(60, 0.6 * trip_s))
    fault = draw_fault(kind, lane, start, rng, fitted)
    match kind:
        case "FUEL_THEFT":
            fault.start_s = trip_s + float(rng.uniform(300, 0.4 * rest_s))
            fault.duration_s = min(fault.duration_s, 0.5 * rest_s)
        case "FUEL_LEAK":
            return _leak_on(fault, trips, float(rng.uniform(*_LEAK_S)))
        case "FATIGUE":
            fault.start_s, fault.duration_s = 120.0, trip_s
        case "BATTERY_FAILURE":
            if fault.variant == "battery" and rest_s < HOUR_S:
                fault.variant = "alternator"
            fault.duration_s = trip_s + rest_s if fault.variant == "battery" else trip_s
        case _ if kind in HARSH:
            more = draw_fault(kind, lane, start + float(rng.uniform(60, 0.3 * trip_s + 61)), rng, fitted)
            return [fault, more]
        case _ if kind in DRIVER or kind in ENGINE:
            fault.duration_s = min(fault.duration_s, trip_s)
    return [fault]


def _leak_on(fault: Fault, trips: Trips, length_s: float) -> list[Fault]:
    """The same leak in its trip and in those that follow, until somebody mends it, `length_s` after it began."""
    vehicle, begin = trips.vehicle[fault.lane], trips.start_s[fault.lane]
    lanes = np.flatnonzero((trips.vehicle == vehicle) & (trips.start_s >= begin) & (trips.start_s < begin + length_s))
    whole = trips.trip_s + trips.rest_s
    lasts = np.minimum(whole[lanes], begin + length_s - trips.start_s[lanes])
    return [replace(fault, lane=int(lane), start_s=0.0, duration_s=float(s)) for lane, s in zip(lanes, lasts, strict=True)]
