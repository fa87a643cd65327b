"""Real servers for tests: started once a session when a test asks for them, thrown away at its end."""

import asyncio
import contextlib
import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
import uvicorn
from xdist.scheduler import LoadScopeScheduling

from fleet.settings import Postgres, Settings
from fleet.stores.postgres import connect_pool
from fleet.stores.provisioning import DeviceCredential, Vehicle, ensure_devices, ensure_tenant, ensure_vehicles
from fleetguard.testing import PostgresUrls, RunningBroker, free_port, throwaway_broker, throwaway_postgres, throwaway_valkey
from fleetguard.trial import Trial, attached_trial, running_trial
from ui.api.app import create_app

COMPUTING = ("tests/unit/", "tests/integration/models/")  # the other tests mostly wait for servers


class Lanes(LoadScopeScheduling):  # type: ignore[misc]
    """Two lanes, which `make test` runs beside each other, each in its order and with servers of its own."""

    def _split_scope(self, nodeid: str) -> str:
        return "computing" if nodeid.startswith(COMPUTING) else "waiting"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Lanes:
    """The hook of pytest-xdist."""
    return Lanes(config, log)


@dataclass(frozen=True)
class Tenant:
    """A fresh tenant with one vehicle and the credential of its device."""

    id: UUID
    slug: str
    vehicle: str
    device: DeviceCredential


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """Open to the account PostgreSQL runs as, unlike pytest's own temporary folders."""
    folder = Path(tempfile.mkdtemp(prefix="fg-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree((folder / "postgres").resolve(), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
async def postgres(server_folder: Path) -> AsyncIterator[PostgresUrls]:
    """PostgreSQL, migrated: `.app_url`, `.owner_url`, `.superuser_url`."""
    async with throwaway_postgres(server_folder) as urls:
        yield urls


@pytest.fixture(scope="session")
async def broker(server_folder: Path, postgres: PostgresUrls) -> AsyncIterator[RunningBroker]:
    """The MQTT broker with device authentication: `.host`, `.port`, `.ingest_password`, `.settings`."""
    async with throwaway_broker(server_folder, postgres) as running:
        yield running


@pytest.fixture(scope="session")
async def valkey(server_folder: Path) -> AsyncIterator[str]:
    """Valkey's URL."""
    async with throwaway_valkey(server_folder) as url:
        yield url


@pytest.fixture(scope="session")
async def pool(postgres: PostgresUrls) -> AsyncIterator[asyncpg.Pool]:
    """The application role's pool: row level security applies."""
    async with await connect_pool(Postgres(url=postgres.app_url, owner_url=postgres.owner_url)) as opened:
        yield opened


@contextlib.asynccontextmanager
async def running_api(settings: Settings) -> AsyncIterator[str]:
    """The address of an API with these settings, until the end of the block."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(create_app(settings), host="127.0.0.1", port=port, log_level="warning"))
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:  # noqa: ASYNC110  uvicorn has a flag and no event
            await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await asyncio.wait_for(task, 10)


@pytest.fixture(scope="session")
async def serve_api(postgres: PostgresUrls) -> AsyncIterator[Callable[[Settings], Awaitable[str]]]:
    """Starts the API with given settings and returns its address; stopped before PostgreSQL is."""
    async with contextlib.AsyncExitStack() as running:
        yield lambda settings: running.enter_async_context(running_api(settings))


@pytest.fixture
async def serve_api_briefly(postgres: PostgresUrls) -> AsyncIterator[Callable[[Settings], Awaitable[str]]]:
    """The same for one test: what it holds of PostgreSQL's connections is given back at its end."""
    async with contextlib.AsyncExitStack() as running:
        yield lambda settings: running.enter_async_context(running_api(settings))


@pytest.fixture(scope="session")
async def new_tenant(postgres: PostgresUrls) -> Callable[[], Awaitable[Tenant]]:
    """Makes tenants, for tests that need several."""

    async def make() -> Tenant:
        owner = await asyncpg.connect(postgres.owner_url)
        try:
            slug, vehicle = f"t-{secrets.token_hex(6)}", "VH-1"
            tenant = await ensure_tenant(owner, slug, slug)
            await ensure_vehicles(owner, tenant, [Vehicle(vehicle)])
            (device,) = await ensure_devices(owner, tenant, [vehicle])
            return Tenant(tenant, slug, vehicle, device)
        finally:
            await owner.close()

    return make


@pytest.fixture
async def tenant(new_tenant: Callable[[], Awaitable[Tenant]]) -> Tenant:
    """A fresh tenant with the vehicle `VH-1`: `.id`, `.slug`, `.vehicle`, `.device`."""
    return await new_tenant()


@pytest.fixture(scope="session")
def trial() -> Iterator[Trial]:
    """The whole stack with six simulated vehicles, started as a stranger would; its first models are trained for it."""
    if running := os.environ.get("FLEETGUARD_TRIAL_HOME"):
        yield attached_trial(Path(running))
    else:
        with running_trial(vehicles=6) as started:
            yield started


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The address of an OpenID Connect provider that lets anybody in as anybody; another site than that of an API."""
    import oidc_provider_mock

    with pytest.MonkeyPatch.context() as patch, oidc_provider_mock.run_server_in_thread() as server:
        patch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def known_to_provider(issuer: str) -> Callable[..., Awaitable[str]]:
    """Enters somebody at the provider: `await known_to_provider(email, email_verified=False)`; returns their name there."""

    async def enter(email: str, **claims: Any) -> str:
        async with httpx.AsyncClient(base_url=issuer) as provider:
            answer = await provider.put(f"/users/{email}", json={"email": email, "email_verified": True, **claims})
        assert answer.status_code == 204, answer.text
        return email

    return enter
