"""Alerts that nobody takes are passed on, step by step, until somebody does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

import asyncpg

from fleet.errors import InvalidInput
from fleet.permissions import PERMISSIONS, Permission
from fleet.stores.alert_news import tell
from fleet.stores.postgres import tenant_transaction

ACTOR: Final = "system:escalation"
CHANGE: Final = "unanswered"
WEBHOOKS: Final = "webhooks"
MOST_STEPS: Final = 5
PASSED_ON_AT_ONCE: Final = 500
TAKERS: Final = tuple(role for role, granted in PERMISSIONS.items() if Permission.ACKNOWLEDGE_ALERTS in granted)


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """`to`: a role, a user id, or `WEBHOOKS`; those hear of every step, and with this one no browser does."""

    after: timedelta
    to: str


async def steps(connection: asyncpg.Connection, tenant: UUID) -> tuple[EscalationStep, ...]:
    """A fleet's steps in their order."""
    rows = await connection.fetch("SELECT * FROM escalation_steps WHERE tenant_id = $1 ORDER BY after_s", tenant)
    return tuple(EscalationStep(timedelta(seconds=row["after_s"]), row["recipient"]) for row in rows)


async def replace_steps(connection: asyncpg.Connection, tenant: UUID, wished: Sequence[EscalationStep]) -> None:
    """Replace a fleet's steps, in the caller's transaction.

    Raises:
        InvalidInput: two steps come at the same time, or one goes to somebody who could not take the alert.
    """
    if len({step.after for step in wished}) < len(wished):
        raise InvalidInput("escalation: two steps come after the same time; give each its own.")
    people = await connection.fetch(
        "SELECT user_id::text FROM users WHERE tenant_id = $1 AND role = ANY ($2::text[]) AND disabled_at IS NULL", tenant, TAKERS
    )
    known = {WEBHOOKS, *TAKERS, *(person["user_id"] for person in people)}
    if not known.issuperset(step.to for step in wished):
        raise InvalidInput("escalation: a step goes to somebody of this fleet who may acknowledge alerts, or to webhooks.")
    await connection.execute("DELETE FROM escalation_steps WHERE tenant_id = $1", tenant)
    await connection.executemany(
        "INSERT INTO escalation_steps (tenant_id, after_s, recipient) VALUES ($1, $2, $3)",
        [(tenant, int(step.after.total_seconds()), step.to) for step in wished],
    )


async def escalate(pool: asyncpg.Pool, tenants: Mapping[str, UUID], now: datetime) -> int:
    """Tell the next ones of alerts that nobody has taken for so long, each step once in a wait; returns how many steps.

    Args:
        tenants: slug → id.

    Raises:
        Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, *tenants.values()) as connection:
        due = await connection.fetch(_DUE, now, PASSED_ON_AT_ONCE)
        await tell(connection, tenants, due, CHANGE, ACTOR, itemgetter("recipient"), _detail, now)
        await connection.execute(_TOLD, *([row[column] for row in due] for column in ("tenant_id", "alert_id", "after_s")))
    return len(due)


# The gravest first, of those the longest waiting. Where another notifier was faster, `escalated_after_s` has moved on.
_DUE: Final = """
    SELECT a.*, s.after_s, s.recipient
    FROM alerts a JOIN notification_rules r USING (tenant_id) JOIN escalation_steps s USING (tenant_id)
    WHERE a.state = 'OPEN' AND a.snoozed_until IS NULL AND a.severity >= r.remind_severity
      AND s.after_s > coalesce(a.escalated_after_s, 0)
      AND coalesce(a.waiting_since, a.created_at) <= $1::timestamptz - make_interval(secs => s.after_s)
    ORDER BY a.severity DESC, coalesce(a.waiting_since, a.created_at), a.alert_id, s.after_s
    LIMIT $2 FOR UPDATE OF a SKIP LOCKED"""
_TOLD: Final = """
    UPDATE alerts a SET escalated_after_s = told.after_s
    FROM (SELECT tenant_id, alert_id, max(after_s) AS after_s
          FROM unnest($1::uuid[], $2::uuid[], $3::integer[]) AS s (tenant_id, alert_id, after_s) GROUP BY 1, 2) told
    WHERE a.tenant_id = told.tenant_id AND a.alert_id = told.alert_id"""


def _detail(row: asyncpg.Record) -> dict[str, Any]:
    return {"to": row["recipient"], "afterMin": round(row["after_s"] / 60)}
