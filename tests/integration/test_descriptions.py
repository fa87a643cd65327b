"""A vehicle that is described anew, on a real PostgreSQL: ingest that runs, or starts again, takes it for what it is."""

import json
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest

from alerts.sink import AlertSink
from fleet.features import SLOW_FEATURES, FeatureBatch
from fleet.scores import ScoreBatch
from fleet.stores import vehicles
from fleet.stores.ingest import IngestStore
from fleet.stores.postgres import tenant_transaction
from fleet.stores.sessions import SignedIn
from fleet.stores.telemetry import PostgresTelemetryStore
from fleet.stores.tenants import TenantDirectory
from ingest.decode import Message
from ingest.isolation import Isolation
from ingest.process import Processor
from serve.fuel import BALANCE_INPUTS, FuelScorer
from serve.logistic import Logistic

PERIOD_S = 10
SPEAKS_MIN, BEFORE_MIN = 60, 20  # how long a vehicle speaks, and how much of it before it is described


class FuelGraph:
    """Scores by the fuel model alone, and remembers the class and tank that it was shown last."""

    def __init__(self) -> None:
        weights = {kind: np.full(len(inputs), 0.1) for kind, inputs in BALANCE_INPUTS.items()}
        calibration = {
            kind: Logistic(inputs, np.zeros(len(inputs)), np.ones(len(inputs)), weights[kind], -4)
            for kind, inputs in BALANCE_INPUTS.items()
        }
        self._model = FuelScorer("1", calibration, np.full((3, 168), 5.0, np.float32))
        self.shown = (np.nan, np.nan)

    async def score(self, features: FeatureBatch) -> ScoreBatch:
        if len(features):
            self.shown = (float(features.column("vehicle_class")[-1]), float(features.column("tank_l")[-1]))
        return self._model.score(features, np.full((len(features), len(SLOW_FEATURES)), np.nan, np.float32))

    async def fatal_rows(self, _features: FeatureBatch) -> list[int]:
        return []


@pytest.fixture(params=[0, 27], ids=["the fall between two minutes", "the fall within a minute"])
def start(request) -> float:
    """A theft within a minute shows half of itself at first: what is told must be all that is gone."""
    return time.time() // 60 * 60 - 60 * SPEAKS_MIN - request.param


@pytest.fixture
def new_ingest(pool, monkeypatch):
    """Ingest that looks for what has changed with every batch: `(processor, graph)`."""
    monkeypatch.setattr("ingest.process.RULES_S", 0.0)

    def make(snapshot_s: float = 1e9) -> tuple[Processor, FuelGraph]:
        graph, telemetry = FuelGraph(), PostgresTelemetryStore(pool)
        ingest = Processor(TenantDirectory(pool), IngestStore(pool), telemetry, Isolation(graph), AlertSink(pool), snapshot_s)
        return ingest, graph

    return make


@pytest.fixture
def describe(pool, tenant):
    """Describes the tenant's vehicle as one of its managers does."""
    in_an_hour = datetime.now(UTC) + timedelta(hours=1)
    who = SignedIn(tenant.id, tenant.slug, uuid4(), "sam@example.com", "Sam", "fleet_manager", None, in_an_hour)

    async def change(**wish: str | float | None) -> None:
        await vehicles.describe(pool, who, tenant.vehicle, wish, datetime.now(UTC))

    return change


def parked(tenant, start: float, begin_min: float, end_min: float, key: str, level) -> list[Message]:
    """A vehicle at rest whose tank holds `level(minute)`, sent under a key of the payload, in %, or in litres."""
    samples = [
        {"ts": round((start + s) * 1000), "speed": 0, "rpm": 0, key: round(level(s / 60), 2)}
        for s in range(round(60 * begin_min), round(60 * end_min), PERIOD_S)
    ]
    topic = f"ingest/0/{tenant.slug}/{tenant.vehicle}"
    return [Message(topic, json.dumps(samples[at : at + 30]).encode(), time.time()) for at in range(0, len(samples), 30)]


def drained(minute: float) -> float:
    """% of a tank out of which a fifth of what it can hold is taken, long after the vehicle was described."""
    return 60.0 if minute < 45 else 40.0


async def send(ingest: Processor, messages: list[Message]) -> None:
    for message in messages:
        await ingest.process([message])


async def litres_lost(pool, tenant) -> dict[str, float]:
    """By alert type, what its evidence says of the tank."""
    async with tenant_transaction(pool, tenant.id) as connection:
        rows = await connection.fetch("SELECT type, evidence FROM alerts")
    return {row["type"]: json.loads(row["evidence"])[0]["observed"] for row in rows}


@pytest.mark.parametrize(
    ("wish", "shown", "lost"),
    [
        pytest.param({}, (0, 50), {}, id="too little of a car's"),
        pytest.param({"vehicle_class": "truck", "tank_l": 400.0}, (2, 400), {"FUEL_THEFT": 80}, id="a fifth of a truck's"),
    ],
)
async def test_a_level_in_percent_is_judged_in_litres_of_the_tank_it_has_by_then(
    pool, tenant, new_ingest, describe, start, wish, shown, lost
):
    ingest, graph = new_ingest()
    await send(ingest, parked(tenant, start, 0, BEFORE_MIN, "fuelLevel", drained))
    assert graph.shown == (0, 50)
    await describe(**wish)
    await send(ingest, parked(tenant, start, BEFORE_MIN, SPEAKS_MIN, "fuelLevel", drained))
    assert graph.shown == shown
    assert await litres_lost(pool, tenant) == pytest.approx(lost, rel=0.05)


CORRECTIONS = (
    (20, {"tank_l": 400.0}),
    (30, {"vehicle_class": "van", "tank_l": None}),
    (40, {"vehicle_class": "truck", "tank_l": 800.0}),
    (50, {"tank_l": 350.0}),
)


@pytest.mark.parametrize(("key", "level"), [("fuelVolume", 300.0), ("fuelLevel", 75.0)], ids=["litres", "percent"])
async def test_a_correction_is_no_fuel_that_vanishes(pool, tenant, new_ingest, describe, start, key, level):
    ingest, _ = new_ingest()
    await send(ingest, parked(tenant, start, 0, BEFORE_MIN, key, lambda _: level))
    for begin_min, wish in CORRECTIONS:
        await describe(**wish)
        await send(ingest, parked(tenant, start, begin_min, begin_min + 10, key, lambda _: level))
    assert await litres_lost(pool, tenant) == {}


async def test_ingest_that_starts_again_reads_an_old_snapshot_as_the_new_vehicle(pool, tenant, new_ingest, describe, start):
    ingest, _ = new_ingest(snapshot_s=60)
    await send(ingest, parked(tenant, start, 0, BEFORE_MIN, "fuelVolume", lambda _: 300.0))
    await ingest.settle()
    async with tenant_transaction(pool, tenant.id) as connection:
        assert await connection.fetchval("SELECT count(*) FROM window_snapshots") > 0
    await describe(vehicle_class="truck", tank_l=400.0)
    reborn, graph = new_ingest()
    await send(reborn, parked(tenant, start, BEFORE_MIN, SPEAKS_MIN, "fuelVolume", lambda _: 300.0))
    assert graph.shown == (2, 400)
    assert await litres_lost(pool, tenant) == {}
