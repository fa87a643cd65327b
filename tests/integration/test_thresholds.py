"""A tenant's own thresholds on a real PostgreSQL: heeded by ingest, and fitted to what the store still holds."""

import json
import time
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from alerts.sink import AlertSink
from fleet.alerts import TYPE_INDEX, AlertType, Severity
from fleet.features import FeatureBatch
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


@pytest.fixture
def hot(tenant):
    """An engine that is hot for half a minute, up to now."""
    start = time.time() - 60
    return [
        Message(
            f"ingest/0/{tenant.slug}/VH-1",
            json.dumps({"ts": round((start + s) * 1000), "speed": 60, "engineTemp": 110 if 20 <= s < 50 else 90}).encode(),
            start + s,
        )
        for s in range(60)
    ]


def processor(pool, probability: float) -> Processor:
    telemetry = PostgresTelemetryStore(pool)
    return Processor(TenantDirectory(pool), IngestStore(pool), telemetry, Isolation(Graph(probability)), AlertSink(pool), 1e9)


async def alerts(pool, tenant) -> int:
    async with tenant_transaction(pool, tenant.id) as connection:
        return await connection.fetchval("SELECT count(*) FROM alerts")


@pytest.mark.parametrize(("threshold", "raised"), [(None, 1), (0.79, 0), (0.5, 1)])
async def test_an_alert_begins_at_the_threshold_of_its_tenant(pool, tenant, hot, threshold, raised):
    if threshold is not None:
        await alert_rules.save(pool, tenant.id, {OVERHEAT: threshold}, "test", datetime.now(UTC))
    await processor(pool, 0.75).process(hot)
    assert await alerts(pool, tenant) == raised


async def test_thresholds_of_one_tenant_are_not_those_of_another(pool, tenant, new_tenant, hot):
    other = await new_tenant()
    await alert_rules.save(pool, other.id, {OVERHEAT: 0.79}, "test", datetime.now(UTC))
    theirs = [Message(m.topic.replace(tenant.slug, other.slug), m.payload, m.received_at) for m in hot]
    await processor(pool, 0.75).process([*hot, *theirs])
    assert (await alerts(pool, tenant), await alerts(pool, other)) == (1, 0)


async def test_a_change_is_audited_and_can_be_taken_back(pool, tenant):
    await alert_rules.save(pool, tenant.id, {OVERHEAT: 0.79}, "test", datetime.now(UTC))
    assert await alert_rules.thresholds(pool, [tenant.id]) == {tenant.id: {OVERHEAT: pytest.approx(0.79)}}
    await alert_rules.save(pool, tenant.id, {}, "test", datetime.now(UTC))
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
    assert again.names == ("VH-1",)
    assert found.started_at == pytest.approx(alert.started_at.timestamp())
    assert found.strength == pytest.approx(0.75)
    assert again.potentials["challenger"] == []
    assert again.weeks == pytest.approx(59 / 604_800, rel=0.01)
