"""The whole path under load: what a fleet of devices sees, what the store holds, and what it cost."""

import asyncio
import contextlib
import gc
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.audit import StreamVerdict, Verdict, audit, audit_stream
from bench.commits import CommitWatch, Seen, watching
from bench.exposition import Growth, Sample, scrape
from bench.listener import AlertListener, listening
from bench.load import Load, Offered, own_connections
from bench.processes import RIG, StackProcesses, Usage
from bench.progress import Advance, Progress
from bench.recording import fleet_of, record
from bench.stack import StackUnderTest
from bench.store import Stored, Tenant, drained, fresh_gateways, fresh_tenant, logged_changes, stored
from fleet.stores.postgres import connect_pool

WARM_UP_S: Final = 10  # ingest takes each vehicle in at its first reading; latencies and costs leave that out
WATCHED: Final = 20
REST_CORES, REST_S, REST_WITHIN_S = 0.2, 5.0, 90.0
LAST_LOOK_S: Final = 1.0

Seconds = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Latencies:
    """Seconds of each reading after the warm-up.

    Attributes:
        late: the rig behind its own schedule.
        puback: published → the broker's PUBACK.
        written: published → begin of the transaction that stores it.
        committed: published → another session reads it; of the watched vehicles only.
        heard: published → a change of an alert that rests on the reading reaches somebody who follows the stream.
    """

    late: Seconds
    puback: Seconds
    written: Seconds
    committed: Seconds
    heard: Seconds


@dataclass(frozen=True, slots=True)
class Costs:
    """What the stack says and uses, from the end of the warm-up until the last reading was out, `seconds` later."""

    seconds: float
    growth: Growth
    usage: dict[str, Usage]


@dataclass(frozen=True, slots=True)
class LiveResult:
    """One run of `vehicles` × `seconds` readings; `gateways`: see `measure`."""

    vehicles: int
    gateways: int
    seconds: int
    payload_bytes: float
    verdict: Verdict
    stream: StreamVerdict
    latencies: Latencies
    costs: Costs
    lost_connections: int
    drained_s: float


async def measure(stack: StackUnderTest, vehicles: int, seconds: int, progress: Progress, gateways: int = 0) -> LiveResult:
    """Publish at 1 Hz and QoS 1 and follow every reading into the store.

    Args:
        gateways: connections that carry the vehicles; 0: each vehicle has one of its own.

    Raises:
        InvalidInput: too many readings for one run.
        Unavailable: a part of the stack does not answer.
    """
    with progress.step("Waiting until the stack rests", 1) as advance:
        await _at_rest(stack)
        advance(1)
    fleet = fleet_of(vehicles)
    with progress.step("Simulating the fleet", seconds) as advance:
        recording = record(fleet, seconds, advance)
    tenant, devices = await fresh_tenant(stack.settings.postgres, fleet)
    senders = await fresh_gateways(stack.settings.postgres, tenant, fleet, gateways) if gateways else own_connections(devices)
    load = Load(tenant.slug, [vehicle.vehicle_id for vehicle in fleet], senders, recording.bodies, seconds)
    with progress.step("Connecting", len(senders)) as advance:
        await load.connect(stack.settings.mqtt.host, stack.settings.mqtt.port, advance)
    async with watching(stack.settings.postgres.url, tenant) as watch, listening(stack, tenant) as listener:
        with progress.step("Publishing", seconds) as advance:
            costs = await _publish(stack, load, watch, advance)
        with progress.step("Waiting for the last commit", 1) as advance:
            kept, changes, drained_s = await _kept(stack, tenant, load.offered)
            seen = await watch.finish(LAST_LOOK_S)
            advance(1)
    return LiveResult(
        vehicles,
        gateways,
        seconds,
        recording.payload_bytes,
        _verdict(load.offered, kept),
        audit_stream(changes, [change.seq for change in listener.heard]),
        _latencies(load.offered, kept, seen, listener),
        costs,
        load.lost_connections,
        drained_s,
    )


async def _at_rest(stack: StackUnderTest) -> None:
    """Wait until the stack has done what it does after a start, or for as long as one may wait for that."""
    deadline, quiet = time.monotonic() + REST_WITHIN_S, 0
    while quiet < 2 and time.monotonic() < deadline:  # processes that begin meanwhile are only seen by the next look
        processes = StackProcesses(stack.home)
        await asyncio.sleep(REST_S)
        cores = sum(usage.cpu_s for part, usage in processes.usage().items() if part != RIG) / REST_S
        quiet = quiet + 1 if cores < REST_CORES else 0


async def _publish(stack: StackUnderTest, load: Load, watch: CommitWatch, advance: Advance) -> Costs:
    names, processes = load.offered.vehicles, StackProcesses(stack.home, watch.costs)

    def on_sent(lane: int, at_us: int) -> None:
        if lane < WATCHED:
            watch.expect((names[lane], at_us))

    async def warm() -> tuple[float, dict[Sample, float]]:
        await asyncio.sleep(WARM_UP_S)
        processes.restart()
        return time.monotonic(), await asyncio.to_thread(scrape, stack.url)

    with _without_collections():
        warmed = asyncio.create_task(warm())
        await load.run(on_sent, advance)
        usage = processes.usage()
        began, before = await warmed
        seconds = time.monotonic() - began
    await load.close()
    return Costs(seconds, Growth(before, await asyncio.to_thread(scrape, stack.url)), usage)


@contextlib.contextmanager
def _without_collections() -> Iterator[None]:
    """The payloads of a long run are many objects: a collection among them would make the rig late."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


async def _kept(stack: StackUnderTest, tenant: Tenant, offered: Offered) -> tuple[Stored, list[int], float]:
    pool = await connect_pool(stack.settings.postgres)
    try:
        drained_s = await drained(pool, tenant, int((offered.acked_us > 0).sum()))
        return await stored(pool, tenant), await logged_changes(pool, tenant), drained_s
    finally:
        await pool.close()


def _verdict(offered: Offered, kept: Stored) -> Verdict:
    return audit(offered.readings(offered.sent_us > 0), offered.readings(offered.acked_us > 0), kept.readings)


def _latencies(offered: Offered, kept: Stored, seen: Seen, listener: AlertListener) -> Latencies:
    sent, acked = offered.sent_us[WARM_UP_S:], offered.acked_us[WARM_UP_S:]
    first_us = int(sent[sent > 0].min(initial=np.iinfo(np.int64).max))
    at_us = np.array([at for _, at in kept.readings], np.int64)
    warm = at_us >= first_us
    return Latencies(
        late=offered.late_s[WARM_UP_S:][sent > 0],
        puback=(acked - sent)[acked > 0] / 1e6,
        written=(kept.written_us - at_us)[warm] / 1e6,
        committed=np.array([seconds for published_us, seconds in seen if published_us >= first_us]),
        heard=np.array([change.late_s for change in listener.heard if change.at_us >= first_us]),
    )
