"""What really happened: intervals in which a fault or a manoeuvre showed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from fleet import signals
from simulator.driving import Motion
from simulator.effects import Effects
from simulator.engine import Engine
from simulator.faults import DRIVER, HARSH, Fault
from simulator.plan import Trips
from simulator.supply import Electrics
from simulator.vehicles import Array, Flags, Vehicles

# Interruptions shorter than this do not end an interval: a drowsy driver at a red light is still drowsy, and the surface
# charge of a trip hides a flat battery for a while only.
_MERGE_S: Final = {
    **dict.fromkeys(HARSH, 5.0), "SPEEDING": 5.0, "MISFIRE": 60.0, "LOW_OIL_PRESSURE": 60.0, "BATTERY_FAILURE": 1800.0,
}  # fmt: skip
_MERGE_DEFAULT_S: Final = 180.0
_LEAST_S: Final = {"SPEEDING": 30.0, **dict.fromkeys(HARSH, 0.3)}
_LEAST_DEFAULT_S: Final = 5.0
_HARSH_SPEED_MS: Final = 8 / 3.6
_OVER_KMH, _OVER_SHARE = 6.0, 1.10
_SEVERE_KMH, _SEVERE_SHARE, _SEVERE_S = 25.0, 1.35, 10.0  # so far above the limit it takes a third of the time
_TINY_S: Final = 1e-6
_MOST_DRIVING_S: Final = 4.5 * 3600.0  # EU 561/2006 Art. 7: then a rest of 45 minutes
_REST_S: Final = 45 * 60.0
_LIMIT: Final = signals.INDEX["speed_limit_kmh"]
_OVERHEATED_C: Final = 103.0
_HOT_C: Final = 110.0
# Oil pressure that an engine needs, by its speed: a warm idle makes do with less.
_OIL_RPM, _OIL_KPA = (700.0, 1300.0), (60.0, 138.0)
_LOW_BATTERY_V: Final = 12.4
_OIL: Final = signals.INDEX["oil_pressure_kpa"]


@dataclass(frozen=True, slots=True)
class Episode:
    """One labelled interval, in seconds on the simulation's clock."""

    lane: int
    label: str
    start_s: float
    end_s: float


@dataclass(slots=True)
class _Interval:
    """What has been seen of an episode; of its severe part the latest stretch. Seconds on the simulation's clock."""

    start_s: float
    end_s: float
    severe_from_s: float = -np.inf
    severe_until_s: float = -np.inf
    severe_enough: bool = False

    def goes_on(self, start_s: float, end_s: float, severe: bool) -> None:
        self.end_s = end_s
        if severe:
            unbroken = start_s <= self.severe_until_s + _TINY_S
            self.severe_from_s = self.severe_from_s if unbroken else start_s
            self.severe_until_s = end_s
            self.severe_enough |= end_s - self.severe_from_s >= _SEVERE_S - _TINY_S


class TruthLog:
    """Joins what is seen step by step into episodes."""

    def __init__(self) -> None:
        self._open: dict[tuple[int, str], _Interval] = {}
        self._closed: list[Episode] = []

    def see(self, lane: int, label: str, start_s: float, end_s: float, *, severe: bool = False) -> None:
        """The label holds for a vehicle from start to end; `severe`: so much that a shorter time makes an episode."""
        interval = self._open.get((lane, label))
        if interval is not None and start_s - interval.end_s > _MERGE_S.get(label, _MERGE_DEFAULT_S):
            self._close(lane, label)
            interval = None
        if interval is None:
            interval = self._open[(lane, label)] = _Interval(start_s, end_s)
        interval.goes_on(start_s, end_s, severe)

    def settle(self, clock_s: Array) -> None:
        """Close what has not been seen for longer than an interruption lasts."""
        for (lane, label), interval in list(self._open.items()):
            if clock_s[lane] - interval.end_s > _MERGE_S.get(label, _MERGE_DEFAULT_S):
                self._close(lane, label)

    def finish(self) -> None:
        """Close everything: the simulation is over."""
        for lane, label in list(self._open):
            self._close(lane, label)

    def take(self) -> Iterator[Episode]:
        """What has been closed since the last call."""
        closed, self._closed = self._closed, []
        return iter(closed)

    def _close(self, lane: int, label: str) -> None:
        interval = self._open.pop((lane, label))
        long_enough = interval.end_s - interval.start_s >= _LEAST_S.get(label, _LEAST_DEFAULT_S) - _TINY_S
        if long_enough or interval.severe_enough:
            self._closed.append(Episode(lane, label, interval.start_s, interval.end_s))


def watch_driving(log: TruthLog, vehicles: Vehicles, motion: Motion, clock_s: Array, dt: Array) -> None:
    """Harsh manoeuvres and speeding are what the vehicle does, whoever caused it; only a reported limit can be seen broken."""
    fast = (motion.speed_ms + np.maximum(-motion.accel_ms2, 0) * dt >= _HARSH_SPEED_MS) & (dt > 0)
    limit = vehicles.harsh_ms2
    speed_kmh, limit_kmh = motion.speed_ms * 3.6, motion.road.limit_kmh
    speeding = (speed_kmh > limit_kmh + _OVER_KMH) & (speed_kmh > limit_kmh * _OVER_SHARE) & (dt > 0) & vehicles.fitted[_LIMIT]
    severe = speeding & (speed_kmh > limit_kmh + _SEVERE_KMH) & (speed_kmh > limit_kmh * _SEVERE_SHARE)
    seen: tuple[tuple[str, Flags], ...] = (
        ("HARSH_ACCELERATION", fast & (motion.accel_ms2 >= limit[0])),
        ("HARSH_BRAKING", fast & (motion.accel_ms2 <= -limit[1])),
        ("HARSH_CORNERING", fast & (np.abs(motion.lateral_ms2) >= limit[2])),
        ("SPEEDING", speeding),
    )
    for label, mask in seen:
        for lane in np.flatnonzero(mask):
            by_much = label == "SPEEDING" and bool(severe[lane])
            log.see(int(lane), label, float(clock_s[lane] - dt[lane]), float(clock_s[lane]), severe=by_much)


def watch_engine(
    log: TruthLog, vehicles: Vehicles, engine: Engine, electrics: Electrics, running: Flags, clock_s: Array, dt: Array
) -> None:
    """An engine too hot, oil pressure too low and a battery flat at rest are what the vehicle shows, whoever caused it.

    An overheated engine thins its oil, a dead alternator drains the battery: such a side effect is an event of its own. Only a
    pressure that is measured can be seen.
    """
    least_kpa = np.interp(engine.rpm, _OIL_RPM, _OIL_KPA)
    seen: tuple[tuple[str, Flags], ...] = (
        ("ENGINE_OVERHEAT", running & (engine.coolant_c > _HOT_C)),
        ("LOW_OIL_PRESSURE", running & (engine.oil_kpa < least_kpa) & vehicles.fitted[_OIL]),
        ("BATTERY_FAILURE", ~running & (electrics.resting_v < _LOW_BATTERY_V)),
    )
    for label, mask in seen:
        for lane in np.flatnonzero(mask & (dt > 0)):
            log.see(int(lane), label, float(clock_s[lane] - dt[lane]), float(clock_s[lane]))


def overdue_rests(trips: Trips) -> Iterator[Episode]:
    """FATIGUE where somebody drives on after 4.5 h without a rest."""
    vehicle, driven_s = -1, 0.0
    for lane in range(len(trips)):
        if trips.vehicle[lane] != vehicle or trips.rested_s[lane] >= _REST_S:
            vehicle, driven_s = int(trips.vehicle[lane]), 0.0
        trip_s = float(trips.trip_s[lane])
        if driven_s + trip_s > _MOST_DRIVING_S:
            yield Episode(lane, "FATIGUE", max(_MOST_DRIVING_S - driven_s, 0.0), trip_s)
        driven_s += trip_s


def ordinary_trips(trips: Trips, episodes: Iterable[Episode], faults: Iterable[Fault]) -> Iterator[Episode]:
    """NORMAL for every trip without an episode or an overdue rest, in which no part of the vehicle failed, seen or unseen."""
    failing = {fault.lane for fault in faults if fault.kind not in DRIVER and np.isfinite(fault.began)}
    eventful = failing | {episode.lane for episode in (*episodes, *overdue_rests(trips))}
    for lane in range(len(trips)):
        if lane not in eventful:
            yield Episode(lane, "NORMAL", 0.0, float(trips.trip_s[lane]))


def shows(fault: Fault, now: float, vehicles: Vehicles, effects: Effects, motion: Motion, engine: Engine, running: Flags) -> bool:
    """Whether the fault can be seen from outside at this moment; a hidden fault is no anomaly yet."""
    lane = fault.lane
    match fault.kind:
        case "FATIGUE":
            return bool(motion.speed_ms[lane] > 5)
        case "ENGINE_OVERHEAT":
            return bool(engine.coolant_c[lane] > max(_OVERHEATED_C, vehicles.thermostat_c[lane] + 15))
        case "SENSOR_FAULT" if fault.variant == "drifting":
            return fault.share(now) > 0.15
        case "BATTERY_FAILURE" if fault.variant == "battery":
            return not running[lane]
        case "FUEL_LEAK":
            return True
        case "FUEL_THEFT":
            return bool(effects.drain_lps[lane] > 0)
        case "SPEEDING" | "HARSH_ACCELERATION" | "HARSH_BRAKING" | "HARSH_CORNERING":
            return False  # `watch_driving` sees them
        case _:
            return bool(running[lane])
