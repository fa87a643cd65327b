"""MLflow records of a forecaster: parameters, back-test, reliability, signature, native files, a registered version."""

import hashlib
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import mlflow
import numpy as np
import pandas as pd
from mlflow.pyfunc import PythonModel

from fleet.components import ComponentHistory, component_covariates, milliseconds
from serve.forecaster import ForecastScorer
from serve.registry import CHALLENGER, NATIVE, REGISTERED, ModelRegistry
from training.forecaster_backtest import Backtest, read_component_history
from training.forecaster_metrics import any_component
from training.landmarks import CADENCE_H, observed_span
from training.survival import BOOST, Effort
from training.tracking import experiment_run, unannounced

NAME: Final = "forecaster"
LEARNT_UNTIL: Final = "learnt_until_ms"
_BINS: Final = 10
_FEWEST: Final = 10


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


def register(
    scorer: ForecastScorer, tested: Backtest, events: ComponentHistory, history: str, registry: ModelRegistry, effort: Effort
) -> str:
    """Log and register a forecaster; returns its version, which has the alias challenger.

    Args:
        tested: the back-test of the months that the same settings had not seen.
        history: name of the bundle.
    """
    with tempfile.TemporaryDirectory() as folder, experiment_run(NAME, registry):
        scorer.save(Path(folder) / NATIVE)
        mlflow.log_params({**BOOST, **asdict(effort), "cadence_h": CADENCE_H, "components": len(scorer.components)})
        mlflow.log_metrics({key: value for key, value in tested.figures.items() if np.isfinite(value)})
        learnt_until = str(observed_span(events)[1])
        mlflow.set_tags({"data_fingerprint": fingerprint(events), "history": history, LEARNT_UNTIL: learnt_until})
        mlflow.log_text(backtest_table(tested.figures).to_csv(float_format="%.4f"), "backtest.csv")
        _log_reliability(tested)
        logged = _log_model(scorer, Path(folder) / NATIVE, events)
    version = str(logged.registered_model_version)
    mlflow.MlflowClient().set_registered_model_alias(REGISTERED[NAME], CHALLENGER, version)
    return version


def _log_model(scorer: ForecastScorer, native: Path, events: ComponentHistory) -> Any:
    example = pd.DataFrame({"vehicle_id": events.vehicle_ids()[:1], "at": [events.failures["ts"].max().isoformat()]})
    example = example.assign(history="bundle")
    answer = pd.DataFrame([[0.1] * len(scorer.components)], columns=list(scorer.components))
    with unannounced():
        logged = mlflow.pyfunc.log_model(
            name=NAME,
            python_model=ForecasterModel(),
            artifacts={NATIVE: str(native)},
            signature=mlflow.models.infer_signature(example, answer),
            pip_requirements=["lifelines", "xgboost", "numpy", "pandas"],
            registered_model_name=REGISTERED[NAME],
        )
    mlflow.log_dict(example.to_dict(orient="split", index=False), "example/input_example.json")
    return logged


def learnt_until_ms(registry: ModelRegistry, version: str) -> int | None:
    """End of the record that a version has learnt from, ms since the epoch; None where it was not noted."""
    client = mlflow.MlflowClient(registry.tracking_uri)
    run_id = client.get_model_version(REGISTERED[NAME], version).run_id
    noted = client.get_run(run_id).data.tags.get(LEARNT_UNTIL) if run_id else None
    return None if noted is None else int(noted)


def backtest_table(figures: dict[str, float]) -> pd.DataFrame:
    """A row per model and component, a column per metric."""
    cells: dict[tuple[str, str], dict[str, float]] = {}
    for key, value in figures.items():
        *model, component, metric = key.split(".") if key.count(".") else ("", key)
        if component:
            cells.setdefault((model[0] if model else NAME, component), {})[metric] = value
    return pd.DataFrame.from_dict(cells, orient="index").rename_axis(["model", "component"])


def _log_reliability(tested: Backtest) -> None:
    """What was forecast against what happened, one line per component and one for any."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 5))
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="grey", linewidth=0.8)
    judged, said = tested.marks.complete, tested.forecast.probability
    places = [tested.marks.components.index(name) for name in tested.forecast.components]
    failed = tested.marks.failed[:, places]
    lines = {"any": (any_component(said), np.asarray(failed.any(axis=1)))}
    lines |= {name: (said[:, column], failed[:, column]) for column, name in enumerate(tested.forecast.components)}
    for name, (probability, happened) in lines.items():
        place = np.minimum((probability[judged] * _BINS).astype(int), _BINS - 1)
        filled = [band for band in range(_BINS) if (place == band).sum() >= _FEWEST]
        told = [probability[judged][place == band].mean() for band in filled]
        axes.plot(told, [happened[judged][place == band].mean() for band in filled], "o-", label=name)
    axes.set(xlabel="probability forecast", ylabel="share that failed within 72 h")
    axes.legend(fontsize=7)
    mlflow.log_figure(figure, "reliability.png")


def fingerprint(events: ComponentHistory) -> str:
    """Names the data a model was trained on."""
    digest = hashlib.sha256()
    for table in (events.vehicles, events.codes, events.maintenance, events.failures):
        digest.update(pd.util.hash_pandas_object(table.astype(str), index=False).to_numpy().tobytes())
    return digest.hexdigest()[:16]
