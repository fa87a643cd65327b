"""A champion has moved: said through PostgreSQL to whoever runs the graph. A lost word is made good by the replicas' cadence."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import asyncpg

from fleet.errors import ConfigurationError, Unavailable
from fleet.settings import Postgres
from fleet.stores.postgres import UNREACHABLE

CHANNEL = "fleetguard_promotions"
_STILL_THERE_S = 5.0


async def announce(settings: Postgres, model: str) -> None:
    """Tell that a model has another champion.

    Raises:
        ConfigurationError: no database is set. Unavailable: it does not answer.
    """
    connection = await _connect(settings)
    try:
        await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, model)
    finally:
        await connection.close()


async def announcements(settings: Postgres) -> AsyncIterator[str]:
    """Names of the models whose champion moves, as they move; ends when the connection does.

    Raises:
        ConfigurationError: no database is set. Unavailable: it does not answer.
    """
    heard: dict[str, None] = {}  # a model that moves twice before it is looked at is told once
    spoken = asyncio.Event()

    def hear(_connection: object, _pid: int, _channel: str, model: str) -> None:
        heard[model] = None
        spoken.set()

    connection = await _connect(settings)
    try:
        await connection.add_listener(CHANNEL, hear)
        while not connection.is_closed():
            with suppress(TimeoutError):
                await asyncio.wait_for(spoken.wait(), _STILL_THERE_S)
            spoken.clear()
            while heard:
                yield heard.popitem()[0]
    finally:
        await connection.close()


async def _connect(settings: Postgres) -> asyncpg.Connection:
    if not settings.url:
        raise ConfigurationError("No PostgreSQL URL: set FLEETGUARD_POSTGRES__URL, or start the stack with `fleetguard up`.")
    try:
        return await asyncpg.connect(settings.url, timeout=10)
    except UNREACHABLE as error:
        raise Unavailable(f"PostgreSQL does not answer: {error}") from error
