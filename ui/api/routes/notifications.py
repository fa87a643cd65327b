"""Who is told of alerts: webhooks of the fleet's own systems, and the browsers of its people."""

import base64
from dataclasses import asdict
from uuid import UUID

from fastapi import APIRouter, status

from alerts.outbound import Outbound
from alerts.push_key import PushKey
from fleet.alerts import Severity
from fleet.errors import NotFound
from fleet.settings import Notify
from fleet.stores import targets
from fleet.stores.targets import PushTarget
from ui.api.access import AlertReaderDep, ManagerDep
from ui.api.models import NewWebhook, PushBrowser, PushEndpoint, PushPublicKey, Webhook, WebhookList, WebhookSecret
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


def _outbound(settings: Notify) -> Outbound:
    return Outbound(settings.timeout_s, settings.private_targets)
