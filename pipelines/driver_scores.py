"""Scores every tenant's drivers from stored telemetry and alerts, on its cadence."""

from datetime import UTC, date, datetime, time, timedelta
from time import monotonic
from uuid import UUID

import asyncpg

from fleet.drivers import WINDOW_DAYS, driver_scores
from fleet.settings import Settings
from fleet.stores import driver_days
from fleet.stores import driver_scores as store
from fleet.stores.component_events import all_tenants
from fleet.stores.postgres import connect_pool
from fleet.stores.vehicle_minutes import vehicle_ids
from pipelines.materialise import VEHICLES_AT_ONCE

LATE_DAYS = 1  # readings may come a day late


async def score_all(settings: Settings, now: datetime | None = None) -> int:
    """Score the drivers of every tenant; returns how many have a score.

    Raises:
        Unavailable: the store does not answer.
    """
    async with await connect_pool(settings.postgres) as pool:
        return sum([await score_tenant(pool, tenant, now or datetime.now(UTC)) for tenant in (await all_tenants(pool)).values()])


async def score_tenant(pool: asyncpg.Pool, tenant: UUID, now: datetime) -> int:
    """Read the days that are not read yet, and score the window that ends with today; returns how many have a score."""
    tomorrow = now.astimezone(UTC).date() + timedelta(days=1)
    first = tomorrow - timedelta(days=WINDOW_DAYS)
    await _read_days(pool, tenant, first, tomorrow, now)
    scores = driver_scores(await driver_days.driver_records(pool, tenant, _midnight(first), _midnight(tomorrow)))
    await store.save(pool, tenant, scores, now)
    return sum(score.score is not None for score in scores)


async def _read_days(pool: asyncpg.Pool, tenant: UUID, first: date, tomorrow: date, now: datetime) -> None:
    vehicles = await vehicle_ids(pool, tenant)
    for day in await driver_days.due_days(pool, tenant, first, tomorrow, now):
        began = monotonic()
        for start in range(0, len(vehicles), VEHICLES_AT_ONCE):
            await driver_days.read_day(pool, tenant, vehicles[start : start + VEHICLES_AT_ONCE], day, _midnight(day))
        is_final = day < tomorrow - timedelta(days=1 + LATE_DAYS)
        await driver_days.mark_read(pool, tenant, day, now, monotonic() - began, is_final)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
