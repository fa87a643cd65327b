"""Whether a device's secret is right: PostgreSQL is asked, and remembered for a while."""

import hmac
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import asyncpg

from fleet.alerts import VehicleId
from fleet.errors import Unavailable
from fleet.settings import Postgres
from fleet.stores import heartbeats
from fleet.stores.postgres import UNREACHABLE, connect_pool

_REMEMBERED = 100_000  # vehicles; beyond it the longest unused are asked for again
_LATELY = timedelta(minutes=10)  # a device-auth that was away for longer starts with nothing remembered, and devices reconnect
_ASK_AGAIN_S = 1.0  # a wrong secret may be a freshly rotated one: ask again, but not more often than this


@dataclass(frozen=True, slots=True)
class _Known:
    hashes: tuple[bytes, ...]
    asked_at: float


class DeviceSecrets:
    """Connects on first use, so that it can start before PostgreSQL and outlive its absence."""

    def __init__(self, settings: Postgres, cache_s: float) -> None:
        self._settings = settings
        self._cache_s = cache_s
        self._pool: asyncpg.Pool | None = None
        self._known: OrderedDict[VehicleId, _Known] = OrderedDict()

    async def accepts(self, vehicle: VehicleId, secret: str) -> bool:
        """Whether this is a valid secret of the vehicle's device.

        Raises:
            Unavailable: it is not remembered, and PostgreSQL does not answer.
        """
        digest = sha256(secret.encode()).digest()
        known = self._known.get(vehicle)
        age = time.monotonic() - known.asked_at if known else float("inf")
        if known is None or age > self._cache_s or (age > _ASK_AGAIN_S and not _among(digest, known)):
            known = await self._ask(vehicle)
        return _among(digest, known)

    async def _ask(self, vehicle: VehicleId) -> _Known:
        pool = await self._connected()
        try:
            rows = await pool.fetch("SELECT device_secrets($1, $2) AS hash", vehicle.tenant, vehicle.vehicle)
        except UNREACHABLE as error:
            raise Unavailable(f"PostgreSQL does not answer: {error}") from error
        known = self._known[vehicle] = _Known(tuple(row["hash"] for row in rows), time.monotonic())
        self._known.move_to_end(vehicle)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return known

    @property
    def remembered_for(self) -> timedelta:
        """How long an answer may be older than the store."""
        return timedelta(seconds=self._cache_s)

    def forget(self, vehicle: VehicleId) -> None:
        """Ask anew at the next question."""
        self._known.pop(vehicle, None)

    async def lately_revoked(self) -> list[tuple[VehicleId, datetime]]:
        """Devices of which a credential has ended within the last minutes, and when.

        Raises:
            Unavailable: PostgreSQL does not answer.
        """
        pool = await self._connected()
        try:
            rows = await pool.fetch("SELECT * FROM lately_revoked($1)", _LATELY)
        except UNREACHABLE as error:
            raise Unavailable(f"PostgreSQL does not answer: {error}") from error
        return [(VehicleId(row["slug"], row["vehicle_id"]), row["revoked_at"]) for row in rows]

    async def beat(self, part: str, detail: str) -> None:
        """Say in the store that `part` lives.

        Raises:
            Unavailable: PostgreSQL does not answer.
        """
        await heartbeats.beat(await self._connected(), part, datetime.now(UTC), detail=detail)

    async def _connected(self) -> asyncpg.Pool:
        if self._pool is None:
            self._pool = await connect_pool(self._settings)
        return self._pool

    async def close(self) -> None:
        if self._pool is not None:
            self._pool.terminate()


def _among(digest: bytes, known: _Known) -> bool:
    return any(hmac.compare_digest(digest, held) for held in known.hashes)
