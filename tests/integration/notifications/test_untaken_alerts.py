"""An alert that nobody takes: reminders, steps to others, snoozes, and hours in which browsers are left in peace."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from fleet.alerts import EpisodeChange, Severity
from fleet.errors import InvalidInput
from fleet.stores import notification_rules, targets
from fleet.stores.escalation import EscalationStep
from fleet.stores.notification_rules import NotificationRules
from fleet.stores.postgres import tenant_transaction
from fleet.stores.undo import undo
from fleet.stores.workflow import Act, perform
from fleet.workflow import Deed
from fleetguard.notifier import Notifier


async def test_an_alert_that_nobody_takes_is_told_again_until_somebody_does(pool, tenant, who, receiver, notifier, raise_alert):
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


async def test_what_nobody_takes_is_passed_on_step_by_step_to_those_it_names(
    pool, tenant, who, sign_up, receiver, notifier, raise_alert, new_browser
):
    now = datetime.now(UTC)
    for role, person in (("manager", who), ("dispatcher", await sign_up("dispatcher")), ("analyst", await sign_up("analyst"))):
        await targets.subscribe(pool, person, new_browser().target(f"{receiver.url}/{role}"), Severity.HIGH, now)
    chief = await sign_up("fleet_manager")
    await targets.subscribe(pool, chief, new_browser().target(f"{receiver.url}/chief"), Severity.HIGH, now)
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


async def test_several_notifiers_pass_an_alert_on_once(pool, tenant, who, receiver, notifier, raise_alert):
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
async def test_nobody_is_told_any_more_once_somebody_dealt_with_it(pool, tenant, who, notifier, act, raise_alert):
    rules = replace(steps((10, "dispatcher")), remind_after=timedelta(minutes=10))
    await notification_rules.save(pool, who, rules, datetime.now(UTC))
    await raise_alert(pool, tenant)
    await perform(pool, who, (await the_alert(pool, tenant))["alert_id"], act, datetime.now(UTC))
    await waited(pool, tenant, 60)
    await notifier.work()
    assert await escalations(pool, tenant) == []
    assert (await the_alert(pool, tenant))["reminded_at"] is None


async def test_a_milder_alert_than_reminders_are_for_is_not_passed_on(pool, tenant, who, notifier, raise_alert):
    await notification_rules.save(pool, who, steps((10, "dispatcher")), datetime.now(UTC))
    await raise_alert(pool, tenant, Severity.MEDIUM)
    await waited(pool, tenant, 60)
    await notifier.work()
    assert await escalations(pool, tenant) == []


async def test_an_alert_that_nobody_has_any_more_waits_anew(pool, tenant, who, notifier, raise_alert):
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


async def test_a_step_that_is_added_later_than_the_last_one_told_is_still_told(pool, tenant, who, notifier, raise_alert):
    await notification_rules.save(pool, who, steps((10, "dispatcher")), datetime.now(UTC))
    await raise_alert(pool, tenant)
    await waited(pool, tenant, 25)
    await notifier.work()
    await notification_rules.save(pool, who, steps((5, "webhooks"), (10, "webhooks"), (20, "webhooks")), datetime.now(UTC))
    await notifier.work()
    assert await escalations(pool, tenant) == [("dispatcher", 10), ("webhooks", 20)]


async def test_another_fleets_steps_are_not_ours(pool, tenant, who, new_tenant, notifier, raise_alert):
    await notification_rules.save(pool, who, steps((10, "dispatcher")), datetime.now(UTC))
    other = await new_tenant()
    await raise_alert(pool, other)
    await waited(pool, other, 60)
    await notifier.work()
    assert await escalations(pool, other) == []


async def test_a_snoozed_alert_wakes_nobody_until_its_time_is_over_and_then_who_put_it_off(
    pool, tenant, who, sign_up, receiver, notifier, raise_alert, new_browser
):
    for name, person in (("mine", who), ("theirs", await sign_up("dispatcher"))):
        await targets.subscribe(pool, person, new_browser().target(f"{receiver.url}/{name}"), Severity.HIGH, datetime.now(UTC))
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
async def test_in_quiet_hours_only_the_worst_break_through(
    pool, tenant, who, receiver, notifier, severity, told, raise_alert, new_browser
):
    now = datetime.now(UTC)
    quiet = ((now - timedelta(hours=1)).time(), (now + timedelta(hours=1)).time())
    await notification_rules.save(pool, who, NotificationRules(quiet=quiet), now)
    await targets.subscribe(pool, who, new_browser().target(f"{receiver.url}/push/1"), Severity.LOW, now)
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
