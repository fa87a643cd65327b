"""Reopening, taking back, repeating and doing many at once."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from fleet.alerts import AlertType
from fleet.errors import Conflict
from fleet.stores import idempotency, judgements, sessions
from fleet.stores.audit import first_broken_link
from fleet.stores.postgres import tenant_transaction
from fleet.stores.undo import undo

PEOPLES = ("state", "assignedTo", "acknowledgedBy", "acknowledgedAt", "verdict", "dismissalReason")


@pytest.fixture
async def alert(manager, tenant, raise_alert):
    """The path of a fresh alert."""
    await raise_alert(tenant, AlertType.FUEL_THEFT, minutes_ago=30)
    (found,) = (await manager.browser.get("/api/anomalies")).json()["items"]
    return f"/api/anomalies/{found['id']}"


async def do(person, path, deed, body=None, **headers):
    return await person.browser.post(f"{path}/{deed}", json=body, headers=headers)


async def verdicts(pool, tenant):
    now = datetime.now(UTC)
    judged = await judgements.alerts_between(pool, tenant.id, now - timedelta(days=1), now + timedelta(days=1))
    return [judgement.verdict for judgement in judged]


async def actions(person, path):
    return [deed["action"].removeprefix("alert.") for deed in (await person.browser.get(path)).json()["history"]]


async def test_a_reopened_alert_is_nobodys_and_its_dismissal_is_no_label_any_more(manager, tenant, pool, alert):
    await do(manager, alert, "acknowledge")
    await do(manager, alert, "dismiss", {"reason": "FALSE_ALARM"})
    assert await verdicts(pool, tenant) == ["DISMISSED"]
    answer = await do(manager, alert, "reopen", {"note": "It smells of fuel after all."})
    assert [answer.json()[key] for key in PEOPLES] == ["OPEN", None, None, None, None, None]
    assert await verdicts(pool, tenant) == [None]
    assert (await do(manager, alert, "acknowledge")).json()["state"] == "ACKNOWLEDGED"
    assert await actions(manager, alert) == ["opened", "acknowledged", "dismissed", "reopened", "acknowledged"]


async def test_what_is_open_stays_open_and_what_somebody_has_is_not_reopened(manager, alert):
    assert (await do(manager, alert, "reopen")).json()["seq"] == 1
    await do(manager, alert, "acknowledge")
    assert (await do(manager, alert, "reopen")).status_code == 409


@pytest.mark.parametrize("deed", ["reopen", "undo"])
async def test_an_alert_does_not_live_again_beside_its_successor(manager, tenant, raise_alert, alert, deed):
    await do(manager, alert, "resolve")
    await raise_alert(tenant, AlertType.FUEL_THEFT)
    refused = await do(manager, alert, deed)
    assert refused.status_code == 409
    assert "newer alert" in refused.json()["detail"]
    assert (await manager.browser.get(alert)).json()["state"] == "RESOLVED"


@pytest.mark.parametrize(
    ("first", "deed", "body"),
    [
        (None, "acknowledge", None),
        ("acknowledge", "assign", None),
        ("assign", "resolve", None),
        ("acknowledge", "dismiss", {"reason": "NORMAL_USE"}),
        (None, "confirm", None),
    ],
)
async def test_a_deed_that_is_taken_back_leaves_everything_as_it_was(manager, tenant, pool, alert, first, deed, body):
    if first:
        await do(manager, alert, first)
    before = (await manager.browser.get(alert)).json()
    assert (await do(manager, alert, deed, body)).status_code == 200
    after = (await do(manager, alert, "undo")).json()
    assert [after[key] for key in PEOPLES] == [before[key] for key in PEOPLES]
    assert after["seq"] == before["seq"] + 2
    assert await verdicts(pool, tenant) == [None]
    async with tenant_transaction(pool, tenant.id) as connection:
        assert await first_broken_link(connection, tenant.id) is None


async def test_a_judgement_that_is_taken_back_brings_the_one_before_back(manager, tenant, pool, alert):
    await do(manager, alert, "confirm")
    await do(manager, alert, "dismiss", {"reason": "FALSE_ALARM"})
    assert (await do(manager, alert, "undo")).json()["verdict"] == "CONFIRMED"
    assert await verdicts(pool, tenant) == ["CONFIRMED"]


async def test_there_is_one_step_back_and_a_note_is_none(manager, alert):
    assert (await do(manager, alert, "undo")).status_code == 409
    await do(manager, alert, "acknowledge")
    await do(manager, alert, "comment", {"text": "Driver called."})
    assert (await do(manager, alert, "undo")).json()["state"] == "OPEN"
    assert (await do(manager, alert, "undo")).status_code == 409


async def test_nobody_takes_back_what_another_did(manager, sign_in, tenant, alert):
    colleague = await sign_in(tenant)
    await do(manager, alert, "acknowledge")
    refused = await do(colleague, alert, "undo")
    assert (refused.status_code, "Somebody else" in refused.json()["detail"]) == (409, True)


async def test_after_a_day_it_is_too_late(manager, tenant, pool, alert):
    await do(manager, alert, "resolve")
    token = manager.browser.cookies["fleetguard_session"]
    who, alert_id = await sessions.holder(pool, token), UUID(alert.rpartition("/")[2])
    with pytest.raises(Conflict, match="more than a day ago"):
        await undo(pool, who, alert_id, datetime.now(UTC) + timedelta(hours=24, minutes=1))
    assert (await undo(pool, who, alert_id, datetime.now(UTC) + timedelta(hours=23)))["state"] == "OPEN"


async def test_a_repeated_request_is_done_once_and_answered_alike(manager, alert):
    key = {"Idempotency-Key": "tab-1:7"}
    answers = await asyncio.gather(*[do(manager, alert, "comment", {"text": "Called."}, **key) for _ in range(4)])
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert await actions(manager, alert) == ["opened", "commented"]


async def test_a_repeat_that_comes_late_changes_nothing_any_more(manager, alert):
    first = await do(manager, alert, "resolve", **{"Idempotency-Key": "k"})
    await do(manager, alert, "reopen")
    assert (await do(manager, alert, "resolve", **{"Idempotency-Key": "k"})).json() == first.json()
    assert (await manager.browser.get(alert)).json()["state"] == "OPEN"


async def test_a_key_stands_for_one_request_of_one_person(manager, sign_in, tenant, alert):
    colleague, key = await sign_in(tenant), {"Idempotency-Key": "k"}
    await do(manager, alert, "comment", {"text": "One."}, **key)
    assert (await do(manager, alert, "comment", {"text": "Two."}, **key)).status_code == 422
    assert (await do(colleague, alert, "comment", {"text": "Three."}, **key)).status_code == 200
    assert await actions(manager, alert) == ["opened", "commented", "commented"]


async def test_answers_are_forgotten_after_a_day(manager, tenant, pool, alert):
    await do(manager, alert, "comment", {"text": "One."}, **{"Idempotency-Key": "k"})
    for hours, left in ((23, 1), (25, 0)):
        await idempotency.forget(pool, tenant.id, datetime.now(UTC) + timedelta(hours=hours))
        async with tenant_transaction(pool, tenant.id) as connection:
            assert await connection.fetchval("SELECT count(*) FROM idempotency_keys") == left


@pytest.fixture
async def several(manager, tenant, raise_alert):
    """The ids of three alerts, the first of which is resolved."""
    for kind in (AlertType.FUEL_THEFT, AlertType.FUEL_LEAK, AlertType.MISFIRE):
        await raise_alert(tenant, kind)
    ids = [alert["id"] for alert in (await manager.browser.get("/api/anomalies")).json()["items"]]
    await do(manager, f"/api/anomalies/{ids[0]}", "resolve")
    return ids


async def bulk(person, ids, deed, confirmed=None, **rest):
    body = {"ids": ids, "deed": deed, "confirmed": len(ids) if confirmed is None else confirmed, **rest}
    return await person.browser.post("/api/anomalies/bulk", json=body)


async def test_each_alert_of_many_has_its_own_outcome(manager, several):
    unknown = str(uuid4())
    items = (await bulk(manager, [*several, unknown], "assign")).json()["items"]
    assert [item["outcome"] for item in items] == ["conflict", "done", "done", "notFound"]
    assert [item["anomaly"] and item["anomaly"]["state"] for item in items] == ["RESOLVED", "IN_PROGRESS", "IN_PROGRESS", None]


async def test_many_are_changed_only_as_many_as_were_confirmed(manager, several):
    refused = await bulk(manager, several, "dismiss", confirmed=2, reason="FALSE_ALARM")
    assert (refused.status_code, "nothing was changed" in refused.json()["detail"]) == (422, True)
    states = [alert["state"] for alert in (await manager.browser.get("/api/anomalies")).json()["items"]]
    assert states == ["RESOLVED", "OPEN", "OPEN"]


@pytest.mark.parametrize(
    ("deed", "rest"), [("dismiss", {}), ("comment", {}), ("resolve", {"reason": "DUPLICATE"}), ("forget", {})]
)
async def test_many_need_what_one_needs(manager, several, deed, rest):
    assert (await bulk(manager, several, deed, **rest)).status_code == 422


async def test_a_dispatcher_acknowledges_many_and_does_nothing_else_to_them(sign_in, tenant, several):
    dispatcher = await sign_in(tenant, "dispatcher")
    outcomes = [item["outcome"] for item in (await bulk(dispatcher, several, "acknowledge")).json()["items"]]
    assert outcomes == ["conflict", "done", "done"]
    assert (await bulk(dispatcher, several, "resolve")).status_code == 403


async def test_foreign_alerts_among_many_are_like_unknown_ones(manager, sign_in, new_tenant, several):
    stranger = await sign_in(await new_tenant())
    items = (await bulk(stranger, [several[1], str(uuid4())], "acknowledge")).json()["items"]
    assert [{**item, "id": ""} for item in items] == [{**items[0], "id": ""}] * 2
    assert items[0]["outcome"] == "notFound"
