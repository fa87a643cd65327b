"""Days of readings: a vehicle's last hour is found at once among many, and a day that is over is forgotten at once."""

import time
from datetime import UTC, date, datetime, timedelta
from statistics import median
from uuid import UUID

import asyncpg
import pytest

from fleet.stores.postgres import tenant_transaction
from fleet.stores.readings import thinned
from fleet.stores.sessions import SignedIn
from fleet.stores.telemetry import PostgresTelemetryStore

VEHICLES, EVERY_S = 100, 60
NOW = datetime(2026, 8, 14, 12, tzinfo=UTC)
FILL = """INSERT INTO telemetry (tenant_id, vehicle_id, event_time, speed_kmh, coolant_temp_c)
          SELECT $1, 'VH-' || v, at, 50, 90 FROM generate_series(1, $2) v,
                 generate_series($3::timestamptz, $4::timestamptz, make_interval(secs => $5)) at"""


@pytest.fixture
async def three_days(pool: asyncpg.Pool, tenant) -> int:
    """Readings of three days and of 1970; returns how many."""
    store = PostgresTelemetryStore(pool)
    for day in range(3):
        await store.ensure_partitions(NOW - timedelta(days=day))
    async with tenant_transaction(pool, tenant.id) as connection:
        await connection.execute(FILL, tenant.id, VEHICLES, NOW - timedelta(days=2), NOW, EVERY_S)
        await connection.execute(FILL, tenant.id, 1, datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC), 1)
    return await count(pool, tenant.id)


async def count(pool: asyncpg.Pool, tenant: UUID, day: date | None = None) -> int:
    query = "SELECT count(*) FROM telemetry WHERE event_time::date = coalesce($1, event_time::date)"
    async with tenant_transaction(pool, tenant) as connection:
        return await connection.fetchval(query, day)


async def test_a_day_that_is_over_is_forgotten_at_once_and_the_others_stay(pool, tenant, three_days):
    over = await count(pool, tenant.id, date(2026, 8, 12))
    began = time.monotonic()
    await PostgresTelemetryStore(pool).forget_before(datetime(2026, 8, 13, 5, tzinfo=UTC))
    assert time.monotonic() - began < 2
    assert over > 10_000
    assert await count(pool, tenant.id) == three_days - over  # what came today with a clock of 1970 stays too
    assert await pool.fetchval("SELECT to_regclass('telemetry_20260812')") is None


async def test_a_vehicles_last_hour_is_found_at_once_among_many_readings(pool, tenant, three_days):
    who = SignedIn(tenant.id, tenant.slug, UUID(int=0), "m@example", "M", "fleet_manager", None, NOW)
    took = []
    for _ in range(5):
        began = time.monotonic()
        found = await thinned(pool, who, "VH-1", NOW - timedelta(hours=1), NOW, ["speed_kmh", "coolant_temp_c"], 300)
        took.append(time.monotonic() - began)
    assert len(found.times) == 60
    assert median(took) < 0.1
