"""Fits the forecaster: boosted risks per fold of vehicles, a Cox regression on those of vehicles they did not see, calibration.

The beginning of a record is unlike what comes (services before it are missing, rhythms not settled), so calibration asks
its newer half only.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
import pandas as pd
import xgboost as xgb
from lifelines import CoxPHFitter
from numpy.typing import NDArray
from scipy.optimize import minimize

from fleet.components import HORIZON_H, Vocabulary
from fleet.errors import InvalidHistory
from serve.forecaster import ForecastScorer
from serve.hazard import ComponentHazard, Ensemble, boosted_risk, probability_of
from serve.kinship import Traits, fading, fresh, shared_inputs
from training.landmarks import MOST, Array, Flags, Landmarks, distinct_failures

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
PULL: Final = 2.0
MOST_SHARED: Final = 400_000  # rows of the shared risk
SHORT_LIFE: Final = 0.1  # quantile of the ages at failure
CODE_PRIOR, MODEL_PRIOR = 20, 100  # landmarks at the usual rate that a lift is shrunk by

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Effort:
    """How much work a fit is given: boosting rounds and their step, folds of vehicles, landmarks at most."""

    rounds: int
    eta: float
    folds: int
    landmarks: int


FULL: Final = Effort(rounds=180, eta=0.04, folds=4, landmarks=MOST)
QUICK: Final = Effort(rounds=70, eta=0.1, folds=2, landmarks=16_000)  # for the first champion of a new installation


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
    components, tell = tuple(marks.components[place] for place in enough), progress or (lambda _share: None)
    traits = [traits_of(marks, place) for place in enough]
    views = [shared_inputs(marks.covariates, components, *told) for told in zip(components, traits, strict=True)]
    hazards = []
    with ThreadPoolExecutor(threads) as pool:  # a thread each: the boosters' own threads wait for each other on a busy machine
        shared, risk = crossfit(marks, enough, views, effort, pool)
        for column, place in enumerate(enough):
            tell((1 + column) / (1 + len(enough)))
            own, own_risk = crossfit(marks, [place], [marks.covariates.values], effort, pool)
            risks = np.stack([risk[:, column], own_risk[:, 0]], axis=1)
            hazards.append(component_hazard(marks, place, counts[place], risks, traits[column], own))
    tell(1.0)
    return ForecastScorer(version, vocabulary, shared, tuple(hazards))


def crossfit(
    marks: Landmarks, places: Sequence[int], views: Sequence[Matrix], effort: Effort, pool: ThreadPoolExecutor
) -> tuple[Ensemble, Array]:
    """A booster of "fails within 72 h" over the views of some components.

    Returns:
        The boosters, and the (n, component) log hazard of each row by the one that has not seen its vehicle.
    """
    fold = marks.vehicle % effort.folds
    fit = partial(_booster_without, marks, places, views, effort)
    whole, *boosters = pool.map(fit, (None, *range(effort.folds)))
    risk = np.zeros((len(fold), len(views)))
    for out, booster in enumerate(boosters):
        for column, view in enumerate(views):
            risk[fold == out, column] = boosted_risk(booster, view[fold == out])
    return Ensemble(whole, tuple(boosters)), risk


def _booster_without(
    marks: Landmarks, places: Sequence[int], views: Sequence[Matrix], effort: Effort, out: int | None
) -> xgb.Booster:
    """Fitted on the landmarks whose outcome is known, of all vehicles but those of a fold."""
    seen = np.ones(len(marks.vehicle), bool) if out is None else marks.vehicle % effort.folds != out
    every = -(-len(seen) * len(views) // MOST_SHARED)
    seen &= np.random.default_rng(7).permutation(len(seen)) % every == 0
    known = [seen & (marks.complete | marks.failed[:, place]) for place in places]
    inputs = np.concatenate([view[rows] for view, rows in zip(views, known, strict=True)])
    failed = np.concatenate([marks.failed[rows, place] for place, rows in zip(places, known, strict=True)])
    return boosted(inputs, failed, effort)


def boosted(inputs: Matrix, failed: Flags, effort: Effort = FULL) -> xgb.Booster:
    """Gradient boosting of "fails within 72 h", silent and deterministic."""
    matrix = xgb.QuantileDMatrix(inputs, failed.astype(np.float32), nthread=1, max_bin=BOOST["max_bin"])
    return xgb.train({**BOOST, "eta": effort.eta, "nthread": 1, "seed": 7}, matrix, effort.rounds)


def component_hazard(marks: Landmarks, place: int, failures: int, risks: Array, traits: Traits, own: Ensemble) -> ComponentHazard:
    """The Cox regression of one component on its (n, 2) cross-fitted risks, shared and own."""
    failed = marks.failed[:, place]
    frame = pd.DataFrame(risks, columns=["shared", "own"])
    frame = frame.assign(hours=np.maximum(marks.follow_up_h[:, place], 0.1), failed=failed.astype(int))
    start = np.array([0.5, 0.5])  # Newton overshoots from zero
    cox = CoxPHFitter(penalizer=RIDGE).fit(frame, "hours", "failed", initial_point=start, fit_options={"step_size": 0.5})
    overlap = failed.sum() / failures  # landmarks that see the same failure are one piece of evidence
    curve: Any = cox.baseline_cumulative_hazard_.iloc[:, 0]
    log_hazard = np.log(np.interp(HORIZON_H, curve.index, curve)) + (risks - risks.mean(axis=0)) @ cox.params_.to_numpy(float)
    return ComponentHazard(
        marks.components[place],
        traits,
        cox.params_.to_numpy(float),
        cox.variance_matrix_.to_numpy(float) * overlap,
        risks.mean(axis=0),
        curve.index.to_numpy(float),
        curve.to_numpy(float),
        1.0 / failures,
        calibration_of(probability_of(log_hazard), failed, newer_half(marks, failed)),
        own,
    )


def newer_half(marks: Landmarks, failed: Flags) -> Flags:
    """(n,) the landmarks whose outcome is known, of the newer half of the record."""
    at_ms = marks.covariates.at_ms
    return np.asarray((marks.complete | failed) & (at_ms >= (at_ms.min() + at_ms.max()) / 2))


def calibration_of(probability: Array, failed: Flags, told: Flags) -> Array:
    """(3,) beta calibration of the told rows, by maximum likelihood with a light pull towards none (1, 1, 0)."""
    certain = np.clip(probability[told], 1e-6, 1 - 1e-6)
    inputs = np.stack([np.log(certain), -np.log1p(-certain), np.ones(len(certain))], axis=1)
    outcome, none = failed[told].astype(float), np.array([1.0, 1.0, 0.0])

    def loss(calibration: Array) -> tuple[float, Array]:
        log_odds, pull = inputs @ calibration, calibration - none
        gap = 1 / (1 + np.exp(-log_odds)) - outcome
        value = np.logaddexp(0, log_odds).sum() - outcome @ log_odds + PULL * (pull**2).sum()
        return float(value), gap @ inputs + 2 * PULL * pull

    return np.asarray(minimize(loss, none, jac=True, bounds=[(0.2, 3), (0.2, 3), (-3, 3)]).x)


def traits_of(marks: Landmarks, place: int) -> Traits:
    """What the record tells of one component."""
    own, name = marks.covariates, marks.components[place]
    failed = marks.failed[:, place]
    lives = (own.column(f"component_age_h:{name}") + marks.follow_up_h[:, place])[failed]
    known = lives[np.isfinite(lives)]
    codes = [column.partition(":")[2] for column in own.names if column.startswith("since_h:")]
    models = [column.partition(":")[2] for column in own.names if column.startswith("model:")]
    lift = partial(_lift, failed, marks.complete | failed)
    return Traits(
        float(np.quantile(known, SHORT_LIFE)) if len(known) else float("nan"),
        {code: lift(fresh(own, code), CODE_PRIOR) for code in codes},
        {code: lift(fading(own, code), CODE_PRIOR) for code in codes},
        {model: lift(own.column(f"model:{model}") > 0, MODEL_PRIOR) for model in models},
    )


def _lift(failed: Flags, known: Flags, group: Flags, prior: float) -> float:
    """Log ratio of a group's failure rate to the usual one, shrunk to none by `prior` landmarks."""
    usual = failed[known].mean()
    told = known & group
    return float(np.log((failed[told].sum() + prior * usual) / (told.sum() + prior) / usual))
