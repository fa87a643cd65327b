"""What the level of a tank tells over many drives of a vehicle that is silent between them. Pure numpy.

The level of one drive says nothing of the next: a silent vehicle may have been filled, drained or parked on a slope. What it
loses within each drive does. A sender may fall faster than the engine burns on every healthy drive, idling or moving, so that a
leak is what goes beyond this vehicle's own usual: a ridge regression of unexplained litres on idle and moving hours, which
learns from drives once they are old enough, and little from those that were suspicious.
"""

from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from fleet.fuel_level import Burnt, Slope, centred, stretches
from fleet.telemetry import FloatArray

SILENCE_MIN: Final = 15  # without a reading, after which a drive is over
KEPT: Final = 4  # drives that are held against the usual before they become part of it

DRIVES = np.dtype([
    ("kept", "i1"),               # how many of the arrays below are drives
    ("idle_h", "f4", KEPT),       # newest first, as `Drive` has them
    ("moving_h", "f4", KEPT),
    ("excess_l", "f4", KEPT),
    ("variance_l2", "f4", KEPT),
    ("weight", "f4", (2, 2)),     # what was learnt of the usual: information of its two rates
    ("weighted", "f4", 2),        # and that times the rates
    ("learnt", "f4"),             # drives it rests on
    ("surprise", "f4"),           # sum of their squared departures, in standard deviations
])  # fmt: skip

_LONGEST_MIN = 120  # of a longer drive its last two hours count
_LEAST_MIN = 6
_FLOAT_LOW_PCT, _FLOAT_HIGH_PCT = 10.0, 88.0  # beyond them many floats lie at their end
_CORRELATED = 2.0  # minutes of a sloshing tank that say as much as one
_WANDER_SHARE = 0.008  # of a tank, by which a sender's level wanders over a drive, standard deviation
_UNUSUAL_LPH = np.array([1.5, 4.0]) / 50  # for a litre of tank: what a sender may fall by on healthy drives, idling and moving
_CREDIT = 6.0  # drives that a vehicle's own scatter is credited with being ordinary
_REMEMBERED = 40.0
_SUSPICIOUS_SIGMA, _DOUBTED = 2.5, 0.1  # what drives beyond it teach counts less: a habit may change, a leak must not become one
_OUTLIER_SIGMA = 3.0  # a single drive teaches no more than this
_STOPPED_SIGMA = 1.4


class Drive(NamedTuple):
    """(n,) the newest stretch without a long silence; NaN where too little is known of it.

    Attributes:
        idle_h, moving_h: hours of level at rest and on the move. excess_l: litres lost beyond what was burnt.
        variance_l2: square of its standard error, litres².
    """

    idle_h: FloatArray
    moving_h: FloatArray
    excess_l: FloatArray
    variance_l2: FloatArray

    @property
    def known(self) -> NDArray[np.bool_]:
        return ~np.isnan(self.excess_l)

    def take(self, rows: NDArray[np.intp]) -> Self:
        """Some of the rows."""
        return type(self)(*(column[rows] for column in self))


def latest_drive(level_pct: FloatArray, used: Burnt, heard: NDArray[np.bool_], moving: FloatArray, tank_l: FloatArray) -> Drive:
    """The drive that ends with the newest minute.

    Args:
        level_pct, moving: (n, minutes) level and share in motion. used: litres burnt in each. heard: (n, minutes) whether
        the vehicle sent anything. tank_l: (n,).
    """
    heard = heard[:, -_LONGEST_MIN:]
    level, burnt_l, moving = (part[:, -_LONGEST_MIN:] for part in (level_pct, used.litres, moving))
    level = np.where((level > _FLOAT_LOW_PCT) & (level < _FLOAT_HIGH_PCT), level, np.nan)
    columns = np.arange(level.shape[1])
    waited = columns - np.maximum.accumulate(np.where(heard, columns, -1), axis=1)
    began = np.max(np.where(waited >= SILENCE_MIN, columns, -1), axis=1)
    balance = level * tank_l[:, None] / 100 + np.cumsum(np.nan_to_num(burnt_l), axis=1)
    balance = np.where(heard & (columns > began[:, None]), balance, np.nan)
    stretch, good = stretches(balance, tank_l, leaps=0)
    time = centred(np.broadcast_to(columns / 60, balance.shape), stretch, good)
    loss = -centred(balance, stretch, good)
    count, span = good.sum(axis=1), np.maximum((time**2).sum(axis=1), 1e-9)
    lph = (time * loss).sum(axis=1) / span
    scatter = ((loss - lph[:, None] * time) ** 2).sum(axis=1) / np.maximum(count, 1)
    hours = count / 60
    known = (count >= _LEAST_MIN) & ~np.isnan(used.doubt)
    moved = (good & (moving > 0.1)).sum(axis=1) / 60
    variance = _CORRELATED * scatter * hours**2 / span + (_WANDER_SHARE * tank_l) ** 2
    found = (hours - moved, moved, lph * hours, variance)
    return Drive(*(np.where(known, value, np.nan).astype(np.float32) for value in found))


def remember(memory: NDArray[np.void], drive: Drive, tank_l: FloatArray) -> NDArray[np.void]:
    """(n,) `DRIVES` after one more drive has ended; a drive of which too little is known changes nothing."""
    after = memory.copy()
    known = np.flatnonzero(drive.known)
    rows = after[known]
    _learn(rows, tank_l[known])
    for name, value in drive.take(known)._asdict().items():
        rows[name] = np.concatenate([value[:, None], rows[name][:, :-1]], axis=1)
    rows["kept"] = np.minimum(rows["kept"] + 1, KEPT)
    after[known] = rows
    return after


def vanishing(memory: NDArray[np.void], drive: Drive, tank_l: FloatArray) -> Slope:
    """Fuel that vanishes beyond the usual of this vehicle, over those of its newest drives that tell most.

    Args:
        memory: (n,) `DRIVES`. drive: the one that is going on, NaN where it has just begun.
    """
    open_ = drive.known[:, None]
    columns = [_with(memory[name], value, open_) for name, value in drive._asdict().items()]
    kept = np.arange(KEPT + 1) < (memory["kept"][:, None] + open_)
    return _vanishing(Drive(*columns), kept, memory, tank_l)


def _with(kept: FloatArray, newest: FloatArray, open_: NDArray[np.bool_]) -> FloatArray:
    """(n, KEPT + 1) newest first, with the open drive in front where there is one."""
    pad = np.zeros((len(kept), 1), kept.dtype)
    return np.where(open_, np.concatenate([newest[:, None], kept], axis=1), np.concatenate([kept, pad], axis=1))


def _usual(memory: NDArray[np.void], tank_l: FloatArray) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """(n, 2) usual excess in litres per idle and moving hour; (n, 2, 2) its covariance; (n,) own scatter, as a factor."""
    doubt = _UNUSUAL_LPH * np.maximum(tank_l, 1).astype(np.float64)[:, None]
    weight = memory["weight"].astype(np.float64) + np.eye(2) / doubt[:, None, :] ** 2
    covariance = np.asarray(np.linalg.inv(weight), np.float64)
    rates = (covariance @ memory["weighted"].astype(np.float64)[:, :, None])[:, :, 0]
    return rates, covariance, (_CREDIT + memory["surprise"]) / (_CREDIT + memory["learnt"])


def _vanishing(drives: Drive, there: NDArray[np.bool_], memory: NDArray[np.void], tank_l: FloatArray) -> Slope:
    rates, covariance, scatter = _usual(memory, tank_l)
    hours = np.where(there[:, :, None], np.stack([drives.idle_h, drives.moving_h], axis=2), 0).astype(np.float64)
    beyond = np.where(there, drives.excess_l - (hours * rates[:, None, :]).sum(axis=2), 0)
    variance = np.where(there, drives.variance_l2, 0) * scatter[:, None]
    total_h = np.cumsum(hours, axis=1)
    lost = np.cumsum(beyond, axis=1)
    error = np.sqrt(np.cumsum(variance, axis=1) + np.einsum("nki,nij,nkj->nk", total_h, covariance, total_h))
    span = np.maximum(total_h.sum(axis=2), 1e-3)
    sigma = np.where(there, lost / np.maximum(error, 1e-6), -np.inf)
    best = np.argmax(sigma, axis=1)
    row = np.arange(len(memory))
    lph, error_lph, span_h = (lost / span)[row, best], (error / span)[row, best], span[row, best]
    going = beyond[:, 0] + _STOPPED_SIGMA * np.sqrt(variance[:, 0]) >= lph * span[:, 0] / 2
    found = (np.where(going, lph, np.fmin(lph, 0)), error_lph, span_h)
    return Slope(*(np.where(there[:, 0], value, np.nan).astype(np.float32) for value in found))


def _learn(memory: NDArray[np.void], tank_l: FloatArray) -> None:
    """Makes the oldest drive that is kept part of the usual, in place; with less weight where those that are kept may leak."""
    kept = Drive(*(memory[name] for name in Drive._fields))
    found = _vanishing(kept, np.arange(KEPT) < memory["kept"][:, None], memory, tank_l)
    full = np.flatnonzero(memory["kept"] == KEPT)
    rows = memory[full]
    weight = np.where((found.lph / found.error_lph)[full] >= _SUSPICIOUS_SIGMA, _DOUBTED, 1)
    rates, covariance, scatter = _usual(rows, tank_l[full])
    hours = np.stack([rows["idle_h"][:, -1], rows["moving_h"][:, -1]], axis=1).astype(np.float64)
    variance = rows["variance_l2"][:, -1] * scatter
    expected = (hours * rates).sum(axis=1)
    spread = np.sqrt(variance + np.einsum("ni,nij,nj->n", hours, covariance, hours))
    sigma = np.clip((rows["excess_l"][:, -1] - expected) / spread, -_OUTLIER_SIGMA, _OUTLIER_SIGMA)
    excess = expected + sigma * spread
    rows["weight"] += hours[:, :, None] * hours[:, None, :] * (weight / variance)[:, None, None]
    rows["weighted"] += hours * (weight * excess / variance)[:, None]
    rows["learnt"] += weight
    rows["surprise"] += weight * sigma**2 * scatter
    share = np.minimum(_REMEMBERED / rows["learnt"], 1)
    rows["learnt"], rows["surprise"] = rows["learnt"] * share, rows["surprise"] * share
    memory[full] = rows
