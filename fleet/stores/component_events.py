"""What the forecaster reads and writes: fault codes, maintenance, usage, forecasts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import pandas as pd

from fleet.components import USAGE_COLUMNS, ComponentHistory
from fleet.stores.postgres import connection_of, tenant_transaction

ForecastRecord = tuple[str, str, datetime, int, float, float, float, str]  # vehicle … upper, model version, as in the table


async def all_tenants(pool: asyncpg.Pool) -> dict[str, UUID]:
    """Slug → id of every tenant.

    Raises:
        Unavailable: the store does not answer.
    """
    async with connection_of(pool) as connection:
        rows = await connection.fetch("SELECT slug, tenant_id FROM all_tenants()")
    return {row["slug"]: row["tenant_id"] for row in rows}


async def component_history(pool: asyncpg.Pool, tenant: UUID, now: datetime, usage_days: int = 8) -> ComponentHistory:
    """Everything known of a tenant's components up to `now`.

    Raises:
        Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, tenant) as connection:
        vehicles = await connection.fetch("SELECT vehicle_id, model, age_years FROM vehicles WHERE tenant_id = $1", tenant)
        codes = await connection.fetch(
            "SELECT vehicle_id, event_time AS ts, code FROM fault_codes WHERE tenant_id = $1 AND event_time <= $2", tenant, now
        )
        services = await connection.fetch(
            "SELECT vehicle_id, event_time AS ts, component, failure FROM maintenance WHERE tenant_id = $1 AND event_time <= $2",
            tenant, now,
        )  # fmt: skip
        usage = await connection.fetch(_USAGE, tenant, now - timedelta(days=usage_days), now)
    services_frame = _frame(services, "vehicle_id", "ts", "component", "failure")
    failed = services_frame["failure"].astype(bool)
    return ComponentHistory(
        _frame(vehicles, "vehicle_id", "model", "age_years"),
        _frame(codes, "vehicle_id", "ts", "code"),
        services_frame.drop(columns="failure"),
        services_frame[failed].drop(columns="failure"),
        _frame(usage, "vehicle_id", "ts", *USAGE_COLUMNS),
    )


# A day counts when it is over: half a day of driving would read as a vehicle that is driven less.
_USAGE = """
SELECT vehicle_id, day + interval '1 day' AS ts, max(odometer_km) - min(odometer_km) AS km_per_day,
       count(DISTINCT date_trunc('minute', event_time)) FILTER (WHERE engine_rpm > 300) / 60.0::float8 AS engine_h_per_day
FROM (SELECT vehicle_id, event_time, odometer_km, engine_rpm, date_trunc('day', event_time) AS day FROM telemetry
      WHERE tenant_id = $1 AND event_time >= date_trunc('day', $2::timestamptz)
            AND event_time < date_trunc('day', $3::timestamptz)) t
GROUP BY vehicle_id, day"""


async def insert_forecasts(pool: asyncpg.Pool, tenant: UUID, records: Sequence[ForecastRecord]) -> None:
    """Write forecasts in one statement; one that is there already stays.

    Raises:
        Unavailable: the store does not answer.
    """
    if not records:
        return
    async with tenant_transaction(pool, tenant) as connection:
        await connection.execute(
            """INSERT INTO forecasts
                   (tenant_id, vehicle_id, component, made_at, horizon_h, probability, lower, upper, model_version)
               SELECT $1, * FROM unnest($2::text[], $3::text[], $4::timestamptz[], $5::int[],
                                        $6::real[], $7::real[], $8::real[], $9::text[])
               ON CONFLICT DO NOTHING""",
            tenant, *map(list, zip(*records, strict=True)),
        )  # fmt: skip


async def worst_risks(pool: asyncpg.Pool, tenant: UUID, horizon_h: int) -> list[asyncpg.Record]:
    """The worst component of each vehicle by its newest forecast, with the columns of the table.

    Raises:
        Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, tenant) as connection:
        return await connection.fetch(
            """SELECT DISTINCT ON (vehicle_id) * FROM (
                   SELECT f.*, max(made_at) OVER (PARTITION BY vehicle_id) AS newest FROM newest_forecasts f
                   WHERE tenant_id = $1 AND horizon_h = $2 AND made_at > now() - interval '7 days') recent
               WHERE made_at = newest ORDER BY vehicle_id, probability DESC""",
            tenant, horizon_h,
        )  # fmt: skip


async def recent_codes(pool: asyncpg.Pool, tenant: UUID, vehicles: list[str], hours: int) -> dict[str, tuple[str, ...]]:
    """Fault codes of the last hours by vehicle.

    Raises:
        Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, tenant) as connection:
        rows = await connection.fetch(
            """SELECT vehicle_id, array_agg(DISTINCT code ORDER BY code) AS codes FROM fault_codes
               WHERE tenant_id = $1 AND vehicle_id = ANY ($2) AND event_time > now() - make_interval(hours => $3) GROUP BY 1""",
            tenant, vehicles, hours,
        )  # fmt: skip
    return {row["vehicle_id"]: tuple(row["codes"]) for row in rows}


async def last_replacements(pool: asyncpg.Pool, tenant: UUID, vehicles: list[str]) -> dict[tuple[str, str], datetime]:
    """When each component of these vehicles was last replaced, as far as recorded.

    Raises:
        Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, tenant) as connection:
        rows = await connection.fetch(
            """SELECT vehicle_id, component, max(event_time) AS at FROM maintenance
               WHERE tenant_id = $1 AND vehicle_id = ANY ($2) GROUP BY 1, 2""",
            tenant, vehicles,
        )  # fmt: skip
    return {(row["vehicle_id"], row["component"]): row["at"] for row in rows}


def _frame(rows: list[asyncpg.Record], *columns: str) -> pd.DataFrame:
    frame = pd.DataFrame([tuple(row) for row in rows], columns=list(columns))
    if "ts" in columns:
        frame["ts"] = pd.to_datetime(frame["ts"], utc=True)
    return frame
