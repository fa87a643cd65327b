"""Tenants are kept apart by the database itself, whatever a query forgets."""

import asyncpg
import pytest

from fleet.stores.postgres import tenant_transaction

TENANT_TABLES = """
    SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, c.relispartition,
           array(SELECT p.polname::text FROM pg_policy p WHERE p.polrelid = c.oid) AS policies
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relname <> 'migrations'
"""


async def test_every_table_forces_row_level_security(pool, postgres):
    await pool.execute("SELECT ensure_telemetry_day(DATE '2026-11-24')")
    tables = await _as_owner(postgres, TENANT_TABLES)
    assert len(tables) > 15
    assert [t["relname"] for t in tables if not (t["relrowsecurity"] and t["relforcerowsecurity"])] == []


async def test_every_table_but_partitions_isolates_tenants_by_policy(postgres):
    tables = await _as_owner(postgres, TENANT_TABLES)
    assert [t["relname"] for t in tables if not t["relispartition"] and "tenant_isolation" not in t["policies"]] == []


async def test_partitions_and_the_migrations_are_not_granted_to_the_application(pool, postgres):
    await pool.execute("SELECT ensure_telemetry_day(DATE '2026-11-24')")
    granted = await _as_owner(
        postgres,
        """SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE n.nspname = 'public' AND (c.relispartition OR c.relname = 'migrations') AND c.relkind IN ('r', 'p')
             AND has_table_privilege('fleetguard_app', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')""",
    )
    assert granted == []


async def test_the_application_role_has_no_special_rights(pool):
    role = await pool.fetchrow(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user"
    )
    assert not any(role.values())


async def test_without_a_tenant_no_row_is_visible(pool, tenant):
    assert await pool.fetch("SELECT * FROM vehicles") == []


async def test_a_tenant_sees_only_its_own_rows(pool, new_tenant):
    ours, theirs = await new_tenant(), await new_tenant()
    async with tenant_transaction(pool, ours.id) as connection:
        seen = await connection.fetch("SELECT DISTINCT tenant_id FROM vehicles")
    assert [row["tenant_id"] for row in seen] == [ours.id]
    assert ours.id != theirs.id


async def test_a_row_of_another_tenant_cannot_be_written(pool, new_tenant):
    ours, theirs = await new_tenant(), await new_tenant()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with tenant_transaction(pool, ours.id) as connection:
            await connection.execute("INSERT INTO vehicles (tenant_id, vehicle_id) VALUES ($1, 'VH-2')", theirs.id)


async def test_the_tenant_of_a_transaction_does_not_outlive_it(pool, tenant):
    async with pool.acquire() as connection:
        async with connection.transaction():
            await connection.execute("SELECT set_config('app.tenant', $1, true)", str(tenant.id))
        assert await connection.fetch("SELECT * FROM vehicles") == []


async def test_every_security_definer_function_pins_its_search_path_and_is_closed_to_the_public(postgres):
    loose = await _as_owner(
        postgres,
        """SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
           WHERE n.nspname = 'public' AND p.prosecdef AND (NOT coalesce(p.proconfig::text LIKE '%search_path%', false)
                OR has_function_privilege('public', p.oid, 'EXECUTE'))""",
    )
    assert loose == []


async def _as_owner(postgres, query):
    connection = await asyncpg.connect(postgres.superuser_url)
    try:
        return await connection.fetch(query)
    finally:
        await connection.close()
