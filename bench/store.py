"""The stack's database as the rig uses it: devices before a run, what was committed during and after it."""

import asyncio
import contextlib
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import asyncpg
import numpy as np
from numpy.typing import NDArray

from bench.audit import Reading
from bench.ledger import AlertRow, Ledger
from bench.load import Sender
from fleet.alerts import LIVE_STATES, AlertType
from fleet.errors import Unavailable
from fleet.settings import Postgres
from fleet.stores.audit import first_broken_link
from fleet.stores.postgres import UNREACHABLE, connect_pool, tenant_transaction
from fleet.stores.provisioning import DeviceCredential, Vehicle, ensure_devices, ensure_tenant, ensure_vehicles, replace_gateway

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
DRAINED_AFTER_S: Final = 10.0  # without a new row
_LIVE: Final = ", ".join(f"'{state}'" for state in LIVE_STATES)


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant of the rig's own, fresh for every run."""

    slug: str
    tenant_id: UUID


@dataclass(frozen=True, slots=True)
class Stored:
    """Rows of a tenant; `written_us` is when the transaction that stored each began, µs since the epoch."""

    readings: list[Reading]
    written_us: NDArray[np.int64]


@contextlib.asynccontextmanager
async def owner_connection(postgres: Postgres) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the schema's owner.

    Raises:
        Unavailable: the server does not answer.
    """
    try:
        connection = await asyncpg.connect(postgres.owner_url)
    except UNREACHABLE as error:
        raise Unavailable(f"The stack's PostgreSQL does not answer: {error}.") from error
    try:
        yield connection
    finally:
        await connection.close()


async def fresh_tenant(postgres: Postgres, vehicles: Sequence[Vehicle] = ()) -> tuple[Tenant, list[DeviceCredential]]:
    """A new tenant with these vehicles and a device for each."""
    slug = f"bench-{secrets.token_hex(4)}"
    async with owner_connection(postgres) as connection:
        tenant = Tenant(slug, await ensure_tenant(connection, slug, "Measurements"))
        await ensure_vehicles(connection, tenant.tenant_id, vehicles)
        devices = await ensure_devices(connection, tenant.tenant_id, [vehicle.vehicle_id for vehicle in vehicles])
    return tenant, devices


async def fresh_gateways(postgres: Postgres, tenant: Tenant, vehicles: Sequence[Vehicle], count: int) -> list[Sender]:
    """So many gateways, among which the vehicles are dealt out."""
    senders = []
    async with owner_connection(postgres) as connection:
        for number in range(count):
            lanes = range(number, len(vehicles), count)
            names = [vehicles[lane].vehicle_id for lane in lanes]
            gateway = await replace_gateway(connection, tenant.tenant_id, f"G-{number:03d}", names)
            senders.append(Sender(f"{tenant.slug}:{gateway.gateway}", gateway.username, gateway.password, lanes))
    return senders


async def drained(pool: asyncpg.Pool, tenant: Tenant, expected: int) -> float:
    """Wait until so many readings are stored, or no more come; returns the seconds it took."""
    began = moved = time.monotonic()
    before = -1
    while time.monotonic() - moved < DRAINED_AFTER_S:
        async with tenant_transaction(pool, tenant.tenant_id) as connection:
            count: int = await connection.fetchval("SELECT count(*) FROM telemetry WHERE tenant_id = $1", tenant.tenant_id)
        if count >= expected:
            return time.monotonic() - began
        if count != before:
            before, moved = count, time.monotonic()
        await asyncio.sleep(0.2)
    return time.monotonic() - began


async def stored(pool: asyncpg.Pool, tenant: Tenant, vehicles: Sequence[str] | None = None) -> Stored:
    """Everything the tenant's vehicles, or some of them, have in the store."""
    async with tenant_transaction(pool, tenant.tenant_id) as connection:
        rows = await connection.fetch(
            """SELECT vehicle_id, (extract(epoch FROM event_time) * 1000000)::bigint AS at_us,
                      (extract(epoch FROM received_at) * 1000000)::bigint AS written_us
               FROM telemetry WHERE tenant_id = $1 AND ($2::text[] IS NULL OR vehicle_id = ANY ($2))""",
            tenant.tenant_id,
            vehicles,
        )
    return Stored([(row["vehicle_id"], row["at_us"]) for row in rows], np.array([row["written_us"] for row in rows], np.int64))


async def logged_changes(pool: asyncpg.Pool, tenant: Tenant) -> list[int]:
    """Sequence numbers of the tenant's changes of alerts."""
    async with tenant_transaction(pool, tenant.tenant_id) as connection:
        rows = await connection.fetch("SELECT seq FROM stream_events WHERE tenant_id = $1", tenant.tenant_id)
    return [row["seq"] for row in rows]


async def ledger_of(postgres: Postgres, tenant: Tenant) -> tuple[Stored, Ledger]:
    """Everything of the tenant that the auditor looks at.

    Raises:
        Unavailable: the server does not answer.
    """
    pool = await connect_pool(postgres)
    try:
        kept = await stored(pool, tenant)
        async with tenant_transaction(pool, tenant.tenant_id) as connection:
            letters = await connection.fetch("SELECT reason, count(*) AS n FROM dead_letters GROUP BY 1")
            alerts = await connection.fetch(f"SELECT vehicle_id, type, state IN ({_LIVE}) AS live, occurrences FROM alerts")  # noqa: S608
            changes = await connection.fetch("SELECT seq FROM stream_events")
            audited = await connection.fetchval("SELECT count(*) FROM audit_log WHERE action LIKE 'alert.%'")
            broken = await first_broken_link(connection, tenant.tenant_id)
            strangers = await connection.fetchval("SELECT count(*) FROM telemetry WHERE tenant_id <> $1", tenant.tenant_id)
    finally:
        pool.terminate()
    rows = [AlertRow(row["vehicle_id"], AlertType(row["type"]), row["live"], row["occurrences"]) for row in alerts]
    dead = Counter({row["reason"]: row["n"] for row in letters})
    return kept, Ledger(kept.readings, dead, rows, [row["seq"] for row in changes], audited, broken, strangers)
