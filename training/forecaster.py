"""Trains the survival forecaster, back-tests it on the newest months, registers it as challenger."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from sklearn.metrics import average_precision_score

from fleet.components import ComponentHistory, Vocabulary, component_covariates
from fleet.errors import ModelUnavailable
from serve.forecaster import ForecastScorer
from serve.registry import ModelRegistry
from training.forecaster_backtest import Progress, backtest, read_component_history
from training.forecaster_metrics import any_component
from training.forecaster_record import learnt_until_ms, register
from training.landmarks import Landmarks, landmarks, observed_span
from training.survival import FULL, Effort, fit_forecaster

NAME: Final = "forecaster"


def train(history: Path, registry: ModelRegistry, progress: Progress | None = None, effort: Effort = FULL) -> str:
    """Fit, back-test and register; returns the new version, which has the alias challenger.

    Raises:
        InvalidHistory: the bundle lacks failures, or its record is too short.
    """
    events = read_component_history(history)
    tell = progress or (lambda _share: None)
    tested = backtest(events, lambda share: tell(0.45 * share), effort)
    start, end = observed_span(events)
    vocabulary = Vocabulary.of(events)
    marks = landmarks(events, vocabulary, start, end, effort.landmarks)
    scorer = fit_forecaster(marks, vocabulary, "new", lambda share: tell(0.45 + 0.5 * share), effort)
    present = champion_score(registry, events, tested.marks)
    figures = tested.figures | ({} if present is None else {"champion_score": present})
    version = register(scorer, replace(tested, figures=figures), events, history.name, registry, effort)
    tell(1.0)
    return version


def champion_score(registry: ModelRegistry, events: ComponentHistory, newest: Landmarks) -> float | None:
    """Average precision of the champion on the moments of a back-test; None where there is none that has not learnt from them.

    One that knows none of these components says the same of every moment.
    """
    version = registry.champion(NAME)
    if version is None:
        return None
    try:
        champion = ForecastScorer.load(registry.fetch(NAME, version), version)
    except ModelUnavailable:
        return None
    judged = newest.complete
    known = [place for place, name in enumerate(newest.components) if name in champion.components]
    failed = newest.failed[judged].any(axis=1)
    if not known or not failed.any():
        return float(failed.mean()) if failed.any() else None
    learnt_until = learnt_until_ms(registry, version)
    if learnt_until is None or learnt_until > newest.covariates.at_ms.min():
        return None
    own = component_covariates(events, champion.vocabulary, newest.covariates.vehicle_ids, newest.covariates.at_ms)
    columns = [champion.components.index(newest.components[place]) for place in known]
    probability = champion.forecast(own).probability[:, columns]
    return float(average_precision_score(failed, any_component(probability)[judged]))
