"""How good a scorer is on labelled rows: per type, calibrated, and by event."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from alerts.episodes import RULES
from fleet.alerts import TYPES, AlertType
from fleet.features import SLOW_FEATURES, FeatureBatch
from fleet.scores import ScoreBatch, merge
from fleet.telemetry import FloatArray
from training.dataset import LabelledSet, take

_BATCH = 4096
_LATE_S = 60.0  # an event found this long after its end still counts as found
MIN_ROWS = 5


class Scorer(Protocol):
    """What is evaluated."""

    version: str

    def score(self, features: FeatureBatch, slow: FloatArray) -> ScoreBatch: ...


def score_rows(scorers: list[Scorer], features: FeatureBatch) -> FloatArray:
    """(n, type) probabilities, with nothing known of the vehicles' past."""
    parts = []
    for begin in range(0, len(features), _BATCH):
        rows = take(features, np.arange(begin, min(begin + _BATCH, len(features))))
        slow = np.full((len(rows), len(SLOW_FEATURES)), np.nan, np.float32)
        parts.append(merge([scorer.score(rows, slow) for scorer in scorers], len(rows)).probability)
    return np.concatenate(parts) if parts else np.empty((0, len(TYPES)), np.float32)


def evaluate(scorer: Scorer, labelled: LabelledSet, types: tuple[AlertType, ...]) -> dict[str, Any]:
    """Metrics of one scorer.

    Returns:
        `score`: the figure that decides a promotion, the mean average precision over the types that occur;
        `types`: per type rows, average_precision, auc, precision, recall, false_positive_rate, brier, ece, event_recall.
    """
    return figures(score_rows([scorer], labelled.features), labelled, types)


def figures(probability: FloatArray, labelled: LabelledSet, types: tuple[AlertType, ...]) -> dict[str, Any]:
    """What `evaluate` returns, of (n, type) probabilities that are there already."""
    table = {str(kind): metrics for kind in types if (metrics := _of_type(kind, probability, labelled))}
    known = [metrics["average_precision"] for metrics in table.values()]
    return {"score": float(np.mean(known)) if known else float("nan"), "rows": len(labelled), "types": table}


def _of_type(kind: AlertType, probability: FloatArray, labelled: LabelledSet) -> dict[str, float] | None:
    said = probability[:, TYPES.index(kind)]
    judged, truth, chance = judged_rows(kind, probability, labelled)
    if truth.sum() < MIN_ROWS or (~truth).sum() < MIN_ROWS:
        return None
    raised = chance >= RULES[kind].on
    normal, windows = labelled.normal[judged], max(int(labelled.normal.sum()), 1)
    return {
        "rows": int(truth.sum()),
        "average_precision": float(average_precision_score(truth, chance)),
        "auc": float(roc_auc_score(truth, chance)),
        "precision": float(truth[raised].mean()) if raised.any() else 0.0,
        "recall": float(raised[truth].mean()),
        "false_positive_rate": float(raised[normal].sum() / windows),
        "brier": float(np.mean((chance - truth) ** 2)),
        "ece": calibration_error(chance, truth),
        "event_recall": _event_recall(kind, said, labelled),
    }


def judged_rows(
    kind: AlertType, probability: FloatArray, labelled: LabelledSet
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], FloatArray]:
    """(n,) which rows count for a type; of those that do, whether it is there, and what was said."""
    column = TYPES.index(kind)
    judged = ~np.isnan(probability[:, column]) & ~labelled.unsettled[:, column]
    return judged, labelled.positive[judged, column], probability[judged, column]


def calibration_error(chance: FloatArray, truth: NDArray[np.bool_], bins: int = 10) -> float:
    """Expected calibration error: how far what was said lies from what happened, over bins of equal width."""
    place = np.minimum((chance * bins).astype(np.intp), bins - 1)
    count = np.bincount(place, minlength=bins)
    said = np.bincount(place, chance, bins)
    happened = np.bincount(place, truth.astype(np.float64), bins)
    return float(np.abs(said - happened).sum() / max(int(count.sum()), 1))


def _event_recall(kind: AlertType, said: FloatArray, labelled: LabelledSet) -> float:
    """Share of events with a row that raises, among those the scorer could judge at all."""
    column = TYPES.index(kind)
    events = labelled.events[labelled.events["type"] == column]
    order = np.lexsort((labelled.features.at, labelled.vehicle))
    vehicle, at, said = labelled.vehicle[order], labelled.features.at[order], said[order]
    first = np.searchsorted(vehicle, np.arange(len(labelled.vehicle_ids) + 1))
    found, judged = 0, 0
    for event in events.itertuples():
        low, high = first[event.vehicle], first[event.vehicle + 1]
        begin = low + np.searchsorted(at[low:high], event.start)
        end = low + np.searchsorted(at[low:high], event.end + _LATE_S, "right")
        mine = said[begin:end]
        judged += bool((~np.isnan(mine)).any())
        found += bool((mine >= RULES[kind].on).any())
    return found / judged if judged else float("nan")
