"""Whether probabilities mean what they say: on rows of simulated vehicles that a row model was not trained on."""

from typing import Any

import numpy as np

from bench.evaluation.card import Section
from bench.evaluation.pictures import COLOURS, picture
from bench.evaluation.trial import Trial
from fleet.alerts import TYPES, AlertType
from fleet.scores import MODEL_TYPES
from fleet.telemetry import FloatArray
from training.evaluate import calibration_error, score_rows

_BINS = 8
_LEAST = 15  # rows in a bin worth a point


def reliability_section(trial: Trial, model: str) -> Section:
    """Expected calibration error by type, and the reliability curves."""
    labelled = trial.training_set()
    held = labelled.rows(labelled.held_out)
    said = score_rows([trial.scorers()[model]], held.features)
    rows: list[dict[str, object]] = []
    curves: dict[AlertType, FloatArray] = {}
    for kind in MODEL_TYPES[model]:
        column = TYPES.index(kind)
        judged = ~np.isnan(said[:, column]) & ~held.unsettled[:, column]
        chance, truth = said[judged, column], held.positive[judged, column]
        rows.append({"type": str(kind), "rows": len(chance), "faulty": int(truth.sum()), "ECE": calibration_error(chance, truth)})
        curves[kind] = _curve(chance, truth)
    path = trial.picture(f"{model}-reliability")
    with picture(path, size=(5.4, 4.6)) as (_, axes):
        _draw(axes, curves)
    text = (
        "Rows of simulated vehicles that were held out. The set holds far more faults than a fleet does: where a point lies "
        "above the diagonal the model says less than it could. Expected calibration error over ten bins."
    )
    return Section("Calibration", text, (), rows, [(path, "Said and happened, by type")])


def _curve(chance: FloatArray, truth: FloatArray) -> FloatArray:
    """(bin, 2) what was said and what happened, where there are rows enough."""
    place = np.minimum((chance * _BINS).astype(np.intp), _BINS - 1)
    points = [(chance[place == b].mean(), truth[place == b].mean()) for b in range(_BINS) if (place == b).sum() >= _LEAST]
    return np.array(points, np.float32).reshape(-1, 2)


def _draw(axes: Any, curves: dict[AlertType, FloatArray]) -> None:
    axes.plot([0, 1], [0, 1], color="grey", linestyle=":")
    for position, (kind, points) in enumerate(curves.items()):
        label = kind.replace("_", " ").capitalize()
        axes.plot(points[:, 0], points[:, 1], marker="os^Dv<"[position], color=COLOURS[position], label=label)
    axes.set(xlabel="probability said", ylabel="share that was so", xlim=(0, 1), ylim=(0, 1.02))
    axes.legend(frameon=False, fontsize="small")
