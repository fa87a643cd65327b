"""The rhythm of a vehicle's workshop visits: when the last one was and when the next is due. Pure numpy."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]
Column = NDArray[np.float32]

HOUR_MS: Final = 3_600_000
SPAN_MS: Final = 2**43  # longer than any time since 1970, so that vehicles never overlap in one sorted array
SAME_VISIT_H: Final = 24  # parts booked within a day belong to one visit
GAPS: Final = 6  # the newest gaps whose median is the rhythm; a skipped or an extra visit does not move it


class VisitRhythm:
    """Visits of a fleet, asked for many vehicles and moments at once; at a moment only the visits until then count.

    Args:
        vehicle, at_ms: (n,) one row per part replaced or service booked.
    """

    def __init__(self, vehicle: Places, at_ms: Places) -> None:
        keys = np.unique(vehicle * SPAN_MS + at_ms)
        first = np.diff(keys, prepend=-SPAN_MS) > SAME_VISIT_H * HOUR_MS
        self._keys = keys[first]
        self._usual_h = _usual_gap_h(self._keys)

    def known(self, vehicle: Places, at_ms: Places) -> tuple[Column, Column, Column]:
        """(n,) hours since the newest visit, the same modulo the usual gap, hours until the next is due; NaN where unknown."""
        if not len(self._keys):
            unknown = np.full(len(vehicle), np.nan, np.float32)
            return unknown, unknown, unknown
        now = vehicle * SPAN_MS + at_ms
        place = np.maximum(np.searchsorted(self._keys, now, "right") - 1, 0)
        key = self._keys[place]
        own = (key <= now) & (key >= vehicle * SPAN_MS)
        since = np.where(own, (now - key) / HOUR_MS, np.nan)
        usual = np.where(own, self._usual_h[place], np.nan)
        phase = np.mod(since, usual)
        return since.astype(np.float32), phase.astype(np.float32), (usual - phase).astype(np.float32)


def _usual_gap_h(keys: Places) -> NDArray[np.float64]:
    """(visit,) median of the vehicle's newest gaps as of each visit; NaN before its third visit."""
    gaps = np.full((len(keys), GAPS), np.nan)
    for back in range(min(GAPS, len(keys) - 1)):
        newer, older = keys[back + 1 :], keys[: len(keys) - back - 1]
        own = newer // SPAN_MS == older // SPAN_MS
        gaps[back + 1 :, back] = np.where(own, keys[1 : len(keys) - back] - older, np.nan) / HOUR_MS
    enough = np.isfinite(gaps).sum(axis=1) > 1
    usual = np.full(len(keys), np.nan)
    usual[enough] = np.nanmedian(gaps[enough], axis=1)
    return usual
