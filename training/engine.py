"""Trains the engine model: XGBoost through Ray Train, a Random Forest beside it as the baseline."""

import json
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
from training.ray_train import run_in_ray_train

PARAMETERS: dict[str, Any] = {
    "objective": "multi:softprob", "num_class": len(CLASSES), "max_depth": 5, "eta": 0.15, "subsample": 0.7,
    "colsample_bytree": 0.6,
    "min_child_weight": 8, "lambda": 4.0, "tree_method": "hist", "max_bin": 64, "nthread": 2, "seed": 7,
}  # fmt: skip
ROUNDS = 90
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
    weight = _weights(target[train], worth)
    muted = _mute(table[train], rng)
    booster = run_in_ray_train(
        "xgboost", _boost, {"table": muted[learn], "target": target[train][learn], "weight": weight[learn]}, ray_address
    )
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
    parameters = PARAMETERS | {"rounds": ROUNDS, "rows": len(train), "temperature": round(temperature, 3)}
    return EngineScorer.load(folder, "new"), parameters, _baseline(table, target, train, held)


def _boost(data: dict[str, Any]) -> xgboost.Booster:
    matrix = xgboost.DMatrix(data["table"], data["target"], weight=data["weight"], feature_names=list(ENGINE_FEATURES), nthread=2)
    return xgboost.train(PARAMETERS, matrix, ROUNDS)


def _target(labelled: LabelledSet) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """(n,) class of each row, and whether the row teaches one class clearly."""
    columns = [TYPES.index(kind) for kind in MODEL_TYPES["engine"]]
    positive = labelled.positive[:, columns]
    target = np.where(positive.any(axis=1), positive.argmax(axis=1) + 1, 0)
    clear = (positive.sum(axis=1) == 1) | (~positive.any(axis=1) & ~labelled.unsettled[:, columns].any(axis=1))
    return target, clear


def _weights(target: NDArray[np.intp], worth: FloatArray) -> FloatArray:
    """Classes weigh alike up to a power: without it the commonest fault drowns the others."""
    count = np.bincount(target, worth, len(CLASSES))
    weight = worth * ((count.sum() / np.maximum(count, 1)) ** 0.5)[target]
    return (weight / weight.mean()).astype(np.float32)


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
    """Balanced accuracy of a Random Forest on the held-out vehicles."""
    forest = RandomForestClassifier(
        n_estimators=40, max_depth=12, min_samples_leaf=5, class_weight="balanced_subsample", n_jobs=2, random_state=7
    )
    rows = train[:: max(1, len(train) // 20_000)]
    forest.fit(table[rows], target[rows])
    guess = forest.predict(table[held])
    recalls = [float(np.mean(guess[target[held] == c] == c)) for c in np.unique(target[held])]
    return {"random_forest_balanced_accuracy": float(np.mean(recalls))}
