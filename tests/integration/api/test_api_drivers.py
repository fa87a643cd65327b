"""Driver scores from stored telemetry and alerts to the route."""

from datetime import UTC, datetime, timedelta

import pytest

from alerts.sink import AlertSink
from fleet.alerts import AlertType, EpisodeChange, EpisodeEvent, Severity, VehicleId
from fleet.settings import Postgres, Settings
from fleet.stores import driver_days
from fleet.stores.postgres import tenant_transaction
from pipelines.driver_scores import score_all, score_tenant

NOW = datetime.now(UTC)
NOON_BEFORE = (NOW - timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def drive(pool):
    """Stores a drive, one reading a minute: `await drive(tenant, "d-1", km=300)`, at 60 km/h and 6 l/h from `days` ago on."""

    async def store(tenant, driver, km, days=1, speed=60.0, odometer=False, vehicle="VH-1"):
        start = NOON_BEFORE - timedelta(days=days - 1, hours=6)
        rows = [
            (tenant.id, vehicle, start + timedelta(minutes=n), driver, None if odometer else speed, 1000 + n, 1500.0, 6.0)
            for n in range(int(km))
        ]
        async with tenant_transaction(pool, tenant.id) as connection:
            await connection.execute("INSERT INTO vehicles VALUES ($1, $2) ON CONFLICT DO NOTHING", tenant.id, vehicle)
            await connection.executemany(
                """INSERT INTO telemetry (tenant_id, vehicle_id, event_time, driver_id, speed_kmh, odometer_km, engine_rpm,
                                          fuel_rate_lph) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
                rows,
            )

    return store


@pytest.fixture
def brake(pool):
    """Raises a harsh braking of a driver, over after a second."""

    async def record(tenant, driver, minutes_ago, vehicle="VH-1"):
        at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
        where = VehicleId(tenant.slug, vehicle)
        opened, cleared = (
            EpisodeEvent(where, AlertType.HARSH_BRAKING, change, Severity.LOW, at, when, 0.9, "m", driver)
            for change, when in ((EpisodeChange.OPENED, at), (EpisodeChange.CLEARED, at + timedelta(seconds=1)))
        )
        await AlertSink(pool).record([opened, cleared], {tenant.slug: tenant.id})

    return record


async def scores(person):
    answer = await person.browser.get("/api/drivers/scores")
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def braking(score):
    return next(part for part in score["contributions"] if part["behaviour"] == "HARSH_BRAKING")


async def test_distance_and_alerts_become_a_ranking_with_intervals_and_reasons(manager, tenant, pool, drive, brake):
    await drive(tenant, "d-calm", 300)
    await drive(tenant, "d-wild", 300, vehicle="VH-2")
    for minute in (90, 60, 30):
        await brake(tenant, "d-wild", minute, vehicle="VH-2")
    assert await score_tenant(pool, tenant.id, NOW) == 2
    calm, wild = await scores(manager)
    assert [(s["driverId"], s["rank"], s["distanceKm"]) for s in (calm, wild)] == [("d-calm", 1, 300), ("d-wild", 2, 300)]
    assert calm["lower"] < calm["score"] < calm["upper"] <= 100
    assert (braking(calm)["events"], braking(wild)["events"], braking(wild)["observed"]) == (0, 3, 10)
    assert calm["band"] in ("EXCELLENT", "GOOD")


async def test_repeats_of_one_alert_are_events_of_whoever_drove(manager, tenant, pool, drive, brake):
    await drive(tenant, "d-1", 200)
    await drive(tenant, "d-2", 200, days=2)
    await brake(tenant, "d-1", 50)
    await brake(tenant, "d-2", 40)
    await brake(tenant, "d-2", 30)
    await score_tenant(pool, tenant.id, NOW)
    assert {s["driverId"]: braking(s)["events"] for s in await scores(manager)} == {"d-1": 1, "d-2": 2}


async def test_a_dismissed_event_is_taken_out(manager, tenant, pool, drive, brake):
    await drive(tenant, "d-1", 200)
    await brake(tenant, "d-1", 50)
    await score_tenant(pool, tenant.id, NOW)
    (before,) = await scores(manager)
    (alert,) = (await manager.browser.get("/api/anomalies")).json()["items"]
    await manager.browser.post(f"/api/anomalies/{alert['id']}/dismiss", json={"reason": "FALSE_ALARM"})
    await score_tenant(pool, tenant.id, NOW)
    (after,) = await scores(manager)
    assert (braking(before)["events"], braking(after)["events"]) == (1, 0)
    assert after["score"] > before["score"]


async def test_too_little_distance_is_null_and_last(manager, tenant, pool, drive):
    await drive(tenant, "d-a", 100)
    await drive(tenant, "d-b", 170, vehicle="VH-2")
    await score_tenant(pool, tenant.id, NOW)
    first, last = await scores(manager)
    assert (first["driverId"], last["driverId"]) == ("d-b", "d-a")
    assert [last[key] for key in ("score", "lower", "upper", "band", "rank")] == [None] * 5


async def test_an_odometer_tells_the_distance_where_no_speed_is_sent(manager, tenant, pool, drive):
    await drive(tenant, "d-1", 201, odometer=True)
    await score_tenant(pool, tenant.id, NOW)
    assert (await scores(manager))[0]["distanceKm"] == 200


async def test_what_is_older_than_the_window_no_longer_counts(manager, tenant, pool, drive):
    await drive(tenant, "d-1", 200, days=27)
    await score_tenant(pool, tenant.id, NOW)
    assert (await scores(manager))[0]["score"] is not None
    await score_tenant(pool, tenant.id, NOW + timedelta(days=3))
    (gone,) = await scores(manager)
    assert (gone["score"], gone["rank"], gone["distanceKm"]) == (None, None, 0)


async def test_a_day_that_took_long_to_read_rests_and_one_that_is_over_is_not_read_again(tenant, pool):
    today, tomorrow = NOW.date(), NOW.date() + timedelta(days=1)
    await driver_days.mark_read(pool, tenant.id, today, NOW, took_s=60, is_final=False)
    await driver_days.mark_read(pool, tenant.id, today - timedelta(days=1), NOW, took_s=0, is_final=True)
    due = [
        await driver_days.due_days(pool, tenant.id, today - timedelta(days=1), tomorrow, NOW + timedelta(minutes=minutes))
        for minutes in (19, 21)
    ]
    assert due == [[], [today]]


async def test_the_history_keeps_a_score_per_day(manager, tenant, pool, drive):
    await drive(tenant, "d-1", 200)
    for day in range(3):
        await score_tenant(pool, tenant.id, NOW + timedelta(days=day))
        await score_tenant(pool, tenant.id, NOW + timedelta(days=day))
    history = (await manager.browser.get("/api/drivers/d-1/scores")).json()["items"]
    assert [item["day"] for item in history] == [(NOW + timedelta(days=day)).date().isoformat() for day in range(3)]


async def test_pages_follow_each_other_through_ranked_and_unranked(manager, tenant, pool, drive):
    for number in range(3):
        await drive(tenant, f"d-{number}", 170, vehicle=f"VH-{number}")
        await drive(tenant, f"d-new{number}", 10, vehicle=f"VH-{number + 3}")
    await score_tenant(pool, tenant.id, NOW)
    seen, cursor = [], None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await manager.browser.get("/api/drivers/scores", params=query)).json()
        seen += [item["driverId"] for item in page["items"]]
        if not (cursor := page["nextCursor"]):
            break
    assert seen == ["d-0", "d-1", "d-2", "d-new0", "d-new1", "d-new2"]


async def test_the_rules_are_published(manager):
    rules = (await manager.browser.get("/api/drivers/scores")).json()["rules"]
    assert (rules["version"], rules["windowDays"], rules["leastKm"]) == ("1", 28, 160)
    assert sum(each["weight"] for each in rules["behaviours"]) == pytest.approx(1)
    assert [each["name"] for each in rules["behaviours"] if not each["enabled"]] == ["LATENESS"]


async def test_a_driver_sees_their_own_score_and_nobody_elses(sign_in, tenant, pool, drive):
    await drive(tenant, "d-1", 200)
    await drive(tenant, "d-2", 200, vehicle="VH-2")
    await score_tenant(pool, tenant.id, NOW)
    driver, nobody = await sign_in(tenant, "driver", "d-2"), await sign_in(tenant, "driver")
    assert [score["driverId"] for score in await scores(driver)] == ["d-2"]
    assert (await driver.browser.get("/api/drivers/d-2/scores")).status_code == 200
    assert (await driver.browser.get("/api/drivers/d-1/scores")).status_code == 404
    assert await scores(nobody) == []


async def test_the_job_serves_every_tenant(postgres, new_tenant, drive):
    for _ in range(2):
        await drive(await new_tenant(), "d-1", 200)
    assert await score_all(Settings(postgres=Postgres(url=postgres.app_url)), NOW) >= 2
