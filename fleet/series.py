"""Statistics of rows with silence in them: NaN is nothing, never 0."""

import numpy as np
from numpy.typing import NDArray

from fleet.telemetry import FloatArray

MAD_TO_SIGMA = 1.4826  # scales a median absolute deviation to a normal standard deviation
SECOND_DIFFERENCE = 6**-0.5  # standard deviation of independent readings in that of their second differences
REPORT_MIN = 4  # between two reports, in which a vehicle goes on as it did


def mean(values: FloatArray) -> FloatArray:
    """(n,) mean over axis 1 of what is there; NaN where nothing is."""
    present = ~np.isnan(values)
    count = present.sum(axis=1)
    total = np.where(present, values, 0).sum(axis=1, dtype=np.float32)
    return np.divide(total, count, out=np.full(len(values), np.nan, np.float32), where=count > 0)


def median(values: FloatArray) -> FloatArray:
    """(n,) median over axis 1 of what is there; NaN where nothing is."""
    ordered = np.sort(values, axis=1)  # NaN last
    count = (~np.isnan(values)).sum(axis=1)
    rows = np.arange(len(values))
    low, high = np.maximum(count - 1, 0) // 2, np.maximum(count // 2, 0)
    middle = (ordered[rows, low] + ordered[rows, np.minimum(high, values.shape[1] - 1)]) / 2
    return np.where(count > 0, middle, np.nan).astype(np.float32)


def strongest(values: FloatArray, count: int = 3, least: int = 20) -> FloatArray:
    """(n,) mean of the `count` highest values along axis 1; NaN where fewer than `least` are there."""
    top = -np.sort(-values, axis=1)[:, :count]  # NaN last
    return np.where((~np.isnan(values)).sum(axis=1) >= least, mean(top), np.nan)


def typical(values: FloatArray, least: int = 20) -> FloatArray:
    """(n,) median magnitude along axis 1, deaf to single jolts; NaN where fewer than `least` are there."""
    return np.where((~np.isnan(values)).sum(axis=1) >= least, median(np.abs(values)), np.nan)


def trailing_true(flags: NDArray[np.bool_]) -> FloatArray:
    """(n,) length of the run of True that ends each row."""
    broken = ~flags[:, ::-1]
    return np.where(broken.any(axis=1), np.argmax(broken, axis=1), flags.shape[1]).astype(np.float32)


def newest(values: FloatArray) -> FloatArray:
    """(n,) the last value that is there along axis 1."""
    present = ~np.isnan(values[:, ::-1])
    return values[np.arange(len(values)), values.shape[1] - 1 - np.argmax(present, axis=1)]


def carried(values: FloatArray, limit: int = 12) -> FloatArray:
    """Gaps of up to `limit` columns filled with the value before them: a level holds between sparse readings."""
    columns = np.arange(values.shape[1])
    source = np.maximum.accumulate(np.where(np.isnan(values), -1, columns), axis=1)
    filled = np.take_along_axis(values, np.maximum(source, 0), axis=1)
    return np.where((source >= 0) & (columns - source <= limit), filled, np.nan)


def middle(level: FloatArray, minutes_ago: int) -> FloatArray:
    """(n,) median of three minutes around a moment; NaN when two of them are missing."""
    end = level.shape[1] - minutes_ago
    three = level[:, max(end - 3, 0) : end]
    ordered = np.sort(three, axis=1)
    count = (~np.isnan(three)).sum(axis=1)
    return np.where(count >= 2, ordered[np.arange(len(three)), np.maximum(count - 1, 0) // 2], np.nan)


def held_throughout(values: FloatArray) -> FloatArray:
    """(n,) what the first, the last and five in six of the values along axis 1 reach; a dip of a few seconds is no end."""
    ordered = np.sort(values, axis=1)  # NaN last
    return np.minimum(ordered[:, values.shape[1] // 6], np.minimum(values[:, 0], values[:, -1]))


def spread(values: FloatArray) -> FloatArray:
    """(n,) standard deviation over axis 1 of what is there; NaN below two values."""
    centre = mean(values)
    variance = mean((values - centre[:, None]) ** 2)
    return np.where((~np.isnan(values)).sum(axis=1) >= 2, np.sqrt(variance), np.nan)


def slope(values: FloatArray) -> FloatArray:
    """(n,) least-squares change per column; NaN below a third of the columns."""
    x = np.arange(values.shape[1], dtype=np.float32) + 0 * values
    x = x - mean(x)[:, None]
    rise = mean(x * (values - mean(values)[:, None])) / np.maximum(mean(x**2), 1e-6)
    return np.where((~np.isnan(values)).mean(axis=1) >= 1 / 3, rise, np.nan)


def covered_sum(values: FloatArray) -> FloatArray:
    """(n,) sum over axis 1 scaled up for missing columns; NaN below half of them."""
    coverage = (~np.isnan(values)).mean(axis=1)
    return np.where(coverage >= 0.5, mean(values) * values.shape[1], np.nan)
