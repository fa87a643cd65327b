"""From which probability on a tenant's alerts begin, where it is not the product's own threshold."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from fleet.alerts import TYPES, AlertType
from fleet.stores import audit
from fleet.stores.postgres import tenant_transaction


async def thresholds(pool: asyncpg.Pool, tenants: Sequence[UUID]) -> dict[UUID, dict[AlertType, float]]:
    """Tenant → type → threshold, of those that have any.

    Raises:
        Unavailable: the store does not answer.
    """
    found: dict[UUID, dict[AlertType, float]] = {}
    async with tenant_transaction(pool, *tenants) as connection:
        rows = await connection.fetch(
            "SELECT tenant_id, type, threshold::float8 FROM alert_rules WHERE tenant_id = ANY ($1) AND type = ANY ($2::text[])",
            list(tenants), [str(kind) for kind in TYPES],
        )  # fmt: skip
    for row in rows:
        found.setdefault(row["tenant_id"], {})[AlertType(row["type"])] = row["threshold"]
    return found


async def save(pool: asyncpg.Pool, tenant: UUID, chosen: Mapping[AlertType, float], actor: str, now: datetime) -> None:
    """Replace a tenant's thresholds; an empty mapping brings the product's own back.

    Raises:
        Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, tenant) as connection:
        await replace(connection, tenant, chosen, actor, now)


async def replace(
    connection: asyncpg.Connection, tenant: UUID, chosen: Mapping[AlertType, float], actor: str, now: datetime
) -> None:
    """The same within a transaction of the caller's."""
    await connection.execute("DELETE FROM alert_rules WHERE tenant_id = $1", tenant)
    await connection.executemany(
        "INSERT INTO alert_rules (tenant_id, type, threshold, changed_at, changed_by) VALUES ($1, $2, $3, $4, $5)",
        [(tenant, str(kind), threshold, now, actor) for kind, threshold in chosen.items()],
    )
    detail = {str(kind): round(threshold, 4) for kind, threshold in chosen.items()}
    await audit.record(connection, tenant, now, actor, "alert_rules.changed", "alert_rules", detail)
