"""Simulated devices against the real broker."""

import asyncio
import contextlib
import itertools
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import gmqtt
import pandas as pd
import pytest

from fleet.errors import Unavailable
from fleet.stores.provisioning import Vehicle, ensure_devices, ensure_vehicles
from fleetguard.testing import PostgresUrls, RunningBroker
from simulator.credentials import Credentials, DeviceCredential
from simulator.device import Counters, Device
from simulator.faults import parse_faults
from simulator.publish import Job, publish
from simulator.replay import lay_out, replay

PATIENCE_S = 20.0
VEHICLES = ("VH-1", "VH-2", "VH-3")


@dataclass
class Inbox:
    """What arrives at the ingest side, in order."""

    messages: list[tuple[str, Any]] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def samples(self, vehicle: str | None = None) -> list[dict[str, Any]]:
        found = []
        for topic, content in self.messages:
            if not topic.endswith("/dtc") and vehicle in (None, topic.split("/")[-1]):
                found += content if isinstance(content, list) else [content]
        return found

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                self.arrived.clear()
                await self.arrived.wait()


@pytest.fixture
async def credentials(postgres: PostgresUrls, broker: RunningBroker, tenant: Any) -> Credentials:
    owner = await asyncpg.connect(postgres.owner_url)
    try:
        await ensure_vehicles(owner, tenant.id, [Vehicle(name) for name in VEHICLES])
        made = await ensure_devices(owner, tenant.id, VEHICLES)
    finally:
        await owner.close()
    devices = tuple(DeviceCredential(tenant.slug, d.vehicle, d.username, d.password) for d in made)
    return Credentials(Path("demo.json"), broker.host, broker.port, devices)


@pytest.fixture
async def inbox(broker: RunningBroker, tenant: Any) -> AsyncIterator[Inbox]:
    box = Inbox()
    client = gmqtt.Client(f"inbox-{tenant.slug}")
    subscribed = asyncio.Event()

    def on_message(_: Any, topic: str, payload: bytes, *__: Any) -> int:
        box.messages.append((topic, json.loads(payload)))
        box.arrived.set()
        return 0

    client.on_message, client.on_subscribe = on_message, lambda *_: subscribed.set()
    client.set_auth_credentials("ingest", broker.ingest_password)
    await client.connect(broker.host, broker.port, version=4)
    client.subscribe([gmqtt.Subscription(f"ingest/+/{tenant.slug}/+", qos=1)])
    await asyncio.wait_for(subscribed.wait(), PATIENCE_S)
    yield box
    await client.disconnect()


def job(credentials: Credentials, hz: float = 1.0, seconds: float = 3.0, faults: str = "none", truth: Path | None = None) -> Job:
    return Job(credentials.devices, hz, seconds, 7, parse_faults(faults), truth)


async def run(credentials: Credentials, what: Job) -> Any:
    return await publish(credentials, what, asyncio.Event(), lambda *_: None)


async def test_every_reading_is_acked_and_arrives_as_the_interface_says(credentials: Credentials, inbox: Inbox) -> None:
    summary = await run(credentials, job(credentials))
    await inbox.until(lambda: len(inbox.samples()) == 9)
    assert (summary.counters.sent, summary.counters.acked, summary.counters.dropped) == (9, 9, 0)
    for vehicle in VEHICLES:
        samples = inbox.samples(vehicle)
        assert [s["seq"] for s in samples] == [0, 1, 2]
        times = [datetime.fromisoformat(s["ts"]).timestamp() for s in samples]
        assert times == sorted(times)
        assert abs(times[-1] - time.time()) < 60
        assert {"speed", "rpm", "fuelLevel", "lat", "lon", "odometer"} <= set().union(*samples)
        assert all(isinstance(s.get("ignition", True), bool) for s in samples)


async def test_above_one_hertz_a_message_holds_the_samples_of_a_second(credentials: Credentials, inbox: Inbox) -> None:
    summary = await run(credentials, job(credentials, hz=25, seconds=2))
    await inbox.until(lambda: len(inbox.samples()) == 150)
    assert summary.counters.acked == 6
    times = [datetime.fromisoformat(s["ts"]).timestamp() for s in inbox.samples("VH-1")]
    assert all(0.039 < later - earlier < 0.041 for earlier, later in itertools.pairwise(times))


async def test_truth_tells_a_harsh_braking_that_the_readings_show(credentials: Credentials, inbox: Inbox, tmp_path: Path) -> None:
    truth = tmp_path / "truth.jsonl"
    faults = ",".join(f"HARSH_BRAKING:0.9@2/{vehicle}" for vehicle in VEHICLES)
    await run(credentials, job(credentials, hz=10, seconds=20, faults=faults, truth=truth))
    events = [json.loads(line) for line in truth.read_text().splitlines()]
    assert events
    assert all(set(event) == {"vehicle_id", "start", "end", "label"} for event in events)
    event = next(event for event in events if event["label"] == "HARSH_BRAKING")
    start, end = (datetime.fromisoformat(event[key]).timestamp() for key in ("start", "end"))
    samples = [
        (datetime.fromisoformat(s["ts"]).timestamp(), s["speed"]) for s in inbox.samples(event["vehicle_id"]) if "speed" in s
    ]
    before = [speed for at, speed in samples if at <= start][-1]
    after = [speed for at, speed in samples if at <= end][-1]
    assert (before - after) / 3.6 / (end - start) > 0.28 * 9.81


async def test_what_was_not_acked_when_the_connection_broke_is_sent_again(credentials: Credentials, inbox: Inbox) -> None:
    async with _breakable(credentials) as (port, cut):
        counters = Counters()
        device = Device(credentials.devices[0], "127.0.0.1", port, counters, asyncio.Semaphore(1))
        running = asyncio.create_task(device.run())
        await asyncio.wait_for(device.connected.wait(), PATIENCE_S)
        cut(True)
        for number in range(60):
            device.put(json.dumps({"ts": 1_700_000_000_000 + number, "seq": number}).encode(), 1)
        cut(False)
        await asyncio.wait_for(device.below(1), PATIENCE_S)
        await device.close()
        running.cancel()
    await inbox.until(lambda: {s["seq"] for s in inbox.samples("VH-1")} == set(range(60)))
    assert counters.acked == 60
    assert counters.lost_connections == 1
    assert counters.resent > 0


async def test_a_device_that_waits_for_its_turn_to_connect_can_be_closed(credentials: Credentials) -> None:
    counters, gate = Counters(), asyncio.Semaphore(1)
    device = Device(credentials.devices[0], credentials.host, credentials.port, counters, gate)
    async with gate:
        running = asyncio.create_task(device.run())
        await asyncio.sleep(0)
        await device.close()
    await asyncio.wait_for(running, PATIENCE_S)
    assert counters.connects == 0


async def test_a_device_that_is_closed_while_it_connects_hangs_up(credentials: Credentials) -> None:
    counters = Counters()
    device = Device(credentials.devices[0], credentials.host, credentials.port, counters, asyncio.Semaphore(1))
    running = asyncio.create_task(device.run())
    await asyncio.sleep(0)
    await device.close()
    await asyncio.wait_for(running, PATIENCE_S)
    assert (counters.connects, device._up) == (1, False)


async def test_a_full_queue_drops_the_oldest_and_counts_it(credentials: Credentials) -> None:
    counters = Counters()
    device = Device(credentials.devices[0], credentials.host, credentials.port, counters, asyncio.Semaphore(1), limit=10)
    for number in range(25):
        device.put(json.dumps({"ts": 1_700_000_000_000 + number}).encode(), 1)
    assert (device.waiting, counters.dropped) == (10, 15)


async def test_a_wrong_password_is_one_clear_sentence(credentials: Credentials, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.connections.FIRST_CONNECTION_S", 3.0)
    wrong = tuple(DeviceCredential(d.tenant, d.vehicle, d.username, "wrong") for d in credentials.devices)
    with pytest.raises(Unavailable, match="no device could connect to the broker"):
        await run(credentials, Job(wrong, 1, 1, 1, parse_faults("none")))


async def test_a_replay_publishes_every_reading_once_and_none_from_the_future(credentials: Credentials, inbox: Inbox) -> None:
    ts = pd.date_range("2024-03-01", periods=1500, freq="1s", tz="UTC")
    telemetry = pd.concat([pd.DataFrame({"vehicle_id": v, "ts": ts, "speed_kmh": 50.0, "battery_v": 13.9}) for v in VEHICLES])
    timeline = lay_out(telemetry.reset_index(drop=True), speed=1000)
    counters = await replay(timeline, list(credentials.devices), credentials, 1000, asyncio.Event(), lambda *_: None)
    await inbox.until(lambda: len(inbox.samples()) == 4500)
    now = time.time()
    assert counters.samples_acked == 4500
    for vehicle in VEHICLES:
        times = [datetime.fromisoformat(s["ts"]).timestamp() for s in inbox.samples(vehicle)]
        assert times == sorted(times)
        assert len(set(times)) == 1500
        assert now - 86_400 < times[0] < times[-1] <= now


@contextlib.asynccontextmanager
async def _breakable(credentials: Credentials) -> AsyncIterator[tuple[int, Callable[[bool], None]]]:
    """A wire to the broker; cutting it swallows what comes through until it is mended, which also hangs up."""
    swallowing = False
    writers: list[asyncio.StreamWriter] = []

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                if not swallowing:
                    writer.write(data)
        writer.close()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(credentials.host, credentials.port)
        writers.extend((writer, far_writer))
        await asyncio.gather(pipe(reader, far_writer), pipe(far_reader, writer))

    def cut(now: bool) -> None:
        nonlocal swallowing
        swallowing = now
        if not now:
            for writer in writers:
                writer.close()
            writers.clear()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], cut
        for writer in writers:
            writer.close()
