"""How well a score tells two groups apart: the area under the ROC curve, with an interval by resampling whole groups."""

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

RESAMPLES = 1000


def auc(score: NDArray[np.floating], positive: NDArray[np.bool_]) -> float:
    """Area under the ROC curve; NaN where one of the groups is empty."""
    if not positive.any() or positive.all():
        return float("nan")
    return float(roc_auc_score(positive, score))


def auc_interval(score: NDArray[np.floating], positive: NDArray[np.bool_], seed: int = 5) -> tuple[float, float]:
    """95 % interval of the area over resampled examples, each group by itself."""
    rng = np.random.default_rng(seed)
    groups = [np.flatnonzero(positive), np.flatnonzero(~positive)]
    areas = []
    for _ in range(RESAMPLES):
        rows = np.concatenate([rng.choice(group, len(group)) for group in groups])
        areas.append(auc(score[rows], positive[rows]))
    low, high = np.quantile(areas, (0.025, 0.975))
    return float(low), float(high)
