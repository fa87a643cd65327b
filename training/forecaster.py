"""Trains the survival forecaster, back-tests it on the newest months, registers it as challenger."""

import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import mlflow
import numpy as np
import pandas as pd
from mlflow.pyfunc import PythonModel

from fleet.components import ComponentHistory, Vocabulary, component_covariates, milliseconds
from fleet.errors import InvalidHistory
from fleet.history import load_history
from fleet.usage import NO_USAGE, daily_usage
from fleet.visits import HOUR_MS
from serve.forecaster import ForecastScorer
from serve.registry import CHALLENGER, NATIVE, REGISTERED, ModelRegistry
from training.forecaster_metrics import forecast_metrics
from training.forecaster_rivals import boosting, plain_cox
from training.landmarks import CADENCE_H, landmarks, observed_span
from training.survival import BOOST, FULL, Effort, fit_forecaster
from training.tracking import experiment_run

NAME: Final = "forecaster"
TABLES: Final = ("vehicles", "dtcs", "maintenance", "failures")
HELD_OUT: Final = 0.2  # newest share of the record, for the back-test
MIN_SPAN_H: Final = 45 * 24
USAGE_COVERS: Final = 0.7

Progress = Callable[[float], None]


class ForecasterModel(PythonModel):  # type: ignore[misc]
    """The forecaster as MLflow serves it: a bundle folder, vehicles and moments in; probabilities out."""

    def load_context(self, context: Any) -> None:
        self._scorer = ForecastScorer.load(Path(context.artifacts[NATIVE]), "mlflow")

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Columns vehicle_id, at (ISO time), history (folder) → one probability column per component."""
        parts = []
        for folder, rows in model_input.groupby("history", sort=False):
            history = read_component_history(Path(str(folder)))
            at_ms = milliseconds(pd.to_datetime(rows["at"], utc=True))
            covariates = component_covariates(history, self._scorer.vocabulary, rows["vehicle_id"].tolist(), at_ms)
            parts.append(pd.DataFrame(self._scorer.forecast(covariates).probability, rows.index, list(self._scorer.components)))
        return pd.concat(parts).reindex(model_input.index)


def read_component_history(folder: Path) -> ComponentHistory:
    """Failures, maintenance, fault codes and vehicles of a bundle.

    Raises:
        InvalidHistory: failures.csv is missing, or a file cannot be used.
    """
    history = load_history(folder, TABLES, require=("failures",))
    events = ComponentHistory(history.vehicles, history.dtcs, history.maintenance, history.failures)
    return replace(events, usage=_usage(folder, events)) if len(events.failures) else events


def _usage(folder: Path, events: ComponentHistory) -> pd.DataFrame:
    """Usage where the telemetry covers most of the record: else a missing value would only tell the date."""
    path = folder / "telemetry.parquet"
    if not path.is_file():
        return NO_USAGE
    start, end = observed_span(events)
    stamps = pd.to_datetime(pd.read_parquet(path, columns=["ts"])["ts"], utc=True)
    if (stamps.max() - stamps.min()) / pd.Timedelta(milliseconds=1) < USAGE_COVERS * (end - start):
        return NO_USAGE
    return daily_usage(load_history(folder, ("telemetry",)).telemetry)


def until(history: ComponentHistory, end_ms: int) -> ComponentHistory:
    """The record as it stood at a moment."""

    def known(table: pd.DataFrame) -> pd.DataFrame:
        return table[milliseconds(table["ts"]) <= end_ms] if len(table) else table

    events = (known(table) for table in (history.codes, history.maintenance, history.failures, history.usage))
    return ComponentHistory(history.vehicles, *events)


def train(history: Path, registry: ModelRegistry, progress: Progress | None = None, effort: Effort = FULL) -> str:
    """Fit, back-test and register; returns the new version, which has the alias challenger.

    Raises:
        InvalidHistory: the bundle lacks failures, or its record is too short.
    """
    events = read_component_history(history)
    tell = progress or (lambda _share: None)
    metrics = backtest(events, lambda share: tell(0.45 * share), effort)
    start, end = observed_span(events)
    vocabulary = Vocabulary.of(events)
    marks = landmarks(events, vocabulary, start, end, effort.landmarks)
    scorer = fit_forecaster(marks, vocabulary, "new", lambda share: tell(0.45 + 0.5 * share), effort)
    version = _register(scorer, metrics, events, history, registry, effort)
    tell(1.0)
    return version


def backtest(events: ComponentHistory, progress: Progress | None = None, effort: Effort = FULL) -> dict[str, float]:
    """Trained on the older months, judged on the newest; beside it plain boosting and a plain Cox model in the same run.

    Raises:
        InvalidHistory: the record is too short.
    """
    start, end = observed_span(events)
    if end - start < MIN_SPAN_H * HOUR_MS:
        raise InvalidHistory(
            f"the record of failures and fault codes spans {(end - start) / HOUR_MS / 24:.0f} days, "
            f"a forecaster needs {MIN_SPAN_H // 24}"
        )
    cut = end - int(HELD_OUT * (end - start))
    older = until(events, cut)
    vocabulary = Vocabulary.of(older)
    learnt = landmarks(older, vocabulary, start, cut, effort.landmarks)
    newest = landmarks(events, vocabulary, cut, end, effort.landmarks)
    scorer = fit_forecaster(learnt, vocabulary, "back-test", progress, effort)
    figures = forecast_metrics(newest, scorer.forecast(newest.covariates).probability, scorer.components)
    for name, fit in (("boosting", boosting), ("cox", plain_cox)):
        rivals = forecast_metrics(newest, fit(learnt, newest, scorer.components, effort), scorer.components)
        figures |= {f"{name}.{key}": value for key, value in rivals.items() if key.startswith("any.")}
    return figures


def evaluate(history: Path, scorer: ForecastScorer) -> dict[str, float]:
    """Figures of a forecaster on a bundle, from the first moment its record covers.

    Raises:
        InvalidHistory: the bundle lacks failures, or knows none of the model's components.
    """
    events = read_component_history(history)
    start, end = observed_span(events)
    marks = landmarks(events, scorer.vocabulary, start, end)
    if not marks.failed.any():
        raise InvalidHistory(f"no failure of {', '.join(scorer.components)} lies in this record")
    return forecast_metrics(marks, scorer.forecast(marks.covariates).probability, scorer.components)


def _register(
    scorer: ForecastScorer,
    metrics: dict[str, float],
    events: ComponentHistory,
    history: Path,
    registry: ModelRegistry,
    effort: Effort,
) -> str:
    with tempfile.TemporaryDirectory() as folder, experiment_run(NAME, registry):
        scorer.save(Path(folder) / NATIVE)
        mlflow.log_params({**BOOST, **asdict(effort), "cadence_h": CADENCE_H, "components": len(scorer.components)})
        mlflow.log_metrics({key: value for key, value in metrics.items() if np.isfinite(value)})
        mlflow.set_tags({"data_fingerprint": fingerprint(events), "history": history.name})
        example = pd.DataFrame({"vehicle_id": events.vehicle_ids()[:1], "at": [events.failures["ts"].max().isoformat()]})
        signature = mlflow.models.infer_signature(
            example.assign(history="bundle"), pd.DataFrame([[0.1] * len(scorer.components)], columns=list(scorer.components))
        )
        logged = mlflow.pyfunc.log_model(
            name=NAME,
            python_model=ForecasterModel(),
            artifacts={NATIVE: str(Path(folder) / NATIVE)},
            signature=signature,
            pip_requirements=["lifelines", "xgboost", "numpy", "pandas"],
            registered_model_name=REGISTERED[NAME],
        )
    version = str(logged.registered_model_version)
    mlflow.MlflowClient().set_registered_model_alias(REGISTERED[NAME], CHALLENGER, version)
    return version


def fingerprint(events: ComponentHistory) -> str:
    """Names the data a model was trained on."""
    digest = hashlib.sha256()
    for table in (events.vehicles, events.codes, events.maintenance, events.failures):
        digest.update(pd.util.hash_pandas_object(table.astype(str), index=False).to_numpy().tobytes())
    return digest.hexdigest()[:16]
