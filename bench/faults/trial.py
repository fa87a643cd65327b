"""One fault, once: a fleet publishes, the fault happens, and everything is audited."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

import httpx
import numpy as np

from bench.faults.catalogue import Fault, Scene
from bench.faults.fleet import FaultFleet, fault_fleet
from bench.faults.network import line_to
from bench.ledger import violations
from bench.listener import AlertListener, listening
from bench.stack import StackUnderTest
from bench.store import Stored, ledger_of
from fleet.errors import Unavailable

FAULT_WITHIN_S: Final = (4.0, 9.0)
SETTLES_WITHIN_S: Final = 120.0
LOOK_EVERY_S: Final = 1.0
STAYS_S: Final = 4.0  # longer than the broker waits for an ack: what would be delivered again has been


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one trial.

    Attributes:
        broken: promises that were broken, in sentences.
        p99_s, longest_s: from a steady vehicle's reading to the transaction that stores it.
        named: parts that `/ready` said were not well.
    """

    seed: int
    broken: tuple[str, ...]
    p99_s: float
    longest_s: float
    named: frozenset[str]


async def try_fault(stack: StackUnderTest, fault: Fault, seed: int, load_s: int | None = None) -> Outcome:
    """Publish for so many seconds, or for as long as the fault needs; do the fault meanwhile, audit.

    Raises:
        Unavailable: the stack is not well to begin with.
    """
    rng = random.Random(f"{fault.name}/{seed}")  # noqa: S311 - repeatable, guards nothing
    mqtt = stack.settings.mqtt
    async with (
        _readiness(stack) as named,
        line_to(mqtt.host, mqtt.port) as (line, port),
        fault_fleet(stack, port) as fleet,
        listening(stack, fleet.tenant, resumes=True) as listener,
    ):
        publishing = asyncio.create_task(fleet.run(load_s or fault.load_s, fault.arrival, rng))
        await asyncio.sleep(rng.uniform(*FAULT_WITHIN_S))
        scene = Scene(stack, fleet, line, listener.client, rng)
        await fault.act(scene)
        await publishing
        broken = [] if await fleet.all_acked() else ["the broker does not take every message"]
        stored, found = await _settled(stack, fleet, listener)
    broken += found + scene.broken
    if not await ready(stack, SETTLES_WITHIN_S):
        broken.append("the stack is not ready again")
    p99_s, longest_s = _delays(stored, {name for name in fleet.devices if name not in _hot(fleet)})
    if fault.p99_s is not None and not p99_s < fault.p99_s:
        broken.append(f"p99 to the store was {p99_s:.2f} s")
    return Outcome(seed, tuple(broken), p99_s, longest_s, frozenset(named))


def _hot(fleet: FaultFleet) -> set[str]:
    return {vehicle for vehicle, _ in fleet.expected.alarms}


async def _settled(stack: StackUnderTest, fleet: FaultFleet, listener: AlertListener) -> tuple[Stored, list[str]]:
    """The store when every promise is kept and stays so, or when the patience is over."""
    deadline, kept_since, stored = time.monotonic() + SETTLES_WITHIN_S, float("inf"), None
    broken = ["the store does not answer"]
    while time.monotonic() < deadline:
        with contextlib.suppress(Unavailable):
            stored, ledger = await ledger_of(stack.settings.postgres, fleet.tenant)
            broken = violations(fleet.expected, ledger, [change.seq for change in listener.heard])
        kept_since = float("inf") if broken else min(kept_since, time.monotonic())
        if time.monotonic() - kept_since > STAYS_S:
            break
        await asyncio.sleep(LOOK_EVERY_S)
    return stored or Stored([], np.empty(0, np.int64)), broken


def _delays(stored: Stored, vehicles: set[str]) -> tuple[float, float]:
    """p99 and the longest delay of these vehicles' live readings, in seconds."""
    late_s = np.array([
        (written_us - at_us) / 1e6
        for (vehicle, at_us), written_us in zip(stored.readings, stored.written_us.tolist(), strict=True)
        if vehicle in vehicles
    ])  # fmt: skip
    live_s = late_s[(late_s > -1) & (late_s < SETTLES_WITHIN_S)]  # a wrong clock says nothing of the delay
    return (float(np.quantile(live_s, 0.99)), float(live_s.max())) if len(live_s) else (float("nan"), float("nan"))


async def ready(stack: StackUnderTest, within_s: float) -> bool:
    """Whether every part is well within this time."""
    deadline = time.monotonic() + within_s
    async with httpx.AsyncClient(base_url=stack.url, timeout=5) as client:
        while time.monotonic() < deadline:
            if await _unwell(client) == set():
                return True
            await asyncio.sleep(LOOK_EVERY_S)
    return False


@contextlib.asynccontextmanager
async def _readiness(stack: StackUnderTest) -> AsyncIterator[set[str]]:
    """Collects what `/ready` names until the end of the block."""
    if not await ready(stack, SETTLES_WITHIN_S):
        raise Unavailable("The stack is not ready: see `fleetguard doctor`.")
    named: set[str] = set()

    async def watch() -> None:
        async with httpx.AsyncClient(base_url=stack.url, timeout=5) as client:
            while True:
                named.update(await _unwell(client) or ())
                await asyncio.sleep(LOOK_EVERY_S / 2)

    watching = asyncio.create_task(watch())
    try:
        yield named
    finally:
        watching.cancel()


async def _unwell(client: httpx.AsyncClient) -> set[str] | None:
    """Names of the parts that are not well; None without an answer."""
    try:
        answer = (await client.get("/ready")).json()
    except (httpx.HTTPError, ValueError):
        return None
    return {part["name"] for part in answer["parts"] if part["state"] != "ok"}
