"""Whether a part of the stack answers, asked the way its users ask."""

import asyncio
import contextlib
import socket
import urllib.request
from typing import Final

import asyncpg

from fleet.settings import Settings
from fleet.stores.postgres import SYSTEM_TENANT, UNREACHABLE

ANSWER_S: Final = 2.0
BEAT_S: Final = 10.0
_HEARTBEATS: Final = {"device-auth": ("device-auth",), "notifier": ("notifier",), "pipeline": ("scoring", "ingest%")}


def is_ready(part: str, settings: Settings, ports: dict[str, int], since: float = 0) -> bool:
    """Whether `part` answers now; `since` (epoch seconds) is when it was started: an older sign of life does not count."""
    if part in _HEARTBEATS:
        return all(asyncio.run(_beats(settings.postgres.url, sender, since)) for sender in _HEARTBEATS[part])
    if part == "postgres":
        return asyncio.run(_accepts_queries(settings.postgres.url or settings.postgres.owner_url))
    if part == "mlflow":
        return _answers_http(f"http://127.0.0.1:{ports['mlflow']}/health")
    if part == "api":
        return _answers_http(f"http://127.0.0.1:{ports['api']}/health")
    if part == "simulator":
        return True
    return listens(ports["mqtt" if part == "broker" else part])


def listens(port: int, host: str = "127.0.0.1") -> bool:
    """Whether somebody accepts connections there."""
    with contextlib.suppress(OSError), socket.create_connection((host, port), ANSWER_S):
        return True
    return False


def _answers_http(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=ANSWER_S) as answer:  # noqa: S310 - our own loopback URL
            return bool(answer.status == 200)
    except OSError:
        return False


async def _accepts_queries(url: str) -> bool:
    """Also true where the role or the database is still to be made: then the server has answered."""
    try:
        connection = await asyncpg.connect(url, timeout=ANSWER_S)
    except (asyncpg.InvalidCatalogNameError, asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError):
        return True
    except UNREACHABLE:
        return False
    await connection.close()
    return True


async def _beats(url: str, part: str, since: float) -> bool:
    try:
        connection = await asyncpg.connect(url, timeout=ANSWER_S)
    except UNREACHABLE:
        return False
    try:
        async with connection.transaction():
            await connection.execute("SELECT set_config('app.tenant', $1, true)", str(SYSTEM_TENANT))
            return bool(
                await connection.fetchval(
                    """SELECT count(*) > 0 FROM heartbeats WHERE part LIKE $1 AND state <> 'down'
                       AND at > greatest(now() - make_interval(secs => $2), to_timestamp($3))""",
                    part,
                    BEAT_S,
                    since,
                )
            )
    finally:
        await connection.close()
