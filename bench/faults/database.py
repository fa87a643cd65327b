"""A database that is there and does not serve: locked, slow, or without a connection left."""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

import asyncpg
import psutil

from bench.processes import postgres_processes
from bench.store import owner_connection
from fleet.settings import Postgres

STOPPED_S: Final = 0.8
RUNNING_S: Final = 0.2
_END_OTHERS: Final = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user AND NOT pid = ANY($1)"""


async def lock(postgres: Postgres, seconds: float, *tables: str) -> None:
    """Nobody else reads or writes these tables meanwhile."""
    async with owner_connection(postgres) as connection, connection.transaction():
        await connection.execute(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE")
        await asyncio.sleep(seconds)


async def slow(home: Path, seconds: float) -> None:
    """Every process of the server stands still for four fifths of the time."""
    ends = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < ends:
        held = postgres_processes(home)
        try:
            _to_all(held, psutil.Process.suspend)
            await asyncio.sleep(STOPPED_S)
        finally:
            _to_all(held, psutil.Process.resume)
        await asyncio.sleep(RUNNING_S)


def _to_all(processes: list[psutil.Process], act: Callable[[psutil.Process], None]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            act(process)


async def exhaust(postgres: Postgres, seconds: float) -> None:
    """The application's sessions end, and it gets no other: we hold every connection that is left."""
    async with contextlib.AsyncExitStack() as held:
        ours: list[asyncpg.Connection] = []
        ends = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < ends:
            with contextlib.suppress(asyncpg.TooManyConnectionsError):
                while True:
                    ours.append(await asyncpg.connect(postgres.url))
                    held.push_async_callback(ours[-1].close)
            await ours[0].execute(_END_OTHERS, [connection.get_server_pid() for connection in ours])
