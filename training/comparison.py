"""Champion and challenger on the same labelled rows: figures with intervals, and the difference between the two."""

from typing import Any

import numpy as np

from alerts.episodes import RULES
from fleet.alerts import TYPES, AlertType
from fleet.telemetry import FloatArray
from serve.registry import CHALLENGER, CHAMPION
from training.dataset import LabelledSet
from training.evaluate import Scorer, figures, judged_rows, score_rows
from training.intervals import Resamples, between


def compare(scorers: dict[str, Scorer], labelled: LabelledSet, types: tuple[AlertType, ...]) -> dict[str, Any]:
    """Evaluate versions by alias on the same rows.

    Returns:
        Per alias what `evaluate` returns, and `intervals`: 95 %, vehicles resampled, in the same form. With champion and
        challenger also `difference`: challenger minus champion as `score`, `interval`, and `types` → the same of the average
        precision; the vehicles drawn are the same for both.
    """
    resamples = Resamples.of(max(len(labelled.vehicle_ids), 1))
    results: dict[str, Any] = {}
    drawn: dict[str, dict[str, FloatArray]] = {}
    for alias, scorer in scorers.items():
        probability = score_rows([scorer], labelled.features)
        results[alias] = {"version": scorer.version} | figures(probability, labelled, types)
        kinds = [kind for kind in types if str(kind) in results[alias]["types"]]
        drawn[alias] = {str(kind): _precision_draws(kind, probability, labelled, resamples) for kind in kinds}
        by_type = {str(kind): _rate_intervals(kind, probability, labelled, resamples) for kind in kinds}
        for name, draws in drawn[alias].items():
            by_type[name]["average_precision"] = between(draws)
        results[alias]["intervals"] = {"score": between(_mean(drawn[alias])), "types": by_type}
    if {CHAMPION, CHALLENGER} <= results.keys():
        results["difference"] = _difference(results, drawn)
    return results


def _difference(results: dict[str, Any], drawn: dict[str, dict[str, FloatArray]]) -> dict[str, Any]:
    champion, challenger = results[CHAMPION], results[CHALLENGER]
    shared = drawn[CHAMPION].keys() & drawn[CHALLENGER].keys()
    types = {
        name: {
            "average_precision": challenger["types"][name]["average_precision"] - champion["types"][name]["average_precision"],
            "interval": between(drawn[CHALLENGER][name] - drawn[CHAMPION][name]),
        }
        for name in drawn[CHAMPION]
        if name in shared
    }
    score = between(_mean(drawn[CHALLENGER]) - _mean(drawn[CHAMPION]))
    return {"score": challenger["score"] - champion["score"], "interval": score, "types": types}


def _mean(draws: dict[str, FloatArray]) -> FloatArray:
    """(draw,) mean over the types that a draw shows; NaN where it shows none."""
    table = np.array(list(draws.values())) if draws else np.full((1, 1), np.nan)
    known = np.isfinite(table).sum(axis=0)
    return np.divide(np.nansum(table, axis=0), known, out=np.full(table.shape[1], np.nan), where=known > 0)


def _precision_draws(kind: AlertType, probability: FloatArray, labelled: LabelledSet, resamples: Resamples) -> FloatArray:
    judged, truth, chance = judged_rows(kind, probability, labelled)
    return resamples.average_precision(labelled.vehicle[judged], chance, truth)


def _rate_intervals(
    kind: AlertType, probability: FloatArray, labelled: LabelledSet, resamples: Resamples
) -> dict[str, tuple[float, float]]:
    judged, truth, chance = judged_rows(kind, probability, labelled)
    vehicle, raised = labelled.vehicle[judged], chance >= RULES[kind].on
    alarms = probability[:, TYPES.index(kind)] >= RULES[kind].on
    return {
        "precision": between(resamples.ratio(vehicle, truth, raised)),
        "recall": between(resamples.ratio(vehicle, raised, truth)),
        "false_positive_rate": between(resamples.ratio(labelled.vehicle, alarms, labelled.normal)),
    }
