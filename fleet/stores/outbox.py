"""What is still to be told: changes of alerts become deliveries, and deliveries are tried until they arrive or are parked."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

import asyncpg

from fleet.alerts import Severity
from fleet.stores.postgres import tenant_transaction

DISPATCHED_AT_ONCE: Final = 500
TRIED_AT_ONCE: Final = 50
LEASE: Final = timedelta(minutes=1)  # a notifier that died leaves its deliveries to the next one after this long
KEPT: Final = timedelta(days=30)
PUSHED: Final = ("opened", "escalated", "reminder")  # what wakes people; a web address is told of every change


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing to tell one target.

    Attributes:
        outbox_id: stable over all attempts, so that who hears it twice can tell. attempts: this one included.
        payload: `change`, `anomaly` as the live stream has it, and whom it is passed on `to`, if to somebody.
        target: of a webhook `url` and `secret`; of a push subscription `endpoint`, `p256dh`, `auth`.
    """

    tenant_id: UUID
    outbox_id: UUID
    target_id: UUID
    channel: Literal["webhook", "push"]
    attempts: int
    payload: Mapping[str, Any]
    target: Mapping[str, Any]


async def dispatch(pool: asyncpg.Pool, tenants: Sequence[UUID], now: datetime) -> int:
    """Make deliveries of what changed, one for each target that wants it; returns how many changes were looked at.

    Raises:
        Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, *tenants) as connection:
        changes = await connection.fetch(
            """SELECT tenant_id, outbox_id FROM outbox WHERE dispatched_at IS NULL
               ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED""",
            DISPATCHED_AT_ONCE,
        )
        chosen = [row["tenant_id"] for row in changes], [row["outbox_id"] for row in changes]
        await connection.execute(_DELIVERIES, *chosen, list(Severity.__members__), now, list(PUSHED))
        await connection.execute(
            "UPDATE outbox SET dispatched_at = $3 WHERE (tenant_id, outbox_id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))",
            *chosen, now,
        )  # fmt: skip
    return len(changes)


_DELIVERIES: Final = """
    WITH changes AS (
        SELECT o.tenant_id, o.outbox_id, o.payload->>'change' AS change, o.payload->>'to' AS recipient,
               o.payload->'anomaly'->>'snoozedUntil' IS NULL AS is_awake,
               o.payload->'anomaly'->>'driverId' AS driver_id,
               array_position($3::text[], o.payload->'anomaly'->>'severity') AS severity
        FROM outbox o JOIN unnest($1::uuid[], $2::uuid[]) AS chosen (tenant_id, outbox_id) USING (tenant_id, outbox_id)
    )
    INSERT INTO deliveries (tenant_id, outbox_id, target_id, channel, next_at)
    SELECT c.tenant_id, c.outbox_id, w.webhook_id, 'webhook', $4::timestamptz FROM changes c JOIN webhooks w USING (tenant_id)
    WHERE w.removed_at IS NULL AND c.severity >= w.min_severity
    UNION ALL
    SELECT c.tenant_id, c.outbox_id, p.subscription_id, 'push',
           CASE WHEN c.severity = array_length($3::text[], 1) THEN $4::timestamptz  -- the worst break through
                ELSE after_quiet_hours($4::timestamptz, coalesce(r.timezone, 'UTC'), r.quiet_from, r.quiet_until) END
    FROM changes c JOIN push_subscriptions p USING (tenant_id) JOIN users u USING (tenant_id, user_id)
    LEFT JOIN notification_rules r USING (tenant_id)
    WHERE p.removed_at IS NULL AND c.severity >= p.min_severity
      AND CASE WHEN c.recipient IS NULL THEN c.is_awake AND c.change = ANY ($5::text[])
               ELSE c.recipient IN (u.role, u.user_id::text) END
      AND u.disabled_at IS NULL AND (u.role <> 'driver' OR u.driver_id = c.driver_id)
    ON CONFLICT DO NOTHING"""


async def take_due(pool: asyncpg.Pool, tenants: Sequence[UUID], now: datetime) -> list[Delivery]:
    """Deliveries whose time has come; they are the caller's for `LEASE`.

    Raises:
        Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, *tenants) as connection:
        rows = await connection.fetch(
            """UPDATE deliveries d SET attempts = attempts + 1, next_at = $2
               FROM (SELECT tenant_id, outbox_id, target_id FROM deliveries WHERE state = 'WAITING' AND next_at <= $1
                     ORDER BY next_at LIMIT $3 FOR UPDATE SKIP LOCKED) due
               JOIN outbox o USING (tenant_id, outbox_id)
               LEFT JOIN webhooks w ON w.tenant_id = due.tenant_id AND w.webhook_id = due.target_id AND w.removed_at IS NULL
               LEFT JOIN push_subscriptions p
                 ON p.tenant_id = due.tenant_id AND p.subscription_id = due.target_id AND p.removed_at IS NULL
               WHERE (d.tenant_id, d.outbox_id, d.target_id) = (due.tenant_id, due.outbox_id, due.target_id)
               RETURNING d.tenant_id, d.outbox_id, d.target_id, d.channel, d.attempts, o.payload,
                         w.url, w.secret, p.endpoint, p.p256dh, p.auth""",
            now, now + LEASE, TRIED_AT_ONCE,
        )  # fmt: skip
    return [_delivery(row) for row in rows]


def _delivery(row: asyncpg.Record) -> Delivery:
    names = ("url", "secret") if row["channel"] == "webhook" else ("endpoint", "p256dh", "auth")
    target = {name: row[name] for name in names if row[name] is not None}
    identity = (row["tenant_id"], row["outbox_id"], row["target_id"], row["channel"], row["attempts"])
    return Delivery(*identity, json.loads(row["payload"]), target)


async def delivered(pool: asyncpg.Pool, delivery: Delivery, now: datetime) -> None:
    """It has arrived."""
    await _finish(pool, delivery, "DELIVERED", "", now)


async def parked(pool: asyncpg.Pool, delivery: Delivery, detail: str, now: datetime) -> None:
    """It is given up; the detail says why."""
    await _finish(pool, delivery, "PARKED", detail, now)


async def retry(pool: asyncpg.Pool, delivery: Delivery, detail: str, at: datetime) -> None:
    """It did not arrive; try again at that time."""
    async with tenant_transaction(pool, delivery.tenant_id) as connection:
        await connection.execute(
            """UPDATE deliveries SET next_at = $4, detail = $5
               WHERE tenant_id = $1 AND outbox_id = $2 AND target_id = $3 AND state = 'WAITING'""",
            delivery.tenant_id, delivery.outbox_id, delivery.target_id, at, detail,
        )  # fmt: skip


async def _finish(pool: asyncpg.Pool, delivery: Delivery, state: str, detail: str, now: datetime) -> None:
    async with tenant_transaction(pool, delivery.tenant_id) as connection:
        await connection.execute(
            """UPDATE deliveries SET state = $4, finished_at = $5, detail = $6
               WHERE tenant_id = $1 AND outbox_id = $2 AND target_id = $3 AND state = 'WAITING'""",
            delivery.tenant_id, delivery.outbox_id, delivery.target_id, state, now, detail,
        )  # fmt: skip


async def forget_old(pool: asyncpg.Pool, tenants: Sequence[UUID], now: datetime) -> int:
    """Delete what was dispatched long ago, and its deliveries; returns how many changes."""
    async with tenant_transaction(pool, *tenants) as connection:
        status: str = await connection.execute("DELETE FROM outbox WHERE dispatched_at < $1", now - KEPT)
    return int(status.split()[-1])
