"""How long a vehicle has been driven since its last rest, from minute to minute (EU 561/2006 Art. 7). Pure numpy."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fleet.telemetry import FloatArray

REST_MIN = 45
_STOP_MIN = 5  # a queue or a red light is no rest
_MOVES, _DRIVES = 0.1, 0.5  # share of a minute in motion that ends a rest, and that a tachograph calls driving


class Hours(NamedTuple):
    """(n,) minutes each: driven since the last rest, since the last minute of driving, without any motion."""

    driven: FloatArray
    stopped: FloatArray
    idle: FloatArray


def drive_on(hours: Hours, moving: FloatArray, minutes: NDArray[np.int64]) -> Hours:
    """The hours after one more minute and the silence behind it.

    Args:
        moving: (n,) share of the minute in motion; an unknown one counts as standing.
        minutes: (n,) from the beginning of that minute until now, at least 1.
    """
    share = np.nan_to_num(moving)
    drives = share > _DRIVES
    short_stop = np.where((hours.driven > 0) & (hours.stopped <= _STOP_MIN), hours.stopped, 0)
    driven = hours.driven + np.where(drives, 1 + short_stop, 0)
    silent = (minutes - 1).astype(np.float32)
    stopped = np.where(drives, 0, hours.stopped + 1) + silent
    idle = np.where(share > _MOVES, 0, hours.idle + 1) + silent
    return Hours(np.where(idle >= REST_MIN, 0, driven), stopped, idle)
