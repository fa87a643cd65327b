"""A reading that ends the process that scores it is given up; a scorer that is away costs no reading its score."""

import asyncio
import json
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import asyncpg
import pytest

from alerts.sink import AlertSink
from fleet.errors import Unavailable
from fleet.features import FeatureBatch
from fleet.scores import ScoreBatch
from fleet.stores.ingest import IngestStore
from fleet.stores.postgres import tenant_transaction
from fleet.stores.telemetry import PostgresTelemetryStore
from fleet.stores.tenants import TenantDirectory
from fleet.telemetry import ReadingFlag
from fleet.testing import POISON_KMH, score_or_die
from fleetguard.testing import fatal_to_score_or_die
from ingest.decode import Message
from ingest.isolation import TRIES, Isolation
from ingest.process import Processor


class ScorerProcess:
    """A scorer in a process of its own, started anew whenever it died."""

    def __init__(self) -> None:
        self.deaths, self.away, self.copies_live = 0, False, False
        self._start()

    def _start(self) -> None:
        self._pool = ProcessPoolExecutor(1, multiprocessing.get_context("forkserver"))

    async def score(self, features: FeatureBatch) -> ScoreBatch:
        return await self._run(score_or_die, features)

    async def fatal_rows(self, features: FeatureBatch) -> list[int]:
        return [] if self.copies_live else await self._run(fatal_to_score_or_die, features)

    async def _run(self, work, features: FeatureBatch):
        if self.away:
            raise Unavailable("no replica")
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work, features)
        except BrokenProcessPool as error:
            self.deaths += 1
            self._start()
            raise Unavailable("the replica died") from error

    def kill(self) -> None:
        for process in self._pool._processes.values():
            process.kill()

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)


@pytest.fixture
def scorer():
    own = ScorerProcess()
    yield own
    own.close()


@pytest.fixture
def new_processor(pool, scorer):
    def make(patience_s: float = 20.0) -> Processor:
        scoring = Isolation(scorer, patience_s)
        return Processor(
            TenantDirectory(pool), IngestStore(pool), PostgresTelemetryStore(pool), scoring, AlertSink(pool), snapshot_s=1e9
        )

    return make


def overheating(slug: str, vehicle: str, poison_at: int | None = None) -> list[Message]:
    """A minute in which the coolant climbs past 125 °C, up to now; at one second with a speed that no scorer survives."""
    start = time.time() - 70
    readings = [{"ts": round((start + n) * 1000), "speed": 60, "rpm": 2000, "engineTemp": 90 + 40 * n / 60} for n in range(61)]
    if poison_at is not None:
        readings[poison_at]["speed"] = POISON_KMH
    return [Message(f"ingest/0/{slug}/{vehicle}", json.dumps(reading).encode(), time.time()) for reading in readings]


async def rows(pool: asyncpg.Pool, tenant, query: str) -> list[asyncpg.Record]:
    async with tenant_transaction(pool, tenant.id) as connection:
        return await connection.fetch(query)


async def unscorable(pool, tenant) -> list[tuple[str, float | None]]:
    flagged = await rows(pool, tenant, f"SELECT vehicle_id, speed_kmh FROM telemetry WHERE flags = {ReadingFlag.UNSCORABLE:d}")
    return [(row["vehicle_id"], row["speed_kmh"]) for row in flagged]


async def alerting(pool, tenant) -> set[str]:
    return {row["vehicle_id"] for row in await rows(pool, tenant, "SELECT vehicle_id FROM alerts WHERE type = 'ENGINE_OVERHEAT'")}


async def test_a_reading_that_kills_the_scorer_is_given_up_and_all_others_are_judged(pool, tenant, new_processor, scorer):
    poisoned, sound = overheating(tenant.slug, "VH-P", poison_at=20), overheating(tenant.slug, "VH-S")
    await new_processor().process(poisoned + sound)
    assert await unscorable(pool, tenant) == [("VH-P", POISON_KMH)]
    assert await alerting(pool, tenant) == {"VH-P", "VH-S"}
    assert len(await rows(pool, tenant, "SELECT FROM telemetry")) == len(poisoned + sound)
    assert scorer.deaths == 1  # with its batch; what it ended then, alone, was a copy


async def test_two_vehicles_poison_cost_their_batch_one_scorer(pool, tenant, new_processor, scorer):
    first, second = overheating(tenant.slug, "VH-P", poison_at=20), overheating(tenant.slug, "VH-Q", poison_at=30)
    await new_processor().process(first + second + overheating(tenant.slug, "VH-S"))
    assert sorted(await unscorable(pool, tenant)) == [("VH-P", POISON_KMH), ("VH-Q", POISON_KMH)]
    assert await alerting(pool, tenant) == {"VH-P", "VH-Q", "VH-S"}
    assert scorer.deaths == 1


async def test_one_vehicles_second_poison_costs_one_more_scorer(pool, tenant, new_processor, scorer):
    messages = overheating(tenant.slug, "VH-P", poison_at=20)
    messages[45] = overheating(tenant.slug, "VH-P", poison_at=45)[45]
    await new_processor().process(messages)
    assert await unscorable(pool, tenant) == [("VH-P", POISON_KMH)] * 2
    assert (scorer.deaths, await alerting(pool, tenant)) == (2, {"VH-P"})


async def test_poison_of_one_actor_costs_the_others_no_reading(pool, tenant, new_processor, scorer):
    poisoned = overheating(tenant.slug, "VH-P", poison_at=20)
    sound = [overheating(tenant.slug, name) for name in ("VH-1", "VH-2", "VH-3")]
    await asyncio.gather(*(new_processor().process(messages) for messages in (poisoned, *sound)))
    assert await unscorable(pool, tenant) == [("VH-P", POISON_KMH)]
    assert await alerting(pool, tenant) == {"VH-P", "VH-1", "VH-2", "VH-3"}


async def test_a_reading_that_ends_the_scorer_and_no_copy_of_it_is_given_up_too(pool, tenant, new_processor, scorer):
    scorer.copies_live = True
    await new_processor().process(overheating(tenant.slug, "VH-P", poison_at=20)[:30])
    assert await unscorable(pool, tenant) == [("VH-P", POISON_KMH)]
    assert scorer.deaths == 2 * TRIES  # with its batch, then alone


async def test_a_reading_that_was_given_up_is_a_dead_letter(pool, tenant, new_processor):
    await new_processor().process(overheating(tenant.slug, "VH-P", poison_at=20))
    (letter,) = await rows(pool, tenant, "SELECT * FROM dead_letters")
    assert (letter["vehicle_id"], letter["reason"]) == ("VH-P", "unscorable")
    assert json.loads(letter["payload"])["speed_kmh"] == POISON_KMH


async def test_a_reading_that_was_given_up_kills_no_scorer_again(pool, tenant, new_processor, scorer):
    messages = overheating(tenant.slug, "VH-P", poison_at=20)
    processor = new_processor()
    await processor.process(messages[:30])
    before = scorer.deaths
    await processor.process(messages[30:45])
    await new_processor().process(messages[45:])  # an actor that starts anew recalls the vehicle from the store
    assert (scorer.deaths, await alerting(pool, tenant)) == (before, {"VH-P"})


async def test_poison_in_the_past_of_a_vehicle_is_given_up_too(pool, tenant, new_processor, scorer):
    messages = overheating(tenant.slug, "VH-P", poison_at=20)
    scorer.away = True
    with pytest.raises(Unavailable):
        await new_processor(patience_s=0.1).process(messages[:40])
    scorer.away = False
    await new_processor().process(messages[40:])
    assert await unscorable(pool, tenant) == [("VH-P", POISON_KMH)]
    assert await alerting(pool, tenant) == {"VH-P"}


async def test_a_scorer_that_is_away_costs_no_reading_its_score(pool, tenant, new_processor, scorer):
    messages, processor = overheating(tenant.slug, "VH-S"), new_processor(patience_s=0.3)
    scorer.away = True
    for _ in range(3):
        with pytest.raises(Unavailable):
            await processor.process(messages)
    scorer.away = False
    await processor.process(messages)
    assert (await unscorable(pool, tenant), await alerting(pool, tenant)) == ([], {"VH-S"})


async def test_a_scorer_that_dies_again_and_again_costs_no_reading_its_score(pool, tenant, new_processor, scorer):
    async def deaths(times: int) -> None:
        for seen in range(times):
            while scorer.deaths <= seen:
                scorer.kill()
                await asyncio.sleep(0.01)

    messages = overheating(tenant.slug, "VH-S")
    _, processed = await asyncio.gather(deaths(6), new_processor(patience_s=30).process(messages))
    while scorer.deaths < 6:  # the killer may outlast the batch
        await new_processor(patience_s=30).process(messages)
    assert (processed, await unscorable(pool, tenant), await alerting(pool, tenant)) == (len(messages), [], {"VH-S"})
