"""Provisioning: bulk, repeatable, and nothing readable is stored."""

import time

import asyncpg
import pytest
from argon2 import PasswordHasher

from fleet.stores.provisioning import (
    Vehicle,
    ensure_devices,
    ensure_tenant,
    ensure_user,
    ensure_vehicles,
    secret_hash,
)


@pytest.fixture
async def owner(postgres):
    connection = await asyncpg.connect(postgres.owner_url)
    yield connection
    await connection.close()


async def test_a_tenant_is_made_once(owner):
    assert await ensure_tenant(owner, "once", "Once") == await ensure_tenant(owner, "once", "Once again")


async def test_a_users_password_is_kept_as_an_argon2id_hash(owner, tenant):
    await ensure_user(owner, tenant.id, f"a@{tenant.slug}.example", "A", "dispatcher", "first")
    await ensure_user(owner, tenant.id, f"a@{tenant.slug}.example", "A", "fleet_manager", "second")
    row = await owner.fetchrow("SELECT role, password_hash FROM users WHERE tenant_id = $1", tenant.id)
    assert row["role"] == "fleet_manager"
    assert row["password_hash"].startswith("$argon2id$")
    assert PasswordHasher().verify(row["password_hash"], "second")


async def test_a_known_secret_is_kept_and_an_unknown_one_is_replaced(owner, pool, tenant):
    (first,) = await ensure_devices(owner, tenant.id, [tenant.vehicle])
    (kept,) = await ensure_devices(owner, tenant.id, [tenant.vehicle], {tenant.vehicle: first.password})
    (replaced,) = await ensure_devices(owner, tenant.id, [tenant.vehicle], {tenant.vehicle: "lost"})
    assert kept == first
    assert replaced.password != first.password
    valid = await pool.fetch("SELECT device_secrets($1, $2)", tenant.slug, tenant.vehicle)
    assert [row[0] for row in valid] == [secret_hash(replaced.password)]


async def test_ten_thousand_devices_take_seconds(owner, tenant):
    vehicles = [Vehicle(f"VH-{number}", "truck", tank_l=400) for number in range(10_000)]
    started = time.monotonic()
    await ensure_vehicles(owner, tenant.id, vehicles)
    credentials = await ensure_devices(owner, tenant.id, [v.vehicle_id for v in vehicles])
    assert time.monotonic() - started < 10
    assert len({credential.password for credential in credentials}) == 10_000
    assert credentials[7].username == f"{tenant.slug}.VH-7"
