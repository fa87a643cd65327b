"""What people do with alerts: confirm, dismiss, take on, resolve, comment."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from fleet.alerts import AlertType
from fleet.stores import judgements
from fleet.stores.audit import first_broken_link
from fleet.stores.postgres import tenant_transaction


@pytest.fixture
async def alert(manager, tenant, raise_alert):
    """The path of a fresh alert."""
    await raise_alert(tenant, AlertType.FUEL_THEFT, minutes_ago=30)
    (found,) = (await manager.browser.get("/api/anomalies")).json()["items"]
    return f"/api/anomalies/{found['id']}"


async def judged(pool, tenant):
    now = datetime.now(UTC)
    return await judgements.alerts_between(pool, tenant.id, now - timedelta(days=1), now + timedelta(days=1))


async def test_a_dismissal_ends_the_alert_and_keeps_its_reason(manager, alert):
    answer = await manager.browser.post(f"{alert}/dismiss", json={"reason": "NORMAL_USE", "note": "Steep road."})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["state"], answer.json()["verdict"], answer.json()["dismissalReason"]) == (
        "DISMISSED", "DISMISSED", "NORMAL_USE",
    )  # fmt: skip
    history = (await manager.browser.get(alert)).json()["history"]
    assert (history[-1]["action"], history[-1]["note"]) == ("alert.dismissed", "Steep road.")
    assert "Steep" not in str(history[-1]["detail"])


async def test_a_confirmation_leaves_the_alert_with_whoever_has_it(manager, alert):
    await manager.browser.post(f"{alert}/acknowledge")
    answer = await manager.browser.post(f"{alert}/confirm")
    assert (answer.json()["state"], answer.json()["verdict"]) == ("ACKNOWLEDGED", "CONFIRMED")


async def test_the_last_judgement_counts_and_the_history_keeps_every_one(manager, tenant, pool, alert):
    await manager.browser.post(f"{alert}/dismiss", json={"reason": "FALSE_ALARM"})
    answer = await manager.browser.post(f"{alert}/confirm", json={"note": "The tank was empty after all."})
    assert (answer.json()["state"], answer.json()["verdict"], answer.json()["dismissalReason"]) == ("RESOLVED", "CONFIRMED", None)
    (judgement,) = await judged(pool, tenant)
    assert (judgement.verdict, judgement.reason, judgement.type) == ("CONFIRMED", None, "FUEL_THEFT")
    history = (await manager.browser.get(alert)).json()["history"]
    assert [deed["action"] for deed in history] == ["alert.opened", "alert.dismissed", "alert.confirmed"]


async def test_a_judgement_spans_the_newest_episode_until_it_ended_or_was_judged(manager, tenant, pool, alert):
    await manager.browser.post(f"{alert}/confirm")
    (open_ended,) = await judged(pool, tenant)
    assert open_ended.ended_at - open_ended.started_at == pytest.approx(timedelta(minutes=30), abs=timedelta(minutes=5))
    async with tenant_transaction(pool, tenant.id) as connection:
        await connection.execute("UPDATE alerts SET ended_at = episode_at + interval '7 minutes', active = false")
    (ended,) = await judged(pool, tenant)
    assert ended.ended_at - ended.started_at == timedelta(minutes=7)


async def test_the_same_judgement_twice_is_one_event(manager, tenant, pool, alert):
    send = [manager.browser.post(f"{alert}/dismiss", json={"reason": "DUPLICATE"}) for _ in range(4)]
    answers = await asyncio.gather(*send)
    assert len({answer.text for answer in answers}) == 1
    async with tenant_transaction(pool, tenant.id) as connection:
        changes = await connection.fetch("SELECT change FROM stream_events ORDER BY seq")
        assert [row["change"] for row in changes] == ["opened", "dismissed"]
        assert await first_broken_link(connection, tenant.id) is None


async def test_taking_on_puts_the_alert_into_progress_under_a_name(manager, sign_in, tenant, alert):
    colleague = await sign_in(tenant, "dispatcher")
    mine = await manager.browser.post(f"{alert}/assign")
    assert (mine.json()["state"], mine.json()["assignedTo"]) == ("IN_PROGRESS", str(manager.user_id))
    theirs = await manager.browser.post(f"{alert}/assign", json={"assignee": str(colleague.user_id)})
    assert theirs.json()["assignedToName"] == "Robin dispatcher"


async def test_nobody_outside_the_fleet_can_be_assigned(manager, alert):
    answer = await manager.browser.post(f"{alert}/assign", json={"assignee": str(uuid4())})
    assert answer.status_code == 422
    assert "nobody of this fleet" in answer.json()["detail"]


async def test_a_resolved_alert_stays_resolved_and_can_not_be_taken_on(manager, alert):
    assert (await manager.browser.post(f"{alert}/resolve")).json()["state"] == "RESOLVED"
    assert (await manager.browser.post(f"{alert}/resolve")).status_code == 200
    refused = await manager.browser.post(f"{alert}/assign")
    assert refused.status_code == 409
    assert refused.json()["anomaly"]["state"] == "RESOLVED"
    assert "resolved" in refused.json()["detail"]


async def test_a_comment_is_in_the_history_and_changes_nothing_else(manager, alert):
    before = (await manager.browser.get(alert)).json()
    after = (await manager.browser.post(f"{alert}/comment", json={"text": "Driver called."})).json()
    assert after["state"] == before["state"]
    assert after["seq"] == before["seq"] + 1
    assert (await manager.browser.get(alert)).json()["history"][-1]["note"] == "Driver called."


@pytest.mark.parametrize(
    ("deed", "body"),
    [("dismiss", None), ("dismiss", {"reason": "BORING"}), ("comment", {"text": ""}), ("confirm", {"note": "\x00"})],
)
async def test_a_deed_without_what_belongs_to_it_is_refused_and_changes_nothing(manager, alert, deed, body):
    before = (await manager.browser.get(alert)).json()
    assert (await manager.browser.post(f"{alert}/{deed}", json=body)).status_code == 422
    assert (await manager.browser.get(alert)).json() == before
