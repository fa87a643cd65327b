"""Credentials of devices, as people of their fleet issue, rotate and revoke them."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from fleet.errors import Conflict, NotFound
from fleet.stores import audit
from fleet.stores.announcements import REVOCATIONS
from fleet.stores.postgres import tenant_transaction
from fleet.stores.provisioning import SECRET_BYTES, DeviceCredential, secret_hash
from fleet.stores.sessions import SignedIn


@dataclass(frozen=True, slots=True)
class Device:
    """A vehicle's device: `issued_at` of its newest valid secret, None without one; `old_until`: an older one holds till then."""

    vehicle_id: str
    issued_at: datetime | None
    old_until: datetime | None


async def find(pool: asyncpg.Pool, who: SignedIn, after: str, limit: int, now: datetime) -> list[Device]:
    """Of every vehicle after `after`, by vehicle id.

    Raises:
        Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, who.tenant) as connection:
        rows = await connection.fetch(
            """SELECT v.vehicle_id, max(d.created_at) FILTER (WHERE d.revoked_at IS NULL) AS issued_at,
                      max(d.revoked_at) FILTER (WHERE d.revoked_at > $4) AS old_until
               FROM (SELECT tenant_id, vehicle_id FROM vehicles WHERE tenant_id = $1 AND vehicle_id > $2
                     ORDER BY vehicle_id LIMIT $3) v
               LEFT JOIN devices d ON d.tenant_id = v.tenant_id AND d.vehicle_id = v.vehicle_id
               GROUP BY 1 ORDER BY 1""",
            who.tenant, after, limit, now,
        )  # fmt: skip
    return [Device(**row) for row in rows]


async def issue(pool: asyncpg.Pool, who: SignedIn, vehicle_id: str, vehicle_class: str, now: datetime) -> DeviceCredential:
    """The first credential of a vehicle, which is entered where it is new; the secret is not shown again.

    Raises:
        Conflict: the vehicle has a valid one. Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, who.tenant) as connection:
        await connection.execute(
            "INSERT INTO vehicles (tenant_id, vehicle_id, vehicle_class) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            who.tenant, vehicle_id, vehicle_class,
        )  # fmt: skip
        await _lock(connection, who, vehicle_id)
        if await _valid(connection, who, vehicle_id):
            raise Conflict(f"{vehicle_id} has a credential: rotate or revoke it.")
        return await _new_secret(connection, who, vehicle_id, "device.issued", now)


async def rotate(pool: asyncpg.Pool, who: SignedIn, vehicle_id: str, grace: timedelta, now: datetime) -> DeviceCredential:
    """A new credential beside the old one, which holds for `grace` yet.

    Raises:
        NotFound: the vehicle is unknown, or has no valid credential. Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, who.tenant) as connection:
        await _lock(connection, who, vehicle_id)
        if not await _valid(connection, who, vehicle_id):
            raise NotFound("This vehicle has no credential to rotate.")
        await _end(connection, who, vehicle_id, now + grace, now)
        await connection.execute("SELECT pg_notify($1, '')", REVOCATIONS)
        return await _new_secret(connection, who, vehicle_id, "device.rotated", now)


async def revoke(pool: asyncpg.Pool, who: SignedIn, vehicle_id: str, now: datetime) -> None:
    """End every credential of a vehicle's device at once; its connection is cut within seconds.

    Raises:
        NotFound: the vehicle is unknown, or has no valid credential. Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, who.tenant) as connection:
        await _lock(connection, who, vehicle_id)
        if not await _end(connection, who, vehicle_id, now, now):
            raise NotFound("This vehicle has no credential to revoke.")
        await audit.record(connection, who.tenant, now, str(who.user_id), "device.revoked", vehicle_id, {})
        await connection.execute("SELECT pg_notify($1, '')", REVOCATIONS)


async def _lock(connection: asyncpg.Connection, who: SignedIn, vehicle_id: str) -> None:
    """One change of a vehicle's credentials at a time."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtext($1))", f"{who.tenant}/{vehicle_id}")


async def _valid(connection: asyncpg.Connection, who: SignedIn, vehicle_id: str) -> bool:
    return bool(
        await connection.fetchval(
            "SELECT EXISTS (SELECT FROM devices WHERE tenant_id = $1 AND vehicle_id = $2 AND revoked_at IS NULL)",
            who.tenant,
            vehicle_id,
        )
    )


async def _end(connection: asyncpg.Connection, who: SignedIn, vehicle_id: str, at: datetime, now: datetime) -> bool:
    """Let what is valid end at that time, unless it ends earlier anyway; whether anything was."""
    status: str = await connection.execute(
        """UPDATE devices SET revoked_at = least(coalesce(revoked_at, $3), $3)
           WHERE tenant_id = $1 AND vehicle_id = $2 AND (revoked_at IS NULL OR revoked_at > $4)""",
        who.tenant, vehicle_id, at, now,
    )  # fmt: skip
    return int(status.split()[-1]) > 0


async def _new_secret(
    connection: asyncpg.Connection, who: SignedIn, vehicle_id: str, deed: str, now: datetime
) -> DeviceCredential:
    secret = secrets.token_urlsafe(SECRET_BYTES)
    await connection.execute(
        "INSERT INTO devices (tenant_id, vehicle_id, secret_hash, created_at) VALUES ($1, $2, $3, $4)",
        who.tenant, vehicle_id, secret_hash(secret), now,
    )  # fmt: skip
    await audit.record(connection, who.tenant, now, str(who.user_id), deed, vehicle_id, {})
    return DeviceCredential(who.slug, vehicle_id, secret)
