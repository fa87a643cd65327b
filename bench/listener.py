"""Somebody who watches the alerts live, as a browser would: signed in, over Server-Sent Events."""

import asyncio
import contextlib
import json
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import httpx

from bench.stack import StackUnderTest
from bench.store import Tenant, owner_connection
from fleet.errors import Unavailable
from fleet.stores.provisioning import ensure_user

FOLLOWS_WITHIN_S: Final = 10.0
RESUMES_AFTER_S: Final = 1.0
_WRITES: Final = {"X-Requested-With": "fleetguard"}


@dataclass(frozen=True, slots=True)
class Heard:
    """A change of an alert as it arrived; `at_us` is the event time of the reading behind it, `late_s` the delay since."""

    seq: int
    at_us: int
    late_s: float


class AlertListener:
    """One stream of one person, who may ask for other things through `client`."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.heard: list[Heard] = []
        self.follows = asyncio.Event()
        self._last_id = ""

    async def resume(self) -> None:
        """Listen until cancelled; when the stream breaks, ask for what was missed meanwhile, as a browser does."""
        while True:
            with contextlib.suppress(httpx.HTTPError):
                await self.run()
            await asyncio.sleep(RESUMES_AFTER_S)

    async def run(self) -> None:
        """Listen until cancelled, or until the stream breaks; the audit then shows what was missed."""
        headers = {"Last-Event-ID": self._last_id} if self._last_id else {}
        async with self.client.stream("GET", "/sse/anomalies", headers=headers) as stream:
            stream.raise_for_status()
            event = ""
            async for line in stream.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "event":
                    event = value
                elif name == "id":
                    self._last_id = value
                    self.follows.set()
                elif name == "data" and event == "anomaly":
                    self._hear(json.loads(value))

    def _hear(self, anomaly: dict[str, Any]) -> None:
        at_us = round(datetime.fromisoformat(anomaly["lastSeen"]).timestamp() * 1e6)
        self.heard.append(Heard(anomaly["seq"], at_us, time.time() - at_us / 1e6))


@contextlib.asynccontextmanager
async def signed_in(stack: StackUnderTest, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    """A fleet manager of the tenant.

    Raises:
        Unavailable: signing in fails.
    """
    email, password = f"manager@{tenant.slug}.example", secrets.token_urlsafe(12)
    async with owner_connection(stack.settings.postgres) as connection:
        await ensure_user(connection, tenant.tenant_id, email, "Rig", "fleet_manager", password)
    async with httpx.AsyncClient(base_url=stack.url, headers=_WRITES, timeout=httpx.Timeout(10, read=None)) as client:
        try:
            (await client.post("/api/session", json={"email": email, "password": password})).raise_for_status()
        except httpx.HTTPError as error:
            raise Unavailable(f"Nobody can sign in to {stack.url}: {error!r}.") from error
        yield client


@contextlib.asynccontextmanager
async def listening(stack: StackUnderTest, tenant: Tenant, resumes: bool = False) -> AsyncIterator[AlertListener]:
    """A fleet manager of the tenant who follows the stream; `resumes`: also after it broke.

    Raises:
        Unavailable: signing in or following fails.
    """
    async with signed_in(stack, tenant) as client:
        listener = AlertListener(client)
        task = asyncio.create_task(listener.resume() if resumes else listener.run())
        try:
            await _until_it_follows(listener, stack)
            yield listener
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, httpx.HTTPError):
                await task


async def _until_it_follows(listener: AlertListener, stack: StackUnderTest) -> None:
    try:
        await asyncio.wait_for(listener.follows.wait(), FOLLOWS_WITHIN_S)
    except TimeoutError as error:
        raise Unavailable(f"The alerts of {stack.url} cannot be followed within {FOLLOWS_WITHIN_S:.0f} s.") from error
