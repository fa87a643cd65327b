"""A tenant's own thresholds on a real PostgreSQL: heeded by ingest for each class, and tried on what the store still holds."""

import json
import time
from datetime import UTC, datetime, timedelta

import asyncpg
import numpy as np
import pytest

from alerts.sink import AlertSink
from fleet.alerts import TYPE_INDEX, AlertType, Severity
from fleet.features import FeatureBatch
from fleet.own_thresholds import OwnThresholds
from fleet.scores import ScoreBatch
from fleet.stores import alert_rules
from fleet.stores.ingest import IngestStore
from fleet.stores.past_alerts import past_alerts
from fleet.stores.postgres import tenant_transaction
from fleet.stores.telemetry import PostgresTelemetryStore
from fleet.stores.tenants import TenantDirectory
from ingest.decode import Message
from ingest.isolation import Isolation
from ingest.process import Processor
from pipelines.budget import try_out
from pipelines.rescoring import rescore

OVERHEAT = AlertType.ENGINE_OVERHEAT


class HotEngine:
    """Says that coolant above 100 °C is an overheat, with one probability."""

    version = "engine-1"

    def __init__(self, probability: float) -> None:
        self._probability = probability

    def score(self, features: FeatureBatch, slow=None) -> ScoreBatch:
        scores, column = ScoreBatch.unknown(len(features)), TYPE_INDEX[OVERHEAT]
        hot = features.column("coolant_temp_c") > 100
        scores.probability[:, column] = np.where(hot, self._probability, 0.02)
        scores.severity[:, column] = Severity.HIGH
        return scores


class Graph:
    """The same behind a call."""

    def __init__(self, probability: float) -> None:
        self._model = HotEngine(probability)

    async def score(self, features: FeatureBatch) -> ScoreBatch:
        return self._model.score(features)

    async def fatal_rows(self, _features: FeatureBatch) -> list[int]:
        return []


def heated(tenant, vehicle: str = "VH-1", start: float | None = None, seconds: int = 60) -> list[Message]:
    """An engine that is hot for half a minute, in a minute up to now unless told otherwise."""
    start = start or time.time() - 60
    return [
        Message(
            f"ingest/0/{tenant.slug}/{vehicle}",
            json.dumps({"ts": round((start + s) * 1000), "speed": 60, "engineTemp": 110 if 20 <= s < 50 else 90}).encode(),
            start + s,
        )
        for s in range(seconds)
    ]


@pytest.fixture
def hot(tenant):
    return heated(tenant)


@pytest.fixture
def enter(pool):
    """Enters vehicles of a tenant, whose names begin with their class, or gives one another class."""

    async def write(tenant, *vehicles: str, vehicle_class: str | None = None) -> None:
        async with tenant_transaction(pool, tenant.id) as connection:
            await connection.executemany(
                """INSERT INTO vehicles (tenant_id, vehicle_id, vehicle_class) VALUES ($1, $2, $3)
                   ON CONFLICT (tenant_id, vehicle_id) DO UPDATE SET vehicle_class = excluded.vehicle_class""",
                [(tenant.id, vehicle, vehicle_class or vehicle.split("-")[0]) for vehicle in vehicles],
            )

    return write


def processor(pool, probability: float) -> Processor:
    telemetry = PostgresTelemetryStore(pool)
    return Processor(TenantDirectory(pool), IngestStore(pool), telemetry, Isolation(Graph(probability)), AlertSink(pool), 1e9)


async def alerts(pool, tenant) -> int:
    async with tenant_transaction(pool, tenant.id) as connection:
        return await connection.fetchval("SELECT count(*) FROM alerts")


@pytest.mark.parametrize(("threshold", "raised"), [(None, 1), (0.79, 0), (0.5, 1)])
async def test_an_alert_begins_at_the_threshold_of_its_tenant(pool, tenant, hot, threshold, raised):
    if threshold is not None:
        await alert_rules.save(pool, tenant.id, OwnThresholds({OVERHEAT: threshold}), "test", datetime.now(UTC))
    await processor(pool, 0.75).process(hot)
    assert await alerts(pool, tenant) == raised


async def test_thresholds_of_one_tenant_are_not_those_of_another(pool, tenant, new_tenant, hot):
    other = await new_tenant()
    await alert_rules.save(pool, other.id, OwnThresholds({OVERHEAT: 0.79}), "test", datetime.now(UTC))
    theirs = [Message(m.topic.replace(tenant.slug, other.slug), m.payload, m.received_at) for m in hot]
    await processor(pool, 0.75).process([*hot, *theirs])
    assert (await alerts(pool, tenant), await alerts(pool, other)) == (1, 0)


async def raised(pool, tenant) -> list[str]:
    """The vehicle of each alert."""
    async with tenant_transaction(pool, tenant.id) as connection:
        rows = await connection.fetch("SELECT vehicle_id FROM alerts ORDER BY vehicle_id")
    return [row["vehicle_id"] for row in rows]


async def test_a_class_goes_before_the_fleet_and_the_fleet_before_the_usual(pool, tenant, enter):
    await enter(tenant, "truck-1", "van-1", "car-1")
    own = OwnThresholds({OVERHEAT: 0.78}, {"truck": {OVERHEAT: 0.72}, "van": {AlertType.MISFIRE: 0.5}})
    await alert_rules.save(pool, tenant.id, own, "test", datetime.now(UTC))
    for vehicle in ("truck-1", "van-1", "car-1"):
        await processor(pool, 0.75).process(heated(tenant, vehicle))
    assert await raised(pool, tenant) == ["truck-1"]


async def test_ingest_that_runs_follows_a_change_of_the_rules_and_of_a_class(pool, tenant, enter, monkeypatch):
    monkeypatch.setattr("ingest.process.RULES_S", 0.0)
    await enter(tenant, "car-1", "car-2")
    running, now = processor(pool, 0.75), time.time()
    await running.process(heated(tenant, "car-1", now - 3600)[:5] + heated(tenant, "car-2", now - 3600)[:5])
    own = OwnThresholds({OVERHEAT: 0.79}, {"truck": {OVERHEAT: 0.7}})
    await alert_rules.save(pool, tenant.id, own, "test", datetime.now(UTC))
    await enter(tenant, "car-2", vehicle_class="truck")
    await running.process(heated(tenant, "car-1", now - 60) + heated(tenant, "car-2", now - 60))
    assert await raised(pool, tenant) == ["car-2"]


async def test_a_change_of_a_class_is_told_until_it_is_old_and_other_tenants_hear_nothing(pool, tenant, new_tenant, enter):
    store, other = IngestStore(pool), await new_tenant()
    nothing, since = await store.described_since(None, {tenant.slug: tenant.id})
    assert nothing == {}
    await enter(tenant, "VH-1", vehicle_class="van")
    for _ in range(2):
        told, later = await store.described_since(since, {tenant.slug: tenant.id})
        assert [(vehicle.vehicle, profile.vehicle_class) for vehicle, profile in told.items()] == [("VH-1", "van")]
    assert (await store.described_since(later + timedelta(minutes=2), {tenant.slug: tenant.id}))[0] == {}
    assert (await store.described_since(since, {other.slug: other.id}))[0] == {}


async def test_thresholds_of_classes_are_seen_by_their_tenant_alone(pool, tenant, new_tenant):
    other = await new_tenant()
    own = OwnThresholds({}, {"truck": {OVERHEAT: 0.6}})
    await alert_rules.save(pool, other.id, own, "test", datetime.now(UTC))
    async with tenant_transaction(pool, tenant.id) as connection:
        assert await alert_rules.held(connection, [tenant.id, other.id]) == {}
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with tenant_transaction(pool, tenant.id) as connection:
            await alert_rules.replace(connection, other.id, OwnThresholds({OVERHEAT: 0.7}), "test", datetime.now(UTC))
    assert await alert_rules.thresholds(pool, [other.id]) == {other.id: own}


async def test_the_same_thresholds_again_are_no_change(pool, tenant):
    own = OwnThresholds({OVERHEAT: 0.79}, {"van": {OVERHEAT: 0.6123}})
    for _ in range(2):
        await alert_rules.save(pool, tenant.id, own, "test", datetime.now(UTC))
    async with tenant_transaction(pool, tenant.id) as connection:
        (detail,) = await connection.fetch("SELECT detail FROM audit_log WHERE action = 'alert_rules.changed'")
    assert json.loads(detail["detail"]) == {"ENGINE_OVERHEAT": 0.79, "van.ENGINE_OVERHEAT": 0.6123}


async def test_a_dry_run_tells_what_ingest_raises_under_the_thresholds_that_it_tried(pool, tenant, new_tenant, enter):
    held = OwnThresholds({OVERHEAT: 0.72})
    tried = OwnThresholds({OVERHEAT: 0.79}, {"truck": {OVERHEAT: 0.7}})
    fleet, now, twin = ("truck-1", "truck-2", "car-1", "van-1"), time.time(), await new_tenant()
    for each, own in ((tenant, held), (twin, tried)):
        await enter(each, *fleet)
        await alert_rules.save(pool, each.id, own, "test", datetime.now(UTC))
        ingest = processor(pool, 0.75)
        for vehicle in fleet:
            await ingest.process(heated(each, vehicle, now - 1000, 130) + heated(each, vehicle, now - 140, 130))
    async with tenant_transaction(pool, tenant.id) as connection:
        await connection.execute("UPDATE alerts SET verdict = 'CONFIRMED' WHERE vehicle_id = 'car-1'")
        await connection.execute("UPDATE alerts SET verdict = 'DISMISSED' WHERE vehicle_id IN ('van-1', 'truck-1')")
    outcome = await try_out(pool, [HotEngine(0.75)], tenant.id, tried, days=1)
    classes = {each["vehicleClass"]: each for each in outcome["classes"]}

    for side, fleet_of in (("before", tenant), ("after", twin)):
        episodes = await opened(pool, fleet_of)
        assert outcome["alerts"][OVERHEAT][side] == len(episodes)
        for name in ("car", "van", "truck"):
            counted = classes[name]["alerts"].get(OVERHEAT, {"before": 0, "after": 0})
            assert counted[side] == sum(vehicle.startswith(name) for vehicle in episodes), (side, name)
    assert outcome["alerts"][OVERHEAT] == {"before": 8, "after": 4}
    assert outcome["judged"] == {"confirmed": 1, "confirmedGone": 1, "dismissed": 2, "dismissedGone": 1}
    assert classes["truck"]["judged"] == {"confirmed": 0, "confirmedGone": 0, "dismissed": 1, "dismissedGone": 0}
    assert (outcome["thresholds"], outcome["classThresholds"]) == ({OVERHEAT: 0.79}, {"truck": {OVERHEAT: 0.7}})


async def opened(pool, tenant) -> list[str]:
    """The vehicle of each episode that ingest told of, repeats of a live alert too."""
    async with tenant_transaction(pool, tenant.id) as connection:
        rows = await connection.fetch("SELECT vehicle_id, occurrences FROM alerts")
    return [row["vehicle_id"] for row in rows for _ in range(row["occurrences"])]


async def test_a_change_is_audited_and_can_be_taken_back(pool, tenant):
    await alert_rules.save(pool, tenant.id, OwnThresholds({OVERHEAT: 0.79}), "test", datetime.now(UTC))
    assert await alert_rules.thresholds(pool, [tenant.id]) == {tenant.id: OwnThresholds({OVERHEAT: 0.79})}
    await alert_rules.save(pool, tenant.id, OwnThresholds(), "test", datetime.now(UTC))
    assert await alert_rules.thresholds(pool, [tenant.id]) == {}
    async with tenant_transaction(pool, tenant.id) as connection:
        assert await connection.fetchval("SELECT count(*) FROM audit_log WHERE action = 'alert_rules.changed'") == 2


async def test_the_past_judged_anew_holds_the_alerts_that_were_raised(pool, tenant, hot):
    await processor(pool, 0.75).process(hot)
    span = (datetime.now(UTC) - timedelta(days=1), datetime.now(UTC))
    scorers = {"champion": [HotEngine(0.75)], "challenger": [HotEngine(0.4)]}
    again = await rescore(pool, tenant.id, span, scorers, 10)
    (alert,) = await past_alerts(pool, tenant.id, *span)
    (found,) = again.potentials["champion"]
    assert again.classes == {"VH-1": "car"}
    assert found.started_at == pytest.approx(alert.started_at.timestamp())
    assert found.strength == pytest.approx(0.75)
    assert again.potentials["challenger"] == []
    assert again.weeks == pytest.approx(59 / 604_800, rel=0.01)
