"""A web server that is told, browsers that are pushed to, people of a fleet, and a notifier."""

import base64
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import http_ece
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from alerts.notify import Messenger
from alerts.outbound import Outbound
from alerts.push_key import PushKey, new_push_key
from alerts.sink import AlertSink
from fleet.alerts import AlertType, EpisodeChange, EpisodeEvent, Severity, VehicleId
from fleet.permissions import Role
from fleet.stores.provisioning import ensure_user
from fleet.stores.sessions import SignedIn
from fleet.stores.targets import PushTarget
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


async def _raise_alert(pool, tenant, severity=Severity.HIGH, driver=None, change=EpisodeChange.OPENED) -> None:
    now = datetime.now(UTC)
    vehicle = VehicleId(tenant.slug, tenant.vehicle)
    event = EpisodeEvent(vehicle, AlertType.MISFIRE, change, severity, now, now, 0.9, "engine-1", driver, ())
    await AlertSink(pool).record([event], {tenant.slug: tenant.id})


@pytest.fixture
def raise_alert():
    """Records an alert as detection does: `await raise_alert(pool, tenant)`."""
    return _raise_alert


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


@pytest.fixture
def new_browser() -> type[Browser]:
    """Makes browsers with keys of their own."""
    return Browser
