"""What one reading costs in each stage of the path, in one process and without the calls between them."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from bench.progress import Progress
from bench.recording import Recording, fleet_of, record, stamped
from bench.stack import StackUnderTest
from bench.store import fresh_tenant
from fleet.alerts import VehicleId
from fleet.errors import ModelUnavailable
from fleet.features import SLOW_FEATURES, FeatureBatch
from fleet.scores import merge
from fleet.settings import Postgres
from fleet.stores.ingest import VehicleProfile
from fleet.stores.postgres import connect_pool
from fleet.stores.telemetry import PostgresTelemetryStore
from ingest.decode import Message, decode
from ingest.vehicles import Vehicles
from serve.graph import MODELS
from serve.parts import ModelScorer, load_scorer
from serve.registry import ModelRegistry
from training.bootstrap import quiet_libraries, registry_of

ROWS: Final = (1, 20, 200, 1000)
WARM_UP_S: Final = 15
TIMED_S: Final = 60  # a whole minute: its end, when the minute features are computed, counts once
APPENDED_ROWS: Final = 200
APPENDS: Final = 60
STAGES: Final = ("decode", "windows and features", *(f"{name} model" for name in MODELS), "merge", "episodes")

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class StageCosts:
    """Mean µs of CPU per reading by stage, for batches of each size in `ROWS`; `append_ms` (n,) of each timed append."""

    per_reading_us: dict[int, dict[str, float]]
    append_ms: NDArray[np.float64]
    versions: dict[str, str]


async def measure(stack: StackUnderTest, progress: Progress) -> StageCosts:
    """Time every stage on simulated readings with the stack's champions, and the store's append on its database.

    Raises:
        ModelUnavailable: a model has no champion.
    """
    quiet_libraries()
    scorers = champions(registry_of(stack.settings))
    costs = {rows: stage_costs(scorers, rows, progress) for rows in ROWS}
    append_ms = await append_costs(stack.settings.postgres, progress)
    return StageCosts(costs, append_ms, {name: scorer.version for name, scorer in scorers.items()})


def champions(registry: ModelRegistry) -> dict[str, ModelScorer]:
    """The champion of every model that scores readings.

    Raises:
        ModelUnavailable: one has none; the message says how to get it.
    """
    versions = {name: registry.champion(name) for name in MODELS}
    missing = [name for name, version in versions.items() if version is None]
    if missing:
        raise ModelUnavailable(
            f"There is no champion of the {' and the '.join(missing)} model to measure: start `fleetguard demo` once, "
            "which trains them, or run `fleetguard train all` and promote them."
        )
    return {name: load_scorer(name, registry.fetch(name, version), version) for name, version in versions.items() if version}


@dataclass(slots=True)
class Stopwatch:
    """CPU seconds by stage: what others do on the same cores does not count."""

    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))

    def time(self, stage: str, work: Callable[[], Answer]) -> Answer:
        began = time.process_time()
        answer = work()
        self.seconds[stage] += time.process_time() - began
        return answer


def stage_costs(scorers: dict[str, ModelScorer], rows: int, progress: Progress) -> dict[str, float]:
    """Mean µs of CPU per reading by stage, in batches of one reading of each of `rows` vehicles."""
    fleet, seconds = fleet_of(rows), WARM_UP_S + TIMED_S
    with progress.step(f"Stages at {rows} rows", 2 * seconds) as advance:
        recording = record(fleet, seconds, advance, faults="none")
        vehicles, topics = Vehicles(), [f"ingest/0/bench/{vehicle.vehicle_id}" for vehicle in fleet]
        vehicles.admit({VehicleId("bench", v.vehicle_id): VehicleProfile(v.vehicle_class, v.tank_l) for v in fleet}, [])
        watch = Stopwatch()
        for second, messages in enumerate(_batches(recording, topics)):
            if second == WARM_UP_S:
                watch = Stopwatch()
            _through_the_stages(watch, vehicles, scorers, messages)
            advance(1)
    return {stage: spent / (TIMED_S * rows) * 1e6 for stage, spent in watch.seconds.items()}


def _batches(recording: Recording, topics: Sequence[str]) -> Iterator[list[Message]]:
    began_us = int(time.time()) * 1_000_000
    for second, bodies in enumerate(recording.bodies):
        at_us = began_us + second * 1_000_000
        yield [Message(topic, stamped(body, at_us), at_us / 1e6) for topic, body in zip(topics, bodies, strict=True)]


def _through_the_stages(watch: Stopwatch, vehicles: Vehicles, scorers: dict[str, ModelScorer], messages: list[Message]) -> None:
    batch = watch.time("decode", lambda: decode(messages).batch)
    judgeable = watch.time("windows and features", lambda: vehicles.observe(batch))
    features: FeatureBatch = judgeable.features
    slow = np.full((len(features), len(SLOW_FEATURES)), np.nan, np.float32)
    parts = [watch.time(f"{name} model", partial(scorer.score, features, slow)) for name, scorer in scorers.items()]
    scores = watch.time("merge", lambda: merge(parts, len(features)))
    watch.time("episodes", lambda: vehicles.judge(judgeable, scores))


async def append_costs(postgres: Postgres, progress: Progress) -> NDArray[np.float64]:
    """Milliseconds of each append of `APPENDED_ROWS` new readings into the stack's own PostgreSQL, under a fresh tenant."""
    fleet = fleet_of(APPENDED_ROWS)
    with progress.step(f"Appends of {APPENDED_ROWS} rows", 2 * APPENDS) as advance:
        recording = record(fleet, APPENDS, advance)
        tenant, _ = await fresh_tenant(postgres, fleet)
        pool = await connect_pool(postgres)
        took_ms = []
        try:
            store = PostgresTelemetryStore(pool)
            for messages in _batches(recording, [f"ingest/0/{tenant.slug}/{vehicle.vehicle_id}" for vehicle in fleet]):
                batch = decode(messages).batch
                began = time.perf_counter()
                await store.append(batch, {tenant.slug: tenant.tenant_id})
                took_ms.append((time.perf_counter() - began) * 1e3)
                advance(1)
        finally:
            await pool.close()
    return np.array(took_ms)
