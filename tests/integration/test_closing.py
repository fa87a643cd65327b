"""Resolved alerts on a real PostgreSQL are closed after a day of rest, in the stream and the audit log like any change."""

from datetime import UTC, datetime, timedelta

import pytest

from alerts.sink import AlertSink
from fleet.alerts import AlertType, EpisodeChange, EpisodeEvent, Severity, VehicleId
from fleet.stores.closing import AT_REST, close_resolved
from fleet.stores.postgres import tenant_transaction


@pytest.fixture
async def resolved(pool, tenant):
    """Two alerts: one resolved, one open."""
    now = datetime.now(UTC)
    kinds = (AlertType.MISFIRE, AlertType.FUEL_LEAK)
    vehicle = VehicleId(tenant.slug, tenant.vehicle)
    events = [
        EpisodeEvent(vehicle, kind, EpisodeChange.OPENED, Severity.HIGH, now, now, 0.9, "engine-1", None, ()) for kind in kinds
    ]
    await AlertSink(pool).record(events, {tenant.slug: tenant.id})
    async with tenant_transaction(pool, tenant.id) as connection:
        await connection.execute("UPDATE alerts SET state = 'RESOLVED' WHERE type = 'MISFIRE'")
    return now


async def states(pool, tenant):
    async with tenant_transaction(pool, tenant.id) as connection:
        return dict(await connection.fetch("SELECT type, state FROM alerts"))


async def test_an_alert_that_rests_for_a_day_after_it_was_resolved_is_closed_once(pool, tenant, resolved):
    later = resolved + AT_REST + timedelta(minutes=5)
    assert await close_resolved(pool, tenant.id, tenant.slug, later) == 1
    assert await states(pool, tenant) == {"MISFIRE": "CLOSED", "FUEL_LEAK": "OPEN"}
    assert await close_resolved(pool, tenant.id, tenant.slug, later) == 0
    async with tenant_transaction(pool, tenant.id) as connection:
        assert await connection.fetchval("SELECT anomaly->>'state' FROM stream_events WHERE change = 'closed'") == "CLOSED"
        assert await connection.fetchval("SELECT count(*) FROM audit_log WHERE action = 'alert.closed'") == 1


async def test_within_the_day_it_stays_resolved(pool, tenant, resolved):
    assert await close_resolved(pool, tenant.id, tenant.slug, resolved + AT_REST - timedelta(hours=1)) == 0
    assert (await states(pool, tenant))["MISFIRE"] == "RESOLVED"
