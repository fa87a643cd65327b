"""Claims about the survival forecaster and the board of current risks."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fleet.alerts import TYPE_INDEX, AlertType, Severity, VehicleId
from fleet.components import ComponentHistory, Vocabulary, component_covariates, milliseconds
from fleet.errors import InvalidHistory, ModelUnavailable
from fleet.features import FEATURES, SEQUENCE_CHANNELS, SEQUENCE_S, FeatureBatch
from fleet.visits import HOUR_MS
from serve.forecaster import RECORD, ForecastScorer, Risk, RiskBoard
from training.forecaster_backtest import until
from training.forecaster_metrics import calibration, forecast_metrics
from training.landmarks import landmarks, observed_span
from training.survival import MIN_FAILURES, fit_forecaster

START = pd.Timestamp("2026-01-01", tz="UTC")
RISK = TYPE_INDEX[AlertType.COMPONENT_FAILURE_RISK]


def events(rows: list[tuple[str, float, str]], column: str) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["vehicle_id", "ts", column])
    frame["ts"] = (START + pd.to_timedelta(frame["ts"].astype(float), unit="D")).astype("datetime64[ns, UTC]")
    return frame


def fleet_history(seed: int = 3, vehicles: int = 40, days: int = 100) -> ComponentHistory:
    """A pump that mostly fails one to two days after the code P1, which also comes alone; P2 means nothing."""
    rng = np.random.default_rng(seed)
    codes, failures = [], []
    for vehicle in (f"VH-{number}" for number in range(vehicles)):
        for day in rng.uniform(0, days, 3):
            codes.append((vehicle, day, "P1"))
            if rng.random() < 0.7 and day + 2 < days:
                failures.append((vehicle, day + rng.uniform(1, 2), "pump"))
        codes += [(vehicle, day, "P2") for day in rng.uniform(0, days, 4)]
    codes.append(("VH-0", float(days), "P2"))
    failed = events(failures, "component")
    listed = pd.DataFrame({"vehicle_id": [f"VH-{number}" for number in range(vehicles)]})
    return ComponentHistory(listed, events(codes, "code"), failed.copy(), failed)


@pytest.fixture(scope="module")
def history() -> ComponentHistory:
    return fleet_history()


@pytest.fixture(scope="module")
def scorer(history: ComponentHistory) -> ForecastScorer:
    vocabulary = Vocabulary.of(history)
    return fit_forecaster(landmarks(history, vocabulary, *observed_span(history)), vocabulary, "7")


def forecast_of(scorer: ForecastScorer, *codes: tuple[float, str], day: float = 10.0):
    history = ComponentHistory(
        pd.DataFrame({"vehicle_id": ["X"]}),
        events([("X", *code) for code in codes], "code"),
        events([], "component"),
        events([], "component"),
    )
    moment = milliseconds([START + pd.Timedelta(days=day)])
    return scorer.forecast(component_covariates(history, scorer.vocabulary, ["X"], moment))


def test_a_telling_code_raises_the_risk_and_a_meaningless_one_does_not(scorer):
    telling = forecast_of(scorer, (9.8, "P1")).probability[0, 0]
    meaningless = forecast_of(scorer, (9.8, "P2")).probability[0, 0]
    assert telling > 0.4
    assert meaningless < 0.1


def test_the_risk_fades_with_the_hours_since_the_code(scorer):
    assert forecast_of(scorer, (4.0, "P1")).probability[0, 0] < 0.1


def test_the_interval_holds_the_forecast_and_has_a_width(scorer):
    forecast = forecast_of(scorer, (9.8, "P1"))
    assert 0 <= forecast.lower[0, 0] < forecast.probability[0, 0] < forecast.upper[0, 0] <= 1


def test_a_nearer_horizon_is_never_riskier(scorer):
    history = fleet_history(5)
    marks = landmarks(history, scorer.vocabulary, *observed_span(history))
    near, far = (scorer.forecast(marks.covariates, hours).probability for hours in (24, 72))
    assert (near <= far + 1e-12).all()


def test_forecasts_of_an_unseen_fleet_are_sharp_and_calibrated(scorer):
    unseen = fleet_history(11)
    marks = landmarks(unseen, scorer.vocabulary, *observed_span(unseen))
    figures = forecast_metrics(marks, scorer.forecast(marks.covariates).probability, scorer.components)
    assert figures["pump.auc_24h"] > 0.95
    assert figures["pump.brier"] < figures["pump.brier_base"]
    assert 0.75 < figures["pump.calibration_slope"] < 1.3
    assert figures["pump.ece"] < 0.03


def test_a_saved_forecaster_forecasts_the_same(scorer, tmp_path: Path):
    scorer.save(tmp_path)
    loaded = ForecastScorer.load(tmp_path, "8")
    for name in ("probability", "lower", "upper"):
        np.testing.assert_allclose(
            getattr(forecast_of(loaded, (9.8, "P1")), name), getattr(forecast_of(scorer, (9.8, "P1")), name), rtol=1e-6
        )


def test_a_folder_without_a_forecaster_is_refused(tmp_path: Path):
    with pytest.raises(ModelUnavailable, match="does not load"):
        ForecastScorer.load(tmp_path, "1")


def test_a_forecaster_of_another_program_is_refused(scorer, tmp_path: Path):
    scorer.save(tmp_path)
    record = json.loads((tmp_path / RECORD).read_text())
    del record["shared"]
    (tmp_path / RECORD).write_text(json.dumps(record))
    with pytest.raises(ModelUnavailable, match="does not load"):
        ForecastScorer.load(tmp_path, "1")


def test_the_record_ends_as_censoring_and_not_as_survival(history):
    start, end = observed_span(history)
    marks = landmarks(history, Vocabulary.of(history), start, end)
    late = ~marks.complete & ~marks.failed[:, 0]
    assert late.any()
    assert (marks.follow_up_h[late, 0] < 72).all()


@pytest.mark.parametrize("most", [10**6, 2000, 600])
def test_a_forecaster_is_taught_at_every_third_hour_of_the_day_however_large_the_fleet(history, most):
    marks = landmarks(history, Vocabulary.of(history), *observed_span(history), most)
    assert set(marks.covariates.at_ms // HOUR_MS % 24) == set(range(0, 24, 3))
    assert len(marks.vehicle) <= most


def test_the_record_as_it_stood_holds_nothing_later(history):
    cut = int(milliseconds([START + pd.Timedelta(days=30)])[0])
    past = until(history, cut)
    assert milliseconds(past.failures["ts"]).max() <= cut
    assert len(past.codes) < len(history.codes)


def test_a_record_without_failures_is_refused(history):
    with pytest.raises(InvalidHistory, match="no failure"):
        observed_span(ComponentHistory(history.vehicles, history.codes, history.maintenance, history.failures[:0]))


def test_components_that_hardly_ever_failed_are_refused(history):
    few = ComponentHistory(history.vehicles, history.codes, history.maintenance, history.failures[: MIN_FAILURES - 1])
    vocabulary = Vocabulary.of(few)
    with pytest.raises(InvalidHistory, match=f"{MIN_FAILURES} times"):
        fit_forecaster(landmarks(few, vocabulary, *observed_span(history)), vocabulary, "1")


def test_perfect_forecasts_have_slope_one():
    rng = np.random.default_rng(0)
    probability = rng.beta(1, 4, 40_000)
    slope, intercept = calibration(probability, rng.random(40_000) < probability)
    assert slope == pytest.approx(1, abs=0.05)
    assert intercept == pytest.approx(0, abs=0.08)


def batch(at: float, *vehicles: VehicleId) -> FeatureBatch:
    rows = len(vehicles)
    values = np.full((rows, len(FEATURES)), np.nan, np.float32)
    sequence = np.full((rows, SEQUENCE_S, len(SEQUENCE_CHANNELS)), np.nan, np.float32)
    return FeatureBatch(vehicles, np.full(rows, at), values, sequence, (None,) * rows)


RISKY, UNKNOWN = VehicleId("t", "A"), VehicleId("t", "B")
PUMP = Risk("pump", 0.62, 0.5, 0.74, made_at=1000.0, version="7", codes=("P1",), age_days=41.0)


def test_a_vehicle_without_a_forecast_is_unknown_and_not_safe():
    scores = RiskBoard({RISKY: PUMP}).attach(batch(1000.0, RISKY, UNKNOWN))
    assert scores.probability[0, RISK] == pytest.approx(0.62)
    assert np.isnan(scores.probability[1, RISK])
    assert np.isnan(np.delete(scores.probability, RISK, axis=1)).all()


def test_an_old_forecast_is_no_forecast():
    assert np.isnan(RiskBoard({RISKY: PUMP}).attach(batch(1000.0 + 3 * 86_400, RISKY)).probability[0, RISK])


def test_the_evidence_names_component_probability_interval_codes_and_age():
    scores = RiskBoard({RISKY: PUMP}).attach(batch(1000.0, RISKY))
    (evidence,) = scores.evidence[0, RISK]
    for part in ("pump", "62%", "50%", "74%", "P1", "41 days"):
        assert part in evidence.text
    assert scores.versions[RISK] == "forecaster-7"


@pytest.mark.parametrize(
    ("probability", "severity"),
    [(0.1, 0), (0.3, Severity.MEDIUM), (0.5, Severity.HIGH), (0.79, Severity.HIGH), (0.8, Severity.CRITICAL)],
)
def test_severity_follows_the_probability(probability: float, severity: int):
    risk = Risk("pump", probability, 0.0, 1.0, 0.0, "7")
    assert RiskBoard({RISKY: risk}).attach(batch(0.0, RISKY)).severity[0, RISK] == severity
