"""Fits the forecaster: boosted and plain risks per fold of vehicles, then a Cox regression on the cross-fitted risks.

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
from serve.forecaster import ComponentHazard, ForecastScorer, boosted_risk, proportional_inputs

CADENCE_H: Final = 12
MIN_FAILURES: Final = 5  # below it a component's hazard is guesswork, and it is left out
BOOST: Final = {
    "objective": "binary:logistic",
    "tree_method": "hist",
    "max_bin": 256,
    "max_depth": 3,
    "min_child_weight": 5,
    "subsample": 0.6,
    "colsample_bytree": 0.4,
}
RIDGE: Final = 1e-4
PLAIN_RIDGE: Final = 0.01
VARIES: Final = 1e-3
THINNING: Final = 4


@dataclass(frozen=True, slots=True)
class Effort:
    """How much work a fit is given: boosting rounds and their step, folds of vehicles, landmarks at most."""

    rounds: int
    eta: float
    folds: int
    landmarks: int


FULL: Final = Effort(rounds=300, eta=0.04, folds=4, landmarks=120_000)
QUICK: Final = Effort(rounds=110, eta=0.1, folds=2, landmarks=16_000)  # for the first champion of a new installation

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


def landmarks(
    history: ComponentHistory, vocabulary: Vocabulary, start_ms: int, end_ms: int, most: int = FULL.landmarks
) -> Landmarks:
    """A moment every 12 hours (fewer in a very large fleet) of every vehicle, known to end at `end_ms`."""
    vehicles = history.vehicle_ids()
    step = CADENCE_H * HOUR_MS
    moments = np.arange((start_ms // step + 1) * step, end_ms, step)
    moments = moments[:: max(1, -(-len(moments) * len(vehicles) // most))]
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
    marks: Landmarks,
    vocabulary: Vocabulary,
    version: str,
    progress: Callable[[float], None] | None = None,
    effort: Effort = FULL,
    threads: int = 2,
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
        running = {pool.submit(fit_hazard, marks, place, counts[place], effort): place for place in enough}
        for done in as_completed(running):
            hazards[running[done]] = done.result()
            if progress:
                progress(len(hazards) / len(enough))
    return ForecastScorer(version, vocabulary, tuple(hazards[place] for place in enough))


def fit_hazard(marks: Landmarks, place: int, failures: int, effort: Effort = FULL) -> ComponentHazard:
    """One component: both risks from all folds but one, then the Cox regression on those of vehicles they did not see."""
    name, failed = marks.components[place], marks.failed[:, place]
    fold, values = marks.vehicle % effort.folds, marks.covariates.values
    inputs = proportional_inputs(marks.covariates, name)
    follow_up = np.maximum(marks.follow_up_h[:, place], 0.1)
    labelled, telling = marks.complete | failed, telling_rows(failed)
    risks, boosters = np.zeros((len(values), 2)), []
    for out in range(effort.folds):
        seen, told, unseen = labelled & (fold != out), telling & (fold != out), fold == out
        boosters.append(boosted(values[seen], failed[seen], effort))
        coefficients = proportional(inputs[told], follow_up[told], failed[told])
        risks[unseen, 0] = boosted_risk(boosters[-1], values[unseen])
        risks[unseen, 1] = inputs[unseen] @ coefficients
    whole = boosted(values[labelled], failed[labelled], effort)
    frame = pd.DataFrame({"boosted": risks[:, 0], "proportional": risks[:, 1], "hours": follow_up, "failed": failed.astype(int)})
    start = np.array([frame["boosted"].std() * 0.9, 0.1 * frame["proportional"].std()])  # Newton overshoots from zero
    cox = CoxPHFitter(penalizer=RIDGE).fit(frame, "hours", "failed", initial_point=start, fit_options={"step_size": 0.5})
    overlap = failed.sum() / failures  # landmarks that see the same failure are one piece of evidence
    curve: Any = cox.baseline_cumulative_hazard_.iloc[:, 0]
    return ComponentHazard(
        name,
        cox.params_.to_numpy(float),
        cox.variance_matrix_.to_numpy(float) * overlap,
        risks.mean(axis=0),
        proportional(inputs[telling], follow_up[telling], failed[telling]),
        curve.index.to_numpy(float),
        curve.to_numpy(float),
        1.0 / failures,
        whole,
        tuple(boosters),
    )


def telling_rows(failed: Flags) -> Flags:
    """(n,) every landmark with a failure ahead and one in `THINNING` of the others: enough for a few coefficients."""
    return np.asarray(failed | (np.arange(len(failed)) % THINNING == 0))


def boosted(values: NDArray[np.float32], failed: Flags, effort: Effort = FULL) -> xgb.Booster:
    """Gradient boosting of "fails within 72 h", silent and deterministic."""
    matrix = xgb.QuantileDMatrix(values, failed.astype(np.float32), nthread=1, max_bin=BOOST["max_bin"])
    return xgb.train({**BOOST, "eta": effort.eta, "nthread": 1, "seed": 7}, matrix, effort.rounds)


def proportional(inputs: Array, follow_up_h: Array, failed: Flags) -> Array:
    """(input,) coefficients of a plain proportional hazards model; zero for what never varies."""
    frame = pd.DataFrame(inputs)
    varying = [column for column in frame if frame[column].std() > VARIES]
    table = frame[varying].assign(hours=follow_up_h, failed=failed.astype(int))
    cox = CoxPHFitter(penalizer=PLAIN_RIDGE).fit(table, "hours", "failed", fit_options={"step_size": 0.3})
    coefficients = np.zeros(inputs.shape[1])
    coefficients[varying] = cox.params_.to_numpy(float)
    return coefficients
