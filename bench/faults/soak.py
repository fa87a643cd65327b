"""A long soak: thousands of vehicles publish while one random process is killed after the other, and everything is audited."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.audit import Verdict, audit, together
from bench.faults.catalogue import LOAD_S, NOTHING_LOST, PROCESSES, Fault, Scene
from bench.faults.trial import Outcome, try_fault
from bench.faults.victims import kill
from bench.ledger import unsound
from bench.load import Load, Offered
from bench.processes import RIG, StackProcesses, Usage
from bench.progress import Progress
from bench.recording import fleet_of, frames_of
from bench.stack import StackUnderTest
from bench.store import Tenant, drained, fresh_gateways, fresh_tenant, stored
from fleet.errors import Unavailable
from fleet.stores.postgres import connect_pool

PER_GATEWAY: Final = 100
LOOK_EVERY_S: Final = 15.0
ACKED_WITHIN_S: Final = 120.0
VEHICLES_AT_ONCE: Final = 250  # of an audit, whose sets would not fit into memory otherwise
SLICE_S: Final = 10  # of event time, within which delays are told together
GROWTH: Final = 0.1  # by which a part may be larger in the last third than in the middle one
GROWTH_BYTES: Final = 64 << 20  # ... or by this much
GROWTH_DESCRIPTORS: Final = 32

Seconds = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Look:
    """What the parts of the stack hold, so many seconds after the begin."""

    at_s: float
    usage: dict[str, Usage]


@dataclass(frozen=True, slots=True)
class Kill:
    """SIGKILL of a process, so many seconds after the begin."""

    at_s: float
    name: str


@dataclass(frozen=True, slots=True)
class Delays:
    """From a reading to the transaction that stores it, by slice of event time, in seconds."""

    at_s: Seconds
    median: Seconds
    p99: Seconds
    longest: Seconds


@dataclass(frozen=True, slots=True)
class SoakResult:
    """What became of it.

    Attributes:
        verdict: of the many vehicles' readings. outcome: of the few whose alerts are known, while somebody follows the stream.
        lost_connections: how often a gateway had to connect again.
        drained_s: from the last PUBACK until everything was stored.
        broken: every promise that was broken, in sentences.
    """

    vehicles: int
    seconds: int
    kills: tuple[Kill, ...]
    verdict: Verdict
    outcome: Outcome
    lost_connections: int
    drained_s: float
    delays: Delays
    looks: tuple[Look, ...]
    broken: tuple[str, ...]


async def soak(
    stack: StackUnderTest, vehicles: int, seconds: int, seed: int, progress: Progress, kill_every_s: float = 60.0
) -> SoakResult:
    """Kill for so many seconds while the vehicles publish at 1 Hz, behind gateways that keep what is not acked.

    Raises:
        Unavailable: the stack is not well to begin with, or does not come back.
    """
    fleet = fleet_of(vehicles)
    tenant, _ = await fresh_tenant(stack.settings.postgres, fleet)
    senders = await fresh_gateways(stack.settings.postgres, tenant, fleet, -(-vehicles // PER_GATEWAY))
    names, publishes_s = [vehicle.vehicle_id for vehicle in fleet], seconds + LOAD_S
    load = Load(tenant.slug, names, senders, frames_of(fleet, publishes_s, ""), publishes_s, lasting=True)
    with progress.step("Connecting", len(senders)) as advance:
        await load.connect(stack.settings.mqtt.host, stack.settings.mqtt.port, advance)
    began, kills = time.time(), list[Kill]()

    async def one_after_the_other(scene: Scene) -> None:
        while (at_s := time.time() - began) < seconds:
            name, title = scene.rng.choice(PROCESSES)
            with contextlib.suppress(Unavailable):  # not back yet from the kill before
                kill(scene.stack.home, title)
                kills.append(Kill(at_s, name))
            await asyncio.sleep(kill_every_s)

    fault = Fault("one kill after the other", NOTHING_LOST, one_after_the_other)
    with progress.step("Publishing, and killing meanwhile", publishes_s) as advance:
        async with _looking(stack, began) as looks:
            publishing = asyncio.create_task(load.run(lambda _lane, _at_us: None, advance))
            try:
                outcome = await try_fault(stack, fault, seed, load_s=publishes_s)
                await publishing
            finally:
                publishing.cancel()
    await load.close(ACKED_WITHIN_S)
    verdict, delays, drained_s = await _audited(stack, tenant, load.offered, began, progress)
    broken = [*outcome.broken, *unsound(verdict), *grown(looks, publishes_s)]
    if verdict.acked < verdict.offered:
        broken.append(f"{verdict.offered - verdict.acked} readings were never acked")
    return SoakResult(
        vehicles,
        publishes_s,
        tuple(kills),
        verdict,
        outcome,
        load.lost_connections,
        drained_s,
        delays,
        tuple(looks),
        tuple(broken),
    )


@contextlib.asynccontextmanager
async def _looking(stack: StackUnderTest, began: float) -> AsyncIterator[list[Look]]:
    """Looks at the processes again and again until the end of the block."""
    looks: list[Look] = []

    async def look() -> None:
        while True:
            usage = await asyncio.to_thread(lambda: StackProcesses(stack.home).usage())
            looks.append(Look(time.time() - began, usage))
            await asyncio.sleep(LOOK_EVERY_S)

    task = asyncio.create_task(look())
    try:
        yield looks
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task  # whoever could not look has seen nothing grow


async def _audited(
    stack: StackUnderTest, tenant: Tenant, offered: Offered, began: float, progress: Progress
) -> tuple[Verdict, Delays, float]:
    verdicts, at_us, late_us = [], list[NDArray[np.int64]](), list[NDArray[np.int64]]()
    pool = await connect_pool(stack.settings.postgres)
    try:
        drained_s = await drained(pool, tenant, int((offered.acked_us > 0).sum()))
        with progress.step("Auditing", len(offered.vehicles)) as advance:
            for first in range(0, len(offered.vehicles), VEHICLES_AT_ONCE):
                some = offered.part(slice(first, first + VEHICLES_AT_ONCE))
                kept = await stored(pool, tenant, some.vehicles)
                verdicts.append(audit(some.readings(some.sent_us > 0), some.readings(some.acked_us > 0), kept.readings))
                at_us.append(np.array([at for _, at in kept.readings], np.int64))
                late_us.append(kept.written_us - at_us[-1])
                advance(len(some.vehicles))
    finally:
        await pool.close()
    return together(verdicts), delays_of(np.concatenate(at_us) / 1e6 - began, np.concatenate(late_us) / 1e6), drained_s


def delays_of(at_s: Seconds, late_s: Seconds) -> Delays:
    """The delays of readings, told together by the slice that each belongs to; slices without a reading are left out."""
    slices = (at_s // SLICE_S).astype(np.int64)
    order = np.argsort(slices, kind="stable")
    found, starts = np.unique(slices[order], return_index=True)
    groups = np.split(late_s[order], starts[1:]) if len(found) else []
    return Delays(
        (found * SLICE_S).astype(np.float64),
        np.array([np.quantile(group, 0.5) for group in groups]),
        np.array([np.quantile(group, 0.99) for group in groups]),
        np.array([group.max() for group in groups]),
    )


def typical(looks: Sequence[Look], part: str) -> tuple[float, float]:
    """Median memory in bytes, and descriptors, of a part over the looks in which it ran; NaN where it never did."""
    seen = [look.usage[part] for look in looks if part in look.usage]
    if not seen:
        return float("nan"), float("nan")
    return float(np.median([usage.memory_bytes for usage in seen])), float(np.median([usage.descriptors for usage in seen]))


def thirds(looks: Sequence[Look], seconds: float) -> list[list[Look]]:
    """The looks of the first, middle and last third of the time."""
    return [[look for look in looks if third * seconds / 3 <= look.at_s < (third + 1) * seconds / 3] for third in range(3)]


def grown(looks: Sequence[Look], seconds: float) -> list[str]:
    """Parts of the stack that hold clearly more in the last third than in the middle one, a sentence each."""
    _, middle, last = thirds(looks, seconds)
    sentences = []
    for part in sorted({part for look in looks for part in look.usage} - {RIG}):
        (memory, descriptors), (more_memory, more_descriptors) = typical(middle, part), typical(last, part)
        if more_memory - memory > max(GROWTH_BYTES, GROWTH * memory):
            sentences.append(f"{part} grew by {(more_memory - memory) / 2**20:.0f} MiB")
        if more_descriptors - descriptors > max(GROWTH_DESCRIPTORS, GROWTH * descriptors):
            sentences.append(f"{part} has {more_descriptors - descriptors:.0f} descriptors more")
    return sentences
