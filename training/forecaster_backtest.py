"""Reads a record of failures and judges forecasters on its newest months, beside their rivals."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pandas as pd

from fleet.components import ComponentHistory, Vocabulary, milliseconds
from fleet.errors import InvalidHistory
from fleet.history import load_history
from fleet.usage import NO_USAGE, daily_usage
from fleet.visits import HOUR_MS
from serve.forecaster import Forecast, ForecastScorer
from training.forecaster_metrics import forecast_metrics
from training.forecaster_rivals import boosting, plain_cox
from training.landmarks import Landmarks, landmarks, observed_span
from training.survival import FULL, Effort, fit_forecaster

TABLES: Final = ("vehicles", "dtcs", "maintenance", "failures")
HELD_OUT: Final = 0.2  # newest share of the record, for the back-test
MIN_SPAN_H: Final = 45 * 24
USAGE_COVERS: Final = 0.7

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Backtest:
    """Moments of the newest months, what a forecaster of the months before said of them, and its figures and its rivals'."""

    marks: Landmarks
    forecast: Forecast
    figures: dict[str, float]


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


def backtest(events: ComponentHistory, progress: Progress | None = None, effort: Effort = FULL) -> Backtest:
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
    forecast = scorer.forecast(newest.covariates)
    figures = forecast_metrics(newest, forecast.probability, scorer.components)
    for name, fit in (("boosting", boosting), ("cox", plain_cox)):
        rivals = forecast_metrics(newest, fit(learnt, newest, scorer.components, effort), scorer.components)
        figures |= {f"{name}.{key}": value for key, value in rivals.items()}
    return Backtest(newest, forecast, figures)


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
