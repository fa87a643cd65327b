"""Tells webhooks and browsers what changed: at least once, each change under one id, given up after three days of tries."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import httpx
from pywebpush import WebPusher, WebPushException

from alerts.outbound import NotAllowed, Outbound
from alerts.push_key import PushKey
from fleet.stores.outbox import Delivery

# Waits after the first, second … attempt (Standard Webhooks' schedule, without its last steps).
RETRY_AFTER: Final = tuple(timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000))
PUSH_LIVES_S: Final = 6 * 3600  # a push service drops what it could not deliver within this time
_GONE: Final = (404, 410)


class Arrival(StrEnum):
    """What became of an attempt."""

    ARRIVED = "arrived"
    FAILED = "failed"
    REFUSED = "refused"  # trying again is of no use
    GONE = "gone"  # the target exists no more


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of an attempt, and why."""

    arrival: Arrival
    detail: str = ""


def next_attempt(delivery: Delivery, now: datetime) -> datetime | None:
    """When to try again after a failed attempt; None where it is given up."""
    return now + RETRY_AFTER[delivery.attempts - 1] if delivery.attempts <= len(RETRY_AFTER) else None


@dataclass(frozen=True, slots=True)
class Messenger:
    """`push`: without it nothing is pushed."""

    outbound: Outbound
    push: PushKey | None = None

    async def tell(self, delivery: Delivery, now: datetime) -> Attempt:
        """Try once; never raises for what a target does."""
        if not delivery.target:
            return Attempt(Arrival.REFUSED, "the target was removed")
        try:
            if delivery.channel == "webhook":
                return _judged(await self._webhook(delivery, now))
            return _judged(await self._browser(delivery), gone=_GONE)
        except NotAllowed as error:
            return Attempt(Arrival.FAILED, str(error))
        except (httpx.HTTPError, TimeoutError, OSError) as error:
            return Attempt(Arrival.FAILED, f"no answer: {type(error).__name__}")
        except (ValueError, WebPushException) as error:
            return Attempt(Arrival.REFUSED, f"the target cannot be used: {error}")

    async def _webhook(self, delivery: Delivery, now: datetime) -> int:
        body = json.dumps(webhook_body(delivery.payload), separators=(",", ":")).encode()
        identity, stamp = str(delivery.outbox_id), str(int(now.timestamp()))
        headers = {
            "content-type": "application/json",
            "webhook-id": identity,
            "webhook-timestamp": stamp,
            "webhook-signature": signature(delivery.target["secret"], identity, stamp, body),
        }
        return await self.outbound.post(delivery.target["url"], body, headers)

    async def _browser(self, delivery: Delivery) -> int:
        if self.push is None:
            raise ValueError("push is not set up here")
        endpoint, keys = delivery.target["endpoint"], {name: delivery.target[name] for name in ("p256dh", "auth")}
        secret = WebPusher({"endpoint": endpoint, "keys": keys}).encode(json.dumps(push_body(delivery)).encode(), "aes128gcm")
        headers = {
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            "ttl": str(PUSH_LIVES_S),
            "urgency": "high",
            "topic": delivery.outbox_id.hex[:32],
            **self.push.headers(endpoint),
        }
        return await self.outbound.post(endpoint, secret["body"], headers)


def _judged(status: int, gone: tuple[int, ...] = ()) -> Attempt:
    if 200 <= status < 300:
        return Attempt(Arrival.ARRIVED)
    return Attempt(Arrival.GONE if status in gone else Arrival.FAILED, f"it answered {status}")


def webhook_body(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What a web address is told: the change, the anomaly as the API shows it, and whom it was passed on to, if to somebody."""
    told = {"type": f"anomaly.{payload['change']}", "timestamp": payload["anomaly"]["lastSeen"], "data": payload["anomaly"]}
    return told | ({"to": payload["to"]} if payload.get("to") else {})


def push_body(delivery: Delivery) -> dict[str, Any]:
    """What a browser is told: no place, no person, no reason. It asks the API for the rest, if its session allows."""
    anomaly = delivery.payload["anomaly"]
    told = {name: anomaly[name] for name in ("id", "seq", "type", "severity")}
    return {**told, "change": delivery.payload["change"]}


def signature(secret: bytes, identity: str, stamp: str, body: bytes) -> str:
    """Of a message, as Standard Webhooks has it: HMAC-SHA-256 over id, timestamp and body."""
    digest = hmac.new(secret, f"{identity}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"
