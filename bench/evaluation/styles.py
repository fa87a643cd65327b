"""Real drivers who drove normally, aggressively and drowsily: each judged by a model that learnt from the others alone."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bench.evaluation.card import Figure, Section
from bench.evaluation.driver_pictures import COLOURS, MARKERS, axes_of
from bench.evaluation.ranking import auc, auc_interval
from bench.evaluation.trial import Trial
from fleet.alerts import TYPES, AlertType
from fleet.scores import MODEL_TYPES
from fleet.telemetry import FloatArray
from pipelines.training_sets import training_set
from serve.style import STYLE_TYPES
from training.dataset import LabelledSet
from training.driver import STYLE_SHARE, fit
from training.evaluate import Scorer, score_rows

NAMES: Final = ("normal", "aggressive", "drowsy")
_STYLES: Final = [TYPES.index(kind) for kind in STYLE_TYPES]
_DRIVER: Final = [TYPES.index(kind) for kind in MODEL_TYPES["driver"]]


@dataclass(frozen=True, slots=True)
class Trips:
    """(n) trips: who drove, how by label (position in NAMES), the mean score, (n, 2) mean probability of each style."""

    driver: NDArray[np.str_]
    style: NDArray[np.intp]
    worst: NDArray[np.float64]
    chance: NDArray[np.float64]

    @property
    def verdict(self) -> NDArray[np.intp]:
        """(n,) the style that is likelier by far than in a fleet, the likelier of two; normal where none is."""
        usual = STYLE_SHARE / (1 - STYLE_SHARE)
        odds = self.chance / np.maximum(1 - self.chance, 1e-6) / usual
        return np.argmax(np.concatenate([np.ones((len(odds), 1)), odds], axis=1), axis=1)

    def by_driver(self, measure: Any) -> tuple[float, ...]:
        """A measure of the trips of each driver."""
        return tuple(float(measure(self, self.driver == name)) for name in np.unique(self.driver))


def style_section(trial: Trial) -> Section:
    """Leave one driver out; and what the first model, which saw simulated drivers only, says of the same trips."""
    labelled = training_set(trial.bundle("driving-style"))
    unseen, choices = _left_out(trial, labelled)
    first = _trips(labelled, score_rows([trial.scorers()["driver"]], labelled.features))
    pair = unseen.style < 2
    text = (
        f"UAH-DriveSet at 1 Hz: {len(unseen.style)} trips of {len(choices)} drivers. `train driver` on three of them, each "
        "trip of the fourth scored second by second and averaged. One label holds for a whole trip. Figures are by "
        "driver, each of five normal-or-aggressive trips, so a single trip moves one of them by a sixth; the pooled "
        "figure compares trips of different drivers too, and its interval is over resampled trips. A trip's class is the "
        "style whose odds are above those in a fleet. Which inputs are fused is chosen by the drivers learnt from, the "
        f"fewest that are not shown to be worse: {'; '.join(choices)}."
    )
    figures = [
        Figure("aggressive against normal, AUC, by driver left out", unseen.by_driver(_hurried), 0.95),
        Figure("the same over all drivers", (auc(unseen.worst[pair], unseen.style[pair] == 1),), 0.95,
               interval=auc_interval(unseen.worst[pair], unseen.style[pair] == 1)),
        Figure("three classes, accuracy, by driver left out", unseen.by_driver(_right), 0.75),
        Figure("drowsy against normal, AUC, by driver left out", unseen.by_driver(_drowsy)),
        Figure("first model, which saw none of them: aggressive against normal, AUC", first.by_driver(_hurried)),
    ]  # fmt: skip
    picture = trial.picture("driver-styles")
    draw(unseen, picture)
    seen = [(picture, "Mean probability of each style, by trip, from models that never saw the driver")]
    return Section("Real drivers", text, figures, _confusion(unseen), seen)


def draw(trips: Trips, path: Path) -> None:
    """Every trip by the probabilities of both styles."""
    with axes_of(path) as axes:
        for style, name in enumerate(NAMES):
            rows = trips.style == style
            axes.scatter(*trips.chance[rows].T, label=name, color=COLOURS[style], marker=MARKERS[style])
        axes.set(xscale="log", yscale="log", xlabel="mean probability of AGGRESSIVE_DRIVING", ylabel="of FATIGUE")
        axes.legend(frameon=False)


def _left_out(trial: Trial, labelled: LabelledSet) -> tuple[Trips, list[str]]:
    drivers = np.array([str(driver) for driver in labelled.features.drivers])
    probability = np.full((len(labelled), len(TYPES)), np.nan, np.float32)
    choices = []
    for name in np.unique(drivers):
        folder = trial.scratch / f"without-{name}"
        folder.mkdir()
        scorer, parameters, _ = fit(replace(labelled.rows(drivers != name), whole=True), folder)
        probability[drivers == name] = _scores(scorer, labelled, drivers == name)
        chosen = ", ".join(str(parameters[f"{kind.lower()}_inputs"]) for kind in STYLE_TYPES)
        choices.append(f"without {name} {chosen}")
    return _trips(labelled, probability), choices


def _scores(scorer: Scorer, labelled: LabelledSet, rows: NDArray[np.bool_]) -> FloatArray:
    return score_rows([scorer], labelled.rows(rows).features)


def _trips(labelled: LabelledSet, probability: FloatArray) -> Trips:
    drivers = np.array([str(driver) for driver in labelled.features.drivers])
    worst = np.fmax.reduce(probability[:, _DRIVER], axis=1)
    mine = [labelled.vehicle == trip for trip in range(len(labelled.vehicle_ids))]
    shown = np.array([[labelled.positive[rows][:, style].any() for style in _STYLES] for rows in mine])
    return Trips(
        np.array([drivers[rows][0] for rows in mine]),
        np.where(shown.any(axis=1), 1 + np.argmax(shown, axis=1), 0),
        np.array([np.nanmean(worst[rows]) for rows in mine]),
        np.array([np.nanmean(probability[rows][:, _STYLES], axis=0) for rows in mine]),
    )


def _hurried(trips: Trips, rows: NDArray[np.bool_]) -> float:
    rows = rows & (trips.style != NAMES.index("drowsy"))
    return auc(trips.worst[rows], trips.style[rows] == NAMES.index("aggressive"))


def _drowsy(trips: Trips, rows: NDArray[np.bool_]) -> float:
    rows = rows & (trips.style != NAMES.index("aggressive"))
    return auc(trips.chance[rows, STYLE_TYPES.index(AlertType.FATIGUE)], trips.style[rows] == NAMES.index("drowsy"))


def _right(trips: Trips, rows: NDArray[np.bool_]) -> float:
    return float((trips.verdict == trips.style)[rows].mean())


def _confusion(trips: Trips) -> list[dict[str, object]]:
    return [
        {"": f"{name} trips judged", **{said: int(((trips.style == style) & (trips.verdict == place)).sum())
                                       for place, said in enumerate(NAMES)}}
        for style, name in enumerate(NAMES)
    ]  # fmt: skip
