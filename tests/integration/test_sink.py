"""Episode changes on a real PostgreSQL: an episode that is judged again, because a reading came late, stays one."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from alerts.sink import AlertSink
from fleet.alerts import AlertType, EpisodeChange, EpisodeEvent, Evidence, Severity, VehicleId
from fleet.stores.postgres import tenant_transaction

T0 = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.fixture
def record(pool, tenant):
    """Records a change of an overheating: `await record(change, began_s, at_s)`, in seconds after T0."""

    async def one(
        change: EpisodeChange, began_s: float, at_s: float, severity: Severity = Severity.HIGH, litres: float = 0
    ) -> int:
        began, at = (T0 + timedelta(seconds=s) for s in (began_s, at_s))
        vehicle, why = VehicleId(tenant.slug, tenant.vehicle), (Evidence("fuel_level_l", "l", litres, 0.0, "gone"),)
        event = EpisodeEvent(vehicle, AlertType.ENGINE_OVERHEAT, change, severity, began, at, 0.9, "engine-1", None, why)
        return await AlertSink(pool).record([event], {tenant.slug: tenant.id})

    return one


@pytest.fixture
def alert(pool, tenant):
    async def read():
        async with tenant_transaction(pool, tenant.id) as connection:
            (row,) = await connection.fetch("SELECT * FROM alerts")
            return row

    return read


async def test_an_episode_that_is_sure_only_later_is_not_counted_twice_nor_told_again(record, alert):
    assert await record(EpisodeChange.OPENED, 10, 15) == 1
    assert await record(EpisodeChange.OPENED, 13, 18) == 0
    assert ((await alert())["occurrences"], (await alert())["started_at"]) == (1, T0 + timedelta(seconds=10))


async def test_what_gets_worse_afterwards_still_reaches_the_alert(record, alert):
    await record(EpisodeChange.OPENED, 10, 15)
    await record(EpisodeChange.OPENED, 13, 18)
    assert await record(EpisodeChange.ESCALATED, 13, 30, Severity.CRITICAL) == 1
    assert (await alert())["severity"] == Severity.CRITICAL


async def test_more_of_the_same_is_told_once_and_wakes_nobody(pool, tenant, record, alert):
    await record(EpisodeChange.OPENED, 10, 15)
    async with tenant_transaction(pool, tenant.id) as connection:
        await connection.execute("UPDATE alerts SET snoozed_until = now() + interval '1 hour'")
    assert await record(EpisodeChange.REVISED, 10, 30, litres=80) == 1
    assert await record(EpisodeChange.REVISED, 10, 30, litres=90) == 0
    told = await alert()
    assert json.loads(told["evidence"])[0]["observed"] == 80
    assert (told["severity"], told["last_seen"]) == (Severity.HIGH, T0 + timedelta(seconds=30))
    assert told["snoozed_until"] is not None


async def test_an_episode_judged_again_as_worse_is_told_and_counted_once(record, alert):
    await record(EpisodeChange.OPENED, 10, 15)
    assert await record(EpisodeChange.OPENED, 13, 18, Severity.CRITICAL) == 1
    assert ((await alert())["occurrences"], (await alert())["severity"]) == (1, Severity.CRITICAL)


async def test_an_episode_after_the_end_of_the_last_one_counts(record, alert):
    await record(EpisodeChange.OPENED, 10, 15)
    await record(EpisodeChange.CLEARED, 10, 90)
    assert await record(EpisodeChange.OPENED, 120, 125) == 1
    assert (await alert())["occurrences"] == 2
