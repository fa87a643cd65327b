"""Claims about training, forecasting a bundle, and forecasting the live fleet into the database."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fleet.alerts import TYPE_INDEX, AlertType, VehicleId
from fleet.errors import InvalidHistory, InvalidInput, ModelUnavailable
from fleet.features import FEATURES, SEQUENCE_CHANNELS, SEQUENCE_S, FeatureBatch
from pipelines.forecasts import COLUMNS, forecast_history, load_forecaster, refresh_forecasts
from serve.forecaster import RiskBoard
from serve.registry import ModelRegistry
from training.forecaster import backtest, read_component_history, train

AT = datetime(2026, 3, 20, tzinfo=UTC)
RISK = TYPE_INDEX[AlertType.COMPONENT_FAILURE_RISK]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pump that mostly fails one to two days after P1."""
    rng, folder = np.random.default_rng(3), tmp_path_factory.mktemp("bundle")
    start, codes, failures = datetime(2026, 1, 1, tzinfo=UTC), [], []
    for vehicle in (f"VH-{number}" for number in range(30)):
        for day in rng.uniform(0, 88, 3):
            codes.append((vehicle, start + timedelta(days=day), "P1"))
            if rng.random() < 0.7:
                failures.append((vehicle, start + timedelta(days=day + rng.uniform(1, 2)), "pump"))
    pd.DataFrame(codes, columns=["vehicle_id", "ts", "code"]).to_csv(folder / "dtcs.csv", index=False)
    for table in ("failures", "maintenance"):
        pd.DataFrame(failures, columns=["vehicle_id", "ts", "component"]).to_csv(folder / f"{table}.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def registry(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> ModelRegistry:
    folder = tmp_path_factory.mktemp("registry")
    registry = ModelRegistry(f"sqlite:///{folder}/mlflow.db", folder / "cache")
    shares: list[float] = []
    version = train(bundle, registry, shares.append)
    assert registry.version("forecaster", "challenger") == version
    assert shares == sorted(shares)
    assert shares[-1] == 1
    return registry


def test_a_forecast_file_has_a_row_per_vehicle_and_moment(bundle: Path, registry: ModelRegistry, tmp_path: Path) -> None:
    rows = forecast_history(bundle, [AT, AT + timedelta(hours=12)], tmp_path / "out.csv", registry)
    table = pd.read_csv(tmp_path / "out.csv")
    assert tuple(table.columns) == COLUMNS
    assert rows == len(table) == 2 * 30
    assert ((table["lower"] <= table["probability"]) & (table["probability"] <= table["upper"])).all()
    assert table["at"].unique().tolist() == ["2026-03-20T00:00:00Z", "2026-03-20T12:00:00Z"]


def test_a_forecast_knows_nothing_of_what_comes_after(bundle: Path, registry: ModelRegistry, tmp_path: Path) -> None:
    past = tmp_path / "past"
    past.mkdir()
    for table in ("dtcs", "maintenance", "failures"):
        frame = pd.read_csv(bundle / f"{table}.csv")
        frame[pd.to_datetime(frame["ts"], utc=True, format="ISO8601") <= AT].to_csv(past / f"{table}.csv", index=False)
    forecast_history(bundle, [AT], tmp_path / "all.csv", registry)
    forecast_history(past, [AT], tmp_path / "past.csv", registry)
    both = [pd.read_csv(tmp_path / name).set_index("vehicle_id")["probability"] for name in ("all.csv", "past.csv")]
    pd.testing.assert_series_equal(both[0].loc[both[1].index], both[1])


def test_bad_input_is_one_clear_sentence(bundle: Path, registry: ModelRegistry, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="time zone"):
        forecast_history(bundle, [datetime(2026, 3, 20)], tmp_path / "out.csv", registry)
    with pytest.raises(InvalidHistory, match=r"failures\.csv"):
        train(tmp_path, registry)
    empty = ModelRegistry(f"sqlite:///{tmp_path}/none.db", tmp_path / "cache")
    with pytest.raises(ModelUnavailable, match="fleetguard train forecaster"):
        load_forecaster(empty)
    assert not (tmp_path / "out.csv").exists()


async def test_a_live_vehicles_risk_is_stored_and_the_board_attaches_it(pool, tenant, registry: ModelRegistry) -> None:
    scorer = await asyncio.to_thread(load_forecaster, registry)
    now = datetime.now(UTC)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT set_config('app.tenant', $1, true)", str(tenant.id))
        await connection.execute(
            "INSERT INTO fault_codes (tenant_id, vehicle_id, event_time, code) VALUES ($1, $2, $3, 'P1')",
            tenant.id, tenant.vehicle, now - timedelta(hours=8),
        )  # fmt: skip
    vehicle = VehicleId(tenant.slug, tenant.vehicle)
    (risk,) = (await refresh_forecasts(pool, {tenant.slug: tenant.id}, scorer, now))[vehicle]
    assert risk.probability > 0.4
    board = RiskBoard()
    await board.refresh(pool)
    values = np.full((1, len(FEATURES)), np.nan, np.float32)
    sequence = np.full((1, SEQUENCE_S, len(SEQUENCE_CHANNELS)), np.nan, np.float32)
    scores = board.attach(FeatureBatch((vehicle,), np.array([now.timestamp()]), values, sequence, (None,)))
    assert scores.probability[0, RISK] == pytest.approx(risk.probability, rel=1e-5)
    assert "P1" in scores.evidence[0, RISK][0].text


@pytest.mark.slow
def test_public_failures_are_forecast_about_as_well_as_by_boosting_and_far_better_than_by_plain_cox() -> None:
    data = Path(os.environ.get("FLEETGUARD_EVALUATION_DATA", Path(__file__).parents[3] / "shared" / "data"))
    if not (data / "component-failures").is_dir():
        pytest.skip("the evaluation data is not on this machine")
    figures = backtest(read_component_history(data / "component-failures"))
    assert figures["any.auc"] > max(0.97, figures["cox.any.auc"])
    assert figures["any.auc"] > figures["boosting.any.auc"] - 0.003
    assert figures["any.average_precision"] > 0.7
    assert figures["any.brier"] < 0.028
