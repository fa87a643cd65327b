"""Changes of alerts reach a real web server and a browser's key: once they can, signed, under one id."""

import asyncio
import base64
import hashlib
import hmac
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import asyncpg
import http_ece
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from alerts.notify import Messenger, next_attempt
from alerts.outbound import Outbound
from alerts.push_key import PushKey, new_push_key
from alerts.sink import AlertSink
from fleet.alerts import AlertType, EpisodeChange, EpisodeEvent, Severity, VehicleId
from fleet.errors import InvalidInput
from fleet.permissions import Role
from fleet.stores import notification_rules, outbox, targets
from fleet.stores.escalation import EscalationStep
from fleet.stores.notification_rules import NotificationRules
from fleet.stores.postgres import tenant_transaction
from fleet.stores.provisioning import ensure_user
from fleet.stores.sessions import SignedIn
from fleet.stores.targets import PushTarget
from fleet.stores.undo import undo
from fleet.stores.workflow import Act, perform
from fleet.workflow import Deed
from fleetguard.notifier import Notifier


@dataclass
class Receiver:
    """A web server that remembers what it was told and answers with the next of `answers`, then 204."""

    url: str = ""
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.heard.append(({name.lower(): value for name, value in request.headers.items()}, await request.read()))
        self.paths.append(request.path.strip("/"))
        status = self.answers.pop(0) if self.answers else 204
        return web.Response(status=status, headers={"Location": f"{self.url}/elsewhere"} if status == 302 else {})


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    there = Receiver()
    app = web.Application()
    app.router.add_post("/{tail:.*}", there.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    there.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield there
    await runner.cleanup()


@pytest.fixture
async def who(sign_up) -> SignedIn:
    return await sign_up("fleet_manager")


@pytest.fixture
def sign_up(tenant, postgres) -> Callable[..., Awaitable[SignedIn]]:
    """People of the tenant: `await sign_up(role, driver_id)`."""

    async def enter(role: Role, driver_id: str | None = None) -> SignedIn:
        owner = await asyncpg.connect(postgres.owner_url)
        email = f"{os.urandom(6).hex()}@example.com"
        user = await ensure_user(owner, tenant.id, email, "Robin", role, "correct horse battery staple")
        await owner.execute("UPDATE users SET driver_id = $2 WHERE user_id = $1", user, driver_id)
        await owner.close()
        return SignedIn(tenant.id, tenant.slug, user, email, "Robin", role, driver_id, datetime.now(UTC) + timedelta(hours=1))

    return enter


@pytest.fixture
def notifier(pool) -> Notifier:
    return Notifier(pool, Messenger(Outbound(5, private_targets=True), PushKey(new_push_key(), "mailto:it@example.com")))


async def raise_alert(pool, tenant, severity=Severity.HIGH, driver=None, change=EpisodeChange.OPENED) -> None:
    now = datetime.now(UTC)
    vehicle = VehicleId(tenant.slug, tenant.vehicle)
    event = EpisodeEvent(vehicle, AlertType.MISFIRE, change, severity, now, now, 0.9, "engine-1", driver, ())
    await AlertSink(pool).record([event], {tenant.slug: tenant.id})


async def deliveries(pool, tenant) -> list[tuple[str, str, int, str]]:
    async with tenant_transaction(pool, tenant.id) as connection:
        rows = await connection.fetch("SELECT channel, state, attempts, detail FROM deliveries ORDER BY channel")
    return [tuple(row) for row in rows]


async def test_a_webhook_is_told_signed_and_once(pool, tenant, who, receiver, notifier):
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
async def test_a_webhook_that_does_not_take_it_is_tried_again_under_the_same_id(pool, tenant, who, receiver, notifier, answer):
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


async def test_what_nobody_takes_for_three_days_is_parked(pool, tenant, who, receiver, notifier):
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


async def test_a_server_that_is_away_does_not_hold_up_another(pool, tenant, who, receiver, notifier):
    await targets.add_webhook(pool, who, "http://127.0.0.1:9/away", Severity.LOW, datetime.now(UTC))
    await targets.add_webhook(pool, who, receiver.url, Severity.LOW, datetime.now(UTC))
    await raise_alert(pool, tenant)
    await notifier.work()
    assert sorted(state for _, state, _, _ in await deliveries(pool, tenant)) == ["DELIVERED", "WAITING"]


async def test_milder_alerts_than_asked_for_are_not_told_and_removed_webhooks_hear_nothing(pool, tenant, who, receiver, notifier):
    identity, _ = await targets.add_webhook(pool, who, receiver.url, Severity.CRITICAL, datetime.now(UTC))
    await raise_alert(pool, tenant)
    await notifier.work()
    assert receiver.heard == []
    await targets.remove_webhook(pool, who, identity, datetime.now(UTC))
    await raise_alert(pool, tenant, Severity.CRITICAL, change=EpisodeChange.ESCALATED)
    await notifier.work()
    assert receiver.heard == []


async def test_another_fleets_alerts_are_not_told(pool, who, new_tenant, receiver, notifier):
    await targets.add_webhook(pool, who, receiver.url, Severity.LOW, datetime.now(UTC))
    await raise_alert(pool, await new_tenant())
    await notifier.work()
    assert receiver.heard == []


@dataclass
class Browser:
    """A browser's own keys."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = field(default_factory=lambda: os.urandom(16))

    def target(self, endpoint: str) -> PushTarget:
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return PushTarget(endpoint, _base64url(point), _base64url(self.auth))

    def read(self, body: bytes) -> dict[str, Any]:
        return json.loads(http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth, version="aes128gcm"))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


async def test_a_browser_reads_what_is_pushed_and_it_names_no_place_and_no_person(pool, tenant, who, receiver, notifier):
    browser = Browser()
    await targets.subscribe(pool, who, browser.target(f"{receiver.url}/push/1"), Severity.HIGH, datetime.now(UTC))
    await raise_alert(pool, tenant, driver="d-17")
    await notifier.work()
    ((headers, body),) = receiver.heard
    told = browser.read(body)
    assert told.keys() == {"id", "seq", "type", "severity", "change"}
    assert headers["authorization"].startswith("vapid t=")
    assert (headers["content-encoding"], headers["ttl"]) == ("aes128gcm", "21600")


async def test_a_browser_that_is_gone_is_forgotten(pool, tenant, who, receiver, notifier):
    await targets.subscribe(pool, who, Browser().target(f"{receiver.url}/push/1"), Severity.LOW, datetime.now(UTC))
    receiver.answers = [410]
    await raise_alert(pool, tenant)
    await raise_alert(pool, tenant, Severity.CRITICAL, change=EpisodeChange.ESCALATED)
    await notifier.work()
    await raise_alert(pool, tenant, Severity.CRITICAL, change=EpisodeChange.ESCALATED)
    heard = len(receiver.heard)
    await notifier.work()
    assert len(receiver.heard) == heard


@pytest.mark.parametrize("key", ["A" * 80, "A" * 87], ids=["too short", "no point of the curve"])
async def test_a_browser_whose_key_is_none_holds_up_nobody(pool, tenant, who, receiver, notifier, key):
    await targets.subscribe(pool, who, PushTarget(f"{receiver.url}/push/1", key, "A" * 22), Severity.LOW, datetime.now(UTC))
    await targets.add_webhook(pool, who, f"{receiver.url}/hook", Severity.LOW, datetime.now(UTC))
    await raise_alert(pool, tenant)
    await notifier.work()
    assert receiver.paths == ["hook"]
    assert [(channel, state) for channel, state, _, _ in await deliveries(pool, tenant)] == [
        ("push", "PARKED"),
        ("webhook", "DELIVERED"),
    ]


async def test_a_driver_is_pushed_to_about_own_alerts_only(pool, tenant, sign_up, receiver, notifier):
    driver = await sign_up("driver", "d-17")
    await targets.subscribe(pool, driver, Browser().target(f"{receiver.url}/push/1"), Severity.LOW, datetime.now(UTC))
    await raise_alert(pool, tenant, driver="d-4")
    await notifier.work()
    assert receiver.heard == []


async def test_a_browser_that_changes_hands_is_the_new_persons(pool, tenant, sign_up, new_tenant, receiver, notifier):
    browser = Browser().target(f"{receiver.url}/push/1")
    one, other = await sign_up("fleet_manager"), await sign_up("driver", "d-17")
    await targets.subscribe(pool, one, browser, Severity.LOW, datetime.now(UTC))
    await targets.subscribe(pool, other, browser, Severity.LOW, datetime.now(UTC))
    await raise_alert(pool, tenant, driver="d-4")
    await notifier.work()
    assert receiver.heard == []


async def test_two_notifiers_share_the_work(pool, tenant, who, receiver, notifier):
    await targets.add_webhook(pool, who, receiver.url, Severity.LOW, datetime.now(UTC))
    await raise_alert(pool, tenant)
    for severity in (Severity.CRITICAL,) * 20:
        await raise_alert(pool, tenant, severity, change=EpisodeChange.ESCALATED)
    await asyncio.gather(*(Notifier(pool, notifier._messenger).work() for _ in range(3)))
    identities = [headers["webhook-id"] for headers, _ in receiver.heard]
    async with tenant_transaction(pool, tenant.id) as connection:
        changes = await connection.fetchval("SELECT count(*) FROM outbox")
    assert len(identities) == len(set(identities)) == changes


async def test_what_was_told_long_ago_is_forgotten(pool, tenant, who, receiver, notifier):
    await targets.add_webhook(pool, who, receiver.url, Severity.LOW, datetime.now(UTC))
    await raise_alert(pool, tenant)
    await notifier.work()
    assert await outbox.forget_old(pool, [tenant.id], datetime.now(UTC)) == 0
    assert await outbox.forget_old(pool, [tenant.id], datetime.now(UTC) + outbox.KEPT + timedelta(hours=1)) == 1
    assert await deliveries(pool, tenant) == []


async def test_an_alert_that_nobody_takes_is_told_again_until_somebody_does(pool, tenant, who, receiver, notifier):
    await notification_rules.save(pool, who, NotificationRules(remind_after=timedelta(minutes=10)), datetime.now(UTC))
    await targets.add_webhook(pool, who, receiver.url, Severity.LOW, datetime.now(UTC))
    await raise_alert(pool, tenant)
    await notifier.work()
    for expected in (1, 2):
        async with tenant_transaction(pool, tenant.id) as connection:
            await connection.execute("UPDATE alerts SET created_at = now() - interval '11 min', reminded_at = NULL")
        for _ in range(2):  # a reminder is not due again at once
            await notifier.work()
        assert [json.loads(body)["type"] for _, body in receiver.heard[1:]] == ["anomaly.reminder"] * expected
    async with tenant_transaction(pool, tenant.id) as connection:
        await connection.execute("UPDATE alerts SET state = 'ACKNOWLEDGED', reminded_at = NULL")
    await notifier.work()
    assert len(receiver.heard) == 3


async def the_alert(pool, tenant) -> asyncpg.Record:
    async with tenant_transaction(pool, tenant.id) as connection:
        return await connection.fetchrow("SELECT * FROM alerts")


async def waited(pool, tenant, minutes: int) -> None:
    """The alert has waited for so long."""
    async with tenant_transaction(pool, tenant.id) as connection:
        await connection.execute("UPDATE alerts SET waiting_since = now() - make_interval(mins => $1)", minutes)


async def escalations(pool, tenant) -> list[tuple[str, int]]:
    """To whom, after how many minutes, as the alert's history says."""
    async with tenant_transaction(pool, tenant.id) as connection:
        rows = await connection.fetch("SELECT detail FROM audit_log WHERE action = 'alert.unanswered' ORDER BY seq")
    return [(told["to"], told["afterMin"]) for told in (json.loads(row["detail"]) for row in rows)]


def steps(*wished: tuple[int, str]) -> NotificationRules:
    return NotificationRules(escalation=tuple(EscalationStep(timedelta(minutes=minutes), to) for minutes, to in wished))


async def test_what_nobody_takes_is_passed_on_step_by_step_to_those_it_names(pool, tenant, who, sign_up, receiver, notifier):
    now = datetime.now(UTC)
    for role, person in (("manager", who), ("dispatcher", await sign_up("dispatcher")), ("analyst", await sign_up("analyst"))):
        await targets.subscribe(pool, person, Browser().target(f"{receiver.url}/{role}"), Severity.HIGH, now)
    chief = await sign_up("fleet_manager")
    await targets.subscribe(pool, chief, Browser().target(f"{receiver.url}/chief"), Severity.HIGH, now)
    await targets.add_webhook(pool, who, f"{receiver.url}/hook", Severity.LOW, now)
    await notification_rules.save(pool, who, steps((10, "dispatcher"), (20, str(chief.user_id)), (30, "webhooks")), now)
    await raise_alert(pool, tenant)
    await notifier.work()
    for minutes, told in ((9, []), (11, ["dispatcher", "hook"]), (21, ["chief", "hook"]), (31, ["hook"]), (99, [])):
        await waited(pool, tenant, minutes)
        receiver.paths.clear()
        for _ in range(2):  # a step is told once
            await notifier.work()
        assert sorted(receiver.paths) == told
    bodies = [json.loads(body) for _, body in receiver.heard if body.startswith(b"{")]
    passed_on = [(body["type"], body["to"]) for body in bodies[1:]]
    assert passed_on == [("anomaly.unanswered", to) for to in ("dispatcher", str(chief.user_id), "webhooks")]
    assert await escalations(pool, tenant) == [("dispatcher", 10), (str(chief.user_id), 20), ("webhooks", 30)]


async def test_several_notifiers_pass_an_alert_on_once(pool, tenant, who, receiver, notifier):
    await notification_rules.save(pool, who, steps((10, "dispatcher"), (20, "webhooks")), datetime.now(UTC))
    await targets.add_webhook(pool, who, receiver.url, Severity.LOW, datetime.now(UTC))
    await raise_alert(pool, tenant)
    await waited(pool, tenant, 25)
    await asyncio.gather(*(Notifier(pool, notifier._messenger).work() for _ in range(4)))
    await notifier.work()
    assert await escalations(pool, tenant) == [("dispatcher", 10), ("webhooks", 20)]
    told = sorted(json.loads(body)["type"] for _, body in receiver.heard)
    assert told == ["anomaly.opened", "anomaly.unanswered", "anomaly.unanswered"]


@pytest.mark.parametrize(
    "act",
    [
        Act(Deed.ACKNOWLEDGE),
        Act(Deed.RESOLVE),
        Act(Deed.SNOOZE, until=timedelta(hours=1)),
    ],
    ids=lambda act: str(act.deed),
)
async def test_nobody_is_told_any_more_once_somebody_dealt_with_it(pool, tenant, who, notifier, act):
    rules = replace(steps((10, "dispatcher")), remind_after=timedelta(minutes=10))
    await notification_rules.save(pool, who, rules, datetime.now(UTC))
    await raise_alert(pool, tenant)
    await perform(pool, who, (await the_alert(pool, tenant))["alert_id"], act, datetime.now(UTC))
    await waited(pool, tenant, 60)
    await notifier.work()
    assert await escalations(pool, tenant) == []
    assert (await the_alert(pool, tenant))["reminded_at"] is None


async def test_a_milder_alert_than_reminders_are_for_is_not_passed_on(pool, tenant, who, notifier):
    await notification_rules.save(pool, who, steps((10, "dispatcher")), datetime.now(UTC))
    await raise_alert(pool, tenant, Severity.MEDIUM)
    await waited(pool, tenant, 60)
    await notifier.work()
    assert await escalations(pool, tenant) == []


async def test_an_alert_that_nobody_has_any_more_waits_anew(pool, tenant, who, notifier):
    await notification_rules.save(pool, who, steps((10, "dispatcher")), datetime.now(UTC))
    await raise_alert(pool, tenant)
    await waited(pool, tenant, 60)
    await notifier.work()
    alert_id = (await the_alert(pool, tenant))["alert_id"]
    await perform(pool, who, alert_id, Act(Deed.ACKNOWLEDGE), datetime.now(UTC))
    await undo(pool, who, alert_id, datetime.now(UTC))
    await notifier.work()
    assert len(await escalations(pool, tenant)) == 1
    await waited(pool, tenant, 11)
    await notifier.work()
    assert len(await escalations(pool, tenant)) == 2


async def test_a_step_that_is_added_later_than_the_last_one_told_is_still_told(pool, tenant, who, notifier):
    await notification_rules.save(pool, who, steps((10, "dispatcher")), datetime.now(UTC))
    await raise_alert(pool, tenant)
    await waited(pool, tenant, 25)
    await notifier.work()
    await notification_rules.save(pool, who, steps((5, "webhooks"), (10, "webhooks"), (20, "webhooks")), datetime.now(UTC))
    await notifier.work()
    assert await escalations(pool, tenant) == [("dispatcher", 10), ("webhooks", 20)]


async def test_another_fleets_steps_are_not_ours(pool, tenant, who, new_tenant, notifier):
    await notification_rules.save(pool, who, steps((10, "dispatcher")), datetime.now(UTC))
    other = await new_tenant()
    await raise_alert(pool, other)
    await waited(pool, other, 60)
    await notifier.work()
    assert await escalations(pool, other) == []


async def test_a_snoozed_alert_wakes_nobody_until_its_time_is_over_and_then_who_put_it_off(
    pool, tenant, who, sign_up, receiver, notifier
):
    for name, person in (("mine", who), ("theirs", await sign_up("dispatcher"))):
        await targets.subscribe(pool, person, Browser().target(f"{receiver.url}/{name}"), Severity.HIGH, datetime.now(UTC))
    await raise_alert(pool, tenant)
    await notifier.work()
    receiver.paths.clear()
    alert_id = (await the_alert(pool, tenant))["alert_id"]
    await perform(pool, who, alert_id, Act(Deed.SNOOZE, until=timedelta(hours=1)), datetime.now(UTC))
    await raise_alert(pool, tenant, change=EpisodeChange.CLEARED)
    await raise_alert(pool, tenant)  # it comes again, no worse
    await notifier.work()
    assert receiver.paths == []
    async with tenant_transaction(pool, tenant.id) as connection:
        await connection.execute("UPDATE alerts SET snoozed_until = now() - interval '1 s'")
    await notifier.work()
    assert receiver.paths == ["mine"]


@pytest.mark.parametrize(("severity", "told"), [(Severity.HIGH, 0), (Severity.CRITICAL, 1)])
async def test_in_quiet_hours_only_the_worst_break_through(pool, tenant, who, receiver, notifier, severity, told):
    now = datetime.now(UTC)
    quiet = ((now - timedelta(hours=1)).time(), (now + timedelta(hours=1)).time())
    await notification_rules.save(pool, who, NotificationRules(quiet=quiet), now)
    await targets.subscribe(pool, who, Browser().target(f"{receiver.url}/push/1"), Severity.LOW, now)
    await raise_alert(pool, tenant, severity)
    await notifier.work()
    assert len(receiver.heard) == told


@pytest.mark.parametrize(
    ("moment", "begin", "until", "expected"),
    [
        ("2026-11-26 21:30+00", "22:00", "06:00", "2026-11-27 05:00+00"),  # Berlin is an hour ahead
        ("2026-11-26 02:00+00", "22:00", "06:00", "2026-11-26 05:00+00"),
        ("2026-11-26 12:00+00", "22:00", "06:00", "2026-11-26 12:00+00"),
        ("2026-11-26 12:00+00", "12:30", "13:30", "2026-11-26 12:30+00"),
        ("2026-11-26 12:00+00", "12:00", "12:00", "2026-11-26 12:00+00"),
    ],
)
async def test_quiet_hours_end_by_the_clock_of_the_fleet(pool, moment, begin, until, expected):
    sql = (
        "SELECT after_quiet_hours($1::text::timestamptz, 'Europe/Berlin', $2::text::time, $3::text::time) = $4::text::timestamptz"
    )
    assert await pool.fetchval(sql, moment, begin, until, expected)


async def test_an_unknown_time_zone_is_refused(pool, who):
    with pytest.raises(InvalidInput, match="Mars"):
        await notification_rules.save(pool, who, NotificationRules(timezone="Mars/Olympus"), datetime.now(UTC))


def test_waits_grow_and_end():
    class At:
        def __init__(self, attempts: int) -> None:
            self.attempts = attempts

    now = datetime.now(UTC)
    waits = [next_attempt(At(attempts), now) for attempts in range(1, 10)]
    assert waits[-1] is None
    assert all(early < late for early, late in pairwise(waits[:-1]))
