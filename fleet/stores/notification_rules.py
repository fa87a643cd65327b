"""How insistently a fleet is told: reminders of alerts that nobody takes, hours in which browsers are left in peace."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID

import asyncpg

from fleet.alerts import Severity
from fleet.errors import InvalidInput
from fleet.stores import audit, escalation
from fleet.stores.escalation import EscalationStep
from fleet.stores.postgres import tenant_transaction
from fleet.stores.sessions import SignedIn

REMINDED_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class NotificationRules:
    """`remind_after`: None is never. `quiet`: from and until, in `timezone`; None is never. CRITICAL breaks through.

    `escalation`: whom alerts of `remind_severity` or worse are passed on to, in the order of time.
    """

    remind_after: timedelta | None = None
    remind_severity: Severity = Severity.HIGH
    quiet: tuple[time, time] | None = None
    timezone: str = "UTC"
    escalation: tuple[EscalationStep, ...] = ()


async def get(pool: asyncpg.Pool, tenant: UUID) -> NotificationRules:
    """A fleet's rules.

    Raises:
        Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, tenant) as connection:
        row = await connection.fetchrow("SELECT * FROM notification_rules WHERE tenant_id = $1", tenant)
        steps = await escalation.steps(connection, tenant)
    if row is None:
        return NotificationRules()
    after = None if row["remind_after_s"] is None else timedelta(seconds=row["remind_after_s"])
    quiet = None if row["quiet_from"] is None else (row["quiet_from"], row["quiet_until"])
    return NotificationRules(after, Severity(row["remind_severity"]), quiet, row["timezone"], steps)


async def save(pool: asyncpg.Pool, who: SignedIn, rules: NotificationRules, now: datetime) -> None:
    """Replace a fleet's rules.

    Raises:
        InvalidInput: the time zone is unknown, or a step is none. Unavailable: the store does not answer.
    """
    after = None if rules.remind_after is None else int(rules.remind_after.total_seconds())
    begin, end = rules.quiet or (None, None)
    async with tenant_transaction(pool, who.tenant) as connection:
        if not await connection.fetchval("SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = $1)", rules.timezone):
            raise InvalidInput(f"timezone: {rules.timezone} is no time zone such as Europe/Berlin.")
        await connection.execute(
            """INSERT INTO notification_rules (tenant_id, remind_after_s, remind_severity, quiet_from, quiet_until, timezone)
               VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id) DO UPDATE SET
                   remind_after_s = excluded.remind_after_s, remind_severity = excluded.remind_severity,
                   quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until, timezone = excluded.timezone""",
            who.tenant, after, int(rules.remind_severity), begin, end, rules.timezone,
        )  # fmt: skip
        await escalation.replace_steps(connection, who.tenant, rules.escalation)
        await audit.record(connection, who.tenant, now, str(who.user_id), "notification_rules.changed", "notification_rules", {})


async def remind(pool: asyncpg.Pool, tenants: Sequence[UUID], now: datetime) -> int:
    """Put alerts that nobody has taken for too long into the outbox again; returns how many.

    Raises:
        Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, *tenants) as connection:
        status: str = await connection.execute(
            """WITH due AS (
                   SELECT a.tenant_id, a.alert_id FROM alerts a JOIN notification_rules r USING (tenant_id)
                   WHERE a.state = 'OPEN' AND a.snoozed_until IS NULL AND a.severity >= r.remind_severity
                     AND coalesce(a.reminded_at, a.waiting_since, a.created_at)
                         < $1::timestamptz - make_interval(secs => r.remind_after_s)
                   ORDER BY a.severity DESC, coalesce(a.reminded_at, a.waiting_since, a.created_at)
                   LIMIT $2 FOR UPDATE OF a SKIP LOCKED),
               reminded AS (
                   UPDATE alerts a SET reminded_at = $1::timestamptz FROM due
                   WHERE (a.tenant_id, a.alert_id) = (due.tenant_id, due.alert_id)
                   RETURNING a.tenant_id, a.seq)
               INSERT INTO outbox (tenant_id, seq, payload)
               SELECT tenant_id, seq, jsonb_build_object('change', 'reminder', 'anomaly', e.anomaly)
               FROM reminded JOIN stream_events e USING (tenant_id, seq)""",
            now,
            REMINDED_AT_ONCE,
        )
    return int(status.split()[-1])
