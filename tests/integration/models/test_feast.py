"""Claims about the feature store, on real servers: telemetry in PostgreSQL becomes slow features in Valkey."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import numpy as np
import pytest

from fleet.alerts import VehicleId
from fleet.errors import ConfigurationError, Unavailable
from fleet.features import SLOW_FEATURE, SLOW_FEATURES
from fleet.settings import Feast, Postgres, Settings, Valkey
from fleetguard.servers import postgres as postgres_server
from serve.lookup import SlowFeatures

NewTenant = Callable[[], Awaitable[Any]]
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def settings(postgres, valkey: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    server = urlsplit(postgres.app_url)
    registry = postgres_server.url(postgres_server.FEAST, server.password, server.port, "feast", "postgresql+psycopg2")
    return Settings(
        postgres=Postgres(url=postgres.app_url),
        valkey=Valkey(url=valkey),
        feast=Feast(registry=registry, offline=str(tmp_path_factory.mktemp("offline")), cache_ttl_s=300),
    )


@pytest.fixture(scope="module", autouse=True)
def ray_cluster() -> Iterator[None]:
    import ray

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


async def drive_two_hours(pool: asyncpg.Pool, tenant, coolant_c: float) -> None:
    moments = [NOW - timedelta(minutes=minute, hours=1) for minute in range(120)]
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT set_config('app.tenant', $1, true)", str(tenant.id))
        await connection.executemany(
            """INSERT INTO telemetry (tenant_id, vehicle_id, event_time, speed_kmh, engine_rpm, engine_load_pct, coolant_temp_c,
                                      battery_v, fuel_rate_lph) VALUES ($1, $2, $3, 62, 1800, 40, $4, 14.1, 5.5)""",
            [(tenant.id, tenant.vehicle, moment, coolant_c) for moment in moments],
        )
        await connection.execute(
            "INSERT INTO maintenance (tenant_id, vehicle_id, event_time, component) VALUES ($1, $2, $3, 'brakes')",
            tenant.id, tenant.vehicle, NOW - timedelta(days=20),
        )  # fmt: skip


async def test_the_fleets_slow_features_reach_the_online_store(settings: Settings, pool, new_tenant: NewTenant) -> None:
    from pipelines.materialise import run

    driven, parked = await new_tenant(), await new_tenant()
    await drive_two_hours(pool, driven, 91.0)
    rows = await asyncio.to_thread(run, settings, NOW)
    assert rows >= 2
    slow = SlowFeatures(settings.feast, settings.valkey)
    vehicles = [VehicleId(driven.slug, driven.vehicle), VehicleId(parked.slug, parked.vehicle), VehicleId("nobody", "VH-0")]
    slow.get(vehicles)
    await asyncio.to_thread(slow.refresh_due)
    values = slow.get(vehicles)
    assert values[0, SLOW_FEATURE["coolant_normal_c"]] == pytest.approx(91)
    assert values[0, SLOW_FEATURE["driving_lph"]] == pytest.approx(5.5)
    assert values[0, SLOW_FEATURE["service_age_days"]] == pytest.approx(20, abs=0.01)
    assert np.isnan(values[1, SLOW_FEATURE["coolant_normal_c"]])
    assert values[1, SLOW_FEATURE["alerts_30d"]] == 0
    assert np.isnan(values[2]).all()


async def test_a_later_run_replaces_what_is_read_and_keeps_the_past(settings: Settings, pool, new_tenant: NewTenant) -> None:
    import pandas as pd

    from feature_repo.online_store import FeastReader, build_store
    from pipelines.materialise import run

    tenant = await new_tenant()
    await drive_two_hours(pool, tenant, 84.0)
    for moment in (NOW, NOW + timedelta(days=15)):
        await asyncio.to_thread(run, settings, moment)
    key = f"{tenant.slug}/{tenant.vehicle}"
    (row,) = FeastReader(build_store(settings.feast, settings.valkey)).read([key])
    assert row[SLOW_FEATURE["service_age_days"]] == pytest.approx(35, abs=0.01)
    history = pd.read_parquet(Path(settings.feast.offline) / "vehicle_service.parquet")
    assert (history["vehicle_key"] == key).sum() == 2


def test_applying_twice_changes_nothing(settings: Settings) -> None:
    from feature_repo.online_store import apply, build_store

    store = build_store(settings.feast, settings.valkey)
    apply(store)
    before = [view.to_proto().SerializeToString() for view in store.list_feature_views()]
    apply(store)
    assert [view.to_proto().SerializeToString() for view in store.list_feature_views()] == before
    (service,) = store.list_feature_services()
    served = {feature.name for view in service.feature_view_projections for feature in view.features}
    assert served == set(SLOW_FEATURES)


def test_a_valkey_that_does_not_answer_is_unavailable_and_not_a_crash(settings: Settings) -> None:
    from feature_repo.online_store import FeastReader, apply, build_store

    store = build_store(settings.feast, Valkey(url="redis://127.0.0.1:1/0"))
    apply(store)
    with pytest.raises(Unavailable):
        FeastReader(store).read(["t/A"])


def test_a_missing_setting_is_named() -> None:
    from feature_repo.online_store import build_store

    with pytest.raises(ConfigurationError, match="FLEETGUARD_VALKEY__URL"):
        build_store(Feast(registry="sqlite://", offline="/nowhere"), Valkey())
