"""Rolling-origin back-test of the forecaster: each month forecast from the months before it, beside its rivals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fleet.components import ComponentHistory, Vocabulary, milliseconds
from fleet.visits import HOUR_MS
from serve.forecaster import Forecast, ForecastScorer
from training.forecaster_backtest import until
from training.forecaster_metrics import forecast_metrics
from training.forecaster_rivals import boosting, plain_cox
from training.landmarks import Landmarks, landmarks, observed_span
from training.survival import FULL, fit_forecaster

Array = NDArray[np.float64]
FORECAST_EVERY_H: Final = 12
DRAWS: Final = 300
NEWTON_STEPS: Final = 8
HORIZON_AND_A_LANDMARK_H: Final = 73


@dataclass(frozen=True)
class Month:
    """One test month.

    Attributes:
        period: year and month. scorer: trained on everything before. marks: its moments, all followed for 72 hours.
        forecast: of the scorer. rivals: name → (n, component) probabilities.
    """

    period: pd.Period
    scorer: ForecastScorer
    marks: Landmarks
    forecast: Forecast
    rivals: dict[str, Array]

    @property
    def name(self) -> str:
        return str(self.period)

    def figures(self, rival: str | None = None) -> dict[str, float]:
        """Metrics of the forecaster or of a rival, by name."""
        probability = self.forecast.probability if rival is None else self.rivals[rival]
        return forecast_metrics(self.marks, probability, self.scorer.components)


def last_months(events: ComponentHistory, count: int) -> list[pd.Period]:
    """The newest whole months of a record, oldest first; a month whose last day holds an event counts as whole."""
    start, end = (pd.Timestamp(ms, unit="ms") for ms in observed_span(events))
    whole = [month for month in pd.period_range(start, end, freq="M") if month.end_time.floor("D") <= end]
    return whole[-count:]


def backtest_month(events: ComponentHistory, month: pd.Period) -> Month:
    """Train on what was known when the month began, forecast every 12 hours of it."""
    cut, close = month_ms(month)
    learnt, vocabulary = learnt_until(events, cut)
    scorer = fit_forecaster(learnt, vocabulary, str(month))
    marks = moments(events, vocabulary, cut, close)
    named: dict[str, Callable[..., Array]] = {"boosting": boosting, "cox": plain_cox}
    rivals = {name: fit(learnt, marks, scorer.components, FULL) for name, fit in named.items()}
    return Month(month, scorer, marks, scorer.forecast(marks.covariates), rivals)


def learnt_until(events: ComponentHistory, cut_ms: int) -> tuple[Landmarks, Vocabulary]:
    """Landmarks of the record as it stood at a moment."""
    older = until(events, cut_ms)
    vocabulary = Vocabulary.of(older)
    return landmarks(older, vocabulary, observed_span(older)[0], cut_ms), vocabulary


def moments(events: ComponentHistory, vocabulary: Vocabulary, cut_ms: int, close_ms: int, shift_h: int = 0) -> Landmarks:
    """The 12-hourly moments of a span that were followed for 72 hours; `shift_h` later than 00:00 and 12:00."""
    end = min(close_ms + HORIZON_AND_A_LANDMARK_H * HOUR_MS, observed_span(events)[1])
    marks = landmarks(events, vocabulary, cut_ms - FORECAST_EVERY_H * HOUR_MS, end, every_h=FORECAST_EVERY_H, shift_h=shift_h)
    at_ms = marks.covariates.at_ms
    return marks.rows((at_ms >= cut_ms) & (at_ms < close_ms) & marks.complete)


def month_ms(month: pd.Period) -> tuple[int, int]:
    """Its first moment and the first of the next."""
    first, following = milliseconds(pd.DatetimeIndex([month.start_time, (month + 1).start_time], tz="UTC"))
    return int(first), int(following)


def slope_interval(
    probabilities: Sequence[Array], outcomes: Sequence[NDArray[np.bool_]], vehicles: Sequence[NDArray[np.int64]]
) -> tuple[float, tuple[float, float]]:
    """Calibration slope over all months together, and its 95 % interval: vehicles drawn anew, with all their moments."""
    probability, failed, vehicle = np.concatenate(probabilities), np.concatenate(outcomes), np.concatenate(vehicles)
    numbers, place = np.unique(vehicle, return_inverse=True)
    drawn = np.random.default_rng(7).multinomial(len(numbers), np.full(len(numbers), 1 / len(numbers)), DRAWS)
    certain = np.clip(probability, 1e-6, 1 - 1e-6)
    log_odds = np.log(certain / (1 - certain))
    low, high = np.quantile([_slope(log_odds, failed, weight[place]) for weight in drawn], (0.025, 0.975))
    return _slope(log_odds, failed, np.ones(len(place))), (float(low), float(high))


def _slope(log_odds: Array, failed: NDArray[np.bool_], weight: Array) -> float:
    """Of a weighted logistic regression, by Newton's method from (0, 1)."""
    fitted = np.array([0.0, 1.0])
    inputs = np.stack([np.ones(len(log_odds)), log_odds])
    for _ in range(NEWTON_STEPS):
        said = 1 / (1 + np.exp(-(fitted @ inputs)))
        weighted = inputs * (weight * said * (1 - said))
        fitted += np.linalg.solve(weighted @ inputs.T, inputs @ (weight * (failed - said)))
    return float(fitted[1])
