"""Resolved alerts are closed when nothing about them has changed for a day: until then people may think better of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg

from fleet.alerts import AlertState
from fleet.anomaly import anomaly_json
from fleet.stores import audit
from fleet.stores.audit import AuditEntry
from fleet.stores.postgres import tenant_transaction
from fleet.stores.stream import StreamChange, publish

AT_REST: Final = timedelta(hours=24)
ACTOR: Final = "system:closing"
AT_ONCE: Final = 500


async def close_resolved(pool: asyncpg.Pool, tenant: UUID, slug: str, now: datetime) -> int:
    """Close a tenant's alerts that have been resolved for a day; returns how many.

    Raises:
        Unavailable: the store does not answer.
    """
    closed = 0
    while rows := await _close_some(pool, tenant, slug, now):
        closed += rows
    return closed


async def _close_some(pool: asyncpg.Pool, tenant: UUID, slug: str, now: datetime) -> int:
    async with tenant_transaction(pool, tenant) as connection:
        rows: Sequence[asyncpg.Record] = await connection.fetch(
            """UPDATE alerts SET state = $2 WHERE tenant_id = $1 AND alert_id IN (
                   SELECT a.alert_id FROM alerts a JOIN stream_events e ON e.tenant_id = a.tenant_id AND e.seq = a.seq
                   WHERE a.tenant_id = $1 AND a.state = $3 AND e.created_at < $4
                   ORDER BY a.alert_id LIMIT $5 FOR UPDATE OF a SKIP LOCKED) RETURNING *""",
            tenant, AlertState.CLOSED, AlertState.RESOLVED, now - AT_REST, AT_ONCE,
        )  # fmt: skip
        if rows:
            seqs = await publish(
                connection, tenant, [StreamChange(row["alert_id"], "closed", anomaly_json(row, slug)) for row in rows]
            )
            entries = [
                AuditEntry(now, ACTOR, "alert.closed", str(row["alert_id"]), {"seq": seq})
                for row, seq in zip(rows, seqs, strict=True)
            ]
            await audit.record_many(connection, tenant, entries)
    return len(rows)
