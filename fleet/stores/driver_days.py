"""What drivers did: their days out of the telemetry, and their events out of the log of alerts."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg
import numpy as np

from fleet.alerts import AlertType
from fleet.drivers import EVENT_BEHAVIOURS, DriverRecord
from fleet.stores.postgres import tenant_transaction
from fleet.telemetry import FloatArray

REST_PER_READ = 20.0  # reading the same day again takes at most a twentieth of the time, however large the fleet

# Distance is speed over time where a speed was sent, else the odometer's steps from minute to minute, none over an hour's gap.
_READ_DAY = """
WITH minutes AS (
    SELECT driver_id, vehicle_id, date_trunc('minute', event_time) AS minute, avg(speed_kmh) AS speed, avg(fuel_rate_lph) AS rate,
           min(odometer_km) AS odometer,
           avg(CASE WHEN engine_rpm IS NULL THEN ignition_on WHEN engine_rpm > 300 THEN 1 ELSE 0 END) > 0.5 AS runs
    FROM telemetry
    WHERE tenant_id = $1 AND vehicle_id = ANY ($2) AND event_time >= $3 AND event_time < $4 AND flags = 0
          AND driver_id IS NOT NULL
    GROUP BY 1, 2, 3),
steps AS (
    SELECT *, coalesce(speed / 60, CASE WHEN minute - lag(minute) OVER way < interval '1 hour'
                                        THEN greatest(odometer - lag(odometer) OVER way, 0) END) AS km
    FROM minutes WINDOW way AS (PARTITION BY driver_id, vehicle_id ORDER BY minute))
INSERT INTO driver_days (tenant_id, driver_id, vehicle_id, day, km, metered_km, litres, engine_h, idle_h)
SELECT $1, driver_id, vehicle_id, $5, sum(km), sum(km) FILTER (WHERE rate IS NOT NULL), sum(rate) / 60,
       (count(*) FILTER (WHERE runs)) / nullif(60.0 * (count(runs) > 0)::int, 0),
       (count(*) FILTER (WHERE runs AND speed < 1)) / nullif(60.0 * (count(runs) > 0 AND count(speed) > 0)::int, 0)
FROM steps GROUP BY driver_id, vehicle_id
ON CONFLICT (tenant_id, driver_id, day, vehicle_id) DO UPDATE SET km = excluded.km, metered_km = excluded.metered_km,
    litres = excluded.litres, engine_h = excluded.engine_h, idle_h = excluded.idle_h"""

# Each episode once, with whom it happened to; what people dismissed is no event.
_EVENTS = """
SELECT e.anomaly ->> 'driverId' AS driver_id, e.anomaly ->> 'type' AS type,
       count(DISTINCT (e.alert_id, e.anomaly ->> 'occurrences')) AS events
FROM stream_events e JOIN alerts a USING (tenant_id, alert_id)
WHERE e.tenant_id = $1 AND e.change = 'opened' AND e.created_at >= $2
      AND (e.anomaly ->> 'timestamp')::timestamptz >= $2 AND (e.anomaly ->> 'timestamp')::timestamptz < $3
      AND e.anomaly ->> 'type' = ANY ($4) AND e.anomaly ->> 'driverId' IS NOT NULL
      AND coalesce(a.verdict, '') <> 'DISMISSED' AND a.state <> 'DISMISSED'
GROUP BY 1, 2"""

_DAYS = """
SELECT d.*, v.vehicle_class FROM driver_days d JOIN vehicles v USING (tenant_id, vehicle_id)
WHERE d.tenant_id = $1 AND d.day >= $2 AND d.day < $3 ORDER BY d.driver_id, d.day"""


async def due_days(pool: asyncpg.Pool, tenant: UUID, since: date, until: date, now: datetime) -> list[date]:
    """Days of [since, until) to be read now, in order: not those that are read for good, nor those whose reading took long and is
    not long ago.

    Raises:
        Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, tenant) as connection:
        rows = await connection.fetch(
            """SELECT day FROM driver_days_read WHERE tenant_id = $1 AND day >= $2
               AND (is_final OR read_at + $4 * took_s * interval '1 second' > $3)""",
            tenant, since, now, REST_PER_READ,
        )  # fmt: skip
    settled = {row["day"] for row in rows}
    return [day for n in range((until - since).days) if (day := since + timedelta(days=n)) not in settled]


async def read_day(pool: asyncpg.Pool, tenant: UUID, vehicles: Sequence[str], day: date, start: datetime) -> None:
    """Sum up a day of these vehicles, which begins at `start`; what stood there before is replaced.

    Raises:
        Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, tenant) as connection:
        await connection.execute(_READ_DAY, tenant, list(vehicles), start, start + timedelta(days=1), day)


async def mark_read(pool: asyncpg.Pool, tenant: UUID, day: date, now: datetime, took_s: float, is_final: bool) -> None:
    """The day was read, in so many seconds, for good or to be read again."""
    async with tenant_transaction(pool, tenant) as connection:
        await connection.execute(
            """INSERT INTO driver_days_read (tenant_id, day, read_at, took_s, is_final) VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (tenant_id, day) DO UPDATE
               SET read_at = excluded.read_at, took_s = excluded.took_s, is_final = excluded.is_final""",
            tenant, day, now, took_s, is_final,
        )  # fmt: skip


async def driver_records(pool: asyncpg.Pool, tenant: UUID, since: datetime, until: datetime) -> list[DriverRecord]:
    """What every driver did in [since, until), whole days.

    Raises:
        Unavailable: the store does not answer.
    """
    kinds = [behaviour.name for behaviour in EVENT_BEHAVIOURS]
    async with tenant_transaction(pool, tenant) as connection:
        days = await connection.fetch(_DAYS, tenant, since.date(), until.date())
        counted = await connection.fetch(_EVENTS, tenant, since, until, kinds)
    events: dict[str, dict[AlertType, int]] = {}
    for row in counted:
        events.setdefault(row["driver_id"], {})[AlertType(row["type"])] = row["events"]
    drives: dict[str, list[asyncpg.Record]] = {}
    for row in days:
        drives.setdefault(row["driver_id"], []).append(row)
    return [_record(driver, rows, events.get(driver, {})) for driver, rows in drives.items()]


def _record(driver: str, rows: list[asyncpg.Record], events: dict[AlertType, int]) -> DriverRecord:
    """A driver of several classes is held against the one in which most of the distance was driven."""
    km_of: dict[str, float] = {}
    for row in rows:
        km_of[row["vehicle_class"]] = km_of.get(row["vehicle_class"], 0.0) + (row["km"] or 0.0)

    def column(name: str) -> FloatArray:
        return np.array([np.nan if row[name] is None else row[name] for row in rows], np.float64)

    return DriverRecord(
        driver, max(km_of, key=lambda name: km_of[name]), column("km"), column("metered_km"), column("litres"),
        column("engine_h"), column("idle_h"), events,
    )  # fmt: skip
