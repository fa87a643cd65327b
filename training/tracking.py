"""MLflow records of a training run: parameters, metrics, plots, signature, native files, a registered version."""

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.pyfunc import PythonModel

from fleet.alerts import TYPES, AlertType, VehicleId
from fleet.features import FEATURES, SEQUENCE_CHANNELS, SEQUENCE_S, SLOW_FEATURES, FeatureBatch
from fleet.scores import MODEL_TYPES
from fleet.telemetry import FloatArray
from serve.parts import load_scorer
from serve.registry import CHALLENGER, NATIVE, REGISTERED, ModelRegistry
from training.dataset import LabelledSet
from training.evaluate import score_rows

_REQUIREMENTS = ["numpy", "pandas", "scikit-learn", "treelite", "torch", "xgboost"]


class RowModel(PythonModel):  # type: ignore[misc]
    """A row model as MLflow serves it: features in, a probability per alert type out."""

    def __init__(self, name: str) -> None:
        self.name = name

    def load_context(self, context: Any) -> None:
        self._scorer = load_scorer(self.name, Path(context.artifacts[NATIVE]), "mlflow")

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Columns: any of `fleet.features.FEATURES`; what is missing counts as silent."""
        values = model_input.reindex(columns=list(FEATURES)).to_numpy(np.float32)
        rows = len(values)
        sequence = np.full((rows, SEQUENCE_S, len(SEQUENCE_CHANNELS)), np.nan, np.float32)
        features = FeatureBatch((VehicleId("-", "-"),) * rows, np.zeros(rows), values, sequence, (None,) * rows)
        scores = self._scorer.score(features, np.full((rows, len(SLOW_FEATURES)), np.nan, np.float32))
        kinds = MODEL_TYPES[self.name]
        return pd.DataFrame(scores.probability[:, [TYPES.index(kind) for kind in kinds]], columns=[str(kind) for kind in kinds])


@contextmanager
def experiment_run(name: str, registry: ModelRegistry) -> Iterator[None]:
    """A run in the model's experiment, made on first use."""
    open_experiment(name, registry)
    with mlflow.start_run():
        yield


def open_experiment(name: str, registry: ModelRegistry) -> None:
    """Make the model's experiment where it does not exist; with a SQLite file its artifacts lie beside the file."""
    mlflow.set_tracking_uri(registry.tracking_uri)
    if mlflow.get_experiment_by_name(REGISTERED[name]) is None:
        location = None
        if registry.tracking_uri.startswith("sqlite:///"):
            location = (Path(registry.tracking_uri.removeprefix("sqlite:///")).parent / "models" / name).resolve().as_uri()
        mlflow.create_experiment(REGISTERED[name], artifact_location=location)
    mlflow.set_experiment(REGISTERED[name])


def register_version(
    name: str,
    folder: Path,
    registry: ModelRegistry,
    held_out: LabelledSet,
    record: dict[str, Any],
) -> str:
    """Log and register the model whose native files lie in `folder`; returns its version, which has the alias challenger.

    Args:
        held_out: rows never trained on, for the plot and the example.
        record: `parameters`, `metrics` (flat), `history` (name of the bundle).
    """
    with experiment_run(name, registry):
        mlflow.log_params(record["parameters"])
        mlflow.log_metrics({key: value for key, value in record["metrics"].items() if np.isfinite(value)})
        mlflow.set_tags({"data_fingerprint": held_out.fingerprint, "history": record["history"], "rows": str(len(held_out))})
        scorer = load_scorer(name, folder, "new")
        _log_reliability(score_rows([scorer], held_out.features), held_out, MODEL_TYPES[name])
        model = RowModel(name)
        example = pd.DataFrame(held_out.features.values[:3], columns=list(FEATURES))
        answer = pd.DataFrame([[0.1] * len(MODEL_TYPES[name])], columns=[str(kind) for kind in MODEL_TYPES[name]])
        with unannounced():
            logged = mlflow.pyfunc.log_model(
                name=name,
                python_model=model,
                artifacts={NATIVE: str(folder)},
                signature=mlflow.models.infer_signature(example.astype(np.float64), answer),
                pip_requirements=_REQUIREMENTS,
                registered_model_name=REGISTERED[name],
            )
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "input_example.json"
            example.to_json(path, orient="split", index=False)
            mlflow.log_artifact(str(path), "example")
    version = str(logged.registered_model_version)
    mlflow.MlflowClient().set_registered_model_alias(REGISTERED[name], CHALLENGER, version)
    return version


@contextmanager
def unannounced() -> Iterator[None]:
    """MLflow prints each registration to standard error, into the progress that people watch there; what fails still raises."""
    with redirect_stderr(io.StringIO()):
        yield


def _log_reliability(probability: FloatArray, labelled: LabelledSet, types: tuple[AlertType, ...]) -> None:
    """What was said against what happened, one line per type."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 5))
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="grey", linewidth=0.8)
    for kind in types:
        column = TYPES.index(kind)
        judged = ~np.isnan(probability[:, column]) & ~labelled.unsettled[:, column]
        said, truth = probability[judged, column], labelled.positive[judged, column]
        place = np.minimum((said * 10).astype(int), 9)
        filled = [b for b in range(10) if (place == b).sum() >= 10]
        axes.plot([said[place == b].mean() for b in filled], [truth[place == b].mean() for b in filled], "o-", label=str(kind))
    axes.set_xlabel("probability said")
    axes.set_ylabel("share that happened")
    axes.legend(fontsize=7)
    mlflow.log_figure(figure, "reliability.png")
