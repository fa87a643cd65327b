"""Snoozed alerts come back when their time is over."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from fleet.anomaly import anomaly_json
from fleet.stores.audit import AuditEntry, record_many
from fleet.stores.postgres import tenant_transaction
from fleet.stores.stream import StreamChange, publish

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
    slugs = {tenant: slug for slug, tenant in tenants.items()}
    by_tenant: dict[UUID, list[asyncpg.Record]] = defaultdict(list)
    async with tenant_transaction(pool, *slugs) as connection:
        rows = await connection.fetch(
            """UPDATE alerts a SET snoozed_until = NULL
               FROM (SELECT tenant_id, alert_id FROM alerts WHERE snoozed_until <= $1
                     ORDER BY tenant_id, alert_id LIMIT $2 FOR UPDATE SKIP LOCKED) due
               WHERE (a.tenant_id, a.alert_id) = (due.tenant_id, due.alert_id) RETURNING a.*""",
            now, AT_ONCE,
        )  # fmt: skip
        for row in rows:
            by_tenant[row["tenant_id"]].append(row)
        for tenant, own in sorted(by_tenant.items()):
            changes = [
                StreamChange(row["alert_id"], CHANGE, anomaly_json(row, slugs[tenant]), to=str(row["snoozed_by"])) for row in own
            ]
            seqs = await publish(connection, tenant, changes)
            entries = [
                AuditEntry(now, ACTOR, f"alert.{CHANGE}", str(row["alert_id"]), {"seq": seq})
                for row, seq in zip(own, seqs, strict=True)
            ]
            await record_many(connection, tenant, entries)
    return len(rows)
