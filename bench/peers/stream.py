"""The path of a reading beside scripts and engines that do less: the same broker, the same PostgreSQL, the same load."""

import contextlib
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import psutil
import uvloop

from bench import live
from bench.exposition import scrape
from bench.faults.victims import victims
from bench.live import LiveResult
from bench.peers.environments import environment, versions
from bench.peers.exported import Exported
from bench.peers.path import READY
from bench.peers.serving import ROOT, STOP_S, clean_environment
from bench.processes import INGEST
from bench.progress import Progress
from bench.stack import StackUnderTest
from fleet.errors import Unavailable

OURS: Final = "FleetGuard"
MODULES: Final = {"plain script": "bench.peers.plain_script", "Bytewax": "bench.peers.servers.on_bytewax"}
BYTEWAX: Final = ("bytewax==0.21.1", "paho-mqtt==2.2.0")
SHARED_PARTS: Final = ("broker", "PostgreSQL")
OUR_PARTS: Final = (INGEST, "models (Serve replica)", "Ray", "pipeline")
GATEWAYS: Final = 20
SATURATED_MS: Final = 1000.0
START_S: Final = 60.0
QUIET_S: Final = 5.0  # a held actor has connected again by then
OWN_VEHICLE_HZ: Final = 2.0  # more than the demo's own vehicle publishes
ACTOR: Final = "ray::IngestActor"


@dataclass(frozen=True, slots=True)
class StreamLevel:
    """One consumer at one rate.

    Attributes:
        vehicles: each publishes once a second. unstored: acked by the broker, and not in the store at the end.
        p50_ms, p99_ms: published → committed, seen by another session. drained_s: last reading → last commit.
        cpu_us: of the consumer, the broker and PostgreSQL per reading.
    """

    vehicles: int
    unstored: int
    p50_ms: float
    p99_ms: float
    drained_s: float
    cpu_us: float


@dataclass(slots=True)
class Streamed:
    """By consumer: a level per rate until it was saturated, or why there is none."""

    levels: dict[str, list[StreamLevel]] = field(default_factory=lambda: defaultdict(list))
    failures: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)


def measure(stack: StackUnderTest, exported: Exported, rates: tuple[int, ...], seconds: int, progress: Progress) -> Streamed:
    """Every consumer at every rate, one after the other, each until readings wait for longer than `SATURATED_MS`.

    Raises:
        Unavailable: a part of the stack does not answer.
    """
    streamed = Streamed()
    pythons = {"plain script": Path(sys.executable)}
    try:
        pythons["Bytewax"] = environment("bytewax", BYTEWAX, progress)
        streamed.versions |= versions(pythons["Bytewax"], ("bytewax", "paho-mqtt"))
    except Unavailable as error:
        streamed.failures["Bytewax"] = str(error)
    going = [OURS, *pythons]
    for vehicles in rates:
        for consumer in list(going):
            try:
                level = _level(stack, exported, consumer, pythons.get(consumer), vehicles, seconds, progress)
            except Unavailable as error:
                streamed.failures[consumer] = str(error)
                going.remove(consumer)
                continue
            streamed.levels[consumer].append(level)
            if level.p99_ms > SATURATED_MS or level.unstored:
                going.remove(consumer)
    return streamed


def _level(
    stack: StackUnderTest, exported: Exported, consumer: str, python: Path | None, vehicles: int, seconds: int, progress: Progress
) -> StreamLevel:
    with consuming(stack, exported, consumer, python) if python else contextlib.nullcontext():
        result = uvloop.run(live.measure(stack, vehicles, seconds, progress, min(GATEWAYS, vehicles)))
    if python:
        _caught_up(stack)
    return figures(result, (consumer, *SHARED_PARTS) if python else (*OUR_PARTS, *SHARED_PARTS))


def figures(result: LiveResult, parts: tuple[str, ...]) -> StreamLevel:
    """The figures of a run; `parts` are those whose CPU counts."""
    committed_ms = result.latencies.committed * 1e3
    p50, p99 = np.quantile(committed_ms, (0.5, 0.99)).tolist() if len(committed_ms) else (np.inf, np.inf)
    cpu_s = sum(usage.cpu_s for part, usage in result.costs.usage.items() if part in parts)
    readings = result.vehicles * result.costs.seconds
    return StreamLevel(result.vehicles, len(result.verdict.missing), p50, p99, result.drained_s, cpu_s / readings * 1e6)


@contextlib.contextmanager
def consuming(stack: StackUnderTest, exported: Exported, consumer: str, python: Path) -> Iterator[None]:
    """A consumer instead of the stack's ingest actor, which is held meanwhile and then finds everything stored.

    Raises:
        Unavailable: the consumer does not start.
    """
    command = [str(python), "-m", MODULES[consumer], str(exported.models)]
    with subprocess.Popen(command, cwd=ROOT, env=_environment(stack, consumer), stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        held: list[psutil.Process] = []
        try:
            _await_ready(process, consumer)
            held = victims(stack.home, ACTOR)
            for actor in held:
                actor.suspend()
            yield
        finally:
            for actor in held:
                with contextlib.suppress(psutil.NoSuchProcess):
                    actor.resume()
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _environment(stack: StackUnderTest, consumer: str) -> dict[str, str]:
    """`FLEETGUARD_PROGRAM` is how the consumer's CPU is told from the stack's."""
    mqtt = stack.settings.mqtt
    return clean_environment() | {
        "FLEETGUARD_HOME": str(stack.home), "FLEETGUARD_PROGRAM": consumer,
        "FLEETGUARD_POSTGRES__URL": stack.settings.postgres.url,
        "FLEETGUARD_MQTT__HOST": mqtt.host, "FLEETGUARD_MQTT__PORT": str(mqtt.port),
        "FLEETGUARD_MQTT__USERNAME": mqtt.username, "FLEETGUARD_MQTT__PASSWORD": mqtt.password,
    }  # fmt: skip


def _await_ready(process: "subprocess.Popen[str]", consumer: str) -> None:
    timer = threading.Timer(START_S, process.kill)
    timer.start()
    assert process.stdout is not None
    try:
        if not any(line.strip() == READY for line in process.stdout):
            raise Unavailable(f"The {consumer} does not start; what it printed says why.")
    finally:
        timer.cancel()


def _caught_up(stack: StackUnderTest) -> None:
    """Until the ingest actor has looked at all that came while it was held, and absorbed it as stored before."""
    before = -np.inf
    while (now := _readings(stack)) - before > OWN_VEHICLE_HZ * QUIET_S:
        before = now
        time.sleep(QUIET_S)


def _readings(stack: StackUnderTest) -> float:
    return sum(value for (name, _), value in scrape(stack.url).items() if name == "fleetguard_readings_total")
