"""Who is told of alerts: webhooks of the fleet's own systems, and the browsers of its people."""

import base64
from dataclasses import asdict
from datetime import time, timedelta
from uuid import UUID

from fastapi import APIRouter, status

from alerts.outbound import Outbound
from alerts.push_key import PushKey
from fleet.alerts import Severity
from fleet.errors import NotFound
from fleet.settings import Notify
from fleet.stores import notification_rules, targets
from fleet.stores.escalation import EscalationStep
from fleet.stores.targets import PushTarget
from ui.api.access import AlertReaderDep, ManagerDep
from ui.api.models.notifications import (
    NewWebhook,
    NotificationRules,
    PushBrowser,
    PushEndpoint,
    PushPublicKey,
    Webhook,
    WebhookList,
    WebhookSecret,
)
from ui.api.services import NowDep, PoolDep, ServicesDep

router = APIRouter(tags=["notifications"])


@router.get("/webhooks", operation_id="listWebhooks")
async def list_webhooks(who: ManagerDep, pool: PoolDep) -> WebhookList:
    """The fleet's webhooks with how their deliveries fare."""
    found = await targets.webhooks(pool, who.tenant)
    items = [Webhook.model_validate({**asdict(each), "min_severity": each.min_severity.name}) for each in found]
    return WebhookList(items=items)


@router.post("/webhooks", operation_id="addWebhook", status_code=status.HTTP_201_CREATED)
async def add_webhook(wish: NewWebhook, who: ManagerDep, pool: PoolDep, services: ServicesDep, now: NowDep) -> WebhookSecret:
    """Tell a public https address of every change of an alert, signed as Standard Webhooks has it. The secret is shown once."""
    await _outbound(services.settings.notify).check(wish.url)
    webhook_id, secret = await targets.add_webhook(pool, who, wish.url, Severity[wish.min_severity], now)
    return WebhookSecret(webhook_id=webhook_id, secret=f"whsec_{base64.b64encode(secret).decode()}")


@router.delete("/webhooks/{id}", operation_id="removeWebhook", status_code=status.HTTP_204_NO_CONTENT)
async def remove_webhook(id: UUID, who: ManagerDep, pool: PoolDep, now: NowDep) -> None:
    """Tell it nothing more."""
    await targets.remove_webhook(pool, who, id, now)


@router.get("/push/key", operation_id="getPushKey")
async def get_push_key(_: AlertReaderDep, services: ServicesDep) -> PushPublicKey:
    """What a browser needs to subscribe; 404 where this installation does not push."""
    settings = services.settings.notify
    if not settings.push_key:
        raise NotFound("This installation does not push.")
    return PushPublicKey(key=PushKey(settings.push_key, settings.contact).public)


@router.post("/push/subscriptions", operation_id="subscribeToPush", status_code=status.HTTP_204_NO_CONTENT)
async def subscribe_to_push(wish: PushBrowser, who: AlertReaderDep, pool: PoolDep, services: ServicesDep, now: NowDep) -> None:
    """Push new and worsened alerts to this browser; what is pushed names no place and no person."""
    await _outbound(services.settings.notify).check(wish.endpoint)
    browser = PushTarget(wish.endpoint, wish.keys.p256dh, wish.keys.auth)
    await targets.subscribe(pool, who, browser, Severity[wish.min_severity], now)


@router.post("/push/unsubscribe", operation_id="unsubscribeFromPush", status_code=status.HTTP_204_NO_CONTENT)
async def unsubscribe_from_push(wish: PushEndpoint, who: AlertReaderDep, pool: PoolDep, now: NowDep) -> None:
    """Push to this browser no more."""
    await targets.unsubscribe(pool, who, wish.endpoint, now)


@router.get("/notification-rules", operation_id="getNotifyRules")
async def get_notify_rules(who: ManagerDep, pool: PoolDep) -> NotificationRules:
    """How insistently the fleet is told of alerts."""
    return _shown(await notification_rules.get(pool, who.tenant))


@router.put("/notification-rules", operation_id="setNotifyRules")
async def set_notify_rules(wish: NotificationRules, who: ManagerDep, pool: PoolDep, now: NowDep) -> NotificationRules:
    """Remind of alerts that nobody takes, pass them on, and leave browsers in peace for some hours."""
    after = None if wish.remind_after_min is None else timedelta(minutes=wish.remind_after_min)
    quiet = (
        None
        if wish.quiet_hours is None
        else (time.fromisoformat(wish.quiet_hours.begin), time.fromisoformat(wish.quiet_hours.until))
    )
    steps = tuple(EscalationStep(timedelta(minutes=step.after_min), str(step.to)) for step in wish.escalation)
    rules = notification_rules.NotificationRules(after, Severity[wish.remind_severity], quiet, wish.timezone, steps)
    await notification_rules.save(pool, who, rules, now)
    return _shown(await notification_rules.get(pool, who.tenant))


def _shown(rules: notification_rules.NotificationRules) -> NotificationRules:
    quiet = None if rules.quiet is None else {"from": f"{rules.quiet[0]:%H:%M}", "until": f"{rules.quiet[1]:%H:%M}"}
    shown = {
        "remind_after_min": None if rules.remind_after is None else round(rules.remind_after.total_seconds() / 60),
        "remind_severity": rules.remind_severity.name,
        "quiet_hours": quiet,
        "timezone": rules.timezone,
        "escalation": [{"after_min": round(step.after.total_seconds() / 60), "to": step.to} for step in rules.escalation],
    }
    return NotificationRules.model_validate(shown)


def _outbound(settings: Notify) -> Outbound:
    return Outbound(settings.timeout_s, settings.private_targets)
