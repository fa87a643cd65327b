"""kill -9 of the path's processes under load: every acked reading is in the store exactly once, and scoring goes on."""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg
import pytest

from fleet.stores.postgres import tenant_transaction
from fleet.stores.provisioning import Vehicle, ensure_devices, ensure_tenant, ensure_vehicles
from fleetguard.trial import Trial
from simulator.credentials import DeviceCredential
from simulator.device import Counters, Device

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

VEHICLES = 500
PATIENCE_S = 90.0
STORED = "SELECT vehicle_id, extract(epoch FROM event_time)::float8 AS at, count(*) AS n FROM telemetry GROUP BY 1, 2"


@dataclass
class Load:
    """Devices at 1 Hz, each with its own credential and connection; remembers every reading it offered."""

    slug: str
    tenant: UUID
    devices: list[Device]
    counters: Counters
    offered: list[tuple[str, float]] = field(default_factory=list)

    async def run(self, seconds: int) -> None:
        for second in range(seconds):
            due = time.monotonic() + 1
            for device in self.devices:
                at = round(time.time() * 1000)
                reading = {"ts": at, "speed": 50 + second % 5, "rpm": 1800, "engineTemp": 90, "batteryVoltage": 13.9}
                device.put(json.dumps(reading).encode(), 1)
                self.offered.append((device.credential.vehicle, at / 1000))
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def all_acked(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*(device.below(1) for device in self.devices))


@pytest.fixture
async def load(trial: Trial) -> AsyncIterator[Load]:
    slug = f"load-{secrets.token_hex(3)}"
    names = [f"L-{number:04d}" for number in range(VEHICLES)]
    owner = await asyncpg.connect(trial.settings.postgres.owner_url)
    try:
        tenant = await ensure_tenant(owner, slug, slug)
        await ensure_vehicles(owner, tenant, [Vehicle(name) for name in names])
        credentials = await ensure_devices(owner, tenant, names)
    finally:
        await owner.close()
    counters, gate = Counters(), asyncio.Semaphore(50)
    mqtt = trial.settings.mqtt
    devices = [
        Device(DeviceCredential(slug, c.vehicle, c.username, c.password), mqtt.host, mqtt.port, counters, gate)
        for c in credentials
    ]
    running = [asyncio.create_task(device.run()) for device in devices]
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*(device.connected.wait() for device in devices))
    yield Load(slug, tenant, devices, counters)
    await asyncio.gather(*(device.close() for device in devices))
    await asyncio.gather(*running)


async def stored(trial: Trial, load: Load) -> dict[tuple[str, float], int]:
    """How often each reading of the load is in the store, once everything has arrived or the patience is over."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            async with (
                asyncpg.create_pool(trial.settings.postgres.url, min_size=1, max_size=1) as pool,
                tenant_transaction(pool, load.tenant) as connection,
            ):
                rows = await connection.fetch(STORED)
            if len(rows) >= len(load.offered) or time.monotonic() > deadline:
                return {(row["vehicle_id"], row["at"]): row["n"] for row in rows}
        except (OSError, asyncpg.PostgresError):
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(0.5)


async def scored(trial: Trial) -> float:
    return await asyncio.to_thread(trial.metric, "fleetguard_stage_seconds_count")


@pytest.mark.parametrize(
    "victim", ["ray::IngestActor", "ray::ServeReplica", "bin/postgres -D"], ids=["ingest", "replica", "postgres"]
)
async def test_every_acked_reading_is_stored_once_after_a_kill(trial: Trial, load: Load, victim: str) -> None:
    running = asyncio.create_task(load.run(20))
    await asyncio.sleep(6)
    trial.kill(victim)
    await running
    await load.all_acked()
    in_store = await stored(trial, load)
    missing = set(load.offered) - in_store.keys()
    assert (len(missing), len(in_store.keys() - set(load.offered))) == (0, 0)
    assert set(in_store.values()) == {1}
    before = await scored(trial)
    await load.run(3)
    await load.all_acked()
    assert len(await stored(trial, load)) == len(load.offered)
    assert await scored(trial) > before
