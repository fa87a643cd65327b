"""Puts fuel losses into a real log of normal driving: drains while parked and slow leaks, each in its own copy."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fleet import signals
from fleet.replay import WARM_UP_S, Recording
from fleet.telemetry import FloatArray, TimeArray

LEVEL: Final = signals.INDEX["fuel_level_pct"]
SPEED: Final = signals.INDEX["speed_kmh"]
DRAIN_S: Final = 300.0
_TRIP_GAP_S: Final = 60.0
_FLOAT_END_PCT: Final = 8.6  # where the float of this car lies on the bottom
_AFTER_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class Loss:
    """One loss that was put in: when, and how much of it.

    Attributes:
        share: of the tank for a drain. lph: litres per hour for a leak. parked: the leak goes on while the car stands silent.
    """

    start: float
    end: float
    share: float = 0.0
    lph: float = 0.0
    parked: bool = False


def standing_starts(recorded: Recording, vehicle: int = 0) -> TimeArray:
    """Moments from which on a vehicle stands for as long as a drain takes, readings going on."""
    time, values = _of(recorded, vehicle)
    moving = np.flatnonzero(~(values[:, SPEED] == 0))
    gaps = np.flatnonzero(np.diff(time) > _TRIP_GAP_S)
    ends = np.sort(np.r_[time[moving], time[gaps], time[-1]])
    until = ends[np.minimum(np.searchsorted(ends, time), len(ends) - 1)]
    return time[(until - time >= DRAIN_S + 60) & (values[:, SPEED] == 0)]


def trip_starts(recorded: Recording, vehicle: int = 0) -> TimeArray:
    """First reading of every trip."""
    time, _ = _of(recorded, vehicle)
    return time[np.r_[True, np.diff(time) > _TRIP_GAP_S]]


def inject(
    recorded: Recording,
    losses: list[Loss],
    tank_l: float,
    past_s: float = WARM_UP_S,
    after_s: float = _AFTER_S,
    vehicle: int = 0,
) -> Recording:
    """A recording with one vehicle per loss: the log from `past_s` before it until `after_s` past its end, the loss put in."""
    time, values = _of(recorded, vehicle)
    parts = [_part(time, values, loss, tank_l, past_s, after_s) for loss in losses]
    name = recorded.vehicles[vehicle]
    return Recording(
        vehicles=tuple(name._replace(vehicle=f"{name.vehicle}-{number}") for number in range(len(losses))),
        starts=np.r_[0, np.cumsum([len(at) for at, _ in parts])].astype(np.intp),
        event_time=np.concatenate([at for at, _ in parts]),
        values=np.concatenate([part for _, part in parts]),
        drivers=None,
        kinds=(recorded.kinds[vehicle],) * len(losses),
        tanks=(tank_l,) * len(losses),
    )


def lost_pct(at: TimeArray, loss: Loss, tank_l: float) -> FloatArray:
    """(n,) points of level that are gone at each time. A leak runs while the vehicle does, as one behind the pump, or on."""
    if loss.lph:
        running = np.diff(at, prepend=at[0])
        running[(at <= loss.start) | (at > loss.end) | ((running > _TRIP_GAP_S) & (not loss.parked))] = 0
        return (100 * loss.lph / tank_l * np.cumsum(running) / 3600).astype(np.float32)
    return (100 * loss.share * np.clip((at - loss.start) / DRAIN_S, 0, 1)).astype(np.float32)


def _part(
    time: TimeArray, values: FloatArray, loss: Loss, tank_l: float, past_s: float, after_s: float
) -> tuple[TimeArray, FloatArray]:
    rows = slice(int(np.searchsorted(time, loss.start - past_s)), int(np.searchsorted(time, loss.end + after_s)))
    at, part = time[rows], values[rows].copy()
    level = part[:, LEVEL]
    lowered = np.maximum(level - lost_pct(at, loss, tank_l), np.minimum(level, _FLOAT_END_PCT))
    part[:, LEVEL] = np.where(level > 0, lowered, level)
    return at, part


def _of(recorded: Recording, vehicle: int) -> tuple[TimeArray, FloatArray]:
    rows = slice(int(recorded.starts[vehicle]), int(recorded.starts[vehicle + 1]))
    return recorded.event_time[rows], recorded.values[rows]


def level_before(recorded: Recording, starts: TimeArray, vehicle: int = 0) -> NDArray[np.float32]:
    """(n,) points of level at each start."""
    time, values = _of(recorded, vehicle)
    level: NDArray[np.float32] = values[np.minimum(np.searchsorted(time, starts), len(time) - 1), LEVEL]
    return level
