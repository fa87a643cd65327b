"""Real servers for tests: each is thrown away at the end of the session."""

import contextlib
import ctypes
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from fleet.settings import Postgres
from fleet.stores.postgres import connect_pool, migrate
from fleetguard.servers import postgres as postgres_server

START_S = 20.0


@dataclass(frozen=True)
class PostgresUrls:
    """A migrated database; `owner_url` passes row level security, `app_url` does not."""

    app_url: str
    owner_url: str
    superuser_url: str


@dataclass(frozen=True)
class Tenant:
    """A fresh tenant with one vehicle."""

    id: UUID
    slug: str
    vehicle: str


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def die_with_the_tests() -> None:
    """A test run that is killed leaves no server behind."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


@contextlib.contextmanager
def server(command: list[str], port: int, log: Path, **account: object) -> Iterator[subprocess.Popen[bytes]]:
    """A running server that accepts connections on `port`."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd="/", preexec_fn=die_with_the_tests, **account)  # type: ignore[call-overload]
    try:
        _await_port(port, process, log)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _await_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended: {log.read_text()[-2000:]}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise TimeoutError(f"nothing listens on {port}: {log.read_text()[-2000:]}")


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """Readable by the account PostgreSQL runs as, unlike pytest's own temporary folders."""
    folder = Path(tempfile.mkdtemp(prefix="fg-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
async def postgres(server_folder: Path) -> AsyncIterator[PostgresUrls]:
    """A throw-away PostgreSQL with the roles and databases of the stack, migrated."""
    port, password = free_port(), secrets.token_hex(16)
    roles = dict.fromkeys((postgres_server.OWNER, postgres_server.APP, postgres_server.MLFLOW, postgres_server.FEAST), password)
    cluster = postgres_server.initialise(server_folder / "postgres", password)
    command = cluster.command(port, "fsync=off", "shared_buffers=32MB", "max_connections=60")
    with server(command, port, server_folder / "postgres.log", **postgres_server.as_account(cluster.account)):
        superuser_url = postgres_server.url(postgres_server.SUPERUSER, password, port, "postgres")
        await _accepting(superuser_url)
        await postgres_server.create_roles_and_databases(superuser_url, roles)
        owner_url = postgres_server.url(postgres_server.OWNER, password, port)
        await migrate(owner_url)
        yield PostgresUrls(
            postgres_server.url(postgres_server.APP, password, port),
            owner_url,
            postgres_server.url(postgres_server.SUPERUSER, password, port),
        )


async def _accepting(url: str) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            await (await asyncpg.connect(url)).close()
            return
        except (OSError, asyncpg.CannotConnectNowError):
            if time.monotonic() > deadline:
                raise


@pytest.fixture(scope="session")
async def pool(postgres: PostgresUrls) -> AsyncIterator[asyncpg.Pool]:
    """The application role's pool: row level security applies."""
    async with await connect_pool(Postgres(url=postgres.app_url, owner_url=postgres.owner_url)) as opened:
        yield opened


@pytest.fixture(scope="session")
async def new_tenant(postgres: PostgresUrls) -> Callable[[], object]:
    """Makes tenants, for tests that need several."""

    async def make() -> Tenant:
        owner = await asyncpg.connect(postgres.owner_url)
        try:
            slug, vehicle = f"t-{secrets.token_hex(6)}", "VH-1"
            tenant = await owner.fetchval("INSERT INTO tenants (slug, name) VALUES ($1, $1) RETURNING tenant_id", slug)
            await owner.execute("INSERT INTO stream_heads (tenant_id) VALUES ($1)", tenant)
            await owner.execute("INSERT INTO vehicles (tenant_id, vehicle_id) VALUES ($1, $2)", tenant, vehicle)
            return Tenant(tenant, slug, vehicle)
        finally:
            await owner.close()

    return make


@pytest.fixture
async def tenant(new_tenant: Callable[[], object]) -> Tenant:
    """A fresh tenant with the vehicle `VH-1`."""
    return await new_tenant()  # type: ignore[misc,no-any-return]
