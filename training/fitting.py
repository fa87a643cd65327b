"""Fits of small calibrated models."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar

from fleet.telemetry import FloatArray
from serve.logistic import CLIP, Logistic
from training.dataset import LabelledSet


def fit_logistic(
    inputs: tuple[str, ...], values: FloatArray, positive: NDArray[np.bool_], weight: FloatArray, penalty: float = 1.0
) -> Logistic:
    """A logistic model whose weights are not negative: more of a harmful quantity never lowers the probability.

    Args:
        values: (n, input), NaN where silent. positive: (n,). weight: (n,) of each row.
        penalty: on squared weights, as that many rows.
    """
    centre = _column(np.nanmedian, values[~positive])
    scale = np.maximum(_column(np.nanstd, values), 1e-3)
    standard = np.nan_to_num(np.clip((values - centre) / scale, -CLIP, CLIP)).astype(np.float64)
    target, share = positive.astype(np.float64), weight / weight.sum()

    def loss(theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logit = standard @ theta[:-1] + theta[-1]
        chance = 1 / (1 + np.exp(-logit))
        value = float(share @ (np.logaddexp(0, logit) - target * logit)) + penalty / len(target) * float(theta[:-1] @ theta[:-1])
        slope = share * (chance - target)
        gradient = np.r_[standard.T @ slope + 2 * penalty / len(target) * theta[:-1], slope.sum()]
        return value, gradient

    bounds = [(0.0, None)] * len(inputs) + [(None, None)]
    fit = minimize(loss, np.r_[np.full(len(inputs), 0.1), -2.0], jac=True, method="L-BFGS-B", bounds=bounds)
    return Logistic(inputs, centre, scale.astype(np.float32), fit.x[:-1].astype(np.float32), float(fit.x[-1]))


def fit_temperature(margin: FloatArray, target: NDArray[np.intp]) -> float:
    """The one number that calibrates (n, class) margins on rows the trees have not seen."""

    def loss(log_temperature: float) -> float:
        scaled = margin / np.exp(log_temperature)
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        return float(np.mean(np.log(np.exp(scaled).sum(axis=1)) - scaled[np.arange(len(target)), target]))

    return float(np.exp(minimize_scalar(loss, bounds=(-1.5, 2.5), method="bounded").x))


def balanced_weight(positive: NDArray[np.bool_], share: float, weight: FloatArray) -> FloatArray:
    """(n,) weights under which positives make up `share`: a training set holds far more faults than a fleet does.

    Args:
        weight: (n,) of each row beside the others of its side.
    """
    side = np.where(positive, share, 1 - share)
    total = np.where(positive, weight[positive].sum(), weight[~positive].sum())
    return (weight * side / np.maximum(total, 1e-9)).astype(np.float32) * len(positive)


def sample_rows(
    rows: NDArray[np.intp], labelled: LabelledSet, limit: int, rng: np.random.Generator
) -> tuple[NDArray[np.intp], FloatArray]:
    """About `limit` of some rows, in order, and their weights: those that people judged stay, the others stand for more."""
    judged = labelled.judged[rows]
    usual, room = rows[~judged], max(limit - int(judged.sum()), limit // 2)
    kept = usual if len(usual) <= room else rng.choice(usual, room, replace=False)
    stands_for = len(usual) / max(len(kept), 1)
    chosen = np.sort(np.concatenate([kept, rows[judged]]))
    return chosen, labelled.weight[chosen] * np.where(labelled.judged[chosen], 1, stands_for).astype(np.float32)


def _column(measure, values: FloatArray) -> FloatArray:  # type: ignore[no-untyped-def]
    """(input,) a measure of every column, 0 where the column is silent throughout."""
    heard = ~np.isnan(values).all(axis=0)
    result = np.zeros(values.shape[1], np.float32)
    result[heard] = measure(values[:, heard], axis=0)
    return result
