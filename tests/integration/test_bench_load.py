"""The load rig against the real broker and the real store."""

import time
from dataclasses import replace

import asyncpg
import numpy as np
import pytest

from bench.commits import watching
from bench.faults.network import line_to
from bench.load import Load, own_connections
from bench.recording import Recording, fleet_of, record, stamped
from bench.store import drained, fresh_gateways, fresh_tenant, stored
from fleet.errors import InvalidInput, Unavailable
from fleet.settings import Postgres
from fleet.stores.telemetry import PostgresTelemetryStore
from fleetguard.testing import PostgresUrls, RunningBroker
from ingest.decode import Message, decode

VEHICLES, SECONDS, PATIENCE_S = 4, 2, 10.0
NAMES = [vehicle.vehicle_id for vehicle in fleet_of(VEHICLES)]


def ignore(_: int) -> None:
    """No progress bar."""


@pytest.fixture(scope="module")
def recording() -> Recording:
    return record(fleet_of(VEHICLES), SECONDS, ignore)


@pytest.mark.parametrize("gateways", [0, 2])
async def test_every_reading_is_published_at_its_own_moment_and_acked(
    postgres: PostgresUrls, broker: RunningBroker, recording: Recording, gateways: int
) -> None:
    settings, fleet = Postgres(owner_url=postgres.owner_url), fleet_of(VEHICLES)
    tenant, devices = await fresh_tenant(settings, fleet)
    senders = await fresh_gateways(settings, tenant, fleet, gateways) if gateways else own_connections(devices)
    load, heard = Load(tenant.slug, NAMES, senders, recording.bodies, SECONDS), []
    await load.connect(broker.host, broker.port, ignore)
    await load.run(lambda lane, at_us: heard.append((lane, at_us)), ignore)
    await load.close()
    offered = load.offered
    assert len(set(heard)) == VEHICLES * SECONDS
    assert len(set(offered.readings(offered.acked_us > 0))) == VEHICLES * SECONDS
    assert (offered.acked_us >= offered.sent_us).all()
    assert load.lost_connections == 0


async def test_lasting_connections_give_nothing_up_when_the_line_breaks(
    postgres: PostgresUrls, broker: RunningBroker, recording: Recording
) -> None:
    settings, fleet = Postgres(owner_url=postgres.owner_url), fleet_of(VEHICLES)
    tenant, _ = await fresh_tenant(settings, fleet)
    senders = await fresh_gateways(settings, tenant, fleet, 2)
    load = Load(tenant.slug, NAMES, senders, recording.bodies, SECONDS, lasting=True)
    async with line_to(broker.host, broker.port) as (line, port):
        await load.connect("127.0.0.1", port, ignore)
        line.swallows = True  # what is sent now gets no PUBACK
        await load.run(lambda _lane, _at_us: None, ignore)
        line.swallows = False
        line.cut()
        await load.close()
    assert (load.offered.acked_us > load.offered.sent_us).all()
    assert load.lost_connections == len(senders)


async def test_a_refused_device_ends_the_run_with_a_sentence(
    postgres: PostgresUrls, broker: RunningBroker, recording: Recording
) -> None:
    tenant, devices = await fresh_tenant(Postgres(owner_url=postgres.owner_url), fleet_of(VEHICLES))
    senders = own_connections([*devices[:-1], replace(devices[-1], password="wrong")])
    load = Load(tenant.slug, NAMES, senders, recording.bodies, SECONDS)
    with pytest.raises(Unavailable, match="Not every device could connect"):
        await load.connect(broker.host, broker.port, ignore)
    await load.close()


async def test_the_store_gives_back_the_very_readings_that_were_sent(postgres: PostgresUrls, pool: asyncpg.Pool) -> None:
    settings = Postgres(url=postgres.app_url, owner_url=postgres.owner_url)
    tenant, _ = await fresh_tenant(settings, fleet_of(VEHICLES))
    began_us = time.time_ns() // 1000
    sent = [(vehicle.vehicle_id, began_us + number) for number, vehicle in enumerate(fleet_of(VEHICLES))]
    bodies = record(fleet_of(VEHICLES), 1, ignore).bodies[0]
    messages = [
        Message(f"ingest/0/{tenant.slug}/{vehicle}", stamped(body, at_us), time.time())
        for (vehicle, at_us), body in zip(sent, bodies, strict=True)
    ]
    async with watching(postgres.app_url, tenant) as watch:
        for reading in sent:
            watch.expect(reading)
        await PostgresTelemetryStore(pool).append(decode(messages).batch, {tenant.slug: tenant.tenant_id})
        await drained(pool, tenant, len(sent))
        seen = await watch.finish(PATIENCE_S)
    kept = await stored(pool, tenant)
    assert sorted(kept.readings) == sorted(sent)
    assert (kept.written_us >= began_us).all()
    assert sorted(at_us for at_us, _ in seen) == sorted(at_us for _, at_us in sent)


def test_the_same_recording_twice_is_the_same(recording: Recording) -> None:
    again = record(fleet_of(VEHICLES), SECONDS, ignore)
    assert again == recording
    assert np.isfinite(recording.payload_bytes)


def test_a_run_that_fits_into_no_memory_is_refused() -> None:
    with pytest.raises(InvalidInput, match="At most"):
        record(fleet_of(20_000), 3600, ignore)
