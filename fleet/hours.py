"""How long a vehicle has been driven since its last rest, from minute to minute (EU 561/2006 Art. 7). Pure numpy."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fleet.series import trailing_true
from fleet.telemetry import FloatArray

REST_MIN = 45
MOVING_KMH = 5.0
_STOP_MIN = 5  # a queue or a red light is no rest
_MOVES, _DRIVES = 0.1, 0.5  # share of a minute in motion that ends a rest, and that a tachograph calls driving


class Hours(NamedTuple):
    """(n,) minutes each: driven since the last rest, since the last minute of driving, without any motion."""

    driven: FloatArray
    stopped: FloatArray
    idle: FloatArray


class Stood(NamedTuple):
    """(n,) share of a minute, from 0 to 1, before its first motion and after its last; both 1 where there was none."""

    before: FloatArray
    after: FloatArray


def stood(speed_kmh: FloatArray) -> Stood:
    """How long vehicles stood at both ends of a minute, from (n, 60) speeds, oldest first; an unknown one is no motion."""
    moves = speed_kmh > MOVING_KMH
    seconds = moves.shape[1]
    before = np.where(moves.any(axis=1), moves.argmax(axis=1), seconds) / np.float32(seconds)
    return Stood(before, trailing_true(~moves) / np.float32(seconds))


def drive_on(hours: Hours, moving: FloatArray, minutes: NDArray[np.int64], stood: Stood) -> Hours:
    """The hours after one more minute and the silence behind it.

    Driving counts in whole minutes, as a tachograph has it; a rest from the second in which the vehicle came to stand.

    Args:
        moving: (n,) share of the minute in motion; an unknown one counts as standing.
        minutes: (n,) from the beginning of that minute until now, at least 1.
    """
    share = np.nan_to_num(moving)
    moves, drives = share > _MOVES, share > _DRIVES
    silent = (minutes - 1).astype(np.float32)
    driven = np.where(hours.idle + np.where(moves, stood.before, 0) >= REST_MIN, 0, hours.driven)
    short_stop = np.where((driven > 0) & (hours.stopped <= _STOP_MIN), hours.stopped, 0)
    driven = driven + np.where(drives, 1 + short_stop, 0)
    stopped = np.where(drives, 0, hours.stopped + 1) + silent
    idle = np.where(moves, stood.after, hours.idle + 1) + silent
    return Hours(np.where(idle >= REST_MIN, 0, driven), stopped, idle)
