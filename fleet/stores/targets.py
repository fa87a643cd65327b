"""Who wants to be told of alerts: webhooks of a fleet, browsers of its people."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from fleet.alerts import Severity
from fleet.errors import Conflict, NotFound
from fleet.stores import audit
from fleet.stores.postgres import tenant_transaction
from fleet.stores.sessions import SignedIn

MOST_WEBHOOKS: Final = 20
SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Webhook:
    """`delivered`, `waiting`, `parked`: how many deliveries stand so; `trouble`: what the newest failed attempt met."""

    webhook_id: UUID
    url: str
    min_severity: Severity
    created_at: datetime
    delivered: int
    waiting: int
    parked: int
    trouble: str


@dataclass(frozen=True, slots=True)
class PushTarget:
    """A browser as its push service knows it: base64url keys, RFC 8291."""

    endpoint: str
    p256dh: str
    auth: str


async def add_webhook(pool: asyncpg.Pool, who: SignedIn, url: str, severity: Severity, now: datetime) -> tuple[UUID, bytes]:
    """A new webhook: its id, and the secret that signs, which is not shown again.

    Raises:
        Conflict: this fleet has as many as it may. Unavailable: the store does not answer.
    """
    secret = secrets.token_bytes(SECRET_BYTES)
    async with tenant_transaction(pool, who.tenant) as connection:
        there = await connection.fetchval("SELECT count(*) FROM webhooks WHERE tenant_id = $1 AND removed_at IS NULL", who.tenant)
        if there >= MOST_WEBHOOKS:
            raise Conflict(f"A fleet can have {MOST_WEBHOOKS} webhooks: remove one first.")
        webhook_id: UUID = await connection.fetchval(
            """INSERT INTO webhooks (tenant_id, url, secret, min_severity, created_at, created_by)
               VALUES ($1, $2, $3, $4, $5, $6) RETURNING webhook_id""",
            who.tenant, url, secret, int(severity), now, who.user_id,
        )  # fmt: skip
        await audit.record(connection, who.tenant, now, str(who.user_id), "webhook.added", str(webhook_id), {"url": url})
    return webhook_id, secret


async def webhooks(pool: asyncpg.Pool, tenant: UUID) -> list[Webhook]:
    """A fleet's webhooks, oldest first, with how they fare."""
    async with tenant_transaction(pool, tenant) as connection:
        rows = await connection.fetch(
            """SELECT w.webhook_id, w.url, w.min_severity, w.created_at, d.delivered, d.waiting, d.parked, d.trouble
               FROM webhooks w CROSS JOIN LATERAL (
                   SELECT count(*) FILTER (WHERE state = 'DELIVERED') AS delivered,
                          count(*) FILTER (WHERE state = 'WAITING') AS waiting,
                          count(*) FILTER (WHERE state = 'PARKED') AS parked,
                          coalesce((array_agg(detail ORDER BY next_at DESC) FILTER (WHERE detail <> ''))[1], '') AS trouble
                   FROM deliveries d WHERE d.tenant_id = $1 AND d.target_id = w.webhook_id) d
               WHERE w.tenant_id = $1 AND w.removed_at IS NULL ORDER BY w.created_at""",
            tenant,
        )
    return [Webhook(**{**row, "min_severity": Severity(row["min_severity"])}) for row in rows]


async def remove_webhook(pool: asyncpg.Pool, who: SignedIn, webhook_id: UUID, now: datetime) -> None:
    """Tell it nothing more; what was waiting is dropped.

    Raises:
        NotFound: unknown, removed, or another tenant's.
    """
    async with tenant_transaction(pool, who.tenant) as connection:
        removed = await connection.fetchval(
            """UPDATE webhooks SET removed_at = $3 WHERE tenant_id = $1 AND webhook_id = $2 AND removed_at IS NULL
               RETURNING webhook_id""",
            who.tenant, webhook_id, now,
        )  # fmt: skip
        if removed is None:
            raise NotFound("There is no such webhook.")
        await audit.record(connection, who.tenant, now, str(who.user_id), "webhook.removed", str(webhook_id), {})


async def subscribe(pool: asyncpg.Pool, who: SignedIn, browser: PushTarget, severity: Severity, now: datetime) -> UUID:
    """Push to a browser from now on; the same browser again replaces what was there, also another person's.

    Raises:
        Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, who.tenant) as connection:
        await connection.execute("SELECT release_push_endpoint($1)", browser.endpoint)
        subscription_id: UUID = await connection.fetchval(
            """INSERT INTO push_subscriptions (tenant_id, user_id, endpoint, p256dh, auth, min_severity, created_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING subscription_id""",
            who.tenant, who.user_id, browser.endpoint, browser.p256dh, browser.auth, int(severity), now,
        )  # fmt: skip
    return subscription_id


async def unsubscribe(pool: asyncpg.Pool, who: SignedIn, endpoint: str, now: datetime) -> None:
    """Push to this browser no more; nothing happens where it was not one of this person's."""
    async with tenant_transaction(pool, who.tenant) as connection:
        await connection.execute(
            """UPDATE push_subscriptions SET removed_at = $4
               WHERE tenant_id = $1 AND user_id = $2 AND endpoint = $3 AND removed_at IS NULL""",
            who.tenant, who.user_id, endpoint, now,
        )  # fmt: skip


async def forget_browser(pool: asyncpg.Pool, tenant: UUID, subscription_id: UUID, now: datetime) -> None:
    """The push service says that the browser is gone."""
    async with tenant_transaction(pool, tenant) as connection:
        await connection.execute(
            "UPDATE push_subscriptions SET removed_at = $3 WHERE tenant_id = $1 AND subscription_id = $2",
            tenant, subscription_id, now,
        )  # fmt: skip
