"""What happens to alerts by itself, when a time is over: told on the stream and written into the audit log, tenant by tenant."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from fleet.anomaly import anomaly_json
from fleet.stores.audit import AuditEntry, record_many
from fleet.stores.stream import StreamChange, publish


async def tell(
    connection: asyncpg.Connection,
    tenants: Mapping[str, UUID],
    alerts: Sequence[asyncpg.Record],
    change: str,
    actor: str,
    to: Callable[[asyncpg.Record], str],
    detail: Callable[[asyncpg.Record], dict[str, Any]],
    now: datetime,
) -> None:
    """One change of each alert, in the caller's transaction.

    Args:
        tenants: slug → id. alerts: rows of `alerts`. to: whom it is for. detail: of its audit line, beside the sequence number.
    """
    slugs = {tenant: slug for slug, tenant in tenants.items()}
    by_tenant: dict[UUID, list[asyncpg.Record]] = defaultdict(list)
    for row in alerts:
        by_tenant[row["tenant_id"]].append(row)
    for tenant, own in sorted(by_tenant.items()):
        changes = [StreamChange(row["alert_id"], change, anomaly_json(row, slugs[tenant]), to=to(row)) for row in own]
        seqs = await publish(connection, tenant, changes)
        entries = [
            AuditEntry(now, actor, f"alert.{change}", str(row["alert_id"]), {"seq": seq, **detail(row)})
            for row, seq in zip(own, seqs, strict=True)
        ]
        await record_many(connection, tenant, entries)
