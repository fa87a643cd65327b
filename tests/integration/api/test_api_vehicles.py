"""Vehicles, their readings and forecasts."""

from datetime import UTC, datetime, timedelta

import pytest

from fleet.stores.postgres import tenant_transaction

NOON = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=30)


async def test_a_vehicle_shows_its_newest_reading_and_worst_live_alert(manager, tenant, store_readings, raise_alert):
    await store_readings(tenant, NOON, {"speed_kmh": [50, 60], "fuel_level_pct": [71, None]})
    await raise_alert(tenant)
    (vehicle,) = (await manager.browser.get("/api/vehicles")).json()["items"]
    assert vehicle["speed"] == 60
    assert vehicle["fuelLevel"] is None
    assert datetime.fromisoformat(vehicle["lastSeenAt"]) == NOON + timedelta(seconds=1)
    assert (vehicle["liveAlerts"], vehicle["worstSeverity"]) == (1, "HIGH")


async def test_a_clock_from_the_future_is_not_the_last_time_seen(manager, tenant, store_readings):
    await store_readings(tenant, NOON, {"speed_kmh": [50]})
    await store_readings(tenant, NOON + timedelta(days=20_000), {"speed_kmh": [99]})
    vehicle = (await manager.browser.get("/api/vehicles/VH-1")).json()
    assert datetime.fromisoformat(vehicle["lastSeenAt"]) == NOON
    readings = {reading["signal"]: reading["value"] for reading in vehicle["readings"]}
    assert readings["speed_kmh"] == 50
    assert readings["engine_rpm"] is None


async def test_vehicles_come_in_pages(manager, tenant, pool):
    async with tenant_transaction(pool, tenant.id) as connection:
        await connection.executemany(
            "INSERT INTO vehicles (tenant_id, vehicle_id) VALUES ($1, $2)",
            [(tenant.id, f"VH-{number}") for number in range(2, 6)],
        )
    first = (await manager.browser.get("/api/vehicles", params={"limit": 3})).json()
    second = (await manager.browser.get("/api/vehicles", params={"limit": 3, "cursor": first["nextCursor"]})).json()
    seen = [vehicle["vehicleId"] for vehicle in first["items"] + second["items"]]
    assert seen == [f"VH-{number}" for number in range(1, 6)]
    assert second["nextCursor"] is None


async def readings_of(manager, **parameters):
    window = {"from": NOON.isoformat(), "to": (NOON + timedelta(seconds=100)).isoformat()}
    answer = await manager.browser.get("/api/vehicles/VH-1/telemetry", params={**window, **parameters})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_readings_are_thinned_to_means_and_nothing_sent_stays_null(manager, tenant, store_readings):
    speeds = [float(second) for second in range(100)]
    await store_readings(tenant, NOON, {"speed_kmh": speeds, "engine_rpm": [None] * 100, "heading_deg": [359.0, 1.0] * 50})
    answer = await readings_of(manager, signals="speed,engine_rpm,heading", points=10)
    series = {each["signal"]: each["values"] for each in answer["series"]}
    assert series["speed_kmh"] == [4.5 + 10 * bucket for bucket in range(10)]
    assert series["engine_rpm"] == [None] * 10
    assert series["heading_deg"] == [1.0] * 10
    assert answer["times"] == [round((NOON + timedelta(seconds=10 * bucket)).timestamp() * 1000) for bucket in range(10)]
    assert answer["bucketS"] == 10


async def test_without_a_choice_only_the_signals_that_were_sent_come(manager, tenant, store_readings):
    await store_readings(tenant, NOON, {"speed_kmh": [50.0]})
    assert [each["signal"] for each in (await readings_of(manager))["series"]] == ["speed_kmh"]


@pytest.mark.parametrize(
    "parameters",
    [{"signals": "speed,secret"}, {"points": 1}, {"from": "2026-01-01T00:00:00Z", "to": "2025-01-01T00:00:00Z"}],
    ids=["unknown signal", "one point", "ends before it begins"],
)
async def test_a_question_that_makes_no_sense_is_refused(manager, parameters):
    answer = await manager.browser.get("/api/vehicles/VH-1/telemetry", params=parameters)
    assert answer.status_code == 422


@pytest.fixture
async def forecasts(tenant, pool):
    async with tenant_transaction(pool, tenant.id) as connection:
        await connection.executemany(
            "INSERT INTO forecasts VALUES ($1, 'VH-1', $2, $3, $4, $5, 0, 1, 'weibull-1')",
            [
                (tenant.id, component, NOON - timedelta(hours=age), horizon, probability)
                for component, age, horizon, probability in [
                    ("brakes", 5, 72, 0.9), ("brakes", 0, 72, 0.1), ("brakes", 0, 24, 0.05),
                    ("battery", 0, 72, 0.4), ("engine", 0, 72, 0.1), ("battery", 9, 72, 0.8),
                ]
            ],
        )  # fmt: skip


@pytest.mark.usefixtures("forecasts")
async def test_the_fleet_s_newest_risks_come_worst_first_page_by_page(manager):
    seen, cursor = [], None
    while True:
        page = (await manager.browser.get("/api/forecasts", params={"limit": 1, **({"cursor": cursor} if cursor else {})})).json()
        seen += [(risk["component"], round(risk["probability"], 2)) for risk in page["items"]]
        if (cursor := page["nextCursor"]) is None:
            break
    assert seen == [("battery", 0.4), ("brakes", 0.1), ("engine", 0.1)]


@pytest.mark.usefixtures("forecasts")
async def test_a_vehicle_s_forecast_has_every_horizon_of_the_newest_run(manager):
    items = (await manager.browser.get("/api/vehicles/VH-1/forecast")).json()["items"]
    assert [(each["component"], each["horizonH"]) for each in items] == [
        ("battery", 72), ("brakes", 24), ("brakes", 72), ("engine", 72),
    ]  # fmt: skip


async def test_a_vehicle_counts_once_in_the_fleet_s_failure_rate(manager, tenant, pool):
    unknown = (await manager.browser.get("/api/forecasts/rate")).json()
    assert unknown == {"vehicles": 0, "value": None, "lower": None, "upper": None}
    async with tenant_transaction(pool, tenant.id) as connection:
        await connection.executemany(
            "INSERT INTO forecasts VALUES ($1, $2, $3, now(), 72, $4::real, $4::real / 2, $4::real, 'weibull-1')",
            [(tenant.id, "VH-1", "engine", 0.5), (tenant.id, "VH-1", "brakes", 0.5), (tenant.id, "VH-2", "engine", 0.0)],
        )
    rate = (await manager.browser.get("/api/forecasts/rate")).json()
    assert rate == pytest.approx({"vehicles": 2, "value": 0.375, "lower": 0.21875, "upper": 0.375})


async def test_the_signal_table_names_units(manager):
    table = (await manager.browser.get("/api/signals")).json()["items"]
    assert {"signal": "speed_kmh", "key": "speed", "label": "Speed", "unit": "km/h"}.items() <= table[0].items()
