"""The live streams: one reader of the log per process, each client with its own place in it.

A client holds no queue. It keeps the number of the last change it was sent and takes the next ones from the
tenant's recent changes, or from the database when it fell behind: memory stays flat however slow it is.
"""

import asyncio
import contextlib
import json
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import structlog

from fleet.anomaly import rfc3339
from fleet.errors import FleetError
from fleet.stores import replay, sessions
from fleet.stores.replay import LoggedChange
from fleet.stores.sessions import SignedIn
from fleet.stores.stream import NOTIFY_CHANNEL
from ui.api.problems import TooManyRequests

POLL_S = 0.5  # the truth; NOTIFY only makes it sooner
HEARTBEAT_S = 2.0
SESSION_CHECK_S = 5.0
SEND_TIMEOUT_S = 15.0  # a client that takes nothing for this long is cut; it resumes where it was
RECENT = 1000
PAGE = 200
STREAMS_PER_USER = 20

log = structlog.get_logger(__name__)


@dataclass
class TenantLog:
    """The newest changes of a tenant that somebody here follows. `head`: number of the newest one read."""

    head: int
    recent: deque[LoggedChange] = field(default_factory=lambda: deque(maxlen=RECENT))
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    followers: int = 0

    def append(self, changes: list[LoggedChange]) -> None:
        """Add what is newer than the head."""
        for change in changes:
            if change.seq > self.head:
                self.recent.append(change)
                self.head = change.seq
        self.changed.set()
        self.changed = asyncio.Event()

    def after(self, seq: int) -> list[LoggedChange] | None:
        """What follows `seq`; None when that reaches further back than what is kept here."""
        if seq >= self.head:
            return []
        if not self.recent or self.recent[0].seq > seq + 1:
            return None
        return [change for change in self.recent if change.seq > seq][:PAGE]


class LiveLog:
    """Follows the logs of all tenants that have a client here."""

    def __init__(self, pool: Callable[[], Awaitable[asyncpg.Pool]]) -> None:
        self._pool = pool
        self._tenants: dict[UUID, TenantLog] = {}
        self._streams: Counter[UUID] = Counter()
        self._hint = asyncio.Event()
        self._read_at = 0.0
        self._failing = False
        self._is_listening = False

    @property
    def is_fresh(self) -> bool:
        """Whether the log was read just now: only then may a page call itself live."""
        return time.monotonic() - self._read_at < HEARTBEAT_S

    def subscribe(self, who: SignedIn, vehicles: frozenset[str] | None = None) -> "Subscription":
        """Raises TooManyRequests when this person has too many streams open."""
        if self._streams[who.user_id] >= STREAMS_PER_USER:
            raise TooManyRequests("Too many live streams are open; close some pages.", 5)
        return Subscription(self, who, vehicles)

    @contextlib.asynccontextmanager
    async def following(self, who: SignedIn, head: int) -> AsyncIterator[TenantLog]:
        tenant_log = self._tenants.setdefault(who.tenant, TenantLog(head))
        tenant_log.followers += 1
        self._streams[who.user_id] += 1
        self._hint.set()
        try:
            yield tenant_log
        finally:
            tenant_log.followers -= 1
            self._streams[who.user_id] -= 1
            self._streams += Counter()  # forgets people without streams
            if tenant_log.followers == 0:
                del self._tenants[who.tenant]

    async def run(self) -> None:
        """Read on until cancelled, whatever happens to the database."""
        while True:
            self._hint.clear()
            try:
                await self._read()
                self._failing = False
            except Exception as error:
                if not self._failing:
                    log.warning("live_log_unread", reason=str(error))
                self._failing = True
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._hint.wait(), POLL_S)

    async def _read(self) -> None:
        pool = await self._pool()
        await self._listen(pool)
        if self._tenants:
            found = await replay.news(pool, {tenant: known.head for tenant, known in self._tenants.items()}, PAGE)
            for tenant, changes in found.items():
                if tenant_log := self._tenants.get(tenant):
                    tenant_log.append(changes)
        self._read_at = time.monotonic()

    async def _listen(self, pool: asyncpg.Pool) -> None:
        if not self._is_listening:
            connection = await pool.acquire(timeout=5)  # kept; the pool takes it back by itself when the line is lost
            try:
                await connection.add_listener(NOTIFY_CHANNEL, lambda *_: self._hint.set())
            except BaseException:
                await pool.release(connection)
                raise
            connection.add_termination_listener(self._stopped_listening)
            self._is_listening = True

    def _stopped_listening(self, _: object) -> None:
        self._is_listening = False


@dataclass(frozen=True)
class Subscription:
    """One person's wish to follow their tenant's log, of the named vehicles or of all; a driver follows their own alerts."""

    live: LiveLog
    who: SignedIn
    vehicles: frozenset[str] | None = None

    def wants(self, change: LoggedChange) -> bool:
        return (self.vehicles is None or change.vehicle_id in self.vehicles) and (
            self.who.only_driver is None or change.driver_id == self.who.only_driver
        )


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """What a client is sent: `data` is JSON in a single line, `seq` where the stream stands after an anomaly or a reset."""

    name: str
    data: str
    seq: int | None = None


async def follow(
    subscription: Subscription, pool: asyncpg.Pool, token: str, last_event_id: str | None
) -> AsyncIterator[LiveEvent]:
    """The stream of one client, until its session ends; the first event, `position`, says where it starts."""
    live, who = subscription.live, subscription.who
    bounds = await replay.bounds(pool, who.tenant)
    position, is_known = _position(last_event_id, bounds)
    async with live.following(who, bounds.head) as tenant_log:
        yield LiveEvent("position", json.dumps({"seq": position}), position)
        if not is_known:
            yield LiveEvent("reset", json.dumps({"seq": position}), position)
        beat_at = session_checked_at = time.monotonic()
        while True:
            changed = tenant_log.changed
            changes = tenant_log.after(position)
            if changes is None:  # further back than what is kept here
                changes = await replay.changes_after(pool, who.tenant, position, PAGE)
            for change in changes:
                position = change.seq
                if subscription.wants(change):
                    yield LiveEvent("anomaly", change.anomaly, change.seq)
            now = time.monotonic()
            if now >= beat_at and live.is_fresh:
                yield LiveEvent("heartbeat", json.dumps({"at": rfc3339(datetime.now(UTC)), "seq": position}))
                beat_at = now + HEARTBEAT_S
            if now - session_checked_at >= SESSION_CHECK_S:
                if await has_ended(pool, token):
                    return
                session_checked_at = now
            if not changes:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), POLL_S)


def _position(last_event_id: str | None, bounds: replay.LogBounds) -> tuple[int, bool]:
    """Where a client's stream starts, and whether that is where it asked for."""
    if last_event_id is None:
        return bounds.head, True
    is_number = last_event_id.isascii() and last_event_id.isdecimal() and len(last_event_id) < 19
    if is_number and bounds.can_replay_after(int(last_event_id)):
        return int(last_event_id), True
    return bounds.head, False


async def has_ended(pool: asyncpg.Pool, token: str) -> bool:
    """Whether the session behind a token is over."""
    try:
        return await sessions.holder(pool, token) is None
    except FleetError:
        return False  # nobody can tell while the database is away, and nothing new is sent either
