"""Words between processes, said through PostgreSQL: hints that make haste. A lost word is made good by the hearer's cadence."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Final

import asyncpg

from fleet.errors import ConfigurationError, Unavailable
from fleet.settings import Postgres
from fleet.stores.postgres import UNREACHABLE

PROMOTIONS: Final = "fleetguard_promotions"  # a model has another champion; the word is its name
BUDGET_TRIALS: Final = "fleetguard_budget_trials"  # somebody asked for one; the word says nothing
REVOCATIONS: Final = "fleetguard_revocations"  # a device's or a gateway's credential has ended; the word says nothing
LISTENS_WITHIN_S: Final = 10.0
_STILL_THERE_S = 5.0


async def announce(settings: Postgres, channel: str, word: str = "") -> None:
    """Say a word to whoever listens to a channel.

    Raises:
        ConfigurationError: no database is set. Unavailable: it does not answer.
    """
    connection = await _connect(settings)
    try:
        await connection.execute("SELECT pg_notify($1, $2)", channel, word)
    finally:
        await connection.close()


async def announcements(settings: Postgres, *channels: str) -> AsyncIterator[tuple[str, str]]:
    """(channel, word) as they are said; ends when the connection does.

    Raises:
        ConfigurationError: no database is set. Unavailable: it does not answer.
    """
    heard: dict[tuple[str, str], None] = {}  # what is said twice before it is looked at is told once
    spoken = asyncio.Event()

    def hear(_connection: object, _pid: int, channel: str, word: str) -> None:
        heard[channel, word] = None
        spoken.set()

    connection = await _connect(settings)
    try:
        await _listen(connection, channels, hear)
        while not connection.is_closed():
            with suppress(TimeoutError):
                await asyncio.wait_for(spoken.wait(), _STILL_THERE_S)
            spoken.clear()
            while heard:
                yield heard.popitem()[0]
    finally:
        await connection.close()


async def _listen(connection: asyncpg.Connection, channels: tuple[str, ...], hear: Callable[..., None]) -> None:
    try:
        async with asyncio.timeout(LISTENS_WITHIN_S):
            for channel in channels:
                await connection.add_listener(channel, hear)
    except UNREACHABLE as error:
        raise Unavailable(f"PostgreSQL does not answer: {error}") from error


async def _connect(settings: Postgres) -> asyncpg.Connection:
    if not settings.url:
        raise ConfigurationError("No PostgreSQL URL: set FLEETGUARD_POSTGRES__URL, or start the stack with `fleetguard up`.")
    try:
        return await asyncpg.connect(settings.url, timeout=LISTENS_WITHIN_S)
    except UNREACHABLE as error:
        raise Unavailable(f"PostgreSQL does not answer: {error}") from error
