"""People's judgements of alerts: the last one of each alert is what training learns from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from fleet.alerts import AlertType
from fleet.stores.postgres import tenant_transaction
from fleet.stores.sessions import SignedIn
from fleet.workflow import DismissalReason, Verdict


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a person said about the newest episode of an alert.

    Attributes:
        reason: of a dismissal. started_at, ended_at: of the episode; one that went on when it was judged ends there.
        confidence, model_version: what the alert claimed, and who claimed it.
    """

    alert_id: UUID
    vehicle_id: str
    type: AlertType
    verdict: Verdict
    reason: DismissalReason | None
    started_at: datetime
    ended_at: datetime
    judged_at: datetime
    confidence: float
    model_version: str


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


async def between(pool: asyncpg.Pool, tenant: UUID, since: datetime, until: datetime) -> list[Judgement]:
    """Judgements of alerts whose judged episode began in [since, until), by vehicle and time."""
    async with tenant_transaction(pool, tenant) as connection:
        rows = await connection.fetch(
            """SELECT j.*, coalesce(j.ended_at, CASE WHEN a.episode_at = j.started_at THEN a.ended_at END, j.judged_at) AS over_at
               FROM judgements j JOIN alerts a USING (tenant_id, alert_id)
               WHERE j.tenant_id = $1 AND j.started_at >= $2 AND j.started_at < $3 ORDER BY j.vehicle_id, j.started_at""",
            tenant, since, until,
        )  # fmt: skip
    return [_judgement(row) for row in rows]


def _judgement(row: Mapping[str, Any]) -> Judgement:
    return Judgement(
        row["alert_id"],
        row["vehicle_id"],
        AlertType(row["type"]),
        Verdict(row["verdict"]),
        DismissalReason(row["reason"]) if row["reason"] else None,
        row["started_at"],
        max(row["over_at"], row["started_at"]),
        row["judged_at"],
        row["confidence"],
        row["model_version"],
    )
