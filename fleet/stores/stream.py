"""The tenant's log of changes: gap-free sequence numbers in commit order, which clients replay."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

NOTIFY_CHANNEL = "fleetguard_stream"


@dataclass(frozen=True, slots=True)
class StreamChange:
    """One change of one alert.

    Attributes:
        change: what happened: opened, escalated, revised, cleared, unanswered, woken, or a `fleet.workflow.Deed`.
        anomaly: `fleet.anomaly.anomaly_json` at this moment; its `seq` is set by `publish`.
        to: whose browsers are told: a role, a user id or nobody's (webhooks); None: everybody's, where the change is one to push.
    """

    alert_id: UUID
    change: str
    anomaly: Mapping[str, Any]
    to: str | None = None


async def lock_head(connection: asyncpg.Connection, tenant: UUID, advance: int = 0) -> int:
    """Hold the tenant's log until the transaction ends and return its newest number after the advance.

    Take it after the alert rows and, with several tenants, in the order of their ids: then nobody waits in a circle.
    """
    head: int = await connection.fetchval(
        """INSERT INTO stream_heads AS h (tenant_id, seq) VALUES ($1, $2)
           ON CONFLICT (tenant_id) DO UPDATE SET seq = h.seq + excluded.seq RETURNING seq""",
        tenant,
        advance,
    )
    return head


async def publish(connection: asyncpg.Connection, tenant: UUID, changes: Sequence[StreamChange]) -> list[int]:
    """Number the changes, in their order, and write stream events, outbox and `alerts.seq`; returns the numbers.

    Call it inside the transaction that changed the alerts: they become visible together or not at all.
    """
    if not changes:
        return []
    head = await lock_head(connection, tenant, advance=len(changes))
    seqs = list(range(head - len(changes) + 1, head + 1))
    alert_ids = [change.alert_id for change in changes]
    kinds = [change.change for change in changes]
    anomalies = [json.dumps({**change.anomaly, "seq": seq}) for seq, change in zip(seqs, changes, strict=True)]
    await connection.execute(
        """INSERT INTO stream_events (tenant_id, seq, alert_id, change, anomaly)
           SELECT $1, * FROM unnest($2::bigint[], $3::uuid[], $4::text[], $5::jsonb[])""",
        tenant, seqs, alert_ids, kinds, anomalies,
    )  # fmt: skip
    await connection.execute(
        """UPDATE alerts a SET seq = newest.seq
           FROM (SELECT alert_id, max(seq) AS seq FROM unnest($2::uuid[], $3::bigint[]) AS c (alert_id, seq) GROUP BY 1) newest
           WHERE a.tenant_id = $1 AND a.alert_id = newest.alert_id""",
        tenant, alert_ids, seqs,
    )  # fmt: skip
    await connection.execute(
        """INSERT INTO outbox (tenant_id, seq, payload)
           SELECT $1, c.seq, jsonb_build_object('change', c.change, 'anomaly', c.anomaly, 'to', c.recipient)
           FROM unnest($2::bigint[], $3::text[], $4::jsonb[], $5::text[]) AS c (seq, change, anomaly, recipient)""",
        tenant, seqs, kinds, anomalies, [change.to for change in changes],
    )  # fmt: skip
    await connection.execute("SELECT pg_notify($1, $2)", NOTIFY_CHANNEL, str(tenant))
    return seqs
