"""Shadow and drift on a real PostgreSQL: replicas add up, engineers are told once, and told when it is over."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from fleet.alerts import TYPES, AlertType, VehicleId
from fleet.drift import MIN_ROWS, Reference
from fleet.errors import Unavailable
from fleet.features import FEATURES, SLOW_FEATURES, FeatureBatch, silent_vehicles
from fleet.own_thresholds import OwnThresholds
from fleet.scores import ScoreBatch
from fleet.settings import Postgres, Serve, Settings
from fleet.shadow import Disagreement
from fleet.stores import alert_rules
from fleet.stores.announcements import PROMOTIONS, announce, announcements
from fleet.stores.model_life import LiveHistogram, add_live_counts, latest_drift, live_histograms, open_notices, shadow_tallies
from fleet.stores.postgres import SYSTEM_TENANT, tenant_transaction
from fleet.windows import VEHICLE_CLASSES
from fleetguard.testing import free_port
from pipelines.drift import judge_drift
from serve.watch import Watch

NOW = datetime(2026, 11, 24, 18, 20, tzinfo=UTC)
MISFIRE = TYPES.index(AlertType.MISFIRE)


class SaysOf:
    """Says a fixed probability of a misfire."""

    def __init__(self, version: str, probability: float) -> None:
        self.version, self._probability = version, probability

    def score(self, features: FeatureBatch, slow) -> ScoreBatch:
        scores = ScoreBatch.unknown(len(features))
        scores.probability[:, MISFIRE] = self._probability
        return scores


@pytest.fixture
def settings(postgres):
    return Settings(postgres=Postgres(url=postgres.app_url), serve=Serve(shadow_share=0.5))


@pytest.fixture
def reference():
    rng = np.random.default_rng(3)
    return Reference.of({"speed_kmh": rng.normal(60, 10, 5000)}, {"MISFIRE": rng.uniform(0, 0.1, 5000)})


async def look(watch: Watch, champion: SaysOf, rows: int, tenant: str = "-", vehicle_class: str = "car") -> None:
    features = replace(silent_vehicles(rows), vehicles=(VehicleId(tenant, "v"),) * rows)
    features.column("vehicle_class")[:] = VEHICLE_CLASSES.index(vehicle_class)
    slow = np.full((rows, len(SLOW_FEATURES)), np.nan, np.float32)
    watch.see(features, slow, champion.score(features, slow), champion.version)
    await watch.settle()


async def test_two_replicas_shadows_add_up_to_one_tally(pool, settings):
    champion, challenger = SaysOf("engine-1", 0.2), SaysOf("engine-2", 0.9)
    for rows in (30, 12):
        replica = Watch("engine", settings)
        replica.challenger = challenger
        await look(replica, champion, rows)
        await replica._write()
    tallies = await shadow_tallies(pool, "engine", "engine-1", "engine-2")
    (misfire,) = [tally for tally in tallies if tally.type == "MISFIRE"]
    seen = Disagreement.of(np.array(misfire.counts))
    assert (seen.rows, seen.both_known, seen.champion_on, seen.only_challenger) == (42, 42, 0, 42)
    (silent,) = [tally for tally in tallies if tally.type == "LOW_OIL_PRESSURE"]
    assert Disagreement.of(np.array(silent.counts)).both_known == 0


async def test_the_shadow_counts_at_the_threshold_of_each_tenant_and_class(pool, settings, tenant):
    own = OwnThresholds({AlertType.MISFIRE: 0.6}, {"truck": {AlertType.MISFIRE: 0.85}})
    await alert_rules.save(pool, tenant.id, own, "test", datetime.now(UTC))
    replica = Watch("engine", settings)
    replica.challenger, champion = SaysOf("by-class-2", 0.8), SaysOf("by-class-1", 0.65)
    await look(replica, champion, 1, tenant.slug)
    await replica._write()
    for rows, slug, vehicle_class in ((10, tenant.slug, "car"), (100, tenant.slug, "truck"), (1000, "-", "truck")):
        replica._next = 0.0  # the look before is paid for
        await look(replica, champion, rows, slug, vehicle_class)
    await replica._write()
    (misfire,) = [t for t in await shadow_tallies(pool, "engine", "by-class-1", "by-class-2") if t.type == "MISFIRE"]
    seen = Disagreement.of(np.array(misfire.counts))
    assert (seen.rows, seen.champion_on, seen.challenger_on) == (1111, 10, 1 + 10 + 1000)


async def test_a_challenger_that_fails_leaves_the_champion_alone(settings):
    class Broken(SaysOf):
        def score(self, features, slow):
            raise ValueError("of another program")

    replica = Watch("engine", settings)
    replica.challenger = Broken("engine-9", 0.0)
    await look(replica, SaysOf("engine-1", 0.2), 5)
    assert not replica._tallies


async def test_a_replica_pays_for_each_look_before_the_next(settings):
    replica = Watch("engine", settings.model_copy(update={"serve": Serve(shadow_share=0.001)}))
    replica.challenger = SaysOf("engine-2", 0.9)
    champion = SaysOf("engine-1", 0.2)
    await look(replica, champion, 4000)
    for _ in range(3):
        await look(replica, champion, 4000)
    assert sum(counts[0] for key, counts in replica._tallies.items() if key[2] is AlertType.MISFIRE) == 4000


async def test_live_rows_are_counted_in_the_bins_of_the_reference(pool, settings, reference):
    replica = Watch("engine", settings)
    replica.reference = reference
    await look(replica, SaysOf("live-1", 0.02), 25)
    await replica._write()
    (hour,) = await live_histograms(pool, "engine", "live-1", datetime.now(UTC) - timedelta(hours=2))
    speed, misfire = np.array(hour.counts).reshape(2, -1)
    assert (hour.rows, speed[-1], misfire[3]) == (25, 25, 25)  # the speed is missing, the score lies in its bin


def hours(reference: Reference, version: str, last: int, speed: float) -> list[LiveHistogram]:
    """Hours before NOW, `last` of them, of vehicles at about a speed."""
    rng = np.random.default_rng(5)
    found = []
    for back in range(1, last + 1):
        table = np.stack([rng.normal(speed, 10, MIN_ROWS), rng.uniform(0, 0.1, MIN_ROWS)], axis=1)
        hour = NOW.replace(minute=0) - timedelta(hours=back)
        found.append(LiveHistogram("fuel", version, hour, MIN_ROWS, reference.count(table).ravel().tolist()))
    return found


async def test_a_world_like_the_training_is_no_news(pool, reference):
    await add_live_counts(pool, [], hours(reference, "same", 72, 60))
    assert await judge_drift(pool, "fuel", "same", reference, NOW) == 0
    assert max(drift.psi for drift in await latest_drift(pool) if drift.version == "same") < 0.1


async def test_a_strange_weekend_is_not_enough(pool, reference):
    await add_live_counts(pool, [], hours(reference, "brief", 48, 90))
    assert await judge_drift(pool, "fuel", "brief", reference, NOW) == 0


async def test_engineers_are_told_of_a_drift_once_and_when_it_is_over(pool, reference):
    await add_live_counts(pool, [], hours(reference, "moved", 72, 90))
    assert await judge_drift(pool, "fuel", "moved", reference, NOW) == 1
    assert await judge_drift(pool, "fuel", "moved", reference, NOW) == 0
    (notice,) = [notice for notice in await open_notices(pool) if notice.version == "moved"]
    assert notice.subject == "feature drift"
    assert "speed_kmh" in notice.detail
    await add_live_counts(pool, [], hours(reference, "back", 72, 60))
    await judge_drift(pool, "fuel", "back", reference, NOW)
    assert not [notice for notice in await open_notices(pool) if notice.model == "fuel"]
    async with tenant_transaction(pool, SYSTEM_TENANT) as connection:
        deeds = await connection.fetch("SELECT action FROM audit_log WHERE subject = 'fuel' ORDER BY seq")
    assert [deed["action"] for deed in deeds] == ["model.notice_opened", "model.notice_closed"]


def test_a_reference_survives_its_file(reference):
    again = Reference.from_json(json.loads(json.dumps(reference.as_json())))
    assert again.quantities == reference.quantities
    assert np.array_equal(again.counts, reference.counts)


def test_features_that_are_mostly_one_value_have_a_stable_reference():
    flat = Reference.of({FEATURES[0]: np.r_[np.zeros(4000), np.ones(100)]}, {})
    same = flat.count(np.r_[np.zeros(2000), np.ones(50)][:, None])
    other = flat.count(np.r_[np.zeros(1000), np.ones(1050)][:, None])
    assert flat.stability(same)[0] < 0.05
    assert flat.stability(other)[0] > 0.25


async def test_a_promotion_is_heard_by_whoever_listens(settings):
    said = announcements(settings.postgres, PROMOTIONS)
    first = asyncio.ensure_future(anext(said))
    while not first.done():  # nobody listens before the connection stands
        await announce(settings.postgres, PROMOTIONS, "engine")
        await asyncio.wait({first}, timeout=0.2)
    assert await first == (PROMOTIONS, "engine")
    await said.aclose()


async def test_without_a_database_a_promotion_cannot_be_announced():
    with pytest.raises(Unavailable):
        await announce(Postgres(url=f"postgres://a:b@127.0.0.1:{free_port()}/none"), PROMOTIONS, "engine")
