"""People's judgements of alerts: the last one of each alert is what training learns from."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from fleet.alerts import AlertType
from fleet.labels import JudgedAlert
from fleet.stores.postgres import tenant_transaction
from fleet.stores.sessions import SignedIn
from fleet.workflow import TEACHING_REASONS, DismissalReason, Verdict


async def record(
    connection: asyncpg.Connection, who: SignedIn, alert: Mapping[str, Any], note_id: UUID | None, now: datetime
) -> None:
    """Judge an alert, in the caller's transaction, by the verdict of its row; replaces an earlier judgement."""
    await connection.execute(
        """INSERT INTO judgements (tenant_id, alert_id, verdict, reason, note_id, judged_by, judged_at, vehicle_id, type,
                                   started_at, ended_at, confidence, model_version)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
           ON CONFLICT (tenant_id, alert_id) DO UPDATE SET
               verdict = excluded.verdict, reason = excluded.reason, note_id = excluded.note_id,
               judged_by = excluded.judged_by, judged_at = excluded.judged_at, started_at = excluded.started_at,
               ended_at = excluded.ended_at, confidence = excluded.confidence, model_version = excluded.model_version""",
        who.tenant, alert["alert_id"], alert["verdict"], alert["dismissal_reason"], note_id, who.user_id, now,
        alert["vehicle_id"], alert["type"], alert["episode_at"], alert["ended_at"], alert["confidence"], alert["model_version"],
    )  # fmt: skip


async def retract(connection: asyncpg.Connection, who: SignedIn, alert_id: UUID) -> None:
    """Take a judgement back, in the caller's transaction: training learns nothing from this alert."""
    await connection.execute("DELETE FROM judgements WHERE tenant_id = $1 AND alert_id = $2", who.tenant, alert_id)


async def alerts_between(pool: asyncpg.Pool, tenant: UUID, since: datetime, until: datetime) -> list[JudgedAlert]:
    """Alerts whose judged episode, or whose newest one where nobody judged, began in [since, until), by vehicle and time.

    An episode that went on when it was judged ends there, unless its end is known by now.
    """
    async with tenant_transaction(pool, tenant) as connection:
        rows = await connection.fetch(
            """SELECT * FROM (
                   SELECT a.vehicle_id, a.type, j.verdict, j.reason, coalesce(j.started_at, a.episode_at) AS started_at,
                          coalesce(j.ended_at, CASE WHEN j.started_at IS NULL OR a.episode_at = j.started_at THEN a.ended_at END,
                                   j.judged_at, a.last_seen) AS ended_at
                   FROM alerts a LEFT JOIN judgements j USING (tenant_id, alert_id) WHERE a.tenant_id = $1) known
               WHERE started_at >= $2 AND started_at < $3 ORDER BY vehicle_id, started_at""",
            tenant, since, until,
        )  # fmt: skip
    return [_judged(row) for row in rows]


async def count_since(pool: asyncpg.Pool, tenant: UUID, types: Sequence[AlertType], since: datetime) -> int:
    """How many alerts of some types were judged, in a way that teaches, after a moment."""
    async with tenant_transaction(pool, tenant) as connection:
        count: int = await connection.fetchval(
            """SELECT count(*) FROM judgements WHERE tenant_id = $1 AND type = ANY ($2::text[]) AND judged_at > $3
                      AND (reason IS NULL OR reason = ANY ($4::text[]))""",
            tenant, list(types), since, list(TEACHING_REASONS),
        )  # fmt: skip
    return count


def _judged(row: Mapping[str, Any]) -> JudgedAlert:
    return JudgedAlert(
        row["vehicle_id"],
        AlertType(row["type"]),
        Verdict(row["verdict"]) if row["verdict"] else None,
        DismissalReason(row["reason"]) if row["reason"] else None,
        row["started_at"],
        max(row["ended_at"], row["started_at"]),
    )
