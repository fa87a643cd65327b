"""Visits to the workshop, and how well past forecasts held against them."""

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from fleet.permissions import PERMISSIONS, Permission, Role
from fleet.stores.audit import first_broken_link
from fleet.stores.component_events import component_history
from fleet.stores.postgres import tenant_transaction

NOW = datetime.now(UTC).replace(microsecond=0)
PATH = "/api/vehicles/VH-1/maintenance"
YESTERDAY = NOW - timedelta(days=1)
BRAKES = {"component": "brakes", "at": YESTERDAY.isoformat().replace("+00:00", "Z"), "failure": True}


async def record(person, **changes):
    return await person.browser.post(PATH, json=BRAKES | changes)


async def withdraw(person, **changes):
    key = {name: BRAKES[name] for name in ("component", "at")}
    return await person.browser.post(f"{PATH}/withdraw", json=key | changes)


async def visits(person):
    return (await person.browser.get(PATH)).json()["items"]


async def deeds(pool, tenant):
    """What was done to the workshop's record of which vehicle, by whom."""
    async with tenant_transaction(pool, tenant.id) as connection:
        assert await first_broken_link(connection, tenant.id) is None
        rows = await connection.fetch("SELECT * FROM audit_log WHERE action LIKE 'maintenance.%' ORDER BY seq")
    return [(row["action"], row["actor"], row["subject"], json.loads(row["detail"])) for row in rows]


async def test_a_visit_is_recorded_once_however_often_it_is_sent(manager, tenant, pool):
    for _ in range(2):
        answer = await record(manager)
        assert (answer.status_code, answer.json()) == (201, BRAKES)
    assert await visits(manager) == [BRAKES]
    detail = {"component": "brakes", "at": YESTERDAY.isoformat(), "failure": True}
    assert await deeds(pool, tenant) == [("maintenance.recorded", str(manager.user_id), "VH-1", detail)]


async def test_the_same_visit_with_another_answer_is_a_conflict_until_the_first_is_taken_back(manager, tenant, pool):
    await record(manager)
    assert (await record(manager, failure=False)).status_code == 409
    assert await visits(manager) == [BRAKES]
    assert (await withdraw(manager)).status_code == 204
    assert (await withdraw(manager)).status_code == 404
    assert (await record(manager, failure=False)).status_code == 201
    assert await visits(manager) == [BRAKES | {"failure": False}]
    assert [deed.partition(".")[2] for deed, *_ in await deeds(pool, tenant)] == ["recorded", "withdrawn", "recorded"]


async def test_the_forecaster_learns_of_a_recorded_failure_and_not_of_one_taken_back(manager, tenant, pool):
    await record(manager)
    await record(manager, component="a hand-made part", failure=False)
    known = await component_history(pool, tenant.id, datetime.now(UTC))
    assert sorted(known.maintenance["component"]) == ["a hand-made part", "brakes"]
    assert known.failures.to_dict("records") == [{"vehicle_id": "VH-1", "ts": YESTERDAY, "component": "brakes"}]
    await withdraw(manager)
    assert (await component_history(pool, tenant.id, datetime.now(UTC))).failures.empty


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"at": (NOW + timedelta(hours=1)).isoformat()}, "at"),
        ({"at": "1989-12-31T23:59:59Z"}, "at"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "at"),
        ({"at": "2026-11-24T12:00:00"}, "at"),
        ({"component": "  "}, "component"),
        ({"component": "x" * 65}, "component"),
        ({"component": "a\x00b"}, "component"),
        ({"failure": None}, "failure"),
    ],
)
async def test_what_cannot_be_is_refused_by_name(manager, tenant, pool, wish, field):
    refused = await record(manager, **wish)
    assert refused.status_code == 422
    assert refused.json()["detail"].startswith(f"{field}: ")
    assert await visits(manager) == []
    assert await deeds(pool, tenant) == []


async def test_the_newest_visits_come_first_page_by_page(manager):
    for days in (3, 1, 2):
        at = (NOW - timedelta(days=days)).isoformat()
        for component in ("brakes", "engine"):
            await record(manager, component=f" {component}{days} ", at=at)
    seen, cursor = [], None
    while True:
        page = (await manager.browser.get(PATH, params={"limit": 4} | ({"cursor": cursor} if cursor else {}))).json()
        seen += [visit["component"] for visit in page["items"]]
        if (cursor := page["nextCursor"]) is None:
            break
    assert seen == ["engine1", "brakes1", "engine2", "brakes2", "engine3", "brakes3"]


@pytest.mark.parametrize("role", PERMISSIONS)
async def test_who_may_record_maintenance_does(sign_in, tenant, pool, role: Role):
    person = await sign_in(tenant, role)
    allowed = Permission.RECORD_MAINTENANCE in PERMISSIONS[role]
    assert allowed == (role in ("fleet_manager", "platform_admin"))
    assert [(await record(person)).status_code, (await withdraw(person)).status_code] == ([201, 204] if allowed else [403, 403])
    assert len(await deeds(pool, tenant)) == (2 if allowed else 0)


async def test_the_workshop_s_program_records_with_a_token_that_may_nothing_else(manager, api):
    wish = {"name": "Workshop", "scopes": ["record maintenance"]}
    token = (await manager.browser.post("/api/tokens", json=wish)).json()["token"]
    async with httpx.AsyncClient(base_url=api, headers={"Authorization": f"Bearer {token}"}) as program:
        assert (await program.post(PATH, json=BRAKES)).status_code == 201
        assert (await program.get(PATH)).status_code == 403
    assert await visits(manager) == [BRAKES]


async def test_another_tenant_s_vehicle_of_the_same_name_knows_nothing_of_it(manager, new_tenant, sign_in):
    stranger = await sign_in(await new_tenant())
    await record(manager)
    assert await visits(stranger) == []
    assert (await withdraw(stranger)).status_code == 404
    assert await visits(manager) == [BRAKES]


@pytest.fixture
async def past(tenant, pool):
    """Forecasts of two parts, one each day for 100 days, of which the brakes' say 10 % and the engine's say 1 to 100 %."""
    rows = [
        (tenant.id, component, NOW - timedelta(days=day, minutes=1), horizon, probability)
        for day in range(100)
        for component, probability in (("brakes", 0.1), ("engine", (day + 1) / 100))
        for horizon in (24, 72)
    ]
    async with tenant_transaction(pool, tenant.id) as connection:
        await connection.executemany("INSERT INTO forecasts VALUES ($1, 'VH-1', $2, $3, $4, $5, 0, 1, 'cox-1')", rows)


async def held(person):
    """What the record says, by component."""
    answer = (await person.browser.get("/api/vehicles/VH-1/forecast")).json()["record"]
    return {each["component"]: (each["forecasts"], round(each["said"], 4), each["failed"]) for each in answer}


DUE = 87  # made 3 to 89 days and a minute ago: over, and not older than 90 days
SAID = {"brakes": 0.1, "engine": round(sum(day + 1 for day in range(3, 90)) / 100 / DUE, 4)}


@pytest.mark.usefixtures("past")
async def test_whether_forecasts_held_is_not_known_while_nobody_records_visits(manager):
    assert await held(manager) == {name: (DUE, said, None) for name, said in SAID.items()}


@pytest.fixture
async def long_kept(manager):
    """A record of the workshop that goes back beyond all forecasts."""
    await record(manager, component="clutch", at=(NOW - timedelta(days=400)).isoformat())


@pytest.mark.usefixtures("past", "long_kept")
async def test_a_replacement_before_the_part_failed_is_no_failure(manager):
    await record(manager, at=(NOW - timedelta(days=20)).isoformat(), failure=False)
    assert await held(manager) == {name: (DUE, said, 0) for name, said in SAID.items()}


@pytest.mark.usefixtures("past", "long_kept")
async def test_a_failure_counts_for_the_forecasts_of_its_part_in_the_72_hours_before_it(manager):
    made = NOW - timedelta(days=20, minutes=1)
    await record(manager, at=made.isoformat())  # 72 h to the second after that of 23 days ago; the one of this moment is later
    assert await held(manager) == {"brakes": (DUE, 0.1, 3), "engine": (DUE, SAID["engine"], 0)}
    await record(manager, at=(made + timedelta(days=1)).isoformat())  # a second failure in the 72 h of two of them
    assert (await held(manager))["brakes"] == (DUE, 0.1, 4)
    await record(manager, at=(NOW - timedelta(hours=1)).isoformat())  # of the forecasts before it, one has come due
    assert (await held(manager))["brakes"] == (DUE, 0.1, 5)


@pytest.mark.usefixtures("past")
async def test_of_forecasts_before_the_first_visit_of_any_vehicle_nobody_knows(manager, tenant, pool):
    async with tenant_transaction(pool, tenant.id) as connection:
        await connection.execute("INSERT INTO vehicles (tenant_id, vehicle_id) VALUES ($1, 'VH-2')", tenant.id)
    await manager.browser.post("/api/vehicles/VH-2/maintenance", json=BRAKES)
    assert await held(manager) == {name: (DUE, said, None) for name, said in SAID.items()}
    begins = (NOW - timedelta(days=10)).isoformat()
    await manager.browser.post("/api/vehicles/VH-2/maintenance", json=BRAKES | {"at": begins})
    assert (await held(manager))["brakes"] == (7, 0.1, 0)  # those made 3 to 9 days and a minute ago


async def test_without_a_forecast_that_has_come_due_there_is_no_record(manager, tenant, pool):
    async with tenant_transaction(pool, tenant.id) as connection:
        await connection.execute("INSERT INTO forecasts VALUES ($1, 'VH-1', 'brakes', now(), 72, .5, .4, .6, 'm')", tenant.id)
    assert await held(manager) == {}
