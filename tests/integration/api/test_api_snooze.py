"""Putting alerts off: who may, how long, where they are meanwhile, and what brings them back."""

from datetime import UTC, datetime, timedelta

import pytest

from alerts.sink import AlertSink
from fleet.alerts import AlertType, EpisodeChange, EpisodeEvent, Severity, VehicleId
from fleet.stores import snoozing
from fleet.stores.postgres import tenant_transaction


@pytest.fixture
async def alert(manager, tenant, raise_alert):
    """The path of a fresh alert of severity HIGH."""
    await raise_alert(tenant, AlertType.FUEL_THEFT, minutes_ago=30)
    (found,) = (await manager.browser.get("/api/anomalies")).json()["items"]
    return f"/api/anomalies/{found['id']}"


@pytest.fixture
def detect(pool, tenant):
    """Records a change of the alert as detection does."""

    async def record(change: EpisodeChange, severity: Severity) -> None:
        now = datetime.now(UTC)
        vehicle = VehicleId(tenant.slug, tenant.vehicle)
        async with tenant_transaction(pool, tenant.id) as connection:
            began = await connection.fetchval("SELECT episode_at FROM alerts")
        at = began if change is EpisodeChange.ESCALATED else now
        event = EpisodeEvent(vehicle, AlertType.FUEL_THEFT, change, severity, at, now, 0.9, "fuel-1", "d-17", ())
        assert await AlertSink(pool).record([event], {tenant.slug: tenant.id}) == 1

    return record


async def do(person, path, deed, body=None, **headers):
    return await person.browser.post(f"{path}/{deed}", json=body, headers=headers)


async def listed(person, snoozed="exclude"):
    return len((await person.browser.get("/api/anomalies", params={"snoozed": snoozed})).json()["items"])


async def actions(person, path):
    return [deed["action"].removeprefix("alert.") for deed in (await person.browser.get(path)).json()["history"]]


async def test_a_snoozed_alert_is_in_the_list_of_the_snoozed_alone_and_says_who_put_it_off(manager, alert):
    answer = await do(manager, alert, "snooze", {"minutes": 60, "note": "Workshop at noon."})
    assert answer.status_code == 200, answer.text
    shown = (await manager.browser.get(alert)).json()
    left = datetime.fromisoformat(shown["snoozedUntil"]) - datetime.now(UTC)
    assert timedelta(minutes=59) < left <= timedelta(minutes=60)
    assert (shown["state"], shown["snoozedBy"], shown["snoozedByName"]) == ("OPEN", str(manager.user_id), "Robin fleet_manager")
    assert [await listed(manager, which) for which in ("exclude", "only", "include")] == [0, 1, 1]
    last = shown["history"][-1]
    assert (last["action"], last["detail"]["until"], last["note"]) == (
        "alert.snoozed",
        shown["snoozedUntil"],
        "Workshop at noon.",
    )


async def test_it_is_back_when_it_is_unsnoozed_and_once_is_enough(manager, alert):
    await do(manager, alert, "snooze", {"until": (datetime.now(UTC) + timedelta(days=6)).isoformat()})
    answers = [(await do(manager, alert, "unsnooze")).json() for _ in range(2)]
    assert [(answer["snoozedUntil"], answer["snoozedBy"]) for answer in answers] == [(None, None)] * 2
    assert await listed(manager) == 1
    assert await actions(manager, alert) == ["opened", "snoozed", "unsnoozed"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"minutes": 0},
        {"minutes": 7 * 24 * 60 + 1},
        {"minutes": 5, "until": "2099-01-01T00:00:00Z"},
        {"until": "2099-01-01T00:00:00Z"},
        {"until": "2020-01-01T00:00:00Z"},
    ],
)
async def test_a_snooze_has_one_end_within_a_week(manager, alert, body):
    assert (await do(manager, alert, "snooze", body)).status_code == 422
    assert await listed(manager) == 1


async def test_what_is_over_is_not_put_off(manager, alert):
    await do(manager, alert, "resolve")
    refused = await do(manager, alert, "snooze", {"minutes": 5})
    assert (refused.status_code, refused.json()["anomaly"]["state"]) == (409, "RESOLVED")


async def test_a_dispatcher_may_and_an_analyst_may_not(sign_in, tenant, alert):
    for role, status in (("dispatcher", 200), ("analyst", 403), ("driver", 403)):
        assert (await do(await sign_in(tenant, role), alert, "snooze", {"minutes": 5})).status_code == status


async def test_a_repeated_request_puts_off_once(manager, alert):
    answers = [await do(manager, alert, "snooze", {"minutes": 5}, **{"Idempotency-Key": "k"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert await actions(manager, alert) == ["opened", "snoozed"]


async def test_a_snooze_and_its_end_can_be_taken_back(manager, alert):
    until = (await do(manager, alert, "snooze", {"minutes": 30})).json()["snoozedUntil"]
    await do(manager, alert, "unsnooze")
    assert (await do(manager, alert, "undo")).json()["snoozedUntil"] == until
    await do(manager, alert, "snooze", {"minutes": 60})
    assert (await do(manager, alert, "undo")).json()["snoozedUntil"] == until


@pytest.mark.parametrize(
    ("deed", "body", "is_snoozed"),
    [
        ("acknowledge", None, False),
        ("assign", None, False),
        ("resolve", None, False),
        ("dismiss", {"reason": "FALSE_ALARM"}, False),
        ("confirm", None, True),
        ("comment", {"text": "Called."}, True),
    ],
)
async def test_whoever_works_on_an_alert_ends_its_snooze(manager, alert, deed, body, is_snoozed):
    await do(manager, alert, "snooze", {"minutes": 30})
    assert ((await do(manager, alert, deed, body)).json()["snoozedUntil"] is not None) == is_snoozed


async def test_what_somebody_has_can_be_put_off_and_stays_theirs(manager, alert):
    await do(manager, alert, "assign")
    snoozed = (await do(manager, alert, "snooze", {"minutes": 30})).json()
    assert (snoozed["state"], snoozed["assignedTo"]) == ("IN_PROGRESS", str(manager.user_id))


async def test_it_comes_back_by_itself_once_and_the_stream_says_so(manager, tenant, pool, alert):
    await do(manager, alert, "snooze", {"minutes": 30})
    before, after = (datetime.now(UTC) + timedelta(minutes=minutes) for minutes in (29, 31))
    tenants = {tenant.slug: tenant.id}
    assert [await snoozing.wake(pool, tenants, at) for at in (before, after, after)] == [0, 1, 0]
    assert (await listed(manager), await actions(manager, alert)) == (1, ["opened", "snoozed", "woken"])
    async with tenant_transaction(pool, tenant.id) as connection:
        newest = await connection.fetchrow("SELECT change, anomaly FROM stream_events ORDER BY seq DESC LIMIT 1")
    assert (newest["change"], '"snoozedUntil": null' in newest["anomaly"]) == ("woken", True)


async def test_it_is_listed_again_when_its_time_is_over_even_if_nobody_wakes_it(manager, tenant, pool, alert):
    await do(manager, alert, "snooze", {"minutes": 30})
    async with tenant_transaction(pool, tenant.id) as connection:
        await connection.execute("UPDATE alerts SET snoozed_until = now() - interval '1 s'")
    assert [await listed(manager, which) for which in ("exclude", "only")] == [1, 0]


async def test_what_gets_worse_is_back_at_once(manager, alert, detect):
    await do(manager, alert, "snooze", {"minutes": 30})
    await detect(EpisodeChange.ESCALATED, Severity.CRITICAL)
    assert await listed(manager) == 1


@pytest.mark.parametrize(("severity", "back"), [(Severity.HIGH, 0), (Severity.CRITICAL, 1)])
async def test_what_comes_again_stays_put_off_unless_it_is_worse(manager, alert, detect, severity, back):
    await do(manager, alert, "snooze", {"minutes": 30})
    await detect(EpisodeChange.CLEARED, Severity.HIGH)
    await detect(EpisodeChange.OPENED, severity)
    assert await listed(manager) == back
    assert (await manager.browser.get(alert)).json()["occurrences"] == 2


async def test_many_are_put_off_and_brought_back_at_once(sign_in, tenant, raise_alert, alert):
    await raise_alert(tenant, AlertType.MISFIRE)
    dispatcher = await sign_in(tenant, "dispatcher")
    ids = [found["id"] for found in (await dispatcher.browser.get("/api/anomalies")).json()["items"]]
    for wish, left in (({"deed": "snooze", "time": {"minutes": 60}}, 0), ({"deed": "unsnooze"}, 2)):
        answer = await dispatcher.browser.post("/api/anomalies/bulk", json={"ids": ids, "confirmed": 2, **wish})
        assert [item["outcome"] for item in answer.json()["items"]] == ["done", "done"]
        assert await listed(dispatcher) == left


@pytest.mark.parametrize(
    "wish", [{"deed": "snooze"}, {"deed": "snooze", "time": {}}, {"deed": "resolve", "time": {"minutes": 5}}]
)
async def test_many_need_what_one_needs(manager, alert, wish):
    body = {"ids": [alert.rpartition("/")[2]], "confirmed": 1, **wish}
    assert (await manager.browser.post("/api/anomalies/bulk", json=body)).status_code == 422


async def test_the_counts_of_vehicles_and_of_answers_tell_what_is_snoozed_apart(manager, alert, tenant, raise_alert):
    await raise_alert(tenant, AlertType.SPEEDING, minutes_ago=10, severity=Severity.LOW)

    async def counts():
        (vehicle,) = (await manager.browser.get("/api/vehicles")).json()["items"]
        page = (await manager.browser.get("/api/vehicles/VH-1")).json()
        answers = (await manager.browser.get("/api/anomalies/response-times")).json()
        of_vehicle = [(each["liveAlerts"], each["snoozedAlerts"], each["worstSeverity"]) for each in (vehicle, page)]
        assert of_vehicle[0] == of_vehicle[1]
        return of_vehicle[0], (answers["waiting"], answers["snoozed"])

    assert await counts() == ((2, 0, "HIGH"), (2, 0))
    await do(manager, alert, "snooze", {"minutes": 60})
    assert await counts() == ((1, 1, "LOW"), (1, 1))
    assert (await counts())[0][0] == await listed(manager)
    await do(manager, alert, "unsnooze")
    assert await counts() == ((2, 0, "HIGH"), (2, 0))
