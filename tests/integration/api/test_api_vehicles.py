"""Vehicles, their readings and forecasts."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from fleet.permissions import PERMISSIONS, Permission, Role
from fleet.stores.audit import first_broken_link
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


async def describe(person, **wish):
    return await person.browser.patch("/api/vehicles/VH-1", json=wish)


async def deeds(pool, tenant):
    """Who described a vehicle, which, and what became of it."""
    async with tenant_transaction(pool, tenant.id) as connection:
        rows = await connection.fetch("SELECT * FROM audit_log WHERE action = 'vehicle.described' ORDER BY seq")
    return [(row["actor"], row["subject"], json.loads(row["detail"])) for row in rows]


def description(vehicle):
    return tuple(vehicle[name] for name in ("vehicleClass", "tankL", "model", "ageYears"))


async def test_a_vehicle_is_described_anew_and_one_line_says_what_changed(manager, tenant, pool):
    answer = await describe(manager, vehicleClass="truck", tankL=400.1, model="  Actros ", ageYears=3.5)
    assert answer.status_code == 200, answer.text
    assert description(answer.json()) == ("truck", 400.1, "Actros", 3.5)
    assert answer.json() == (await manager.browser.get("/api/vehicles/VH-1")).json()
    assert await deeds(pool, tenant) == [
        (
            str(manager.user_id),
            "VH-1",
            {
                "vehicle_class": {"from": "car", "to": "truck"},
                "model": {"from": None, "to": "Actros"},
                "age_years": {"from": None, "to": 3.5},
                "tank_l": {"from": None, "to": 400.1},
            },
        )
    ]


async def test_only_what_is_given_changes_and_null_is_unknown(manager, tenant, pool):
    await describe(manager, vehicleClass="van", tankL=80, model="Sprinter", ageYears=2)
    assert description((await describe(manager, tankL=75.5)).json()) == ("van", 75.5, "Sprinter", 2)
    assert description((await describe(manager, tankL=None, model=None, ageYears=None)).json()) == ("van", None, None, None)
    assert [set(detail) for _, _, detail in (await deeds(pool, tenant))[1:]] == [{"tank_l"}, {"model", "age_years", "tank_l"}]
    async with tenant_transaction(pool, tenant.id) as connection:
        assert await first_broken_link(connection, tenant.id) is None


@pytest.mark.parametrize("again", [{"vehicleClass": "truck", "tankL": 60.1}, {"tankL": 60.1}, {}])
async def test_what_holds_already_is_no_change(manager, tenant, pool, again):
    await describe(manager, vehicleClass="truck", tankL=60.1)
    async with tenant_transaction(pool, tenant.id) as connection:
        described_at = await connection.fetchval("SELECT described_at FROM vehicles")
    answer = await describe(manager, **again)
    assert (answer.status_code, description(answer.json())) == (200, ("truck", 60.1, None, None))
    assert len(await deeds(pool, tenant)) == 1
    async with tenant_transaction(pool, tenant.id) as connection:
        assert await connection.fetchval("SELECT described_at FROM vehicles") == described_at


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"vehicleClass": "tank"}, "vehicleClass"),
        ({"vehicleClass": None}, "vehicleClass"),
        ({"tankL": 4.9}, "tankL"),
        ({"tankL": 2000.1}, "tankL"),
        ({"tankL": "NaN"}, "tankL"),
        ({"ageYears": -0.1}, "ageYears"),
        ({"ageYears": 100.1}, "ageYears"),
        ({"model": "  "}, "model"),
        ({"model": "x" * 121}, "model"),
        ({"model": "a\x00b"}, "model"),
    ],
)
async def test_what_no_vehicle_can_be_is_refused_by_name_and_changes_nothing(manager, tenant, pool, wish, field):
    refused = await describe(manager, **({"vehicleClass": "truck", "tankL": 400} | wish))
    assert refused.status_code == 422
    assert [reason["field"] for reason in refused.json()["errors"]] == [field]
    assert description((await manager.browser.get("/api/vehicles/VH-1")).json()) == ("car", None, None, None)
    assert await deeds(pool, tenant) == []


@pytest.mark.parametrize("tank_l", [5, 2000])
async def test_the_bounds_themselves_are_possible(manager, tank_l):
    assert (await describe(manager, tankL=tank_l)).json()["tankL"] == tank_l


@pytest.mark.parametrize("role", PERMISSIONS)
async def test_who_manages_devices_describes_vehicles(sign_in, tenant, pool, role: Role):
    answer = await describe(await sign_in(tenant, role), tankL=70)
    allowed = Permission.MANAGE_DEVICES in PERMISSIONS[role]
    assert (answer.status_code, len(await deeds(pool, tenant))) == ((200, 1) if allowed else (403, 0))


async def test_another_tenant_s_vehicle_of_the_same_name_stays_as_it_is(manager, new_tenant, sign_in):
    stranger = await sign_in(await new_tenant())
    await describe(manager, vehicleClass="truck", tankL=400)
    assert description((await stranger.browser.get("/api/vehicles/VH-1")).json()) == ("car", None, None, None)


async def test_two_who_correct_different_things_at_once_both_do(manager, tenant, pool):
    await asyncio.gather(describe(manager, tankL=70), describe(manager, model="Crafter"), describe(manager, vehicleClass="van"))
    vehicle = (await manager.browser.get("/api/vehicles/VH-1")).json()
    assert description(vehicle) == ("van", 70, "Crafter", None)
    assert sorted(name for _, _, detail in await deeds(pool, tenant) for name in detail) == ["model", "tank_l", "vehicle_class"]
