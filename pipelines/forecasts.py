"""Forecasts of a history bundle at given moments, and of the live fleet on its cadence."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg
import numpy as np
import pandas as pd

from fleet.alerts import VehicleId
from fleet.components import HORIZON_H, ComponentHistory, component_covariates, milliseconds
from fleet.errors import InvalidInput, ModelUnavailable
from fleet.history import load_history
from fleet.settings import Settings
from fleet.stores import component_events
from fleet.stores.component_events import ForecastRecord
from fleet.stores.postgres import connect_pool
from fleet.usage import daily_usage
from serve.forecaster import Forecast, ForecastScorer, Risk
from serve.registry import CHALLENGER, ModelRegistry, models_cache

NAME: Final = "forecaster"
COLUMNS: Final = ("vehicle_id", "component", "at", "horizon_h", "probability", "lower", "upper")
TABLES: Final = ("vehicles", "dtcs", "maintenance", "failures")
_MOMENTS_AT_ONCE: Final = 32


def load_forecaster(registry: ModelRegistry) -> ForecastScorer:
    """The champion; the challenger where none was promoted yet.

    Raises:
        ModelUnavailable: neither exists.
    """
    version = registry.champion(NAME) or registry.version(NAME, CHALLENGER)
    if version is None:
        raise ModelUnavailable("No forecaster is registered: run `fleetguard train forecaster` first.")
    return ForecastScorer.load(registry.fetch(NAME, version), version)


def forecast_history(
    history: Path,
    at: Sequence[datetime],
    out: Path,
    registry: ModelRegistry,
    progress: Callable[[float], None] | None = None,
) -> int:
    """Write the forecasts of every vehicle at every moment as CSV; returns the number of rows.

    Only what was known at a moment enters its forecast: events with `ts <= at`.

    Raises:
        InvalidHistory: the bundle cannot be used. InvalidInput: no moment, or one without a time zone.
        ModelUnavailable: no forecaster is registered.
    """
    if not at or any(moment.tzinfo is None for moment in at):
        raise InvalidInput("a forecast needs at least one moment, with its time zone: --at 2026-11-24T12:00:00Z")
    scorer = load_forecaster(registry)
    events = _read_events(history, scorer)
    vehicles = events.vehicle_ids()
    partial = out.with_name(f".{out.name}.partial")
    rows = 0
    with partial.open("w") as file:
        for first in range(0, len(at), _MOMENTS_AT_ONCE):
            moments = at[first : first + _MOMENTS_AT_ONCE]
            table = _forecast_table(events, scorer, vehicles, moments)
            table.to_csv(file, index=False, header=first == 0, float_format="%.6g")
            rows += len(table)
            if progress:
                progress((first + len(moments)) / len(at))
    os.replace(partial, out)
    return rows


async def refresh_forecasts(
    pool: asyncpg.Pool, tenants: Mapping[str, UUID], forecaster: ForecastScorer, now: datetime
) -> dict[VehicleId, list[Risk]]:
    """Forecast every vehicle of these tenants (slug → id) from what the store knows at `now`, and write the results.

    Raises:
        Unavailable: the store does not answer.
    """
    risks: dict[VehicleId, list[Risk]] = {}
    for slug, tenant in tenants.items():
        events = await component_events.component_history(pool, tenant, now)
        vehicles = [str(vehicle) for vehicle in events.vehicles["vehicle_id"]]
        if not vehicles:
            continue
        forecast = _forecast(events, forecaster, vehicles, [now])
        records = list(_records(forecast, vehicles, now, forecaster.version))
        await component_events.insert_forecasts(pool, tenant, records)
        for vehicle, component, made_at, _, probability, lower, upper, version in records:
            risk = Risk(component, probability, lower, upper, made_at.timestamp(), version)
            risks.setdefault(VehicleId(slug, vehicle), []).append(risk)
    return risks


async def refresh_all(settings: Settings, now: datetime | None = None) -> int:
    """One refresh of every tenant with the registered forecaster; returns the number of forecasts written.

    Raises:
        Unavailable: the store or the registry does not answer, or holds no forecaster.
    """
    forecaster = load_forecaster(ModelRegistry(settings.mlflow.tracking_uri, models_cache(settings.home)))
    async with await connect_pool(settings.postgres) as pool:
        risks = await refresh_forecasts(pool, await component_events.all_tenants(pool), forecaster, now or datetime.now(UTC))
    return sum(map(len, risks.values()))


def _read_events(folder: Path, scorer: ForecastScorer) -> ComponentHistory:
    tables = (*TABLES, "telemetry") if scorer.vocabulary.usage else TABLES
    history = load_history(folder, tables, require=("dtcs", "maintenance"))
    usage = daily_usage(history.telemetry)
    return ComponentHistory(history.vehicles, history.dtcs, history.maintenance, history.failures, usage)


def _forecast(events: ComponentHistory, scorer: ForecastScorer, vehicles: list[str], moments: Sequence[datetime]) -> Forecast:
    """Rows: moment by moment, every vehicle."""
    at_ms = np.repeat(milliseconds(pd.to_datetime(list(moments), utc=True)), len(vehicles))
    return scorer.forecast(component_covariates(events, scorer.vocabulary, vehicles * len(moments), at_ms))


def _forecast_table(
    events: ComponentHistory, scorer: ForecastScorer, vehicles: list[str], moments: Sequence[datetime]
) -> pd.DataFrame:
    forecast = _forecast(events, scorer, vehicles, moments)
    components, rows = len(forecast.components), len(vehicles) * len(moments)
    stamps = [pd.Timestamp(moment).tz_convert("UTC").isoformat().replace("+00:00", "Z") for moment in moments]
    return pd.DataFrame(
        {
            "vehicle_id": np.repeat(vehicles * len(moments), components),
            "component": np.tile(forecast.components, rows),
            "at": np.repeat(stamps, len(vehicles) * components),
            "horizon_h": HORIZON_H,
            "probability": forecast.probability.ravel(),
            "lower": forecast.lower.ravel(),
            "upper": forecast.upper.ravel(),
        },
        columns=list(COLUMNS),
    )


def _records(forecast: Forecast, vehicles: list[str], now: datetime, version: str) -> Iterable[ForecastRecord]:
    for row, vehicle in enumerate(vehicles):
        for column, component in enumerate(forecast.components):
            figures = (forecast.probability[row, column], forecast.lower[row, column], forecast.upper[row, column])
            probability, lower, upper = map(float, figures)
            yield vehicle, component, now, forecast.horizon_h, probability, lower, upper, version
