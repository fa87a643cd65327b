"""Trains the engine model: XGBoost through Ray Train, a Random Forest beside it as the baseline."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import xgboost
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier

from fleet.alerts import TYPES
from fleet.scores import MODEL_TYPES
from fleet.telemetry import FloatArray
from serve.engine import CLASSES, ENGINE_FEATURES, EngineScorer, engine_table
from training.dataset import LabelledSet, require_examples
from training.fitting import fit_temperature, sample_rows
from training.ray_train import Checkpoints, run_in_ray_train

PARAMETERS: dict[str, Any] = {
    "objective": "multi:softprob", "num_class": len(CLASSES), "eta": 0.15, "subsample": 0.7, "colsample_bytree": 0.6,
    "lambda": 4.0, "tree_method": "hist", "max_bin": 64, "nthread": 1, "seed": 7,
}  # fmt: skip
SIDE_BY_SIDE = 2  # fits of the search: threads of one fit would wait for each other on a busy machine
SEARCH: tuple[dict[str, int], ...] = (
    {"max_depth": 3, "min_child_weight": 8},
    {"max_depth": 5, "min_child_weight": 8},
    {"max_depth": 5, "min_child_weight": 40},
)
SEARCH_ROWS = 15_000
FOLDS = 3
MOST_ROUNDS, PATIENCE = 120, 10
FEW_VEHICLES_ROUNDS = 60
MAX_ROWS = 60_000
SILENCE_SHARE = 0.25  # rows in which a random signal is muted, so that the trees learn to go on without it
_SIGNAL_GROUPS = ("coolant", "oil_pressure", "battery", "air_ratio", "ambient", "engine_load", "throttle", "oil_temp")


def fit(labelled: LabelledSet, folder: Path, ray_address: str = "") -> tuple[EngineScorer, dict[str, Any], dict[str, float]]:
    """Train on the vehicles that are not held out; writes `engine.ubj` and `engine.json` into `folder`.

    Returns:
        the scorer, the parameters to log, and the baseline's metrics.
    """
    require_examples(labelled, MODEL_TYPES["engine"])
    target, usable = _target(labelled)
    rng = np.random.default_rng(7)
    train, worth = sample_rows(np.flatnonzero(usable & ~labelled.held_out), labelled, MAX_ROWS, rng)
    held = np.flatnonzero(usable & labelled.held_out)
    table = engine_table(labelled.features)
    tune, learn = _by_vehicle(labelled.vehicle[train])
    data = {
        "table": _mute(table[train], rng)[learn], "target": target[train][learn],
        "weight": worth[learn], "vehicle": labelled.vehicle[train][learn],
    }  # fmt: skip
    booster, chosen, searched = run_in_ray_train("xgboost", _boost, data, ray_address)["fitted"]
    margin = booster.inplace_predict(table[train][tune], predict_type="margin")
    temperature = max(fit_temperature(margin, target[train][tune]), 1.0)
    typical = np.nanmedian(np.where((target[train] == 0)[:, None], table[train], np.nan), axis=0)
    booster.save_model(folder / "engine.ubj")
    record = {
        "temperature": temperature,
        "typical": [None if np.isnan(v) else float(v) for v in typical],
        "features": ENGINE_FEATURES,
    }
    (folder / "engine.json").write_text(json.dumps(record))
    parameters = PARAMETERS | chosen | {"rows": len(train), "temperature": round(temperature, 3)}
    guess = booster.inplace_predict(table[held]).argmax(axis=1) if len(held) else target[held]
    metrics = {"xgboost_balanced_accuracy": _balanced(guess, target[held])} | _baseline(table, target, train, held) | searched
    return EngineScorer.load(folder, "new"), parameters, metrics


def _boost(data: dict[str, Any], checkpoints: Checkpoints) -> None:
    """The trees, and what the search over folds of vehicles chose; a checkpoint after every candidate."""
    tried = (checkpoints.restore() or {"tried": []})["tried"]
    for candidate in SEARCH[len(tried) :]:
        tried.append(_try(data, candidate))
        checkpoints.save({"tried": tried}, {"candidates": len(tried)})
    losses, rounds = zip(*tried, strict=True)
    best = int(np.argmin(losses))
    booster = xgboost.train(PARAMETERS | SEARCH[best], _matrix(data, np.arange(len(data["target"]))), rounds[best])
    names = [f"search.depth_{candidate['max_depth']}_weight_{candidate['min_child_weight']}" for candidate in SEARCH]
    fitted = (booster, SEARCH[best] | {"rounds": rounds[best]}, dict(zip(names, losses, strict=True)))
    checkpoints.save({"tried": tried, "fitted": fitted}, {"loss": losses[best]})


def _try(data: dict[str, Any], candidate: dict[str, int]) -> tuple[float, int]:
    """Log loss on vehicles left out, the mean over folds, and the rounds it took."""
    rows = np.arange(0, len(data["target"]), max(1, len(data["target"]) // SEARCH_ROWS))
    fold = np.unique(data["vehicle"][rows], return_inverse=True)[1] % FOLDS
    if len(np.unique(fold)) < FOLDS:  # too few vehicles to leave any out
        return float("inf"), FEW_VEHICLES_ROUNDS

    def left_out(part: int) -> xgboost.Booster:
        learn, test = _matrix(data, rows[fold != part]), _matrix(data, rows[fold == part])
        return xgboost.train(
            PARAMETERS | candidate | {"eval_metric": "mlogloss"}, learn, MOST_ROUNDS, evals=[(test, "test")],
            early_stopping_rounds=PATIENCE, verbose_eval=False,
        )  # fmt: skip

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        fitted = list(pool.map(left_out, range(FOLDS)))
    losses, rounds = [booster.best_score for booster in fitted], [booster.best_iteration + 1 for booster in fitted]
    return float(np.mean(losses)), max(int(np.mean(rounds)), 1)


def _matrix(data: dict[str, Any], rows: NDArray[np.intp]) -> xgboost.DMatrix:
    table, target, weight = (data[name][rows] for name in ("table", "target", "weight"))
    return xgboost.DMatrix(table, target, weight=weight, feature_names=list(ENGINE_FEATURES), nthread=1)


def _target(labelled: LabelledSet) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """(n,) class of each row, and whether the row teaches one class clearly."""
    columns = [TYPES.index(kind) for kind in MODEL_TYPES["engine"]]
    positive = labelled.positive[:, columns]
    target = np.where(positive.any(axis=1), positive.argmax(axis=1) + 1, 0)
    clear = (positive.sum(axis=1) == 1) | (~positive.any(axis=1) & ~labelled.unsettled[:, columns].any(axis=1))
    return target, clear


def _by_vehicle(vehicle: NDArray[np.intp]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Rows of every fifth training vehicle calibrate, the rest teach."""
    ordinal = np.unique(vehicle, return_inverse=True)[1]
    tune = ordinal % 5 == 2
    return (tune, ~tune) if tune.any() and (~tune).any() else (np.ones(len(vehicle), bool), np.ones(len(vehicle), bool))


def _mute(table: FloatArray, rng: np.random.Generator) -> FloatArray:
    muted = table.copy()
    group = rng.integers(0, len(_SIGNAL_GROUPS), len(table))
    silent = rng.random(len(table)) < SILENCE_SHARE
    for position, prefix in enumerate(_SIGNAL_GROUPS):
        columns = np.array([place for place, name in enumerate(ENGINE_FEATURES) if name.startswith(prefix)])
        muted[np.ix_(np.flatnonzero(silent & (group == position)), columns)] = np.nan
    return muted


def _baseline(table: FloatArray, target: NDArray[np.intp], train: NDArray[np.intp], held: NDArray[np.intp]) -> dict[str, float]:
    """Balanced accuracy of a Random Forest on the held-out vehicles, where there are any."""
    if not len(held):
        return {}
    forest = RandomForestClassifier(n_estimators=40, max_depth=12, min_samples_leaf=5, n_jobs=2, random_state=7)
    rows = train[:: max(1, len(train) // 20_000)]
    forest.fit(table[rows], target[rows])
    guess = forest.predict(table[held])
    return {"random_forest_balanced_accuracy": _balanced(guess, target[held])}


def _balanced(guess: NDArray[np.intp], truth: NDArray[np.intp]) -> float:
    """Mean recall over the classes that occur."""
    return float(np.mean([np.mean(guess[truth == c] == c) for c in np.unique(truth)])) if len(truth) else float("nan")
