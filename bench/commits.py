"""When readings can be read by others: looked at by a process of its own, which the load does not hold up."""

import asyncio
import contextlib
import multiprocessing
import time
from collections import deque
from collections.abc import AsyncIterator
from datetime import timedelta
from multiprocessing.connection import Connection
from typing import Any, Final

import asyncpg

from bench.audit import Reading
from bench.store import EPOCH, Tenant
from fleet.errors import Unavailable

POLL_S: Final = 0.004

Seen = list[tuple[int, float]]  # (published µs, seconds until it was seen)


class CommitWatch:
    """Sees a few vehicles' readings appear in the store; `costs`: pids that serve the rig, not the stack."""

    def __init__(self, line: Connection, costs: tuple[int, int]) -> None:
        self._line, self.costs = line, costs

    def expect(self, reading: Reading) -> None:
        """Look for this reading from now on."""
        self._line.send(reading)

    async def finish(self, patience_s: float) -> Seen:
        """Wait until every expected reading was seen, or the patience is over; returns what was.

        Raises:
            Unavailable: the store stopped to answer.
        """
        self._line.send(float(patience_s))
        seen: Seen = await asyncio.to_thread(_heard, self._line)
        return seen


@contextlib.asynccontextmanager
async def watching(url: str, tenant: Tenant) -> AsyncIterator[CommitWatch]:
    """Look into a tenant's store until the end of the context.

    Raises:
        Unavailable: the store does not answer.
    """
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_look, args=(url, tenant, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        assert process.pid is not None
        yield CommitWatch(ours, (process.pid, await asyncio.to_thread(_heard, ours)))
    finally:
        process.terminate()
        await asyncio.to_thread(process.join)
        ours.close()


def _heard(line: Connection) -> Any:
    try:
        return line.recv()
    except EOFError as error:
        raise Unavailable("The store does not answer whoever looks for what was committed.") from error


def _look(url: str, tenant: Tenant, line: Connection) -> None:
    asyncio.run(_follow(url, tenant, line))


async def _follow(url: str, tenant: Tenant, line: Connection) -> None:
    """Say which backend answers, look for what is asked for, and say at the end what was seen when."""
    connection = await asyncpg.connect(url)
    looks, over = _Looks(tenant, connection), asyncio.get_running_loop().create_future()
    line.send(connection.get_server_pid())

    def hear() -> None:
        while not over.done() and line.poll():
            try:
                word = line.recv()
            except EOFError:  # the rig is gone
                word = 0.0
            if isinstance(word, float):
                over.set_result(word)
            else:
                looks.expect(word)

    asyncio.get_running_loop().add_reader(line.fileno(), hear)
    looking = asyncio.create_task(looks.run())
    await asyncio.wait({over, looking}, return_when=asyncio.FIRST_COMPLETED)
    if looking.done():
        looking.result()
    await looks.settled(over.result())
    looking.cancel()
    line.send(looks.seen)


class _Looks:
    """What the process does, over and over."""

    def __init__(self, tenant: Tenant, connection: asyncpg.Connection) -> None:
        self._tenant, self._connection = tenant, connection
        self._expected: deque[Reading] = deque()
        self._some, self._none = asyncio.Event(), asyncio.Event()
        self.seen: Seen = []

    def expect(self, reading: Reading) -> None:
        self._expected.append(reading)
        self._none.clear()
        self._some.set()

    async def settled(self, patience_s: float) -> None:
        """Wait until every expected reading was seen, or the patience is over."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._none.wait(), patience_s)

    async def run(self) -> None:
        """Look until cancelled."""
        await self._connection.execute("SELECT set_config('app.tenant', $1, false)", str(self._tenant.tenant_id))
        await self._connection.execute("SET plan_cache_mode = force_generic_plan")  # to plan takes longer than to look
        while True:
            await self._some.wait()
            await self._look()
            if not self._expected:
                self._some.clear()
                self._none.set()
            await asyncio.sleep(POLL_S)

    async def _look(self) -> None:
        asked = list(self._expected)
        rows = await self._connection.fetch(
            """SELECT k.n FROM unnest($2::text[], $3::timestamptz[]) WITH ORDINALITY AS k (vehicle_id, at, n)
               JOIN telemetry t ON t.tenant_id = $1 AND t.vehicle_id = k.vehicle_id AND t.event_time = k.at""",
            self._tenant.tenant_id,
            [vehicle for vehicle, _ in asked],
            [EPOCH + timedelta(microseconds=at_us) for _, at_us in asked],
        )
        now_us = time.time_ns() // 1000
        found = {asked[row["n"] - 1] for row in rows}
        self.seen += [(at_us, (now_us - at_us) / 1e6) for _, at_us in found]
        self._expected = deque(reading for reading in self._expected if reading not in found)
