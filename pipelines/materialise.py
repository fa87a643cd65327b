"""Slow features of the whole fleet: telemetry minutes → baselines → Parquet → the online store. A Ray Data pipeline."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import numpy as np
import pandas as pd

from fleet.baselines import hourly_consumption, vehicle_baselines
from fleet.features import SLOW_FEATURES
from fleet.settings import Postgres, Settings
from fleet.stores.component_events import all_tenants
from fleet.stores.postgres import connect_pool
from fleet.stores.vehicle_minutes import service_facts, vehicle_ids, vehicle_minutes
from pipelines.cluster import TASKS_AT_ONCE, cluster

DAYS: Final = 14
VEHICLES_AT_ONCE: Final = 50
EXPECTATION_HOURS: Final = 60  # metered hours below which a season of the day and week cannot be told
EXPECTATIONS_PER_CHUNK: Final = 10  # a Prophet fit takes about half a second

Chunk = dict[str, Any]


def run(settings: Settings, now: datetime | None = None) -> int:
    """Compute, store and materialise the slow features of every vehicle; returns the number of vehicles.

    Raises:
        ConfigurationError: a setting is missing. Unavailable: a store does not answer.
    """
    from feature_repo.online_store import apply, build_store, materialise
    from feature_repo.vehicle_features import VIEW_COLUMNS

    at = now or datetime.now(UTC)
    store = build_store(settings.feast, settings.valkey)
    apply(store)
    rows = slow_feature_rows(settings, at)
    if rows.empty:
        return 0
    offline = Path(settings.feast.offline)
    for view, columns in VIEW_COLUMNS.items():
        append_rows(offline / f"{view}.parquet", rows[["vehicle_key", "event_timestamp", *columns]], at)
    materialise(store, list(VIEW_COLUMNS), at)
    return len(rows)


def slow_feature_rows(settings: Settings, at: datetime) -> pd.DataFrame:
    """vehicle_key, event_timestamp and `SLOW_FEATURES`, one row per vehicle."""
    import ray

    chunks = asyncio.run(fleet_chunks(settings.postgres))
    if not chunks:
        return pd.DataFrame(columns=["vehicle_key", "event_timestamp", *SLOW_FEATURES])
    with cluster(settings.ray.address):
        dataset = ray.data.from_items(chunks, override_num_blocks=len(chunks)).map_batches(
            _chunk_rows,
            fn_kwargs={"postgres": settings.postgres, "at": at},
            batch_size=1,
            batch_format="pandas",
            compute=ray.data.TaskPoolStrategy(TASKS_AT_ONCE),
            num_cpus=0.5,
        )
        rows = dataset.to_pandas()
    rows["event_timestamp"] = pd.Timestamp(at)
    return rows


async def fleet_chunks(postgres: Postgres) -> list[Chunk]:
    """The fleet in portions of one tenant's vehicles, small enough for one task's memory."""
    async with await connect_pool(postgres) as pool:
        chunks = []
        for slug, tenant in (await all_tenants(pool)).items():
            vehicles = await vehicle_ids(pool, tenant)
            portions = (vehicles[first : first + VEHICLES_AT_ONCE] for first in range(0, len(vehicles), VEHICLES_AT_ONCE))
            chunks += [{"slug": slug, "tenant": str(tenant), "vehicles": portion} for portion in portions]
        return chunks


def _chunk_rows(batch: pd.DataFrame, postgres: Postgres, at: datetime) -> pd.DataFrame:
    chunks = batch.to_dict("records")
    return pd.concat([asyncio.run(chunk_features(chunk, postgres, at)) for chunk in chunks], ignore_index=True)


async def chunk_features(chunk: Chunk, postgres: Postgres, at: datetime) -> pd.DataFrame:
    """vehicle_key and `SLOW_FEATURES` of one portion of the fleet, vehicles without telemetry included."""
    slug, tenant, vehicles = chunk["slug"], UUID(chunk["tenant"]), list(chunk["vehicles"])
    async with await connect_pool(postgres.model_copy(update={"pool_size": 1})) as pool:
        minutes = await vehicle_minutes(pool, slug, tenant, vehicles, at - timedelta(days=DAYS), at)
        facts = await service_facts(pool, slug, tenant, vehicles, at)
    rows = facts.merge(vehicle_baselines(minutes), on="vehicle_key", how="left")
    rows = rows.merge(expected_consumption(hourly_consumption(minutes), at), on="vehicle_key", how="left")
    return rows[["vehicle_key", *SLOW_FEATURES]].astype(dict.fromkeys(SLOW_FEATURES, np.float32))


def expected_consumption(hourly: pd.DataFrame, at: datetime) -> pd.DataFrame:
    """vehicle_key, expected_lph: litres per driving hour over the next day by Prophet, for vehicles with enough history."""
    enough = hourly.groupby("vehicle_key").filter(lambda hours: len(hours) >= EXPECTATION_HOURS)
    found = {
        str(key): prophet_expectation(hours, at)
        for key, hours in list(enough.groupby("vehicle_key", sort=True))[:EXPECTATIONS_PER_CHUNK]
    }
    return pd.DataFrame({"vehicle_key": list(found), "expected_lph": list(found.values())}).astype({"vehicle_key": object})


def prophet_expectation(hours: pd.DataFrame, at: datetime) -> float:
    """Mean of the next 24 hours' forecast, within what the vehicle ever used; `hours` holds ds and y."""
    from prophet import Prophet

    model = Prophet(daily_seasonality=True, weekly_seasonality=True, yearly_seasonality=False, uncertainty_samples=0)
    naive = hours.assign(ds=hours["ds"].dt.tz_convert("UTC").dt.tz_localize(None))  # Prophet refuses zones
    model.fit(naive[["ds", "y"]])
    ahead = pd.date_range(pd.Timestamp(at).tz_convert("UTC").tz_localize(None).ceil("h"), periods=24, freq="h")
    expected = model.predict(pd.DataFrame({"ds": ahead}))["yhat"].to_numpy()
    return float(np.clip(expected, hours["y"].min(), hours["y"].max()).mean())


def append_rows(path: Path, rows: pd.DataFrame, at: datetime) -> None:
    """Add rows to a Parquet file, dropping what is too old to be read; a reader sees the old file or the new one."""
    from feature_repo.vehicle_features import KEEP

    path.parent.mkdir(parents=True, exist_ok=True)
    kept = pd.read_parquet(path) if path.exists() else rows[:0]
    kept = kept[(kept["event_timestamp"] > pd.Timestamp(at) - KEEP) & (kept["event_timestamp"] != pd.Timestamp(at))]
    partial = path.with_name(f".{path.name}.partial")
    pd.concat([frame for frame in (kept, rows) if len(frame)], ignore_index=True).to_parquet(partial, index=False)
    os.replace(partial, path)
