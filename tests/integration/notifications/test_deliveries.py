"""Changes of alerts reach a real web server and a browser's key: once they can, signed, under one id."""

import asyncio
import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from alerts.notify import next_attempt
from fleet.alerts import EpisodeChange, Severity
from fleet.stores import outbox, targets
from fleet.stores.postgres import tenant_transaction
from fleet.stores.targets import PushTarget
from fleetguard.notifier import Notifier


async def deliveries(pool, tenant) -> list[tuple[str, str, int, str]]:
    async with tenant_transaction(pool, tenant.id) as connection:
        rows = await connection.fetch("SELECT channel, state, attempts, detail FROM deliveries ORDER BY channel")
    return [tuple(row) for row in rows]


async def test_a_webhook_is_told_signed_and_once(pool, tenant, who, receiver, notifier, raise_alert):
    identity, secret = await targets.add_webhook(pool, who, f"{receiver.url}/hook", Severity.LOW, datetime.now(UTC))
    await raise_alert(pool, tenant)
    await notifier.work()
    await notifier.work()
    ((headers, body),) = receiver.heard
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    told = json.loads(body)
    assert (told["type"], told["data"]["type"], told["data"]["seq"]) == ("anomaly.opened", "MISFIRE", 1)
    (seen,) = await targets.webhooks(pool, tenant.id)
    assert (seen.webhook_id, seen.delivered, seen.waiting, seen.parked) == (identity, 1, 0, 0)


@pytest.mark.parametrize("answer", [500, 404, 302])
async def test_a_webhook_that_does_not_take_it_is_tried_again_under_the_same_id(
    pool, tenant, who, receiver, notifier, answer, raise_alert
):
    await targets.add_webhook(pool, who, receiver.url, Severity.LOW, datetime.now(UTC))
    receiver.answers = [answer]
    await raise_alert(pool, tenant)
    await notifier.work()
    assert await deliveries(pool, tenant) == [("webhook", "WAITING", 1, f"it answered {answer}")]
    async with tenant_transaction(pool, tenant.id) as connection:
        await connection.execute("UPDATE deliveries SET next_at = now()")
    await notifier.work()
    first, second = (headers["webhook-id"] for headers, _ in receiver.heard)
    assert first == second
    assert [state for _, state, _, _ in await deliveries(pool, tenant)] == ["DELIVERED"]


async def test_what_nobody_takes_for_three_days_is_parked(pool, tenant, who, receiver, notifier, raise_alert):
    await targets.add_webhook(pool, who, receiver.url, Severity.LOW, datetime.now(UTC))
    receiver.answers = [500] * 20
    await raise_alert(pool, tenant)
    waited = timedelta()
    for _ in range(9):
        async with tenant_transaction(pool, tenant.id) as connection:
            await connection.execute("UPDATE deliveries SET next_at = now() WHERE state = 'WAITING'")
        await notifier.work()
        (delivery,) = await outbox_rows(pool, tenant)
        waited += delivery
    assert [state for _, state, _, _ in await deliveries(pool, tenant)] == ["PARKED"]
    assert len(receiver.heard) == 9
    assert timedelta(days=2) < waited < timedelta(days=3)


async def outbox_rows(pool, tenant) -> list[timedelta]:
    async with tenant_transaction(pool, tenant.id) as connection:
        return [
            max(row["next_at"] - datetime.now(UTC), timedelta()) if row["state"] == "WAITING" else timedelta()
            for row in await connection.fetch("SELECT next_at, state FROM deliveries")
        ]


async def test_a_server_that_is_away_does_not_hold_up_another(pool, tenant, who, receiver, notifier, raise_alert):
    await targets.add_webhook(pool, who, "http://127.0.0.1:9/away", Severity.LOW, datetime.now(UTC))
    await targets.add_webhook(pool, who, receiver.url, Severity.LOW, datetime.now(UTC))
    await raise_alert(pool, tenant)
    await notifier.work()
    assert sorted(state for _, state, _, _ in await deliveries(pool, tenant)) == ["DELIVERED", "WAITING"]


async def test_milder_alerts_than_asked_for_are_not_told_and_removed_webhooks_hear_nothing(
    pool, tenant, who, receiver, notifier, raise_alert
):
    identity, _ = await targets.add_webhook(pool, who, receiver.url, Severity.CRITICAL, datetime.now(UTC))
    await raise_alert(pool, tenant)
    await notifier.work()
    assert receiver.heard == []
    await targets.remove_webhook(pool, who, identity, datetime.now(UTC))
    await raise_alert(pool, tenant, Severity.CRITICAL, change=EpisodeChange.ESCALATED)
    await notifier.work()
    assert receiver.heard == []


async def test_another_fleets_alerts_are_not_told(pool, who, new_tenant, receiver, notifier, raise_alert):
    await targets.add_webhook(pool, who, receiver.url, Severity.LOW, datetime.now(UTC))
    await raise_alert(pool, await new_tenant())
    await notifier.work()
    assert receiver.heard == []


async def test_a_browser_reads_what_is_pushed_and_it_names_no_place_and_no_person(
    pool, tenant, who, receiver, notifier, raise_alert, new_browser
):
    browser = new_browser()
    await targets.subscribe(pool, who, browser.target(f"{receiver.url}/push/1"), Severity.HIGH, datetime.now(UTC))
    await raise_alert(pool, tenant, driver="d-17")
    await notifier.work()
    ((headers, body),) = receiver.heard
    told = browser.read(body)
    assert told.keys() == {"id", "seq", "type", "severity", "change"}
    assert headers["authorization"].startswith("vapid t=")
    assert (headers["content-encoding"], headers["ttl"]) == ("aes128gcm", "21600")


async def test_a_browser_that_is_gone_is_forgotten(pool, tenant, who, receiver, notifier, raise_alert, new_browser):
    await targets.subscribe(pool, who, new_browser().target(f"{receiver.url}/push/1"), Severity.LOW, datetime.now(UTC))
    receiver.answers = [410]
    await raise_alert(pool, tenant)
    await raise_alert(pool, tenant, Severity.CRITICAL, change=EpisodeChange.ESCALATED)
    await notifier.work()
    await raise_alert(pool, tenant, Severity.CRITICAL, change=EpisodeChange.ESCALATED)
    heard = len(receiver.heard)
    await notifier.work()
    assert len(receiver.heard) == heard


@pytest.mark.parametrize("key", ["A" * 80, "A" * 87], ids=["too short", "no point of the curve"])
async def test_a_browser_whose_key_is_none_holds_up_nobody(pool, tenant, who, receiver, notifier, key, raise_alert):
    await targets.subscribe(pool, who, PushTarget(f"{receiver.url}/push/1", key, "A" * 22), Severity.LOW, datetime.now(UTC))
    await targets.add_webhook(pool, who, f"{receiver.url}/hook", Severity.LOW, datetime.now(UTC))
    await raise_alert(pool, tenant)
    await notifier.work()
    assert receiver.paths == ["hook"]
    assert [(channel, state) for channel, state, _, _ in await deliveries(pool, tenant)] == [
        ("push", "PARKED"),
        ("webhook", "DELIVERED"),
    ]


async def test_a_driver_is_pushed_to_about_own_alerts_only(pool, tenant, sign_up, receiver, notifier, raise_alert, new_browser):
    driver = await sign_up("driver", "d-17")
    await targets.subscribe(pool, driver, new_browser().target(f"{receiver.url}/push/1"), Severity.LOW, datetime.now(UTC))
    await raise_alert(pool, tenant, driver="d-4")
    await notifier.work()
    assert receiver.heard == []


async def test_a_browser_that_changes_hands_is_the_new_persons(
    pool, tenant, sign_up, new_tenant, receiver, notifier, raise_alert, new_browser
):
    browser = new_browser().target(f"{receiver.url}/push/1")
    one, other = await sign_up("fleet_manager"), await sign_up("driver", "d-17")
    await targets.subscribe(pool, one, browser, Severity.LOW, datetime.now(UTC))
    await targets.subscribe(pool, other, browser, Severity.LOW, datetime.now(UTC))
    await raise_alert(pool, tenant, driver="d-4")
    await notifier.work()
    assert receiver.heard == []


async def test_two_notifiers_share_the_work(pool, tenant, who, receiver, notifier, raise_alert):
    await targets.add_webhook(pool, who, receiver.url, Severity.LOW, datetime.now(UTC))
    await raise_alert(pool, tenant)
    for severity in (Severity.CRITICAL,) * 20:
        await raise_alert(pool, tenant, severity, change=EpisodeChange.ESCALATED)
    await asyncio.gather(*(Notifier(pool, notifier._messenger).work() for _ in range(3)))
    identities = [headers["webhook-id"] for headers, _ in receiver.heard]
    async with tenant_transaction(pool, tenant.id) as connection:
        changes = await connection.fetchval("SELECT count(*) FROM outbox")
    assert len(identities) == len(set(identities)) == changes


async def test_what_was_told_long_ago_is_forgotten(pool, tenant, who, receiver, notifier, raise_alert):
    await targets.add_webhook(pool, who, receiver.url, Severity.LOW, datetime.now(UTC))
    await raise_alert(pool, tenant)
    await notifier.work()
    assert await outbox.forget_old(pool, [tenant.id], datetime.now(UTC)) == 0
    assert await outbox.forget_old(pool, [tenant.id], datetime.now(UTC) + outbox.KEPT + timedelta(hours=1)) == 1
    assert await deliveries(pool, tenant) == []


def test_waits_grow_and_end():
    class At:
        def __init__(self, attempts: int) -> None:
            self.attempts = attempts

    now = datetime.now(UTC)
    waits = [next_attempt(At(attempts), now) for attempts in range(1, 10)]
    assert waits[-1] is None
    assert all(early < late for early, late in pairwise(waits[:-1]))
