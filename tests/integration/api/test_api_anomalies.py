"""Searching and acknowledging alerts."""

import asyncio
import time

import httpx
import pytest

from fleet.alerts import AlertType, Severity
from fleet.stores.audit import first_broken_link
from fleet.stores.postgres import tenant_transaction

SEVERAL = list(AlertType)[:7]


@pytest.fixture
async def seven_alerts(tenant, raise_alert):
    for age, kind in enumerate(SEVERAL):
        await raise_alert(tenant, kind, minutes_ago=age, severity=Severity.CRITICAL if age == 0 else Severity.LOW)


async def listed(person, **parameters):
    answer = await person.browser.get("/api/anomalies", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def only_alert(person):
    (alert,) = (await listed(person))["items"]
    return alert


async def test_an_anomaly_carries_its_evidence(manager, tenant, raise_alert):
    await raise_alert(tenant)
    alert = await only_alert(manager)
    assert alert["tenantId"] == tenant.slug
    assert alert["severity"] == "HIGH"
    assert alert["timestamp"] == alert["startedAt"]
    assert alert["startedAt"].endswith("Z")
    assert alert["evidence"][0]["observed"] == -5.2


@pytest.mark.usefixtures("seven_alerts")
async def test_pages_show_every_alert_once_newest_first(manager):
    seen, cursor = [], None
    while True:
        page = await listed(manager, limit=3, **({"cursor": cursor} if cursor else {}))
        seen += [alert["type"] for alert in page["items"]]
        if (cursor := page["nextCursor"]) is None:
            break
    assert seen == SEVERAL


@pytest.mark.usefixtures("seven_alerts")
@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"severity": "CRITICAL"}, SEVERAL[:1]),
        ({"type": ["SPEEDING", "FATIGUE"]}, ["SPEEDING", "FATIGUE"]),
        ({"state": "CLOSED"}, []),
        ({"driverId": "d-17"}, SEVERAL),
        ({"driverId": "d-1"}, []),
        ({"vehicleId": "VH-1", "q": "harsh brak"}, ["HARSH_BRAKING"]),
        ({"q": "100%"}, []),
        ({"vehicleId": "VH-2"}, []),
    ],
)
async def test_filters_narrow_the_list(manager, parameters, expected):
    assert [alert["type"] for alert in (await listed(manager, **parameters))["items"]] == expected


@pytest.mark.parametrize(
    "parameters",
    [{"cursor": "bm9uc2Vuc2U"}, {"limit": 0}, {"type": "NOISE"}, {"from": "yesterday"}, {"q": "\x00"}],
    ids=lambda parameters: next(iter(parameters)),
)
async def test_bad_parameters_are_named_in_a_problem(manager, parameters):
    answer = await manager.browser.get("/api/anomalies", params=parameters)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


@pytest.mark.usefixtures("seven_alerts")
async def test_trends_count_every_alert(manager):
    trends = (await manager.browser.get("/api/anomalies/trends")).json()
    assert sum(point["count"] for point in trends["items"]) == 7


async def test_every_alert_is_in_one_class_of_response_or_waits(manager, tenant, pool, raise_alert):
    waits_s = [30, 60, 61, 90_000, None]
    for age, kind in enumerate(list(AlertType)[: len(waits_s)]):
        await raise_alert(tenant, kind, minutes_ago=age)
    async with tenant_transaction(pool, tenant.id) as connection:
        alerts = await connection.fetch("SELECT alert_id FROM alerts ORDER BY started_at")
        for alert, waited_s in zip(alerts, waits_s, strict=True):
            await connection.execute(
                """UPDATE alerts SET acknowledged_at = started_at + make_interval(secs => $2),
                                     state = CASE WHEN $2::float8 IS NULL THEN 'OPEN' ELSE 'ACKNOWLEDGED' END
                   WHERE alert_id = $1""",
                alert["alert_id"],
                waited_s,
            )
    found = (await manager.browser.get("/api/anomalies/response-times")).json()
    assert [(each["fromS"], each["belowS"], each["count"]) for each in found["classes"]][:3] == [
        (0, 60, 1),
        (60, 300, 2),
        (300, 900, 0),
    ]
    assert (found["classes"][-1]["belowS"], found["classes"][-1]["count"]) == (None, 1)
    assert (found["medianS"], found["waiting"]) == (60.5, 1)


async def test_without_an_acknowledgement_there_is_no_median_rather_than_zero(manager, tenant, raise_alert):
    await raise_alert(tenant)
    found = (await manager.browser.get("/api/anomalies/response-times")).json()
    assert (found["medianS"], found["waiting"], sum(each["count"] for each in found["classes"])) == (None, 1, 0)


async def test_acknowledging_twice_is_one_event_and_one_audit_row(manager, tenant, pool, raise_alert):
    await raise_alert(tenant)
    path = f"/api/anomalies/{(await only_alert(manager))['id']}"
    answers = await asyncio.gather(*[manager.browser.post(f"{path}/acknowledge") for _ in range(4)])
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.text for answer in answers}) == 1
    assert answers[0].json()["acknowledgedByName"] == "Robin fleet_manager"
    history = (await manager.browser.get(path)).json()["history"]
    assert [deed["action"] for deed in history] == ["alert.opened", "alert.acknowledged"]
    async with tenant_transaction(pool, tenant.id) as connection:
        changes = await connection.fetch("SELECT seq, change FROM stream_events ORDER BY seq")
        assert [tuple(row) for row in changes] == [(1, "opened"), (2, "acknowledged")]
        assert await first_broken_link(connection, tenant.id) is None


async def test_only_the_first_operator_can_acknowledge(sign_in, tenant, raise_alert):
    await raise_alert(tenant)
    crew = [await sign_in(tenant, "dispatcher"), await sign_in(tenant, "fleet_manager")]
    alert = await only_alert(crew[0])
    answers = await asyncio.gather(*[person.browser.post(f"/api/anomalies/{alert['id']}/acknowledge") for person in crew])
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    winner, loser = sorted(answers, key=lambda answer: answer.status_code)
    assert loser.json()["anomaly"]["acknowledgedBy"] == winner.json()["acknowledgedBy"]
    assert winner.json()["acknowledgedByName"] in loser.json()["detail"]


async def test_a_closed_alert_cannot_be_acknowledged(manager, tenant, pool, raise_alert):
    await raise_alert(tenant)
    alert = await only_alert(manager)
    async with tenant_transaction(pool, tenant.id) as connection:
        await connection.execute("UPDATE alerts SET state = 'CLOSED'")
    answer = await manager.browser.post(f"/api/anomalies/{alert['id']}/acknowledge")
    assert answer.status_code == 409
    assert "closed" in answer.json()["detail"]


async def test_a_driver_sees_their_own_alerts_and_nobody_elses(sign_in, tenant, raise_alert):
    await raise_alert(tenant)
    mine, other = await sign_in(tenant, "driver", "d-17"), await sign_in(tenant, "driver", "d-2")
    alert = await only_alert(mine)
    assert (await mine.browser.get(f"/api/anomalies/{alert['id']}")).status_code == 200
    assert sum(point["count"] for point in (await mine.browser.get("/api/anomalies/trends")).json()["items"]) == 1
    assert (await listed(other))["items"] == (await other.browser.get("/api/anomalies/trends")).json()["items"] == []
    assert (await other.browser.get(f"/api/anomalies/{alert['id']}")).status_code == 404


async def test_a_changed_audit_row_breaks_the_chain(manager, tenant, pool, postgres, raise_alert):
    import asyncpg

    await raise_alert(tenant)
    owner = await asyncpg.connect(postgres.owner_url)
    await owner.execute("UPDATE audit_log SET actor = 'someone else' WHERE tenant_id = $1 AND seq = 2", tenant.id)
    await owner.close()
    async with tenant_transaction(pool, tenant.id) as connection:
        assert await first_broken_link(connection, tenant.id) == 2


@pytest.mark.usefixtures("seven_alerts")
async def test_list_and_detail_answer_within_20_ms(manager):
    path = f"/api/anomalies/{(await listed(manager))['items'][0]['id']}"
    for url in ("/api/anomalies", path, "/api/vehicles", "/api/vehicles/VH-1"):
        fastest = min([await _seconds(manager.browser, url) for _ in range(10)])
        assert fastest < 0.02, url


async def _seconds(browser: httpx.AsyncClient, url: str) -> float:
    started = time.perf_counter()
    assert (await browser.get(url)).status_code == 200
    return time.perf_counter() - started
