"""Real manoeuvres felt by a phone: does the score rank hard ones above others, and above the rest of a trip?"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.evaluation.card import Figure, Section
from bench.evaluation.driver_pictures import COLOURS, axes_of
from bench.evaluation.ranking import auc, auc_interval
from bench.evaluation.trial import Trial
from fleet.alerts import TYPES
from fleet.history import load_history
from fleet.replay import Recording, recording, replay_features
from fleet.scores import MODEL_TYPES
from fleet.telemetry import FloatArray
from pipelines.history import judge

WINDOW_S: Final = 3
_DRIVER: Final = [TYPES.index(kind) for kind in MODEL_TYPES["driver"]]


@dataclass(frozen=True, slots=True)
class Examples:
    """(n) windows or manoeuvres of all trips: their trip, score, the peak alone, and whether they are aggressive."""

    trip: NDArray[np.intp]
    score: NDArray[np.float64]
    peak: NDArray[np.float64]
    aggressive: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Trip:
    at: NDArray[np.float64]
    score: NDArray[np.float32]
    peak: NDArray[np.float32]
    labels: pd.DataFrame

    def manoeuvres(self) -> list[tuple[float, float, bool]]:
        return [
            (*self._highest(start, end + 1), label != "NORMAL")
            for start, end, label in self.labels[["start", "end", "label"]].itertuples(index=False)
        ]

    def windows(self) -> list[tuple[float, float, bool]]:
        hard = self.labels[self.labels["label"] != "NORMAL"]
        begins = np.arange(np.floor(self.at[0]), self.at[-1] - WINDOW_S + 1)
        meets = [bool(((hard["start"] < begin + WINDOW_S) & (hard["end"] > begin)).any()) for begin in begins]
        return [(*self._highest(begin, begin + WINDOW_S), met) for begin, met in zip(begins, meets, strict=True)]

    def _highest(self, begin: float, end: float) -> tuple[float, float]:
        rows = slice(*np.searchsorted(self.at, (begin, end)))
        if not len(self.at[rows]):
            return 0.0, 0.0
        return float(np.nanmax(self.score[rows], initial=0)), float(np.nanmax(self.peak[rows], initial=0))


def manoeuvre_section(trial: Trial) -> Section:
    """Aggressive against other manoeuvres, and windows with an event against the rest."""
    trips = _trips(trial, trial.bundle("harsh-manoeuvres"))
    single, windows = _examples([t.manoeuvres() for t in trips]), _examples([t.windows() for t in trips])
    text = (
        f"A phone's accelerometer at 51 Hz with earth-fixed axes and no speed: {len(single.trip)} labelled manoeuvres, "
        f"{int((~single.aggressive).sum())} of them ordinary. No trip is learnt from: the score of a second is physics, "
        "fitted to nothing, so every trip is one left out. Ordinary manoeuvres are labelled in one trip only, so the "
        f"first figure pools both and its interval is over resampled manoeuvres. A window is {WINDOW_S} s long, moves by 1 "
        "s, and counts as an event when it touches one at all; whatever is not labelled counts as ordinary driving. With "
        "such axes, braking is not told from accelerating: the type of an alert rests on the yaw rate alone and its "
        "certainty ends at 0.85."
    )
    figures = [
        Figure("aggressive against other manoeuvres, AUC", (auc(single.score, single.aggressive),), 0.97,
               interval=auc_interval(single.score, single.aggressive)),
        Figure("the same by peak horizontal acceleration alone", (auc(single.peak, single.aggressive),)),
        Figure(f"windows of {WINDOW_S} s over both trips, event against rest, AUC",
               (auc(windows.score, windows.aggressive),), 0.94,
               interval=auc_interval(windows.score, windows.aggressive)),
        Figure("the same, each trip by itself", _by_trip(windows, windows.score)),
        Figure("the same by peak horizontal acceleration alone", _by_trip(windows, windows.peak)),
    ]  # fmt: skip
    picture = trial.picture("driver-manoeuvres")
    draw(windows, picture)
    return Section("Real manoeuvres", text, figures, pictures=[(picture, "Scores of windows with an event and without")])


def draw(windows: Examples, path: Path) -> None:
    """How the scores of windows spread: with an event, without."""
    with axes_of(path) as axes:
        edges = np.linspace(0, 1, 26)
        for aggressive, label, colour in ((False, "rest of the trip", COLOURS[0]), (True, "aggressive manoeuvre", COLOURS[1])):
            score = windows.score[windows.aggressive == aggressive]
            axes.hist(score, edges.tolist(), weights=np.full(len(score), 100 / len(score)), label=label, color=colour, alpha=0.75)
        axes.set(xlabel=f"highest driver score within {WINDOW_S} s", ylabel="share of windows, %")
        axes.legend(frameon=False)


def _by_trip(examples: Examples, score: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(
        auc(score[examples.trip == trip], examples.aggressive[examples.trip == trip]) for trip in np.unique(examples.trip)
    )


def _examples(trips: list[list[tuple[float, float, bool]]]) -> Examples:
    rows = [(trip, *row) for trip, found in enumerate(trips) for row in found]
    trip, score, peak, aggressive = zip(*rows, strict=True)
    return Examples(np.array(trip), np.array(score), np.array(peak), np.array(aggressive, bool))


def _trips(trial: Trial, folder: Path) -> list[_Trip]:
    history = load_history(folder, ("telemetry", "labels"), require=("telemetry", "labels"))
    labels = history.labels.assign(**{name: history.labels[name].astype("int64") / 1e9 for name in ("start", "end")})
    recorded = recording(history)
    judged = judge(recorded, [trial.scorers()["driver"]])
    score = np.fmax.reduce(judged.scores.probability[:, _DRIVER], axis=1)
    peak = _peaks(recorded)
    trips = []
    for place, identity in enumerate(recorded.vehicles):
        rows = judged.vehicle == place
        mine = labels[labels["vehicle_id"] == identity.vehicle]
        trips.append(_Trip(judged.features.at[rows], score[rows], peak[rows], mine))
    return trips


def _peaks(recorded: Recording) -> FloatArray:
    """(n,) the peak of every second, by vehicle and time as `judge` orders them."""
    parts = list(replay_features(recorded))
    vehicle = np.concatenate([vehicles for vehicles, _ in parts])
    at = np.concatenate([batch.at for _, batch in parts])
    peak = np.concatenate([batch.column("horizontal_peak_g") for _, batch in parts])
    return peak[np.lexsort((at, vehicle))]
