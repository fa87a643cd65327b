"""What the level of a tank tells over rests and over hours."""

import numpy as np
from numpy.typing import NDArray

from fleet.series import mean, middle, trailing_true
from fleet.telemetry import FloatArray

_SETTLING_MIN = 2  # minutes after which the fuel in a parked vehicle has come to rest
_AFTER_REST_MIN = 10  # minutes of driving over which a level is still compared with the one before the rest


def rest_drop(
    level: FloatArray, heard: NDArray[np.bool_], parked: NDArray[np.bool_]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(n,) points of level lost over the present rest, or the one that has just ended, its minutes, and whether it was heard.

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
    lost = middle(first, 0) - middle(level, 0)
    known = heard[rows[:, None], began].any(axis=1)
    return tuple(np.where(usable, value, np.nan) for value in (lost, lasted, known))  # type: ignore[return-value]


def unexplained_slope(level_pct: FloatArray, used_l: FloatArray, tank_l: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Fuel that vanishes beyond consumption, over the last hours.

    Args:
        level_pct: (n, minutes) level. used_l: (n, minutes) litres burnt in each minute, NaN where unknown.
        tank_l: (n,) tank.

    Returns:
        (n,) litres per hour (positive: vanishing), its standard error, and the hours of level it rests on.
        Only the time after the last leap of 5 l or more counts: a refuel, a theft, or a sender that failed.
    """
    level_l = level_pct * tank_l[:, None] / 100
    balance = level_l + np.cumsum(np.nan_to_num(used_l), axis=1)
    smooth = _smoothed(balance)
    leap = np.abs(smooth[:, 10:] - smooth[:, :-10]) > np.maximum(5, 0.03 * tank_l)[:, None]
    since = np.where(leap.any(axis=1), leap.shape[1] - np.argmax(leap[:, ::-1], axis=1) + 10, 0)
    residual = np.where(np.arange(level_l.shape[1]) >= since[:, None], balance, np.nan)
    x = np.arange(residual.shape[1]) / 60 + 0 * residual
    count = (~np.isnan(residual)).sum(axis=1)
    x = x - mean(x)[:, None]
    centred = residual - mean(residual)[:, None]
    variance = np.maximum(mean(x**2), 1e-6)
    rate = mean(x * centred) / variance
    noise = np.sqrt(
        mean((centred - rate[:, None] * x) ** 2) / variance / np.maximum(count / 10, 1)
    )  # readings correlate over ~10 min
    enough = count >= 60
    return np.where(enough, -rate, np.nan), np.where(enough, noise, np.nan), count / 60


def _smoothed(level: FloatArray) -> FloatArray:
    kernel = 5
    present = ~np.isnan(level)
    total = np.cumsum(np.where(present, level, 0), axis=1)
    count = np.cumsum(present, axis=1)
    total[:, kernel:] -= total[:, :-kernel].copy()
    count[:, kernel:] -= count[:, :-kernel].copy()
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
