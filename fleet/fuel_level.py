"""What the level of a tank tells over rests and over hours."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fleet.series import MAD_TO_SIGMA, REPORT_MIN, carried, mean, median, middle, newest, trailing_true
from fleet.telemetry import FloatArray

_SETTLING_MIN = 2  # minutes after which the fuel in a parked vehicle has come to rest
_AFTER_REST_MIN = 10  # minutes of driving over which a level is still compared with the one before the rest
_FEW_MIN = 10  # metered minutes from which on a vehicle's own factor is known
_FACTORS = (0.4, 2.5)
_METER_ERROR, _CALIBRATED_ERROR, _CLASS_ERROR = 0.04, 0.12, 0.25  # share by which a meter, and what is expected, may be off
_UNKNOWN_SHARE = 0.05  # of the minutes in which the engine ran and nothing tells what it burnt
_LEAP_MIN = 10
_LEAP_L, _LEAP_SHARE, _LEAP_USUAL = 5.0, 0.03, 3.0  # a refuel, a theft, a sender that failed: litres, tank, usual swing
_CORRELATED_MIN = 10.0  # readings of a sloshing tank say something new about this often
_GRAIN_PCT = 0.15
_WANDER_PCT = 0.5  # by which a sender's level wanders over a trip
_SHORTEST_MIN = 6
_SPANS_MIN = (90, 180, 360)
_LEAST_MIN = 30
_BIN_MIN = 15
_BINS_QUIETER = 1.7  # the difference of two bins against that of two minutes, whose noise lasts for some minutes
_MOVING_SHARE = 0.1  # of a minute in motion, beyond which the fuel sloshes
_WHOLE_SHARE = 0.5  # of the readings of the minute before: with fewer a median is that of one slosh
_LATEST_BINS = (1, 2, 8)  # over which a loss must still go on: a thief stops within minutes, a mended tank shows over two hours
_CLIMB_LAGS = (5, 8, 12)
_CLIMBED_MIN = 60


def whole_minutes(level_pct: FloatArray, samples: FloatArray, moving: FloatArray) -> FloatArray:
    """Levels less those of minutes in which a drive ended, or had just ended: a few seconds of braking lay a sender bare or
    under, and a single reading of fuel that still sloshes stands for as long as a parked vehicle is silent.

    Args:
        level_pct: (n, minutes) medians, in percent. samples: readings of each. moving: share of each in motion.
    """
    part = np.zeros(level_pct.shape, bool)
    moves = moving > _MOVING_SHARE
    part[:, 1:] = (moves[:, 1:] | moves[:, :-1]) & (samples[:, 1:] < _WHOLE_SHARE * samples[:, :-1])
    return np.where(part, np.nan, level_pct)


class Rest(NamedTuple):
    """(n,) points of level lost over a rest; three times what its least third lost; its minutes; whether it was heard."""

    drop_pct: FloatArray
    steady_pct: FloatArray
    min: FloatArray
    heard: FloatArray


def rest_drop(level: FloatArray, heard: NDArray[np.bool_], parked: NDArray[np.bool_]) -> Rest:
    """The level over the present rest, or the one that has just ended.

    Nothing burns and nothing sloshes in a parked vehicle. A sender that was silent meanwhile is compared across the gap:
    then the level before it is one from a fuel that may not have come to rest.
    """
    rows, columns = np.arange(len(level)), np.arange(level.shape[1])
    since = trailing_true(~parked).astype(np.intp)
    last_parked = np.maximum(columns[-1] - since, 0)
    driven = np.maximum.accumulate(np.where(parked, -1, columns), axis=1)[rows, last_parked]
    settled = driven + 1 + _SETTLING_MIN
    began = np.minimum(settled[:, None] + np.arange(3), columns[-1])
    first = level[rows[:, None], began]
    lasted = (last_parked - driven).astype(np.float32)
    usable = (driven >= 0) & (lasted > _SETTLING_MIN + 3) & (since <= _AFTER_REST_MIN)
    marks = [middle(first, 0)]
    for part in (1, 2):
        at = (driven + 1 + _SETTLING_MIN + part * (last_parked - driven - 1 - _SETTLING_MIN) / 3).astype(np.intp)
        marks.append(middle(level[rows[:, None], np.clip(at[:, None] + np.arange(-1, 2), 0, columns[-1])], 0))
    marks.append(middle(level, 0))
    steady = 3 * np.fmin.reduce([earlier - later for earlier, later in pairwise(marks)])
    known = heard[rows[:, None], began].any(axis=1)
    found = (marks[0] - marks[3], steady, lasted, known)
    return Rest(*(np.where(usable, value, np.nan) for value in found))


class Burnt(NamedTuple):
    """(n, minutes) litres of each minute, NaN where nothing tells; (n,) share they may be off by, NaN where too few tell."""

    litres: FloatArray
    doubt: FloatArray


def burnt(metered_l: FloatArray, expected_l: FloatArray, engine_on: FloatArray) -> Burnt:
    """What was burnt, from (n, minutes): metered where a meter spoke, else expected, corrected by what both say of this vehicle.

    A vehicle that reports every few minutes goes on as it did between two reports.
    """
    metered_l, expected_l, engine_on = (carried(values, REPORT_MIN) for values in (metered_l, expected_l, engine_on))
    both = ~np.isnan(metered_l + expected_l) & (expected_l > 0)
    seen, said = np.where(both, metered_l, 0).sum(axis=1), np.where(both, expected_l, 0).sum(axis=1)
    known = both.sum(axis=1) >= _FEW_MIN
    factor = np.where(known, np.clip(seen / np.maximum(said, 1e-3), *_FACTORS), 1)
    filled = np.where(engine_on < 0.5, 0, expected_l * factor[:, None])
    litres = np.where(np.isnan(metered_l), filled, metered_l)
    running = engine_on > 0.5
    blind = (running & np.isnan(litres)).sum(axis=1) > _UNKNOWN_SHARE * np.maximum(running.sum(axis=1), 1)
    guessed = np.where(np.isnan(metered_l), np.nan_to_num(filled), 0).sum(axis=1)
    share = guessed / np.maximum(np.nansum(litres, axis=1), 1e-3)
    doubt = _METER_ERROR * (1 - share) + np.where(known, _CALIBRATED_ERROR, _CLASS_ERROR) * share
    return Burnt(litres.astype(np.float32), np.where(blind, np.nan, doubt))


class Slope(NamedTuple):
    """(n,) litres per hour (positive: vanishing), the standard error, and the hours of level it rests on."""

    lph: FloatArray
    error_lph: FloatArray
    hours: FloatArray


def unexplained_slope(level_pct: FloatArray, used: Burnt, tank_l: FloatArray) -> Slope:
    """Fuel that vanishes beyond consumption, over the span of the last hours that tells most; what has stopped is no leak.

    Args:
        level_pct: (n, minutes) level. used: litres burnt in each minute. tank_l: (n,) tank.
    """
    best = Slope(*(np.full(len(level_pct), np.nan, np.float32) for _ in Slope._fields))
    for span in _SPANS_MIN:
        slope = _slope(level_pct[:, -span:], Burnt(used.litres[:, -span:], used.doubt), tank_l)
        clearer = (slope.lph / slope.error_lph > best.lph / best.error_lph) | np.isnan(best.lph)
        best = Slope(*(np.where(clearer, new, old) for new, old in zip(slope, best, strict=True)))
    return best


def _slope(level_pct: FloatArray, used: Burnt, tank_l: FloatArray) -> Slope:
    """Every stretch between two leaps or silences has a level of its own; what they share are the rate at which fuel vanishes
    and the share by which consumption is misjudged, which is uncertain by `used.doubt`.
    """
    litres = tank_l / 100
    spent = np.cumsum(np.nan_to_num(used.litres), axis=1)
    balance = level_pct * litres[:, None] + spent
    stretch, good = stretches(balance, tank_l)
    time = centred(np.broadcast_to(np.arange(balance.shape[1]) / 60, balance.shape), stretch, good)
    burnt_l, loss = centred(spent, stretch, good), -centred(balance, stretch, good)
    count = good.sum(axis=1)
    tt, tb, bb, tl, bl = (
        (one * other).sum(axis=1) / _CORRELATED_MIN
        for one, other in ((time, time), (time, burnt_l), (burnt_l, burnt_l), (time, loss), (burnt_l, loss))
    )
    rough = tl / np.maximum(tt, 1e-6)
    variance = ((loss - rough[:, None] * time) ** 2).sum(axis=1) / np.maximum(count, 1) + (_GRAIN_PCT * litres) ** 2
    stiff = bb + variance / np.maximum(used.doubt, 1e-3) ** 2
    determinant = np.maximum(tt * stiff - tb**2, 1e-9)
    wander = _WANDER_PCT * litres / np.sqrt(np.maximum(12 * tt * _CORRELATED_MIN / np.maximum(count, 1), 1e-3))
    known = (count >= _LEAST_MIN) & ~np.isnan(used.doubt)
    rate = np.where(known, (stiff * tl - tb * bl) / determinant, np.nan)
    rate = np.where(_persists(balance, stretch, good, rate, _GRAIN_PCT * litres), rate, np.fmin(rate, 0))
    return Slope(rate, np.where(known, np.hypot(np.sqrt(variance * stiff / determinant), wander), np.nan), count / 60)


def _persists(
    balance: FloatArray, stretch: NDArray[np.intp], good: NDArray[np.bool_], lph: FloatArray, grain_l: FloatArray
) -> NDArray[np.bool_]:
    """(n,) whether fuel vanishes at about this rate most of the time, and still does: what a thief took is over."""
    shape = (len(balance), -1, _BIN_MIN)
    level = np.where(good, balance, np.nan).reshape(shape)
    count = good.reshape(shape).sum(axis=2)
    centre = np.where(count >= _BIN_MIN // 3, np.nansum(level, axis=2) / np.maximum(count, 1), np.nan)
    number = np.where(good, stretch, -1).reshape(shape).max(axis=2)
    loss = np.where(number[:, 1:] == number[:, :-1], centre[:, :-1] - centre[:, 1:], np.nan)
    typical = median(loss)
    noise = np.hypot(MAD_TO_SIGMA * median(np.abs(np.diff(np.where(good, balance, np.nan), axis=1))) / _BINS_QUIETER, grain_l)
    least = lph * _BIN_MIN / 60 / 2
    latest = [mean(loss[:, -bins:]) + 2 * np.sqrt(2) * noise / bins for bins in _LATEST_BINS]
    still = ~np.isnan(loss[:, -1]) & (np.fmin.reduce(latest, axis=0) >= least)
    often = typical + 2.5 * noise / np.sqrt(np.maximum((~np.isnan(loss)).sum(axis=1), 1)) >= least
    return np.asarray((often | np.isnan(typical)) & still)


def sender_habits(level: FloatArray, moving: NDArray[np.bool_], used: Burnt, tank_l: FloatArray) -> dict[str, FloatArray]:
    """What a healthy sender does not do, (n,) each, from (n, minutes).

    Returns:
        `climb_pct`: points risen within a drive without a stop of two minutes. `climbed_pct`: the most of them lately.
        `flat_burnt_pct`: of a tank, burnt while the level read the same to the last digit. `before_zero_pct`: the last level
        above 0, where the newest is 0.
    """
    stops = ~moving[:, 1:] & ~moving[:, :-1]
    driven = trailing_true(~stops)
    rises = [np.where(driven >= lag + 3, middle(level, 0) - middle(level, lag), np.nan) for lag in _CLIMB_LAGS]
    climbed = [_climbed(level, stops, lag) for lag in _CLIMB_LAGS]
    now = newest(level)[:, None]
    same = trailing_true((level == now) | np.isnan(level)).astype(np.intp)
    total = np.cumsum(np.nan_to_num(used.litres), axis=1)
    rows, began = np.arange(len(level)), np.maximum(level.shape[1] - 1 - same, 0)
    flat = np.where(now[:, 0] > 0, 100 * (total[:, -1] - total[rows, began]) / tank_l, np.nan)
    above = newest(carried(np.where(level > 0, level, np.nan), level.shape[1]))
    return {
        "climb_pct": np.fmax.reduce(rises, axis=0),
        "climbed_pct": np.maximum(np.fmax.reduce(climbed, axis=0), 0),
        "flat_burnt_pct": flat,
        "before_zero_pct": np.where(now[:, 0] == 0, above, np.nan),
    }


def _climbed(level: FloatArray, stops: NDArray[np.bool_], lag: int) -> FloatArray:
    """(n,) most points risen within `lag` minutes of driving, in the last `_CLIMBED_MIN`."""
    smooth = _smoothed(level)[:, -_CLIMBED_MIN:]
    stopped = np.cumsum(stops[:, -_CLIMBED_MIN:], axis=1)
    driving = stopped[:, lag:] == stopped[:, :-lag]
    return np.fmax.reduce(np.where(driving, smooth[:, lag:] - smooth[:, :-lag], np.nan), axis=1)


def stretches(balance: FloatArray, tank_l: FloatArray, leaps: float = _LEAP_USUAL) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """(n, minutes) number of the stretch a minute belongs to, unique over rows, and whether it belongs to one.

    Args:
        leaps: times the usual swing of these minutes, from which on a change is a leap; 0 where they are too few to tell it.
    """
    smooth = _smoothed(balance)
    moved = np.full(balance.shape, np.nan, np.float32)
    moved[:, _LEAP_MIN:] = np.abs(smooth[:, _LEAP_MIN:] - smooth[:, :-_LEAP_MIN])
    limit = np.maximum(np.maximum(_LEAP_L, _LEAP_SHARE * tank_l), leaps * np.nan_to_num(median(moved)))
    ends = moved > limit[:, None]
    leaping = ends.copy()
    for back in range(1, _LEAP_MIN + 1):
        leaping[:, :-back] |= ends[:, back:]
    good = ~np.isnan(balance) & ~leaping
    begins = good & ~np.concatenate([np.zeros((len(good), 1), bool), good[:, :-1]], axis=1)
    stretch = np.cumsum(begins, axis=1) + np.arange(len(good))[:, None] * (good.shape[1] + 1)
    length = np.bincount(stretch[good], minlength=int(stretch.max(initial=0)) + 1)
    return stretch, good & (length[stretch] >= _SHORTEST_MIN)


def centred(values: FloatArray, stretch: NDArray[np.intp], good: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Values less the mean of their stretch, 0 outside of any."""
    size = int(stretch.max(initial=0)) + 1
    where = stretch[good]
    total = np.bincount(where, values[good], minlength=size)
    centre = total / np.maximum(np.bincount(where, minlength=size), 1)
    return np.where(good, np.nan_to_num(values) - centre[stretch], 0)


def _smoothed(level: FloatArray) -> FloatArray:
    kernel = 5
    present = ~np.isnan(level)
    total = np.cumsum(np.where(present, level, 0), axis=1)
    count = np.cumsum(present, axis=1)
    total[:, kernel:] -= total[:, :-kernel].copy()
    count[:, kernel:] -= count[:, :-kernel].copy()
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
