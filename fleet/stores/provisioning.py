"""Tenants, people, vehicles and device credentials, with the owner's connection. Every step may be repeated."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

import asyncpg
from argon2 import PasswordHasher

from fleet.errors import InvalidInput

GATEWAY_VEHICLES = 250  # their topics are in the broker's answer, which is one message: 0.33 MB where all names have 64 letters
SECRET_BYTES = 24  # 192 bit: a random secret of this size needs no slow hash


@dataclass(frozen=True, slots=True)
class Vehicle:
    """Master data of a vehicle; `vehicle_class` is car, van or truck, `tank_l` litres."""

    vehicle_id: str
    vehicle_class: str = "car"
    model: str | None = None
    age_years: float | None = None
    tank_l: float | None = None


@dataclass(frozen=True, slots=True)
class DeviceCredential:
    """What a device signs in with at the broker; the database keeps only the secret's hash."""

    tenant: str
    vehicle: str
    password: str

    @property
    def username(self) -> str:
        return f"{self.tenant}.{self.vehicle}"


@dataclass(frozen=True, slots=True)
class GatewayCredential:
    """What a gateway signs in with; it publishes for each of its vehicles under that vehicle's own topics."""

    tenant: str
    gateway: str
    password: str

    @property
    def username(self) -> str:
        return f"{self.tenant}.gateway.{self.gateway}"


def secret_hash(secret: str) -> bytes:
    """What `devices.secret_hash` holds."""
    return sha256(secret.encode()).digest()


async def ensure_tenant(connection: asyncpg.Connection, slug: str, name: str) -> UUID:
    """The tenant with this slug and the head of its event stream, made where missing."""
    await connection.execute("INSERT INTO tenants (slug, name) VALUES ($1, $2) ON CONFLICT (slug) DO NOTHING", slug, name)
    tenant: UUID = await connection.fetchval("SELECT tenant_id FROM tenants WHERE slug = $1", slug)
    await connection.execute("INSERT INTO stream_heads (tenant_id) VALUES ($1) ON CONFLICT DO NOTHING", tenant)
    return tenant


async def ensure_user(
    connection: asyncpg.Connection, tenant: UUID, email: str, name: str, role: str, password: str, driver_id: str | None = None
) -> UUID:
    """The person with this address, role and password; the password is stored as an argon2id hash.

    Args:
        driver_id: whom the devices know this person as, for drivers.
    """
    user: UUID = await connection.fetchval(
        """INSERT INTO users (tenant_id, email, name, role, password_hash, driver_id) VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (email) DO UPDATE SET name = excluded.name, role = excluded.role, password_hash = excluded.password_hash,
               driver_id = excluded.driver_id
           RETURNING user_id""",
        tenant,
        email,
        name,
        role,
        PasswordHasher().hash(password),
        driver_id,
    )
    return user


async def ensure_vehicles(connection: asyncpg.Connection, tenant: UUID, vehicles: Sequence[Vehicle]) -> None:
    """Vehicles that are missing, in one statement; what people changed since stays."""
    await connection.execute(
        """INSERT INTO vehicles (tenant_id, vehicle_id, vehicle_class, model, age_years, tank_l)
           SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::real[], $6::real[]) ON CONFLICT DO NOTHING""",
        tenant,
        [v.vehicle_id for v in vehicles],
        [v.vehicle_class for v in vehicles],
        [v.model for v in vehicles],
        [v.age_years for v in vehicles],
        [v.tank_l for v in vehicles],
    )


async def ensure_devices(
    connection: asyncpg.Connection, tenant: UUID, vehicles: Sequence[str], known: Mapping[str, str] | None = None
) -> list[DeviceCredential]:
    """A working credential for each vehicle, in order.

    A secret of `known` (vehicle → secret) that is still valid is kept; the others are made anew, and what the
    vehicle had before is revoked.
    """
    slug: str = await connection.fetchval("SELECT slug FROM tenants WHERE tenant_id = $1", tenant)
    valid = await _valid_hashes(connection, tenant, vehicles)
    kept = {vehicle: secret for vehicle, secret in (known or {}).items() if (vehicle, secret_hash(secret)) in valid}
    fresh = {vehicle: secrets.token_urlsafe(SECRET_BYTES) for vehicle in vehicles if vehicle not in kept}
    await _replace_devices(connection, tenant, fresh)
    return [DeviceCredential(slug, vehicle, kept.get(vehicle) or fresh[vehicle]) for vehicle in vehicles]


async def replace_gateway(
    connection: asyncpg.Connection, tenant: UUID, gateway: str, vehicles: Sequence[str]
) -> GatewayCredential:
    """A new credential for a gateway that speaks for these vehicles and no others; what it had before is revoked.

    Raises:
        InvalidInput: more vehicles than one gateway can have.
    """
    if len(vehicles) > GATEWAY_VEHICLES:
        raise InvalidInput(f"A gateway speaks for at most {GATEWAY_VEHICLES} vehicles, not {len(vehicles)}.")
    secret = secrets.token_urlsafe(SECRET_BYTES)
    async with connection.transaction():
        slug: str = await connection.fetchval("SELECT slug FROM tenants WHERE tenant_id = $1", tenant)
        await connection.execute(
            "UPDATE gateways SET revoked_at = now() WHERE tenant_id = $1 AND gateway_id = $2 AND revoked_at IS NULL",
            tenant,
            gateway,
        )
        await connection.execute("DELETE FROM gateway_vehicles WHERE tenant_id = $1 AND gateway_id = $2", tenant, gateway)
        await connection.execute(
            "INSERT INTO gateways (tenant_id, gateway_id, secret_hash) VALUES ($1, $2, $3)", tenant, gateway, secret_hash(secret)
        )
        await connection.execute(
            "INSERT INTO gateway_vehicles (tenant_id, gateway_id, vehicle_id) SELECT $1, $2, * FROM unnest($3::text[])",
            tenant, gateway, list(vehicles),
        )  # fmt: skip
    return GatewayCredential(slug, gateway, secret)


async def _valid_hashes(connection: asyncpg.Connection, tenant: UUID, vehicles: Sequence[str]) -> set[tuple[str, bytes]]:
    rows = await connection.fetch(
        "SELECT vehicle_id, secret_hash FROM devices WHERE tenant_id = $1 AND vehicle_id = ANY ($2) AND revoked_at IS NULL",
        tenant,
        list(vehicles),
    )
    return {(row["vehicle_id"], row["secret_hash"]) for row in rows}


async def _replace_devices(connection: asyncpg.Connection, tenant: UUID, fresh: Mapping[str, str]) -> None:
    async with connection.transaction():
        await connection.execute(
            "UPDATE devices SET revoked_at = now() WHERE tenant_id = $1 AND vehicle_id = ANY ($2) AND revoked_at IS NULL",
            tenant,
            list(fresh),
        )
        await connection.execute(
            "INSERT INTO devices (tenant_id, vehicle_id, secret_hash) SELECT $1, * FROM unnest($2::text[], $3::bytea[])",
            tenant,
            list(fresh),
            [secret_hash(secret) for secret in fresh.values()],
        )
