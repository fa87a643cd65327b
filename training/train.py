"""Trains a model from a history bundle, compares it with the champion, registers it as challenger."""

import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from fleet.errors import ModelUnavailable
from fleet.scores import MODEL_TYPES
from serve.parts import load_scorer
from serve.registry import ModelRegistry
from training.comparison import compare
from training.dataset import LabelledSet
from training.evaluate import evaluate
from training.reference import write_reference
from training.tracking import open_experiment, register_version

ROW_MODELS: Final = ("driver", "fuel", "engine")
FEW_VEHICLES: Final = 40
MODELS: Final = (*ROW_MODELS, "forecaster")


def train_row_model(name: str, labelled: LabelledSet, registry: ModelRegistry, history: str, ray_address: str = "") -> str:
    """Fit driver, fuel or engine on labelled rows; returns the new version.

    The run carries `score` on the vehicles that are held out, and, unless they are few, `champion_score` of the present champion
    on the same rows.
    """
    torch.set_num_threads(2)
    with tempfile.TemporaryDirectory(prefix="fleetguard-fit-") as scratch:
        folder = Path(scratch) / "native"
        folder.mkdir()
        scorer, parameters, extra = fit_of(name)(labelled, folder, ray_address)
        held_out = labelled.rows(labelled.held_out)
        write_reference(name, folder, scorer, held_out)
        result = evaluate(scorer, held_out, MODEL_TYPES[name])
        metrics = {"score": result["score"], **flatten(result["types"]), **extra}
        few = len(np.unique(labelled.vehicle[~labelled.judged])) < FEW_VEHICLES
        # The champion of few vehicles has learnt from those held out, and would look better on them than it is.
        if not few and (champion := registry.champion(name)) is not None:
            with suppress(ModelUnavailable):  # of another program: there is nothing to compare with
                present = load_scorer(name, registry.fetch(name, champion), champion)
                metrics["champion_score"] = evaluate(present, held_out, MODEL_TYPES[name])["score"]
        if few:  # measured without the vehicles held out; used, it needs them all
            fit_of(name)(replace(labelled, whole=True), folder, ray_address)
        record = {"parameters": parameters, "metrics": metrics, "history": history}
        return register_version(name, folder, registry, held_out, record)


def train_forecaster(
    history: Path, registry: ModelRegistry, progress: Callable[[float], None] | None = None, quick: bool = False
) -> str:
    """Fit the forecaster on a bundle's failures; returns the new version. `quick`: with a fraction of the work."""
    from training.forecaster import train
    from training.survival import FULL, QUICK

    open_experiment("forecaster", registry)
    return train(history, registry, progress, QUICK if quick else FULL)


def evaluate_versions(
    name: str, versions: dict[str, str], registry: ModelRegistry, history: Path, labelled: LabelledSet | None
) -> dict[str, Any]:
    """Alias → `version`, `score`, `types` → metrics of registered versions on a bundle; with intervals and the difference between
    champion and challenger where `labelled`, the bundle's rows for row models, is given.
    """
    if labelled is not None:
        scorers = {alias: load_scorer(name, registry.fetch(name, version), version) for alias, version in versions.items()}
        return compare(scorers, labelled, MODEL_TYPES[name])
    return {
        alias: {"version": version} | _evaluate_forecaster(registry.fetch(name, version), version, history)
        for alias, version in versions.items()
    }


def _evaluate_forecaster(folder: Path, version: str, history: Path) -> dict[str, Any]:
    from serve.forecaster import ForecastScorer
    from training.forecaster_backtest import evaluate as evaluate_forecaster

    figures = evaluate_forecaster(history, ForecastScorer.load(folder, version))
    types: dict[str, dict[str, float]] = {}
    for key, value in figures.items():
        component, _, metric = key.rpartition(".")
        types.setdefault(component, {})[metric] = value
    return {"score": figures.get("any.average_precision", float("nan")), "types": types}


def flatten(types: dict[str, dict[str, float]]) -> dict[str, float]:
    """`TYPE.metric` → value, as MLflow wants it."""
    return {f"{kind}.{metric}": value for kind, metrics in types.items() for metric, value in metrics.items()}


def fit_of(name: str) -> Callable[[LabelledSet, Path, str], tuple[Any, dict[str, Any], dict[str, float]]]:
    """The fit of a model; each imports its own libraries."""
    if name == "driver":
        from training.driver import fit as fit_driver

        return fit_driver
    if name == "fuel":
        from training.fuel import fit as fit_fuel

        return fit_fuel
    from training.engine import fit as fit_engine

    return fit_engine
