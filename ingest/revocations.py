"""Cuts the connections of devices and gateways whose credential has ended: the broker asks only once, when they connect."""

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime
from operator import itemgetter
from typing import Any, Final

import nats
import structlog
from nats.aio.client import Client

from fleet.errors import FleetError, Unavailable
from fleet.settings import Postgres
from fleet.stores.announcements import REVOCATIONS, announcements
from ingest.broker_tokens import Sender, username_of
from ingest.device_secrets import DeviceSecrets

LOOK_EVERY_S: Final = 10.0
LISTEN_AGAIN_S: Final = 5.0
KICKED_WITHIN_S: Final = 2.0
ANSWERS_WITHIN_S: Final = 0.5  # every server of a cluster answers for itself

log = structlog.get_logger(__name__)


class Revocations:
    """Looks for ended credentials, forgets what is remembered of them, and has the broker close what they opened."""

    def __init__(self, secrets: DeviceSecrets, system: Client, account: str) -> None:
        self._secrets, self._system, self._account = secrets, system, account
        self._done: set[tuple[Sender, datetime]] = set()

    async def cut(self) -> int:
        """Cut what is new since the last look; returns how many connections.

        Raises:
            Unavailable: PostgreSQL or the broker does not answer; the next look makes it good.
        """
        ended = set(await self._secrets.lately_revoked())
        closed = 0
        for sender, revoked_at in sorted(ended - self._done, key=itemgetter(1)):
            self._secrets.forget(sender)
            closed += await self._close(username_of(sender), revoked_at + self._secrets.remembered_for)
            self._done.add((sender, revoked_at))
        self._done &= ended
        return closed

    async def _close(self, username: str, before: datetime) -> int:
        """Close a sender's connections that are older than that: a younger one was judged after its secret had ended."""
        closed = 0
        for server, connection in _connections(await self._ask_all(username)):
            if datetime.fromisoformat(connection["start"][:26].rstrip("Z") + "+00:00") <= before:
                await self._kick(server, connection["cid"])
                log.info("connection_cut", username=username)
                closed += 1
        return closed

    async def _kick(self, server: str, connection: int) -> None:
        order = json.dumps({"cid": connection}).encode()
        try:  # an order that expects no answer is not heard
            await self._system.request(f"$SYS.REQ.SERVER.{server}.KICK", order, timeout=KICKED_WITHIN_S)
        except (nats.errors.Error, TimeoutError) as error:
            raise Unavailable(f"The broker does not answer: {error}") from error

    async def _ask_all(self, username: str) -> list[dict[str, Any]]:
        """What every server of the broker knows of a user's connections."""
        inbox, answers = self._system.new_inbox(), []
        try:
            subscription = await self._system.subscribe(inbox)
            question = json.dumps({"auth": True, "user": username}).encode()
            await self._system.publish(f"$SYS.REQ.ACCOUNT.{self._account}.CONNZ", question, reply=inbox)
            async with asyncio.timeout(ANSWERS_WITHIN_S):
                async for message in subscription.messages:
                    answers.append(json.loads(message.data))
        except TimeoutError:
            await subscription.unsubscribe()
        except nats.errors.Error as error:
            raise Unavailable(f"The broker does not answer: {error}") from error
        return answers


def _connections(answers: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for answer in answers:
        for connection in answer.get("data", {}).get("connections") or []:
            yield answer["server"]["id"], connection


async def watch_revocations(system: Client, account: str, postgres: Postgres, secrets: DeviceSecrets) -> None:
    """Look again and again, at once when somebody says so."""
    revocations, hint = Revocations(secrets, system, account), asyncio.Event()
    listening = asyncio.create_task(_listen(postgres, hint))
    try:
        while True:
            hint.clear()
            try:
                await revocations.cut()
            except FleetError as error:
                log.warning("revocations_not_looked_for", error=str(error))
            try:
                async with asyncio.timeout(LOOK_EVERY_S):
                    await hint.wait()
            except TimeoutError:
                continue
    finally:
        listening.cancel()


async def _listen(postgres: Postgres, hint: asyncio.Event) -> None:
    while True:
        try:
            async for _ in announcements(postgres, REVOCATIONS):
                hint.set()
        except FleetError as error:
            log.warning("not_listening", error=str(error))
        await asyncio.sleep(LISTEN_AGAIN_S)
