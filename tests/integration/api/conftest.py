"""The API under a real uvicorn server, and people who are signed in to it."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from alerts.sink import AlertSink
from fleet.alerts import AlertType, EpisodeChange, EpisodeEvent, Evidence, Severity, VehicleId
from fleet.settings import Api, Mqtt, Postgres, Settings
from fleet.stores.provisioning import ensure_user
from fleetguard.testing import PostgresUrls, free_port

PASSWORD = "correct horse battery staple"
WRITE = {"X-Requested-With": "fleetguard"}


@dataclass(frozen=True)
class Person:
    """A user of a tenant and a browser that is signed in as them."""

    user_id: UUID
    email: str
    browser: httpx.AsyncClient


@pytest.fixture(scope="session")
async def api(serve_api: Callable[[Settings], Awaitable[str]], postgres: PostgresUrls) -> str:
    """The address of an API over the tests' PostgreSQL; its broker is away."""
    return await serve_api(Settings(postgres=Postgres(url=postgres.app_url), mqtt=Mqtt(port=free_port()), api=Api()))


@pytest.fixture
async def sign_in(api: str, postgres: PostgresUrls) -> AsyncIterator[Callable[..., Awaitable[Person]]]:
    """Makes people and signs them in: `await sign_in(tenant, role="dispatcher")`."""
    browsers: list[httpx.AsyncClient] = []

    async def enter(tenant: Any, role: str = "fleet_manager", driver_id: str | None = None) -> Person:
        email = f"{secrets.token_hex(6)}@example.com"
        owner = await asyncpg.connect(postgres.owner_url)
        try:
            user_id = await ensure_user(owner, tenant.id, email, f"Robin {role}", role, PASSWORD, driver_id)
        finally:
            await owner.close()
        browser = httpx.AsyncClient(base_url=api, headers=WRITE, timeout=10)
        browsers.append(browser)
        answer = await browser.post("/api/session", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return Person(user_id, email, browser)

    yield enter
    for browser in browsers:
        await browser.aclose()


@pytest.fixture
async def manager(sign_in: Callable[..., Awaitable[Person]], tenant: Any) -> Person:
    """A fleet manager of `tenant`."""
    return await sign_in(tenant)


@pytest.fixture
def raise_alert(pool: asyncpg.Pool) -> Callable[..., Awaitable[None]]:
    """Records an alert as detection does: `await raise_alert(tenant, minutes_ago=3, type=AlertType.FUEL_LEAK)`."""

    async def record(
        tenant: Any, type: AlertType = AlertType.HARSH_BRAKING, minutes_ago: float = 0, severity: Severity = Severity.HIGH
    ) -> None:
        at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
        evidence = (Evidence("accel_x_ms2", "m/s²", -5.2, -3.9, "Braked at 5.2 m/s²; 3.9 is the limit.", 0.8),)
        vehicle = VehicleId(tenant.slug, tenant.vehicle)
        event = EpisodeEvent(vehicle, type, EpisodeChange.OPENED, severity, at, at, 0.91, "driver-3", "d-17", evidence)
        assert await AlertSink(pool).record([event], {tenant.slug: tenant.id}) == 1

    return record


@pytest.fixture
def store_readings(pool: asyncpg.Pool) -> Callable[..., Awaitable[None]]:
    """Stores readings of the tenant's vehicle: `await store_readings(tenant, start, {"speed_kmh": [50, None]})`, one a second."""

    async def store(tenant: Any, start: datetime, columns: dict[str, list[float | None]]) -> None:
        length = len(next(iter(columns.values())))
        names = ", ".join(columns)
        values = ", ".join(f"${position}::real[]" for position in range(4, 4 + len(columns)))
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute("SELECT set_config('app.tenant', $1, true)", str(tenant.id))
            await connection.execute(
                f"""INSERT INTO telemetry (tenant_id, vehicle_id, event_time, {names})
                    SELECT $1, $2, * FROM unnest($3::timestamptz[], {values})""",
                tenant.id,
                tenant.vehicle,
                [start + timedelta(seconds=second) for second in range(length)],
                *columns.values(),
            )

    return store
