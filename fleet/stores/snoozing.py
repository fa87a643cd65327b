"""Snoozed alerts come back when their time is over."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from fleet.stores.alert_news import tell
from fleet.stores.postgres import tenant_transaction

ACTOR: Final = "system:snooze"
CHANGE: Final = "woken"
AT_ONCE: Final = 500


async def wake(pool: asyncpg.Pool, tenants: Mapping[str, UUID], now: datetime) -> int:
    """End the snoozes whose time is over, and have the person told who asked for them; returns how many.

    Args:
        tenants: slug → id.

    Raises:
        Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, *tenants.values()) as connection:
        rows = await connection.fetch(
            """UPDATE alerts a SET snoozed_until = NULL
               FROM (SELECT tenant_id, alert_id FROM alerts WHERE snoozed_until <= $1
                     ORDER BY tenant_id, alert_id LIMIT $2 FOR UPDATE SKIP LOCKED) due
               WHERE (a.tenant_id, a.alert_id) = (due.tenant_id, due.alert_id) RETURNING a.*""",
            now, AT_ONCE,
        )  # fmt: skip
        await tell(connection, tenants, rows, CHANGE, ACTOR, lambda row: str(row["snoozed_by"]), lambda _: {}, now)
    return len(rows)
