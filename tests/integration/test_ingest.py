"""The path of a reading on a real PostgreSQL: stored once, judged once, whatever is repeated, late or interrupted."""

import asyncio
import json
import random
import time

import asyncpg
import pytest

from alerts.sink import AlertSink
from fleet.errors import Unavailable
from fleet.features import FeatureBatch
from fleet.scores import ScoreBatch
from fleet.stores.ingest import IngestStore
from fleet.stores.postgres import SYSTEM_TENANT, tenant_transaction
from fleet.stores.telemetry import PostgresTelemetryStore
from fleet.stores.tenants import TenantDirectory
from fleet.testing import CoolantScorer
from ingest.decode import Message
from ingest.isolation import SCORE_ROWS, Isolation
from ingest.process import Processor


class FailingScorer:
    """Fails until told otherwise, like a graph whose replicas are gone."""

    def __init__(self) -> None:
        self.down = True

    async def score(self, features: FeatureBatch) -> ScoreBatch:
        if self.down:
            raise Unavailable("no replica")
        return await CoolantScorer().score(features)


class SlowStore(IngestStore):
    """Saves snapshots only when it may."""

    def __init__(self, pool) -> None:
        super().__init__(pool)
        self.may_save = asyncio.Event()

    async def save_snapshots(self, snapshots, layout, tenants) -> None:
        await self.may_save.wait()
        await super().save_snapshots(snapshots, layout, tenants)


@pytest.fixture
def new_processor(pool):
    def make(scorer=None, snapshot_s: float = 1e9, store: IngestStore | None = None) -> Processor:
        telemetry = PostgresTelemetryStore(pool)
        return Processor(
            TenantDirectory(pool),
            store or IngestStore(pool),
            telemetry,
            Isolation(scorer or CoolantScorer(), patience_s=0.2),
            AlertSink(pool),
            snapshot_s,
        )

    return make


@pytest.fixture
def overheating(tenant):
    """Messages of a coolant temperature that climbs past 125 °C over a minute, a second apart, up to now."""
    start = time.time() - 70

    def message(second: int) -> Message:
        reading = {"ts": round((start + second) * 1000), "speed": 60, "rpm": 2000, "engineTemp": 90 + 40 * second / 60}
        return Message(f"ingest/0/{tenant.slug}/VH-1", json.dumps(reading).encode(), time.time())

    return [message(second) for second in range(61)]


async def rows(pool: asyncpg.Pool, tenant, table: str) -> list[asyncpg.Record]:
    async with tenant_transaction(pool, tenant.id) as connection:
        return await connection.fetch(f"SELECT * FROM {table}")


async def state(pool, tenant) -> dict[str, object]:
    (alert,) = await rows(pool, tenant, "alerts")
    events = sorted(row["seq"] for row in await rows(pool, tenant, "stream_events"))
    return {
        "readings": len(await rows(pool, tenant, "telemetry")),
        "alert": (alert["type"], alert["severity"], alert["state"], alert["occurrences"], alert["started_at"]),
        "sequence": events,
        "audited": len(await rows(pool, tenant, "audit_log")),
    }


async def test_a_climbing_coolant_temperature_is_one_open_alert_with_evidence(pool, tenant, new_processor, overheating):
    processor = new_processor()
    for message in overheating:
        await processor.process([message])
    (alert,) = await rows(pool, tenant, "alerts")
    assert (alert["type"], alert["state"], alert["severity"], alert["occurrences"]) == ("ENGINE_OVERHEAT", "OPEN", 4, 1)
    assert json.loads(alert["evidence"])[0]["signal"] == "coolant_temp_c"
    changes = [row["change"] for row in sorted(await rows(pool, tenant, "stream_events"), key=lambda row: row["seq"])]
    assert changes == ["opened", "escalated"]


async def test_the_same_payloads_again_change_nothing(pool, tenant, new_processor, overheating):
    processor = new_processor()
    await processor.process(overheating)
    before = await state(pool, tenant)
    await processor.process(overheating)
    for message in overheating:
        await processor.process([message])
    await new_processor().process(overheating)
    assert await state(pool, tenant) == before


@pytest.mark.parametrize("seed", range(5))
async def test_the_order_of_arrival_changes_no_alert(pool, new_tenant, new_processor, overheating, tenant, seed):
    ordered, shuffled = new_processor(), new_processor()
    await ordered.process(overheating)
    other = await new_tenant()
    mixed = [
        Message(message.topic.replace(tenant.slug, other.slug), message.payload, message.received_at) for message in overheating
    ]
    random.Random(seed).shuffle(mixed)
    for begin in range(0, len(mixed), 7):
        await shuffled.process(mixed[begin : begin + 7])
    assert (await state(pool, other))["alert"] == (await state(pool, tenant))["alert"]


@pytest.mark.parametrize("seed", range(8))
async def test_a_late_reading_is_missing_from_no_snapshot_that_is_used_afterwards(pool, tenant, new_processor, overheating, seed):
    processor, rng = new_processor(snapshot_s=3), random.Random(seed)
    for _, second in sorted((second + rng.uniform(0, 24), second) for second in range(len(overheating))):
        await processor.process([overheating[second]])
    assert (await state(pool, tenant))["alert"][:4] == ("ENGINE_OVERHEAT", 4, "OPEN", 1)


async def test_batches_do_not_wait_for_snapshots_and_late_readings_do(pool, tenant, new_processor, overheating):
    store = SlowStore(pool)
    processor = new_processor(snapshot_s=1, store=store)
    for message in [*overheating[:10], *overheating[11:20]]:
        await processor.process([message])
    late = asyncio.create_task(processor.process([overheating[10]]))
    done, _ = await asyncio.wait([late], timeout=0.5)
    assert not done, "it would be missing from the snapshot that is still to be saved"
    store.may_save.set()
    await late
    moment = json.loads(overheating[10].payload)["ts"] / 1000
    assert [row for row in await rows(pool, tenant, "window_snapshots") if row["event_time"].timestamp() >= moment] == []


async def test_an_actor_that_dies_between_the_commits_loses_no_alert(pool, tenant, new_processor, overheating):
    await new_processor().process(overheating[:20])
    scorer = FailingScorer()
    with pytest.raises(Unavailable):  # telemetry is committed, alerts are not: nothing is acked
        await new_processor(scorer).process(overheating[20:])
    await new_processor().process(overheating[20:])
    assert (await state(pool, tenant))["alert"][:4] == ("ENGINE_OVERHEAT", 4, "OPEN", 1)


async def test_a_scorer_that_comes_back_finds_its_readings_again(pool, tenant, new_processor, overheating):
    scorer = FailingScorer()
    processor = new_processor(scorer)
    for begin in range(0, len(overheating), 10):
        with pytest.raises(Unavailable):
            await processor.process(overheating[begin : begin + 10])
    scorer.down = False
    await processor.process(overheating)  # as the broker would: nothing was acked
    assert (await state(pool, tenant))["alert"][:4] == ("ENGINE_OVERHEAT", 4, "OPEN", 1)


async def test_a_restarted_actor_goes_on_from_its_snapshot(pool, tenant, new_processor, overheating):
    first = new_processor(snapshot_s=10)
    for message in overheating[:40]:
        await first.process([message])
    await first.settle()
    assert await rows(pool, tenant, "window_snapshots")
    second = new_processor(snapshot_s=10)
    for message in overheating[40:]:
        await second.process([message])
    after = await state(pool, tenant)
    assert after["alert"][:4] == ("ENGINE_OVERHEAT", 4, "OPEN", 1)
    assert after["sequence"] == [1, 2]


async def test_a_dead_letter_is_stored_once_with_its_reason(pool, tenant, new_processor):
    broken = Message(f"ingest/0/{tenant.slug}/VH-1", b'{"ts":', time.time())
    processor = new_processor()
    await processor.process([broken])
    await processor.process([broken])
    (letter,) = await rows(pool, tenant, "dead_letters")
    assert (letter["vehicle_id"], letter["reason"], letter["payload"]) == ("VH-1", "malformed_json", broken.payload)


async def test_a_reading_of_an_unknown_tenant_is_set_aside_and_not_lost(pool, new_processor, tenant):
    payload = json.dumps({"ts": round(time.time() * 1000), "speed": 1}).encode()
    await new_processor().process([Message(f"ingest/0/{tenant.slug}-gone/VH-1", payload, time.time())])
    async with tenant_transaction(pool, SYSTEM_TENANT) as connection:
        assert await connection.fetchval("SELECT count(*) FROM dead_letters WHERE reason = 'unknown_tenant'") >= 1


async def test_a_clock_far_off_is_stored_and_flagged_and_raises_no_alert(pool, tenant, new_processor):
    readings = [{"ts": 1000 * second, "rpm": 2000, "speed": 50, "engineTemp": 140} for second in range(30)]
    messages = [Message(f"ingest/0/{tenant.slug}/VH-1", json.dumps(reading).encode(), time.time()) for reading in readings]
    await new_processor().process(messages)
    assert {row["flags"] for row in await rows(pool, tenant, "telemetry")} == {2}
    assert await rows(pool, tenant, "alerts") == []


async def test_a_vehicle_nobody_entered_is_registered_by_its_first_reading(pool, tenant, new_processor):
    payload = json.dumps({"ts": round(time.time() * 1000), "speed": 1}).encode()
    await new_processor().process([Message(f"ingest/0/{tenant.slug}/NEW-1", payload, time.time())])
    assert {row["vehicle_id"] for row in await rows(pool, tenant, "vehicles")} >= {"NEW-1"}


async def test_a_value_not_sent_is_null_in_the_store(pool, tenant, new_processor):
    payload = json.dumps({"ts": round(time.time() * 1000), "speed": 0}).encode()
    await new_processor().process([Message(f"ingest/0/{tenant.slug}/VH-1", payload, time.time())])
    (row,) = await rows(pool, tenant, "telemetry")
    assert (row["speed_kmh"], row["engine_rpm"], row["fuel_level_pct"]) == (0, None, None)


async def test_fault_codes_are_stored_once(pool, tenant, new_processor):
    message = Message(
        f"ingest/0/{tenant.slug}/VH-1/dtc", json.dumps({"ts": round(time.time() * 1000), "code": "P0301"}).encode(), time.time()
    )
    await new_processor().process([message, message])
    assert [row["code"] for row in await rows(pool, tenant, "fault_codes")] == ["P0301"]


class SmallCalls(CoolantScorer):
    """Takes no more rows at a time than a remote call may carry."""

    async def score(self, features: FeatureBatch) -> ScoreBatch:
        assert len(features) <= SCORE_ROWS
        return await super().score(features)


async def test_a_long_backlog_is_scored_in_calls_that_fit(pool, tenant, new_processor):
    start = time.time() - 800
    readings = [{"ts": round((start + second / 3) * 1000), "rpm": 2000, "engineTemp": 128} for second in range(2100)]
    messages = [
        Message(f"ingest/0/{tenant.slug}/VH-{number}", json.dumps(readings[begin : begin + 300]).encode(), time.time())
        for number in range(4)
        for begin in range(0, 2100, 300)
    ]
    await new_processor(SmallCalls()).process(messages)
    await new_processor(SmallCalls()).process(messages[-1:])
    assert len(await rows(pool, tenant, "alerts")) == 4


class BrittleStore(PostgresTelemetryStore):
    """Breaks on a certain speed."""

    def __init__(self, pool, error: Exception) -> None:
        super().__init__(pool)
        self.error = error

    async def append(self, batch, tenants):
        if (batch.column("speed_kmh") == BRITTLE_KMH).any():
            raise self.error
        return await super().append(batch, tenants)


BRITTLE_KMH = 61.0


@pytest.fixture
def brittle_processor(pool):
    def make(error: Exception) -> Processor:
        store = BrittleStore(pool, error)
        return Processor(TenantDirectory(pool), IngestStore(pool), store, Isolation(CoolantScorer()), AlertSink(pool), 1e9)

    return make


def broken(message: Message) -> Message:
    return Message(message.topic, message.payload.replace(b'"speed": 60', b'"speed": 61'), message.received_at)


async def test_a_message_that_fails_alone_is_set_aside_and_the_others_are_decided(pool, tenant, overheating, brittle_processor):
    processor, bad = brittle_processor(ZeroDivisionError("nobody thought of this")), broken(overheating[30])
    assert await processor.process([*overheating[:30], bad, *overheating[31:]]) == 60
    assert len(await rows(pool, tenant, "telemetry")) == 60
    (letter,) = await rows(pool, tenant, "dead_letters")
    assert (letter["reason"], bytes(letter["payload"])) == ("unprocessable", bad.payload)
    assert "nobody thought of this" in letter["detail"]
    assert (await state(pool, tenant))["alert"][:4] == ("ENGINE_OVERHEAT", 4, "OPEN", 1)


@pytest.mark.parametrize(
    ("error", "bad"),
    [
        pytest.param(ZeroDivisionError("for all of them"), range(61), id="every message fails"),
        pytest.param(asyncpg.UndefinedTableError("no such table"), [30], id="the store lacks a table"),
        pytest.param(asyncpg.DiskFullError("no space left"), [30], id="the store's disk is full"),
        pytest.param(KeyError("a mistake of ours"), [30], id="a mistake of ours"),
    ],
)
async def test_what_is_no_messages_own_fault_sets_nothing_aside(pool, tenant, overheating, brittle_processor, error, bad):
    messages = [broken(message) if number in bad else message for number, message in enumerate(overheating)]
    with pytest.raises(type(error)):
        await brittle_processor(error).process(messages)
    assert not await rows(pool, tenant, "dead_letters")
