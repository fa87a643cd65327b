"""What the routes work with; made once by the composition root, found through the request."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import asyncpg
from fastapi import Depends
from starlette.requests import HTTPConnection

from fleet.settings import Postgres, Settings
from fleet.stores.postgres import connect_pool
from ui.api.devices import DeviceGateway
from ui.api.limits import Limits
from ui.api.live import LiveLog
from ui.api.oidc import Provider
from ui.api.signin import PasswordCheck, Throttle

STATEMENT_S = 15.0  # whoever waits for an answer has gone by then
LOCK_S = 2.0  # transactions here and in ingest hold a lock for milliseconds: who holds one for longer is no part of this


class Database:
    """The pool, opened on first use: the API starts, and says what is wrong, while PostgreSQL is away."""

    def __init__(self, settings: Postgres) -> None:
        self._settings = settings
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()

    async def pool(self) -> asyncpg.Pool:
        """Raises Unavailable while the server does not answer."""
        if self._pool is None:
            async with self._opening:
                self._pool = self._pool or await connect_pool(self._settings, STATEMENT_S, LOCK_S)
        return self._pool

    async def close(self) -> None:
        if self._pool is not None:
            self._pool.terminate()


@dataclass(frozen=True)
class Services:
    settings: Settings
    database: Database
    live: LiveLog
    devices: DeviceGateway
    passwords: PasswordCheck
    throttle: Throttle
    limits: Limits
    provider: Provider | None


def services_of(connection: HTTPConnection) -> Services:
    services: Services = connection.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(services_of)]


async def _pool(services: ServicesDep) -> asyncpg.Pool:
    return await services.database.pool()


def _now() -> datetime:
    return datetime.now(UTC)


PoolDep = Annotated[asyncpg.Pool, Depends(_pool)]
NowDep = Annotated[datetime, Depends(_now)]
