"""Many who follow the alerts at once, by Server-Sent Events and by Socket.IO; some are slow, some lose the line often."""

import asyncio
import contextlib
import itertools
import json
import random
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

import aiohttp
import numpy as np
import psutil
from numpy.typing import NDArray

from alerts.sink import AlertSink
from bench.processes import api_process
from bench.progress import Advance, Progress
from bench.stack import StackUnderTest
from bench.store import Tenant, fresh_tenant, logged_changes, owner_connection
from fleet.alerts import AlertType, EpisodeChange, EpisodeEvent, Evidence, Severity, VehicleId
from fleet.errors import Unavailable
from fleet.stores.postgres import connect_pool
from fleet.stores.provisioning import Vehicle, ensure_user

PER_PERSON: Final = 10  # streams, and as many sockets: together the limit of the product
CHANGES_PER_S: Final = 4.0
ENTRANTS_AT_ONCE: Final = 8
CATCH_UP_S: Final = 20.0
SLOW_PAUSE_S: Final = 2 / CHANGES_PER_S  # a slow client takes half of what comes
LINE_LASTS_S: Final = (3.0, 9.0)
VEHICLES: Final = 200

Manner = Literal["steady", "slow", "reconnecting"]
Kind = Literal["SSE", "Socket.IO"]
KINDS: Final[tuple[Kind, ...]] = ("SSE", "Socket.IO")


@dataclass
class Follower:
    """One client: the numbers it was sent, in order, and how late each change came that it heard at once."""

    kind: Kind
    manner: Manner
    cookie: str
    seqs: list[int] = field(default_factory=list)
    late_s: list[float] = field(default_factory=list)
    lines: int = 0

    def hear(self, anomaly: dict[str, Any]) -> None:
        self.seqs.append(anomaly["seq"])
        self.late_s.append(time.time() - datetime.fromisoformat(anomaly["lastSeen"]).timestamp())

    @property
    def is_contiguous(self) -> bool:
        """Whether no number between its first and its last is missing, doubled, or out of order."""
        return all(later == earlier + 1 for earlier, later in itertools.pairwise(self.seqs))


@dataclass(frozen=True, slots=True)
class StreamsResult:
    """`late_s` by kind: published → heard, of clients that are not slow, (changes × clients,) s. `memory`: (moments,) bytes."""

    followers: list[Follower]
    changes: int
    seconds: float
    late_s: dict[Kind, NDArray[np.float64]]
    memory: list[int]
    api_cores: float

    @property
    def torn(self) -> list[Follower]:
        """Clients whose numbers have a gap or a repeat."""
        return [follower for follower in self.followers if not follower.is_contiguous]

    @property
    def behind(self) -> list[Follower]:
        """Clients that are not slow and have not heard the last change."""
        return [one for one in self.followers if one.manner != "slow" and one.seqs[-1:] != [self.changes]]


async def measure(stack: StackUnderTest, per_kind: int, seconds: int, progress: Progress) -> StreamsResult:
    """Everybody follows from the first change to the last.

    Raises:
        Unavailable: the stack does not answer.
    """
    vehicles = [Vehicle(f"VH-{number:03d}") for number in range(VEHICLES)]
    tenant, _ = await fresh_tenant(stack.settings.postgres, vehicles)
    pool = await connect_pool(stack.settings.postgres)
    api = api_process(stack.home)
    try:
        async with _sessions(stack, tenant, -(-per_kind // PER_PERSON)) as (client, cookies):
            followers = [
                Follower(kind, _manner(number), cookies[number // PER_PERSON]) for kind in KINDS for number in range(per_kind)
            ]
            async with _following(stack, client, followers, progress):
                memory, cpu_began, began = [_rss(api)], api.cpu_times(), time.monotonic()
                changes = round(seconds * CHANGES_PER_S)
                with progress.step("Publishing changes", changes) as advance:
                    await _publish(AlertSink(pool), tenant, changes, lambda done: _look(done, changes, api, memory, advance))
                lasted, cpu = time.monotonic() - began, api.cpu_times()
                await _caught_up(followers, changes)
                memory.append(_rss(api))
        logged = await logged_changes(pool, tenant)
    finally:
        await pool.close()
    if sorted(logged) != list(range(1, changes + 1)):
        raise Unavailable(f"The log holds {len(logged)} changes and {changes} were published.")
    late = {kind: _late(followers, kind) for kind in KINDS}
    cores = (cpu.user + cpu.system - cpu_began.user - cpu_began.system) / lasted
    return StreamsResult(followers, changes, lasted, late, memory, cores)


def _manner(number: int) -> Manner:
    """A sixth is slow and a sixth loses the line: together a third."""
    return {0: "slow", 3: "reconnecting"}.get(number % 6, "steady")  # type: ignore[return-value]


def _late(followers: list[Follower], kind: Kind) -> NDArray[np.float64]:
    """Of clients that stay on the line and read at once: a change that waited for a client is not late by our doing."""
    return np.array([late for one in followers if one.kind == kind and one.manner == "steady" for late in one.late_s])


def _rss(process: psutil.Process) -> int:
    return int(process.memory_info().rss)


def _look(done: int, changes: int, api: psutil.Process, memory: list[int], advance: Advance) -> None:
    advance(1)
    if done == changes // 2:
        memory.append(_rss(api))


@contextlib.asynccontextmanager
async def _sessions(stack: StackUnderTest, tenant: Tenant, people: int) -> AsyncIterator[tuple[aiohttp.ClientSession, list[str]]]:
    """So many people who are signed in; yields one client for all, and each one's cookie."""
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=10)
    cookies = []
    async with aiohttp.ClientSession(
        stack.url, connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()
    ) as client:
        for number in range(people):
            email, password = f"p{number}@{tenant.slug}.example", secrets.token_urlsafe(12)
            async with owner_connection(stack.settings.postgres) as connection:
                await ensure_user(connection, tenant.tenant_id, email, "Rig", "dispatcher", password)
            answer = await client.post("/api/session", json={"email": email, "password": password})
            if answer.status != 200:
                raise Unavailable(f"Nobody can sign in to {stack.url}: {answer.status}.")
            cookies.append("; ".join(f"{name}={morsel.value}" for name, morsel in answer.cookies.items()))
        yield client, cookies


@contextlib.asynccontextmanager
async def _following(
    stack: StackUnderTest, client: aiohttp.ClientSession, followers: list[Follower], progress: Progress
) -> AsyncIterator[None]:
    """Everybody is on the line, and keeps coming back until the end of the block."""
    entrance, chance = asyncio.Semaphore(ENTRANTS_AT_ONCE), random.Random(7)  # noqa: S311  of the rig
    with progress.step("Clients come in", len(followers)) as advance:
        inside: list[asyncio.Event] = [asyncio.Event() for _ in followers]
        tasks = [
            asyncio.create_task(_stay(client, one, entered, entrance, chance))
            for one, entered in zip(followers, inside, strict=True)
        ]
        try:
            for entered in inside:
                async with asyncio.timeout(120):
                    await entered.wait()
                advance(1)
        except TimeoutError as error:
            raise Unavailable(f"Not everybody could follow the alerts of {stack.url} within two minutes.") from error
        finally:
            if not all(entered.is_set() for entered in inside):
                await _end(tasks)
    try:
        yield
    finally:
        await _end(tasks)


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _stay(
    client: aiohttp.ClientSession, one: Follower, entered: asyncio.Event, entrance: asyncio.Semaphore, chance: random.Random
) -> None:
    """Follow until cancelled; where the line is lost, or given up on purpose, come back with the last number."""
    follow = _follow_events if one.kind == "SSE" else _follow_socket
    while True:
        one.lines += 1
        lasts_s = chance.uniform(*LINE_LASTS_S) if one.manner == "reconnecting" else None
        with contextlib.suppress(TimeoutError, aiohttp.ClientError):
            async with asyncio.timeout(lasts_s):
                await follow(client, one, entered, entrance)
        await asyncio.sleep(chance.uniform(0.1, 1))


async def _follow_events(
    client: aiohttp.ClientSession, one: Follower, entered: asyncio.Event, entrance: asyncio.Semaphore
) -> None:
    headers = {"Cookie": one.cookie} | ({"Last-Event-ID": str(one.seqs[-1])} if one.seqs else {"Last-Event-ID": "0"})
    async with contextlib.AsyncExitStack() as line:
        async with entrance:
            stream = await line.enter_async_context(client.get("/sse/anomalies", headers=headers))
            stream.raise_for_status()
            await stream.content.readline()
        entered.set()
        event = ""
        while text := (await stream.content.readline()).decode():
            name, _, value = text.rstrip().partition(": ")
            if name == "event":
                event = value
            elif name == "data" and event == "anomaly":
                one.hear(json.loads(value))
                await _pause(one)


async def _follow_socket(
    client: aiohttp.ClientSession, one: Follower, entered: asyncio.Event, entrance: asyncio.Semaphore
) -> None:
    """Engine.IO 4 and Socket.IO 5 by hand: what a library does per packet would be most of the rig's cost."""
    async with contextlib.AsyncExitStack() as line:
        async with entrance:
            address = "/socket.io/?EIO=4&transport=websocket"
            socket = await line.enter_async_context(client.ws_connect(address, headers={"Cookie": one.cookie}))
            await socket.send_str("40")
            for greeting in ("0", "40"):
                if not (await socket.receive_str()).startswith(greeting):
                    raise aiohttp.ClientError("no Socket.IO answers")
            last = one.seqs[-1] if one.seqs else 0
            await socket.send_str(f"42{json.dumps(['subscribe-anomalies', None, last])}")
        entered.set()
        async for message in socket:
            if message.type != aiohttp.WSMsgType.TEXT:
                return
            if message.data.startswith('430[{"error"'):
                raise aiohttp.ClientError(message.data)
            if message.data == "2":
                await socket.send_str("3")
            elif message.data.startswith('42["anomaly"'):
                one.hear(json.loads(message.data[2:])[1])
                await _pause(one)


async def _pause(one: Follower) -> None:
    if one.manner == "slow":
        await asyncio.sleep(SLOW_PAUSE_S)


async def _publish(sink: AlertSink, tenant: Tenant, changes: int, done: Callable[[int], None]) -> None:
    """Alerts that open, at an even pace that does not wait for anybody."""
    loop, began = asyncio.get_running_loop(), asyncio.get_running_loop().time()
    for number, (vehicle, kind) in enumerate(itertools.islice(_subjects(tenant), changes), 1):
        await asyncio.sleep(max(0.0, began + number / CHANGES_PER_S - loop.time()))
        at = datetime.now(UTC)
        evidence = (Evidence("speed_kmh", "km/h", 152.0, 130.0, "Drove 152 km/h; 130 is the limit.", 1.0),)
        event = EpisodeEvent(vehicle, kind, EpisodeChange.OPENED, Severity.HIGH, at, at, 0.9, "bench", None, evidence)
        await sink.record([event], {tenant.slug: tenant.tenant_id})
        done(number)


def _subjects(tenant: Tenant) -> Iterator[tuple[VehicleId, AlertType]]:
    for kind in AlertType:
        for number in range(VEHICLES):
            yield VehicleId(tenant.slug, f"VH-{number:03d}"), kind


async def _caught_up(followers: list[Follower], changes: int) -> None:
    """Wait until everybody but the slow has heard the last change, or the patience is over."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CATCH_UP_S):
            while any(one.manner != "slow" and one.seqs[-1:] != [changes] for one in followers):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
