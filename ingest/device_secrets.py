"""For which vehicles a secret speaks: PostgreSQL is asked, and remembered for a while."""

import hmac
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import asyncpg

from fleet.alerts import VehicleId
from fleet.settings import Postgres
from fleet.stores import heartbeats
from fleet.stores.postgres import connect_pool, connection_of
from ingest.broker_tokens import GatewayId, Sender

_REMEMBERED = 100_000  # vehicles; beyond it the longest unused are asked for again
_LATELY = timedelta(minutes=10)  # a device-auth that was away for longer starts with nothing remembered, and devices reconnect
_ASK_AGAIN_S = 1.0  # a wrong secret may be a freshly rotated one: ask again, but not more often than this


@dataclass(frozen=True, slots=True)
class _Known:
    hashes: tuple[bytes, ...]
    vehicles: tuple[VehicleId, ...]
    asked_at: float


class DeviceSecrets:
    """Connects on first use, so that it can start before PostgreSQL and outlive its absence."""

    def __init__(self, settings: Postgres, cache_s: float) -> None:
        self._settings = settings
        self._cache_s = cache_s
        self._pool: asyncpg.Pool | None = None
        self._known: OrderedDict[Sender, _Known] = OrderedDict()

    async def vehicles_of(self, sender: Sender, secret: str) -> tuple[VehicleId, ...]:
        """The vehicles a device or a gateway may speak for; none where this is no valid secret of it.

        Raises:
            Unavailable: it is not remembered, and PostgreSQL does not answer.
        """
        digest = sha256(secret.encode()).digest()
        known = self._known.get(sender)
        age = time.monotonic() - known.asked_at if known else float("inf")
        if known is None or age > self._cache_s or (age > _ASK_AGAIN_S and not _among(digest, known)):
            known = await self._ask(sender)
        return known.vehicles if _among(digest, known) else ()

    async def _ask(self, sender: Sender) -> _Known:
        async with connection_of(await self._connected()) as connection:
            if isinstance(sender, VehicleId):
                hashes, vehicles = await _of_device(connection, sender)
            else:
                hashes, vehicles = await _of_gateway(connection, sender)
        known = self._known[sender] = _Known(tuple(hashes), vehicles, time.monotonic())
        self._known.move_to_end(sender)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return known

    @property
    def remembered_for(self) -> timedelta:
        """How long an answer may be older than the store."""
        return timedelta(seconds=self._cache_s)

    def forget(self, sender: Sender) -> None:
        """Ask anew at the next question."""
        self._known.pop(sender, None)

    async def lately_revoked(self) -> list[tuple[Sender, datetime]]:
        """Devices and gateways of which a credential has ended within the last minutes, and when.

        Raises:
            Unavailable: PostgreSQL does not answer.
        """
        async with connection_of(await self._connected()) as connection:
            devices = await connection.fetch("SELECT * FROM lately_revoked($1)", _LATELY)
            gateways = await connection.fetch("SELECT * FROM lately_revoked_gateways($1)", _LATELY)
        return [
            *((VehicleId(row["slug"], row["vehicle_id"]), row["revoked_at"]) for row in devices),
            *((GatewayId(row["slug"], row["gateway_id"]), row["revoked_at"]) for row in gateways),
        ]

    async def beat(self, part: str, detail: str, state: str = "ok") -> None:
        """Say in the store how `part` is.

        Raises:
            Unavailable: PostgreSQL does not answer.
        """
        await heartbeats.beat(await self._connected(), part, datetime.now(UTC), state, detail)

    async def _connected(self) -> asyncpg.Pool:
        if self._pool is None:
            self._pool = await connect_pool(self._settings)
        return self._pool

    async def close(self) -> None:
        if self._pool is not None:
            self._pool.terminate()


async def _of_device(connection: asyncpg.Connection, vehicle: VehicleId) -> tuple[list[bytes], tuple[VehicleId, ...]]:
    rows = await connection.fetch("SELECT device_secrets($1, $2) AS hash", vehicle.tenant, vehicle.vehicle)
    return [row["hash"] for row in rows], (vehicle,)


async def _of_gateway(connection: asyncpg.Connection, gateway: GatewayId) -> tuple[list[bytes], tuple[VehicleId, ...]]:
    row = await connection.fetchrow("SELECT * FROM gateway_rights($1, $2)", gateway.tenant, gateway.gateway)
    if row is None:
        return [], ()
    return row["secret_hashes"], tuple(VehicleId(gateway.tenant, vehicle) for vehicle in row["vehicles"])


def _among(digest: bytes, known: _Known) -> bool:
    return any(hmac.compare_digest(digest, held) for held in known.hashes)
