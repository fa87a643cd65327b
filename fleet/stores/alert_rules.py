"""From which probability on a fleet's alerts begin, where it is not the product's usual threshold."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from fleet.alerts import TYPES, AlertType
from fleet.own_thresholds import OwnThreshold, OwnThresholds
from fleet.stores import audit
from fleet.stores.postgres import tenant_transaction

_ANY: Final = "any"  # in place of a vehicle class: the fleet's own, for all classes


async def thresholds(pool: asyncpg.Pool, tenants: Sequence[UUID]) -> dict[UUID, OwnThresholds]:
    """Tenant → its thresholds, of those that have any.

    Raises:
        Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, *tenants) as connection:
        return await held(connection, tenants)


async def held(connection: asyncpg.Connection, tenants: Sequence[UUID]) -> dict[UUID, OwnThresholds]:
    """The same within a transaction of the caller's."""
    found: dict[UUID, list[OwnThreshold]] = {}
    for row in await connection.fetch(
        """SELECT tenant_id, nullif(vehicle_class, $3) AS vehicle_class, type, threshold::float8 AS threshold FROM alert_rules
           WHERE tenant_id = ANY ($1) AND type = ANY ($2::text[]) ORDER BY vehicle_class, type""",
        list(tenants), [str(kind) for kind in TYPES], _ANY,
    ):  # fmt: skip
        own = OwnThreshold(row["vehicle_class"], AlertType(row["type"]), row["threshold"])
        found.setdefault(row["tenant_id"], []).append(own)
    return {tenant: OwnThresholds.of_rows(rows) for tenant, rows in found.items()}


async def save(pool: asyncpg.Pool, tenant: UUID, chosen: OwnThresholds, actor: str, now: datetime) -> None:
    """Replace a tenant's thresholds, those of classes too; with none the product's usual ones are back.

    Raises:
        Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, tenant) as connection:
        await replace(connection, tenant, chosen, actor, now)


async def lock(connection: asyncpg.Connection, tenant: UUID) -> None:
    """One change of a tenant's thresholds at a time, until the transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtext($1))", f"alert rules of {tenant}")


async def replace(connection: asyncpg.Connection, tenant: UUID, chosen: OwnThresholds, actor: str, now: datetime) -> None:
    """The same within a transaction of the caller's. What holds already changes nothing, and is no deed to be recorded."""
    await lock(connection, tenant)
    rows = sorted((name or _ANY, str(kind), round(threshold, 4)) for name, kind, threshold in chosen.rows())
    present = (await held(connection, [tenant])).get(tenant, OwnThresholds())
    if rows == sorted((name or _ANY, str(kind), threshold) for name, kind, threshold in present.rows()):
        return
    await connection.execute("DELETE FROM alert_rules WHERE tenant_id = $1", tenant)
    await connection.executemany(
        """INSERT INTO alert_rules (tenant_id, vehicle_class, type, threshold, changed_at, changed_by)
           VALUES ($1, $2, $3, $4::float8, $5, $6)""",
        [(tenant, *row, now, actor) for row in rows],
    )
    detail = {kind if name == _ANY else f"{name}.{kind}": threshold for name, kind, threshold in rows}
    await audit.record(connection, tenant, now, actor, "alert_rules.changed", "alert_rules", detail)
