"""Minutes of telemetry for the baselines, and what else the slow features count."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import pandas as pd

from fleet.baselines import MINUTE_COLUMNS
from fleet.stores.postgres import tenant_transaction

# The air ratio is that of fleet.features: 1e4 · MAF / (MAP · rpm).
_MINUTES = """
SELECT t.vehicle_id, date_trunc('minute', event_time) AS minute, avg(speed_kmh) AS speed_kmh, avg(engine_rpm) AS engine_rpm,
       avg(engine_load_pct) AS engine_load_pct, avg(coolant_temp_c) AS coolant_temp_c, avg(oil_pressure_kpa) AS oil_pressure_kpa,
       avg(battery_v) AS battery_v, avg(fuel_rate_lph) AS fuel_rate_lph,
       avg(coalesce(fuel_level_pct, 100 * fuel_level_l / v.tank_l)) AS fuel_pct,
       1e4 * avg(maf_gps / nullif(map_kpa * engine_rpm, 0)) AS air_ratio,
       avg(CASE WHEN engine_rpm IS NULL THEN ignition_on WHEN engine_rpm > 300 THEN 1 ELSE 0 END) AS running_share,
       min(coalesce(v.tank_l, CASE v.vehicle_class WHEN 'truck' THEN 400 WHEN 'van' THEN 80 ELSE 50 END)) AS tank_l
FROM telemetry t JOIN vehicles v USING (tenant_id, vehicle_id)
WHERE t.tenant_id = $1 AND t.vehicle_id = ANY ($2) AND event_time >= $3 AND event_time < $4 AND flags = 0
GROUP BY 1, 2"""

_SERVICE = """
SELECT v.vehicle_id, extract(epoch FROM $3 - s.newest) / 86400 AS service_age_days, coalesce(a.count, 0) AS alerts_30d
FROM vehicles v
LEFT JOIN (SELECT vehicle_id, max(event_time) AS newest FROM maintenance
           WHERE tenant_id = $1 AND event_time <= $3 GROUP BY 1) s USING (vehicle_id)
LEFT JOIN (SELECT vehicle_id, count(*) AS count FROM alerts
           WHERE tenant_id = $1 AND started_at > $3 - interval '30 days' AND started_at <= $3 GROUP BY 1) a USING (vehicle_id)
WHERE v.tenant_id = $1 AND v.vehicle_id = ANY ($2)"""


async def vehicle_ids(pool: asyncpg.Pool, tenant: UUID) -> list[str]:
    """A tenant's vehicles.

    Raises:
        Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, tenant) as connection:
        rows = await connection.fetch("SELECT vehicle_id FROM vehicles WHERE tenant_id = $1 ORDER BY 1", tenant)
    return [row["vehicle_id"] for row in rows]


async def vehicle_minutes(
    pool: asyncpg.Pool, slug: str, tenant: UUID, vehicles: list[str], since: datetime, until: datetime
) -> pd.DataFrame:
    """`fleet.baselines.MINUTE_COLUMNS` of these vehicles.

    Raises:
        Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, tenant) as connection:
        rows = await connection.fetch(_MINUTES, tenant, vehicles, since, until)
    frame = _frame(rows, ["vehicle_id", *MINUTE_COLUMNS[1:]])
    frame["minute"] = pd.to_datetime(frame["minute"], utc=True)
    return _keyed(frame, slug)


async def service_facts(pool: asyncpg.Pool, slug: str, tenant: UUID, vehicles: list[str], now: datetime) -> pd.DataFrame:
    """vehicle_key, service_age_days, alerts_30d.

    Raises:
        Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, tenant) as connection:
        rows = await connection.fetch(_SERVICE, tenant, vehicles, now)
    return _keyed(_frame(rows, ["vehicle_id", "service_age_days", "alerts_30d"]), slug)


def _frame(rows: list[Any], columns: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame([tuple(row) for row in rows], columns=columns)
    numbers = [column for column in columns if column not in ("vehicle_id", "minute")]
    frame[numbers] = frame[numbers].astype("float64")
    return frame


def _keyed(frame: pd.DataFrame, slug: str) -> pd.DataFrame:
    frame.insert(0, "vehicle_key", slug + "/" + frame.pop("vehicle_id").astype(str))
    return frame
