"""Tells webhooks and browsers of what changed, as long as it runs; several may run beside each other."""

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import asyncpg
import structlog

from alerts.notify import Arrival, Messenger, next_attempt
from alerts.outbound import Outbound
from alerts.push_key import PushKey
from fleet.errors import ConfigurationError, FleetError
from fleet.logs import configure_logging
from fleet.settings import Notify, load_settings
from fleet.stores import escalation, notification_rules, outbox, snoozing, targets
from fleet.stores.announcements import announcements
from fleet.stores.component_events import all_tenants
from fleet.stores.heartbeats import beat
from fleet.stores.outbox import Delivery
from fleet.stores.postgres import connect_pool
from fleet.stores.stream import NOTIFY_CHANNEL

BEAT_S: Final = 2.0
FORGET_EVERY_S: Final = 3600.0
LISTEN_AGAIN_S: Final = 5.0
AT_A_TIME: Final = 10  # one target that does not answer holds up nobody else's

log = structlog.get_logger(__name__)


class Notifier:
    """Dispatches and delivers what the outbox holds."""

    def __init__(self, pool: asyncpg.Pool, messenger: Messenger) -> None:
        self._pool, self._messenger = pool, messenger
        self._lanes = asyncio.Semaphore(AT_A_TIME)

    async def work(self) -> int:
        """Tell all that is due; returns how many attempts were made.

        Raises:
            Unavailable: the store does not answer.
        """
        by_slug, attempts = await all_tenants(self._pool), 0
        tenants = list(by_slug.values())
        await snoozing.wake(self._pool, by_slug, datetime.now(UTC))
        await escalation.escalate(self._pool, by_slug, datetime.now(UTC))
        await notification_rules.remind(self._pool, tenants, datetime.now(UTC))
        while await outbox.dispatch(self._pool, tenants, datetime.now(UTC)):
            pass
        while due := await outbox.take_due(self._pool, tenants, datetime.now(UTC)):
            await asyncio.gather(*(self._deliver(delivery) for delivery in due))
            attempts += len(due)
        return attempts

    async def forget_old(self, tenants: Sequence[UUID]) -> None:
        """Delete what was told long ago."""
        await outbox.forget_old(self._pool, tenants, datetime.now(UTC))

    async def _deliver(self, delivery: Delivery) -> None:
        async with self._lanes:
            attempt = await self._messenger.tell(delivery, datetime.now(UTC))
        now = datetime.now(UTC)
        if attempt.arrival is Arrival.ARRIVED:
            await outbox.delivered(self._pool, delivery, now)
            return
        log.info("not_delivered", channel=delivery.channel, target=str(delivery.target_id), detail=attempt.detail)
        again = next_attempt(delivery, now) if attempt.arrival is Arrival.FAILED else None
        if attempt.arrival is Arrival.GONE:
            await targets.forget_browser(self._pool, delivery.tenant_id, delivery.target_id, now)
        if again is None:
            await outbox.parked(self._pool, delivery, attempt.detail, now)
        else:
            await outbox.retry(self._pool, delivery, attempt.detail, again)


def messenger_of(settings: Notify) -> Messenger:
    """As the settings want it.

    Raises:
        ConfigurationError: the push key is none.
    """
    try:
        push = PushKey(settings.push_key, settings.contact) if settings.push_key else None
    except ValueError as error:
        raise ConfigurationError("FLEETGUARD_NOTIFY__PUSH_KEY is no VAPID private key (base64url of 32 bytes).") from error
    return Messenger(Outbound(settings.timeout_s, settings.private_targets), push)


async def run(stopped: asyncio.Event) -> None:
    """Work until stopped; the database may come and go."""
    settings = load_settings()
    hint, forget_at = asyncio.Event(), time.monotonic()
    async with await connect_pool(settings.postgres) as pool:
        notifier = Notifier(pool, messenger_of(settings.notify))
        listening = asyncio.create_task(_listen(hint))
        while not stopped.is_set():
            hint.clear()
            try:
                await notifier.work()
                if time.monotonic() >= forget_at:
                    await notifier.forget_old(list((await all_tenants(pool)).values()))
                    forget_at = time.monotonic() + FORGET_EVERY_S
                await beat(pool, "notifier", datetime.now(UTC))
            except FleetError as error:
                log.warning("nothing_told", error=str(error))
            await _first_of(BEAT_S, hint, stopped)
        listening.cancel()


async def _listen(hint: asyncio.Event) -> None:
    while True:
        try:
            async for _ in announcements(load_settings().postgres, NOTIFY_CHANNEL):
                hint.set()
        except FleetError as error:
            log.warning("not_listening", error=str(error))
        await asyncio.sleep(LISTEN_AGAIN_S)


async def _first_of(within_s: float, *events: asyncio.Event) -> None:
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    with contextlib.suppress(TimeoutError):
        await asyncio.wait(waiting, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()


def main() -> int:
    """Run until a signal comes; exit code 1 with one clear line where it cannot."""
    settings = load_settings()
    configure_logging(settings.log_format, settings.log_level)
    try:
        asyncio.run(_until_signalled())
    except FleetError as error:
        log.error("notifier_ends", error=str(error))
        return 1
    return 0


async def _until_signalled() -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await run(stopped)


if __name__ == "__main__":
    sys.exit(main())
