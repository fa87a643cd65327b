"""Fits the forecaster: boosted risk per fold of vehicles, then a Cox regression on the cross-fitted risk, per component.

Landmarking (van Houwelingen 2007): every 12 hours of every vehicle is a moment with the covariates known then, followed
for 72 hours or until the record ends. So time-varying covariates, repeated failures and right-censoring are all kept.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import xgboost as xgb
from lifelines import CoxPHFitter
from numpy.typing import NDArray

from fleet.components import (
    HORIZON_H,
    HOUR_MS,
    ComponentHistory,
    Covariates,
    Vocabulary,
    component_covariates,
    event_times,
    milliseconds,
)
from fleet.errors import InvalidHistory
from serve.forecaster import ComponentHazard, ForecastScorer, boosted_risk

CADENCE_H: Final = 12
MAX_LANDMARKS: Final = 120_000
FOLDS: Final = 4
MIN_FAILURES: Final = 10  # below it a component's hazard is guesswork, and it is left out
BOOST: Final = {
    "objective": "binary:logistic",
    "tree_method": "hist",
    "max_bin": 256,
    "max_depth": 3,
    "eta": 0.04,
    "min_child_weight": 5,
    "subsample": 0.6,
    "colsample_bytree": 0.4,
}
ROUNDS: Final = 300
RIDGE: Final = 1e-4

Flags = NDArray[np.bool_]
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Moments with what was known then and what came after.

    Attributes:
        covariates: (n) rows.
        vehicle: (n,) number of the vehicle.
        follow_up_h: (n, component) hours to the failure, at most 72 and never beyond the end of the record.
        failed: (n, component) whether the follow-up ended in a failure.
        complete: (n,) whether the record reaches 72 hours on.
        components: of the columns.
    """

    covariates: Covariates
    vehicle: NDArray[np.int64]
    follow_up_h: Array
    failed: Flags
    complete: Flags
    components: tuple[str, ...]

    def rows(self, keep: Flags) -> "Landmarks":
        """The rows that a mask keeps."""
        own = self.covariates
        ids = tuple(np.array(own.vehicle_ids, object)[keep])
        kept = Covariates(ids, own.at_ms[keep], own.values[keep], own.names)
        return Landmarks(
            kept, self.vehicle[keep], self.follow_up_h[keep], self.failed[keep], self.complete[keep], self.components
        )


def observed_span(history: ComponentHistory) -> tuple[int, int]:
    """First and last ms of the record of codes and failures; earlier maintenance only dates the components.

    Raises:
        InvalidHistory: nothing failed.
    """
    if history.failures.empty:
        raise InvalidHistory("failures.csv holds no failure: a forecaster has nothing to learn from")
    recorded = pd.concat([history.codes["ts"], history.failures["ts"]])
    every = pd.concat([recorded, history.maintenance["ts"]])
    return int(milliseconds([recorded.min()])[0]), int(milliseconds([every.max()])[0])


def landmarks(history: ComponentHistory, vocabulary: Vocabulary, start_ms: int, end_ms: int) -> Landmarks:
    """A moment every 12 hours (fewer in a very large fleet) of every vehicle, known to end at `end_ms`."""
    vehicles = history.vehicle_ids()
    step = CADENCE_H * HOUR_MS
    moments = np.arange((start_ms // step + 1) * step, end_ms, step)
    moments = moments[:: max(1, -(-len(moments) * len(vehicles) // MAX_LANDMARKS))]
    vehicle, at_ms = np.repeat(np.arange(len(vehicles)), len(moments)), np.tile(moments, len(vehicles))
    covariates = component_covariates(history, vocabulary, [vehicles[place] for place in vehicle], at_ms)
    places = {name: place for place, name in enumerate(vehicles)}
    remaining = (end_ms - at_ms) / HOUR_MS
    until = np.stack(
        [
            event_times(history.failures[history.failures["component"] == name], places).hours_until(vehicle, at_ms)
            for name in vocabulary.components
        ],
        axis=1,
    ).astype(float)
    failed = until <= np.minimum(HORIZON_H, remaining)[:, None]
    follow_up = np.where(failed, until, np.minimum(HORIZON_H, remaining)[:, None])
    return Landmarks(covariates, vehicle, follow_up, failed, remaining >= HORIZON_H, vocabulary.components)


def distinct_failures(marks: Landmarks, place: int) -> int:
    """Failures behind the landmarks of one component: each is seen from up to six of them."""
    rows = np.flatnonzero(marks.failed[:, place])
    moments = marks.covariates.at_ms[rows] + np.round(marks.follow_up_h[rows, place] * HOUR_MS).astype(np.int64)
    return len({(vehicle, int(at) // HOUR_MS) for vehicle, at in zip(marks.vehicle[rows], moments, strict=True)})


def fit_forecaster(
    marks: Landmarks, vocabulary: Vocabulary, version: str, progress: Callable[[float], None] | None = None, threads: int = 2
) -> ForecastScorer:
    """A forecaster of the components with enough failures.

    Raises:
        InvalidHistory: no component failed often enough.
    """
    counts = [distinct_failures(marks, place) for place in range(len(marks.components))]
    enough = [place for place, count in enumerate(counts) if count >= MIN_FAILURES]
    if not enough:
        raise InvalidHistory(f"no component failed {MIN_FAILURES} times within the record: a forecaster cannot be fitted")
    hazards: dict[int, ComponentHazard] = {}
    with ThreadPoolExecutor(threads) as pool:  # a thread each: the boosters' own threads wait for each other on a busy machine
        running = {pool.submit(fit_hazard, marks, place, counts[place]): place for place in enough}
        for done in as_completed(running):
            hazards[running[done]] = done.result()
            if progress:
                progress(len(hazards) / len(enough))
    return ForecastScorer(version, vocabulary, tuple(hazards[place] for place in enough))


def fit_hazard(marks: Landmarks, place: int, failures: int) -> ComponentHazard:
    """One component: boosters on all folds but one, the Cox regression on the risk of vehicles they did not see."""
    fold = marks.vehicle % FOLDS
    values, failed = marks.covariates.values, marks.failed[:, place]
    labelled = marks.complete | failed
    risk = np.zeros(len(values))
    boosters = []
    for out in range(FOLDS):
        seen = labelled & (fold != out)
        booster = boosted(values[seen], failed[seen])
        unseen = fold == out
        risk[unseen] = boosted_risk(booster, values[unseen])
        boosters.append(booster)
    whole = boosted(values[labelled], failed[labelled])
    return _cox_on_risk(marks, place, failures, risk, whole, tuple(boosters))


def boosted(values: NDArray[np.float32], failed: Flags) -> xgb.Booster:
    """Gradient boosting of "fails within 72 h", silent and deterministic."""
    matrix = xgb.QuantileDMatrix(values, failed.astype(np.float32), nthread=1, max_bin=BOOST["max_bin"])
    return xgb.train({**BOOST, "nthread": 1, "seed": 7}, matrix, ROUNDS)


def _cox_on_risk(
    marks: Landmarks, place: int, failures: int, risk: Array, whole: xgb.Booster, boosters: tuple[xgb.Booster, ...]
) -> ComponentHazard:
    failed = marks.failed[:, place]
    frame = pd.DataFrame({"risk": risk, "hours": np.maximum(marks.follow_up_h[:, place], 0.1), "failed": failed.astype(int)})
    cox = CoxPHFitter(penalizer=RIDGE).fit(
        frame, "hours", "failed", initial_point=np.array([frame["risk"].std()]), fit_options={"step_size": 0.5}
    )
    overlap = failed.sum() / failures  # landmarks that see the same failure are one piece of evidence
    curve: Any = cox.baseline_cumulative_hazard_.iloc[:, 0]
    return ComponentHazard(
        marks.components[place],
        float(cox.params_["risk"]),
        float(cox.variance_matrix_.iloc[0, 0] * overlap),
        float(frame["risk"].mean()),
        curve.index.to_numpy(float),
        curve.to_numpy(float),
        1.0 / failures,
        whole,
        boosters,
    )
