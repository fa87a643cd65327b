"""How good forecasts are: discrimination, calibration, error; for each component and for any of them."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from lifelines.utils import concordance_index
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score

from training.landmarks import Landmarks

Array = NDArray[np.float64]
AUC_HORIZONS_H: Final = (24, 48, 72)
_BINS: Final = 10
_CONCORDANCE_ROWS: Final = 20_000


def any_component(probability: Array) -> Array:
    """(n,) probability that at least one of (n, component) fails, were they independent."""
    return np.asarray(1 - np.prod(1 - probability, axis=1))


def forecast_metrics(marks: Landmarks, probability: Array, components: Sequence[str]) -> dict[str, float]:
    """Figures by name, `any.auc` for example; only moments followed for the whole horizon count.

    Args:
        probability: (n, component) forecasts for the rows of `marks`, columns as in `components`.
    """
    places = [marks.components.index(name) for name in components]
    failed, hours = np.take(marks.failed, places, axis=1), np.take(marks.follow_up_h, places, axis=1)
    keep = marks.complete
    figures = _figures("any", any_component(probability)[keep], np.asarray(failed.any(axis=1))[keep], hours.min(axis=1)[keep])
    for column, name in enumerate(components):
        figures |= _figures(name, probability[keep, column], failed[keep, column], hours[keep, column])
    return figures


def _figures(name: str, probability: Array, failed: Any, hours: Array) -> dict[str, float]:
    if not failed.any() or failed.all():
        return {f"{name}.events": float(failed.sum())}
    slope, intercept = calibration(probability, failed)
    return {
        f"{name}.auc": float(roc_auc_score(failed, probability)),
        f"{name}.average_precision": float(average_precision_score(failed, probability)),
        f"{name}.brier": float(np.mean((probability - failed) ** 2)),
        f"{name}.brier_base": float(failed.mean() * (1 - failed.mean())),
        f"{name}.calibration_slope": slope,
        f"{name}.calibration_intercept": intercept,
        f"{name}.ece": expected_calibration_error(probability, failed),
        f"{name}.c_index": _concordance(probability, failed, hours),
        f"{name}.events": float(failed.sum()),
    } | {f"{name}.auc_{horizon}h": _auc_within(probability, failed, hours, horizon) for horizon in AUC_HORIZONS_H}


def calibration(probability: Array, failed: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and intercept of the outcome on the forecast's log odds (Cox 1958); 1 and 0 are perfect."""
    clipped = np.clip(probability, 1e-6, 1 - 1e-6)
    fitted = LogisticRegression(C=1e6).fit(np.log(clipped / (1 - clipped))[:, None], failed)
    return float(fitted.coef_[0, 0]), float(fitted.intercept_[0])


def expected_calibration_error(probability: Array, failed: NDArray[np.bool_]) -> float:
    """Mean distance of forecast and frequency over ten bins of equal width, weighted by their rows."""
    bins = np.minimum((probability * _BINS).astype(int), _BINS - 1)
    count = np.bincount(bins, minlength=_BINS)
    gap = np.abs(np.bincount(bins, probability, _BINS) - np.bincount(bins, failed.astype(float), _BINS))
    return float(gap.sum() / count.sum())


def _auc_within(probability: Array, failed: NDArray[np.bool_], hours: Array, horizon: int) -> float:
    """Cumulative/dynamic AUC: failed by `horizon` against still running at it."""
    case = failed & (hours <= horizon)
    return float(roc_auc_score(case, probability)) if case.any() else float("nan")


def _concordance(probability: Array, failed: NDArray[np.bool_], hours: Array) -> float:
    every = max(1, len(hours) // _CONCORDANCE_ROWS)
    return float(concordance_index(hours[::every], -probability[::every], failed[::every]))
