"""Connection pool, tenant transactions and migrations."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import asyncpg
import structlog

from fleet.errors import ConfigurationError, Unavailable
from fleet.settings import Postgres

MIGRATIONS = Path(__file__).parent / "migrations"
SYSTEM_TENANT = UUID(int=0)  # owns what belongs to the platform: heartbeats, letters of unknown tenants
# A server without a free disk, memory or connection is no more to be had than one that is away, and may be again in a moment. Nor
# is one that shuts down, whose operator ends a statement, or where somebody else holds what a statement needs.
UNREACHABLE = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # of a connection that the server has ended and not closed yet
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.LockNotAvailableError,
    asyncpg.TransactionRollbackError,
    TimeoutError,
)
STATEMENT_S = 30.0
FREE_WITHIN_S = 5.0  # a pool whose connections are all in use for longer serves somebody who is served nothing himself

log = structlog.get_logger(__name__)


async def connect_pool(settings: Postgres, statement_s: float = STATEMENT_S, lock_s: float = 0.0) -> asyncpg.Pool:
    """A pool with the application role.

    Args:
        statement_s: how long a statement may take.
        lock_s: how long one may wait for what somebody else holds; 0 for as long as a statement may take.

    Raises:
        ConfigurationError: no URL is set.
        Unavailable: the server does not answer.
    """
    if not settings.url:
        raise ConfigurationError("No PostgreSQL URL: start the stack with `fleetguard up`, or set FLEETGUARD_POSTGRES__URL.")
    try:
        return await asyncpg.create_pool(
            settings.url,
            min_size=1,
            max_size=settings.pool_size,
            command_timeout=statement_s,
            server_settings={"timezone": "UTC", "lock_timeout": f"{lock_s * 1000:.0f}"},
            reset=_nothing_to_reset,
        )
    except UNREACHABLE as error:
        raise Unavailable(f"PostgreSQL does not answer: {error}") from error


async def _nothing_to_reset(_: asyncpg.Connection) -> None:
    """Whatever is set is set for a transaction, and that has ended: to have the server reset it is a round trip for nothing."""


@asynccontextmanager
async def connection_of(pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Connection]:
    """A connection outside of any tenant, for functions that need none.

    Raises:
        Unavailable: the server does not answer, or no connection becomes free.
    """
    try:
        async with pool.acquire(timeout=FREE_WITHIN_S) as connection:
            yield connection
    except UNREACHABLE as error:
        raise Unavailable(f"PostgreSQL does not answer: {error}") from error


@asynccontextmanager
async def tenant_transaction(pool: asyncpg.Pool, *tenants: UUID) -> AsyncIterator[asyncpg.Connection]:
    """A transaction that sees the rows of these tenants and no others.

    Raises:
        Unavailable: the server does not answer; nothing was committed, or it is not known whether it was.
    """
    async with connection_of(pool) as connection, connection.transaction():
        await connection.execute("SELECT set_config('app.tenant', $1, true)", ",".join(map(str, tenants)))
        yield connection


async def migrate(owner_url: str) -> list[str]:
    """Apply the migrations that are missing, in order of their date; returns their names.

    Raises:
        ConfigurationError: an applied migration is unknown here, which means an older program on a newer database.
        Unavailable: the server does not answer.
    """
    try:
        connection = await asyncpg.connect(owner_url)
    except UNREACHABLE as error:
        raise Unavailable(f"PostgreSQL does not answer: {error}") from error
    try:
        await connection.execute("SELECT pg_advisory_lock(20261124)")
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, applied_at timestamptz DEFAULT now())"
        )
        applied = {row["name"] for row in await connection.fetch("SELECT name FROM migrations")}
        files = {path.stem: path for path in sorted(MIGRATIONS.glob("*.sql"))}
        if unknown := applied - files.keys():
            raise ConfigurationError(
                f"The database is newer than this program: it has {', '.join(sorted(unknown))}. Update FleetGuard."
            )
        return [name for name, path in files.items() if name not in applied and await _apply(connection, name, path)]
    finally:
        await connection.close()


async def _apply(connection: asyncpg.Connection, name: str, path: Path) -> bool:
    async with connection.transaction():
        await connection.execute(path.read_text())
        await connection.execute("INSERT INTO migrations (name) VALUES ($1)", name)
    log.info("migration_applied", name=name)
    return True


async def tenant_ids(pool: asyncpg.Pool, slugs: Iterable[str]) -> dict[str, UUID]:
    """Slug → tenant id, for the slugs that exist."""
    async with connection_of(pool) as connection:
        rows = await connection.fetch("SELECT slug, tenant_id FROM tenant_ids($1)", list(slugs))
    return {row["slug"]: row["tenant_id"] for row in rows}
