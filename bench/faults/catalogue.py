"""The faults, each with what is guaranteed while it lasts and afterwards."""

import asyncio
import contextlib
import json
import random
import shutil
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import httpx
import psutil

from bench.faults import database
from bench.faults.fleet import Arrival, FaultFleet, as_they_come, shuffled, thrice
from bench.faults.flood import flood
from bench.faults.network import Line
from bench.faults.nodes import second_node
from bench.faults.questions import asking
from bench.faults.victims import BACKEND, POSTGRES, RAYLET, hold, kill, victims
from bench.processes import INGEST, StackProcesses
from bench.stack import StackUnderTest
from fleet.errors import Unavailable

LOAD_S: Final = 20
HELD_S: Final = 10.0
TAKES_OVER_S: Final = 60.0
LATENCY_S: Final = 0.2
SMALL_BYTES: Final = 8 << 30
FILLED_AT_ONCE: Final = (1 << 20, 1 << 12, 1)  # bytes
PROPER_ANSWERS: Final = "nothing is lost; the API answers, or says when to ask again; memory stays flat"
GROWTH_BYTES: Final = 64 << 20
ACTOR: Final = "ray::IngestActor"
REPLICA: Final = "ray::ServeReplica"
PIPELINE: Final = "fleetguard.pipeline"
FAILED_OF_100: Final = 1  # of each kind: the request is lost, its answer is, or it arrives although it is said to be lost
_FAILING: Final = {"num_failures": -1} | dict.fromkeys(
    ("req_failure_prob", "resp_failure_prob", "in_flight_failure_prob"), FAILED_OF_100
)
FAILING_CALLS: Final = {"RAY_testing_rpc_failure": json.dumps({"CoreWorkerService.grpc_client.PushTask": _FAILING})}
PAIRS: Final = {"FLEETGUARD_INGEST__ACTORS": "2", "FLEETGUARD_SERVE__REPLICAS": "2"}
NOTHING_LOST: Final = "nothing acked is lost, nothing is stored twice, one alert per episode"


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a fault happens.

    Attributes:
        line: by which the devices reach the broker.
        person: signed in, of the fleet's tenant.
        broken: promises that were broken while the fault lasted, in sentences.
    """

    stack: StackUnderTest
    fleet: FaultFleet
    line: Line
    person: httpx.AsyncClient
    rng: random.Random
    broken: list[str] = field(default_factory=list)


def always(_stack: StackUnderTest) -> bool:
    """Most faults harm nothing but the stack."""
    return True


def on_a_small_disk(stack: StackUnderTest) -> bool:
    """Whether its home is all that lies on its disk."""
    return stack.home.stat().st_dev != stack.home.parent.stat().st_dev and shutil.disk_usage(stack.home).total <= SMALL_BYTES


def _started_with(environment: Mapping[str, str], stack: StackUnderTest) -> bool:
    """Whether its Ray was started with these variables."""
    (raylet, *_) = victims(stack.home, RAYLET)
    return raylet.environ().items() >= environment.items()


Act = Callable[[Scene], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """`p99_s`: how long a reading of a steady vehicle may take to the store; None where the fault is an outage.
    `possible`: whether it can be done to this stack without harm to anything else. `environment`: with which a stack must be
    started for it. `load_s`: for how long the fleet publishes.
    """

    name: str
    guarantee: str
    act: Act
    arrival: Arrival = as_they_come
    p99_s: float | None = None
    possible: Callable[[StackUnderTest], bool] = always
    environment: Mapping[str, str] = field(default_factory=dict)
    load_s: int = LOAD_S


async def _nothing(_scene: Scene) -> None:
    """The fault is in the arrival."""


async def _kill(title: str, scene: Scene) -> None:
    kill(scene.stack.home, title)


async def _kill_one(title: str, scene: Scene) -> None:
    scene.rng.choice(victims(scene.stack.home, title)).kill()


async def _second_node(scene: Scene) -> None:
    """Actors are killed until Ray starts one on the other node, which then ends at once with all that runs there."""
    async with second_node(scene.stack) as raylet:
        deadline = time.monotonic() + TAKES_OVER_S
        while not (moved := _of_node(raylet, scene.stack)) and time.monotonic() < deadline:
            with contextlib.suppress(Unavailable):  # not back yet
                kill(scene.stack.home, ACTOR)
            await asyncio.sleep(HELD_S / 2)
        if not moved:
            scene.broken.append("the second node was given no ingest actor")
        await asyncio.sleep(HELD_S / 2)  # it works there for a while


def _of_node(raylet: psutil.Process, stack: StackUnderTest) -> list[psutil.Process]:
    """Ingest actors that run on this node."""
    with contextlib.suppress(Unavailable, psutil.Error):
        return [actor for actor in victims(stack.home, ACTOR) if actor.ppid() == raylet.pid]
    return []


async def _other_number_of_actors(scene: Scene) -> None:
    """Twice as many; when those work and the former sessions are being taken over, as many as before."""
    before = scene.stack.settings.ingest.actors
    lines = scene.stack.home / "stack.env"
    kept = lines.read_text()
    try:
        lines.write_text(f"{kept}\nFLEETGUARD_INGEST__ACTORS={2 * before}\n")
        await _work_in_number(2 * before, scene)
        await asyncio.sleep(HELD_S)
    finally:
        lines.write_text(kept)
        await _work_in_number(before, scene)


async def _work_in_number(actors: int, scene: Scene) -> None:
    """The pipeline is started anew; until there are so many ingest actors, which settings of before did not make."""
    former = {actor.pid for actor in victims(scene.stack.home, ACTOR)}
    kill(scene.stack.home, PIPELINE)
    deadline = time.monotonic() + TAKES_OVER_S
    while time.monotonic() < deadline:
        await asyncio.sleep(1.0)
        with contextlib.suppress(Unavailable):  # between the former and the present ones
            present = {actor.pid for actor in victims(scene.stack.home, ACTOR)}
            if len(present) == actors and not present & former:
                return
    scene.broken.append(f"there are not {actors} new ingest actors")


async def _hold(title: str, scene: Scene) -> None:
    await hold(scene.stack.home, title, HELD_S)


async def _bad_payloads(scene: Scene) -> None:
    """What is no reading becomes a dead letter with its reason; a bad value costs that value."""
    name, expected = scene.rng.choice(sorted(scene.fleet.devices)[20:]), scene.fleet.expected
    for reason, payload in _UNREADABLE:
        expected.dead_letters[reason] += 1
        scene.fleet.devices[name].put(payload, 1)
    at_ms = round(time.time() * 1000) - 5_000
    for offset, (key, value) in enumerate(_BAD_VALUES):
        expected.offered.append((name, (at_ms + offset) * 1000))
        scene.fleet.devices[name].put(json.dumps({"ts": at_ms + offset, "speed": 50, key: value}).encode(), 1)


_UNREADABLE: Final = (
    ("malformed_json", b'{"ts":'),
    ("malformed_json", b'{"ts": 1, "speed": NaN}'),
    ("malformed_json", b'{"ts": 1, "speed": 1e400}'),
    ("malformed_json", b"[" * 20_000),
    ("malformed_json", b"\xff\xfe\x00"),
    ("malformed_json", b""),
    ("empty", b"[]"),
    ("not_an_object", b"[1]"),
    ("bad_timestamp", b'{"speed": 1}'),
    ("bad_timestamp", b'{"ts": 99999999999999}'),
    ("bad_timestamp", b'{"ts": 1' + b"0" * 400 + b"}"),
    ("too_many_samples", b"[" + b",".join([b'{"ts": 1}'] * 513) + b"]"),
    ("oversized", b'{"ts": 1, "note": "' + b"x" * 65_600 + b'"}'),
)
_BAD_VALUES: Final = (
    ("driverId", "a\x00b"),
    ("rpm", -5),
    ("engineTemp", "hot"),
    ("lat", 1e30),
    ("speedLimit", 10**400),
    ("mood", {"a": [1]}),
)


async def _clocks(scene: Scene) -> None:
    """Clocks in 1970, in 2099 and an hour ahead, whose heat is no alarm; an hour behind, and one that steps back."""
    names = scene.rng.sample(sorted(scene.fleet.devices)[20:], 5)
    now = time.time()
    starts = [0.0, 4_070_908_800.0, now + 3600, now - 3600, now - 200]
    for name, start, coolant in zip(names, starts, (140, 140, 140, 90, 90), strict=True):
        steps_back = 60 if start == starts[-1] else 0
        seconds = [*range(30), *(second - steps_back for second in range(30, 60))]
        for at_ms in (round((start + second) * 1000) + 7 for second in seconds if start + second >= 0):
            scene.fleet.expected.offered.append((name, at_ms * 1000))
            payload = json.dumps({"ts": at_ms, "speed": 50, "rpm": 1900, "engineTemp": coolant}).encode()
            scene.fleet.devices[name].put(payload, 1)


async def _flood(scene: Scene) -> None:
    await flood(scene.stack, seconds=8.0)


async def _two_at_once(scene: Scene) -> None:
    for title in scene.rng.sample([title for _, title in PROCESSES], 2):
        with contextlib.suppress(Unavailable):  # the first may have taken the second along
            kill(scene.stack.home, title)
        await asyncio.sleep(scene.rng.uniform(0, 2))


async def _full_disk(scene: Scene) -> None:
    """Not a byte is left on the disk of the home, for a while."""
    filler = scene.stack.home / "filler"
    try:
        await asyncio.to_thread(_fill, filler)
        await asyncio.sleep(HELD_S)
    finally:
        filler.unlink(missing_ok=True)


def _fill(filler: Path) -> None:
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        for size in FILLED_AT_ONCE:  # a large piece that does not fit leaves room for small ones
            with contextlib.suppress(OSError):
                while file.write(bytes(size)) == size:
                    pass


async def _bad_line(scene: Scene) -> None:
    """200 ms each way; then half-open connections; then none, and 200 ms again."""
    scene.line.delay_s = LATENCY_S
    await asyncio.sleep(HELD_S / 2)
    scene.line.swallows = True
    await asyncio.sleep(HELD_S / 2)
    scene.line.swallows = False
    scene.line.cut()
    await asyncio.sleep(HELD_S / 2)
    scene.line.delay_s = 0.0


async def _locked(scene: Scene) -> None:
    """Somebody holds the tables that every reading and every page needs."""
    await _asked_meanwhile(scene, database.lock(scene.stack.settings.postgres, HELD_S, "telemetry", "alerts"))


async def _slowed(scene: Scene) -> None:
    await _asked_meanwhile(scene, database.slow(scene.stack.home, HELD_S))


async def _exhausted(scene: Scene) -> None:
    await _asked_meanwhile(scene, database.exhaust(scene.stack.settings.postgres, HELD_S))


async def _asked_meanwhile(scene: Scene, trouble: Awaitable[None]) -> None:
    before = await asyncio.to_thread(_memory, scene.stack.home)
    async with asking(scene.person) as broken:
        await trouble
    after = await asyncio.to_thread(_memory, scene.stack.home)
    grown = {part: after[part] - before[part] for part in after if after[part] - before[part] > GROWTH_BYTES}
    scene.broken.extend([*sorted(broken), *(f"{part} grew by {grew >> 20} MiB" for part, grew in grown.items())])


def _memory(home: Path) -> dict[str, int]:
    """Bytes of the parts in which something could queue up."""
    usage = StackProcesses(home).usage()
    return {part: usage[part].memory_bytes for part in ("api", INGEST)}


PROCESSES: Final = (
    ("the broker", "nats-server"),
    ("an ingest actor", ACTOR),
    ("the scoring replica", REPLICA),
    ("the Serve controller", "ray::ServeController"),
    ("the Serve proxy", "ray::ProxyActor"),
    ("the raylet", RAYLET),
    ("Ray's GCS", "gcs_server"),
    ("PostgreSQL", POSTGRES),
    ("a PostgreSQL backend", BACKEND),
    ("the pipeline", PIPELINE),
    ("device sign-in", "ingest.device_auth"),
    ("Valkey", "valkey-server"),
)
_HELD: Final = tuple(part for part in PROCESSES if part[1] not in (BACKEND, PIPELINE))

FAULTS: Final = (
    *(Fault(f"kill -9 of {name}", NOTHING_LOST, partial(_kill, title)) for name, title in PROCESSES),
    Fault("kill -9 of two of them", NOTHING_LOST, _two_at_once),
    *(Fault(f"{name} held for {HELD_S:.0f} s", NOTHING_LOST, partial(_hold, title)) for name, title in _HELD),
    Fault(f"the disk full for {HELD_S:.0f} s", NOTHING_LOST, _full_disk, possible=on_a_small_disk),
    Fault(f"the tables of readings and alerts locked for {HELD_S:.0f} s", PROPER_ANSWERS, _locked),
    Fault(f"PostgreSQL slowed to a fifth for {HELD_S:.0f} s", PROPER_ANSWERS, _slowed),
    Fault(f"no connection to PostgreSQL left for {HELD_S:.0f} s", PROPER_ANSWERS, _exhausted),
    Fault("twice as many ingest actors, and then as many as before", NOTHING_LOST, _other_number_of_actors, load_s=90),
    Fault("devices on a line that is slow, swallows everything, breaks", NOTHING_LOST, _bad_line),
    Fault(
        f"{3 * FAILED_OF_100} of 100 calls between Ray's actors fail",
        NOTHING_LOST,
        _nothing,
        possible=partial(_started_with, FAILING_CALLS),
        environment=FAILING_CALLS,
    ),
    *(
        Fault(name, NOTHING_LOST, act, possible=partial(_started_with, PAIRS), environment=PAIRS)
        for name, act in (
            ("kill -9 of one of two scoring replicas", partial(_kill_one, REPLICA)),
            ("kill -9 of one of two ingest actors", partial(_kill_one, ACTOR)),
            ("a second Ray node joins, takes an ingest actor over and dies", _second_node),
        )
    ),
    Fault("unreadable payloads and bad values", "a dead letter each, with its reason; others go on", _bad_payloads, p99_s=1.0),
    Fault("clocks in 1970, 2099, an hour off, stepping back", "stored, flagged, no alarm of a wrong clock", _clocks, p99_s=1.0),
    Fault("every message three times", NOTHING_LOST, _nothing, thrice),
    Fault("messages late and out of order", NOTHING_LOST, _nothing, shuffled),
    Fault("another tenant floods, 100 times its rate", "the others' p99 stays below 1 s", _flood, p99_s=1.0),
)
