"""Episodes into the store: alert, stream event, outbox and audit row in one transaction, each change once."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

import asyncpg

from fleet.alerts import LIVE_STATES, EpisodeChange, EpisodeEvent
from fleet.anomaly import anomaly_json
from fleet.metrics import ALERT_CHANGES
from fleet.stores.audit import AuditEntry, record_many
from fleet.stores.postgres import tenant_transaction
from fleet.stores.stream import StreamChange, publish

ACTOR = "system:detection"
_LIVE = ", ".join(f"'{state}'" for state in LIVE_STATES)

# A replayed event finds that the alert has seen its moment already, live or closed, and changes nothing.
_OPEN = f"""
    INSERT INTO alerts AS a (tenant_id, seq, vehicle_id, driver_id, type, severity, state, active,
                             started_at, episode_at, last_seen, confidence, model_version, evidence)
    SELECT $1, 0, $2, $3, $4, $5, 'OPEN', true, $6, $6, $7, $8, $9, $10::jsonb
    WHERE NOT EXISTS (SELECT FROM alerts WHERE tenant_id = $1 AND vehicle_id = $2 AND type = $4 AND last_seen >= $7)
    ON CONFLICT (tenant_id, vehicle_id, type) WHERE state IN ({_LIVE}) DO UPDATE SET
        active = true, ended_at = NULL, last_seen = excluded.last_seen, driver_id = excluded.driver_id,
        snoozed_until = CASE WHEN excluded.severity <= a.severity THEN a.snoozed_until END,  -- what got worse is not put off
        severity = greatest(a.severity, excluded.severity), confidence = excluded.confidence,
        model_version = excluded.model_version, evidence = excluded.evidence,
        occurrences = a.occurrences + (NOT a.active AND excluded.episode_at > a.episode_at)::int, episode_at = excluded.episode_at
    RETURNING a.*"""  # noqa: S608 - constants only
# What has not ended cannot begin again: a reading that came late has only moved the moment from which it is sure. Nothing is new.
_GOES_ON = f"""
    UPDATE alerts SET episode_at = $4, last_seen = $5
    WHERE tenant_id = $1 AND vehicle_id = $2 AND type = $3 AND active AND state IN ({_LIVE}) AND last_seen < $5 AND severity >= $6
    RETURNING alert_id"""  # noqa: S608 - constants only
# A reading that came late shows that the alert's first episode began earlier than was known.
_BEGAN_EARLIER = """
    UPDATE alerts a SET started_at = $4, episode_at = $4
    WHERE tenant_id = $1 AND vehicle_id = $2 AND type = $3 AND occurrences = 1 AND episode_at > $4 AND last_seen >= $5
          AND NOT EXISTS (SELECT FROM alerts b WHERE b.tenant_id = $1 AND b.vehicle_id = $2 AND b.type = $3
                          AND b.alert_id <> a.alert_id AND b.last_seen >= $4)
    RETURNING *"""
# What was told is replaced, by a graver severity or, where $11, by more of the same: that alone wakes nobody.
_TELL_ANEW = """
    UPDATE alerts SET severity = greatest(severity, $5), snoozed_until = CASE WHEN severity >= $5 THEN snoozed_until END,
                      driver_id = coalesce($3, driver_id),
                      last_seen = $7, confidence = $8, model_version = $9, evidence = $10::jsonb
    WHERE tenant_id = $1 AND vehicle_id = $2 AND type = $4 AND active AND episode_at = $6 AND last_seen < $7
          AND (severity < $5 OR $11)
    RETURNING *"""
_CLEAR = """
    UPDATE alerts SET active = false, ended_at = $4, last_seen = $4
    WHERE tenant_id = $1 AND vehicle_id = $2 AND type = $3 AND active AND last_seen < $4
    RETURNING *"""


class AlertSink:
    """Writes episode changes; safe to repeat with the same events."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def record(self, events: Sequence[EpisodeEvent], tenants: Mapping[str, UUID]) -> int:
        """Record changes, tenant by tenant, in their order; returns how many were new.

        Args:
            events: changes; those of one vehicle in time order.
            tenants: slug → id of every tenant named in `events`.

        Raises:
            Unavailable: the store does not answer; repeat with the same events.
        """
        by_tenant: dict[str, list[EpisodeEvent]] = defaultdict(list)
        for event in events:
            by_tenant[event.vehicle.tenant].append(event)
        recorded = 0
        for slug, own in by_tenant.items():
            async with tenant_transaction(self._pool, tenants[slug]) as connection:
                done = [(event, row) for event in own if (row := await _apply(connection, tenants[slug], event))]
                changes = [StreamChange(row["alert_id"], event.change, anomaly_json(row, slug)) for event, row in done]
                await publish(connection, tenants[slug], changes)
                await record_many(connection, tenants[slug], [_audit(event, row) for event, row in done])
            for event, _ in done:
                ALERT_CHANGES.labels(event.type, event.change).inc()
            recorded += len(done)
        return recorded


async def _apply(connection: asyncpg.Connection, tenant: UUID, event: EpisodeEvent) -> asyncpg.Record | None:
    vehicle, kind = event.vehicle.vehicle, str(event.type)
    if event.change is EpisodeChange.CLEARED:
        return await connection.fetchrow(_CLEAR, tenant, vehicle, kind, event.at)
    if event.change is EpisodeChange.OPENED:
        moments = (event.started_at, event.at, int(event.severity))
        if await connection.fetchval(_GOES_ON, tenant, vehicle, kind, *moments):
            return None
    told = (
        tenant, vehicle, event.driver_id, kind, int(event.severity), event.started_at, event.at, event.confidence,
        event.model_version, json.dumps([asdict(reason) for reason in event.evidence]),
    )  # fmt: skip
    if event.change is not EpisodeChange.OPENED:
        return await connection.fetchrow(_TELL_ANEW, *told, event.change is EpisodeChange.REVISED)
    if (row := await connection.fetchrow(_OPEN, *told)) is None:
        row = await connection.fetchrow(_BEGAN_EARLIER, tenant, vehicle, kind, event.started_at, event.at)
    return row


def _audit(event: EpisodeEvent, row: Mapping[str, Any]) -> AuditEntry:
    detail = {"vehicle": event.vehicle.vehicle, "type": str(event.type), "severity": event.severity.name}
    return AuditEntry(event.at, ACTOR, f"alert.{event.change}", str(row["alert_id"]), detail)
