"""What ingest keeps besides readings: vehicles it meets, dead letters, snapshots of windows, heartbeats."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg

from fleet.alerts import VehicleId
from fleet.own_thresholds import OwnThresholds
from fleet.stores import alert_rules, heartbeats
from fleet.stores.postgres import tenant_transaction


@dataclass(frozen=True, slots=True)
class VehicleProfile:
    """What is known of a vehicle itself."""

    vehicle_class: str
    tank_l: float | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A vehicle's windows and episodes as of an event time, seconds since the epoch."""

    vehicle: VehicleId
    at: float
    state: bytes


SNAPSHOTS_KEPT = 3
_COMMITTED_WITHIN: Final = timedelta(minutes=1)  # a description is dated when it is written, and seen when that is committed


class IngestStore:
    """Plain SQL over the application role."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def register(self, vehicles: Sequence[VehicleId], tenants: Mapping[str, UUID]) -> dict[VehicleId, VehicleProfile]:
        """Profiles of vehicles; one that is new to its tenant is entered as a car of unknown make."""
        ids, names = [tenants[vehicle.tenant] for vehicle in vehicles], [vehicle.vehicle for vehicle in vehicles]
        async with tenant_transaction(self._pool, *dict.fromkeys(ids)) as connection:
            await connection.execute(
                """INSERT INTO vehicles (tenant_id, vehicle_id) SELECT * FROM unnest($1::uuid[], $2::text[])
                   ON CONFLICT DO NOTHING""",
                ids,
                names,
            )
            rows = await connection.fetch(
                """SELECT k.n, v.vehicle_class, v.tank_l
                   FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS k (tenant_id, vehicle_id, n)
                   JOIN vehicles v USING (tenant_id, vehicle_id)""",
                ids,
                names,
            )
        return {vehicles[row["n"] - 1]: VehicleProfile(row["vehicle_class"], row["tank_l"]) for row in rows}

    async def snapshots(
        self, before: Mapping[VehicleId, float], layouts: Sequence[str], tenants: Mapping[str, UUID]
    ) -> list[Snapshot]:
        """The newest snapshot of each vehicle that is older than its moment; none where there is none of these layouts."""
        vehicles = tuple(before)
        ids = [tenants[vehicle.tenant] for vehicle in vehicles]
        async with tenant_transaction(self._pool, *dict.fromkeys(ids)) as connection:
            rows = await connection.fetch(
                """SELECT k.n, extract(epoch FROM s.event_time)::float8 AS at, s.state
                   FROM unnest($1::uuid[], $2::text[], $3::float8[]) WITH ORDINALITY AS k (tenant_id, vehicle_id, before, n)
                   CROSS JOIN LATERAL (SELECT event_time, state FROM window_snapshots w
                       WHERE w.tenant_id = k.tenant_id AND w.vehicle_id = k.vehicle_id AND w.layout = ANY($4)
                             AND w.event_time < to_timestamp(k.before)
                       ORDER BY event_time DESC LIMIT 1) s""",
                ids,
                [vehicle.vehicle for vehicle in vehicles],
                list(before.values()),
                list(layouts),
            )
        return [Snapshot(vehicles[row["n"] - 1], row["at"], row["state"]) for row in rows]

    async def save_snapshots(self, snapshots: Sequence[Snapshot], layout: str, tenants: Mapping[str, UUID]) -> None:
        """Keep these snapshots and drop all but the newest few of their vehicles."""
        ids, names = [tenants[s.vehicle.tenant] for s in snapshots], [s.vehicle.vehicle for s in snapshots]
        async with tenant_transaction(self._pool, *dict.fromkeys(ids)) as connection:
            await connection.execute(
                """INSERT INTO window_snapshots (tenant_id, vehicle_id, event_time, layout, state)
                   SELECT t, v, to_timestamp(at), $4, s
                   FROM unnest($1::uuid[], $2::text[], $3::float8[], $5::bytea[]) AS u (t, v, at, s)
                   ON CONFLICT DO NOTHING""",
                ids,
                names,
                [s.at for s in snapshots],
                layout,
                [s.state for s in snapshots],
            )
            await connection.execute(
                """DELETE FROM window_snapshots w USING unnest($1::uuid[], $2::text[]) AS k (tenant_id, vehicle_id)
                   WHERE w.tenant_id = k.tenant_id AND w.vehicle_id = k.vehicle_id AND w.event_time <= (
                       SELECT event_time FROM window_snapshots o WHERE o.tenant_id = k.tenant_id AND o.vehicle_id = k.vehicle_id
                       ORDER BY event_time DESC OFFSET $3 LIMIT 1)""",
                ids,
                names,
                SNAPSHOTS_KEPT,
            )

    async def drop_snapshots(self, since: Mapping[VehicleId, float], tenants: Mapping[str, UUID]) -> None:
        """Drop each vehicle's snapshots from its moment on: something that belongs before them has changed."""
        ids = [tenants[vehicle.tenant] for vehicle in since]
        async with tenant_transaction(self._pool, *dict.fromkeys(ids)) as connection:
            await connection.execute(
                """DELETE FROM window_snapshots w
                   USING unnest($1::uuid[], $2::text[], $3::float8[]) AS k (tenant_id, vehicle_id, at)
                   WHERE w.tenant_id = k.tenant_id AND w.vehicle_id = k.vehicle_id AND w.event_time >= to_timestamp(k.at)""",
                ids,
                [vehicle.vehicle for vehicle in since],
                list(since.values()),
            )

    async def bury(self, letters: Sequence[tuple[UUID, str, str, str, bytes, bytes]]) -> None:
        """Store dead letters: (tenant, vehicle, reason, detail, hash, payload); one that is there already stays as it is."""
        tenants = dict.fromkeys(letter[0] for letter in letters)
        async with tenant_transaction(self._pool, *tenants) as connection:
            await connection.executemany(
                """INSERT INTO dead_letters (tenant_id, vehicle_id, reason, detail, payload_hash, payload)
                   VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING""",
                letters,
            )

    async def record_fault_codes(self, codes: Sequence[tuple[UUID, str, float, str]]) -> None:
        """Store fault codes: (tenant, vehicle, event time in seconds, code); repeats change nothing."""
        async with tenant_transaction(self._pool, *dict.fromkeys(code[0] for code in codes)) as connection:
            await connection.executemany(
                """INSERT INTO fault_codes (tenant_id, vehicle_id, event_time, code) VALUES ($1, $2, to_timestamp($3), $4)
                   ON CONFLICT DO NOTHING""",
                codes,
            )

    async def thresholds(self, tenants: Sequence[UUID]) -> dict[UUID, OwnThresholds]:
        """See `fleet.stores.alert_rules.thresholds`."""
        return await alert_rules.thresholds(self._pool, tenants)

    async def described_since(
        self, since: datetime | None, tenants: Mapping[str, UUID]
    ) -> tuple[dict[VehicleId, VehicleProfile], datetime]:
        """Profiles of the vehicles whose class or tank changed since, and from which moment to ask the next time.

        Without a moment nothing is told but that. What changed just now is told more than once.

        Raises:
            Unavailable: the store does not answer.
        """
        slugs = {tenant: slug for slug, tenant in tenants.items()}
        async with tenant_transaction(self._pool, *slugs) as connection:
            now: datetime = await connection.fetchval("SELECT now()")
            rows = await connection.fetch(
                """SELECT tenant_id, vehicle_id, vehicle_class, tank_l FROM vehicles
                   WHERE tenant_id = ANY ($1) AND described_at >= $2""",
                list(slugs), since,
            )  # fmt: skip
        profiles = {
            VehicleId(slugs[row["tenant_id"]], row["vehicle_id"]): VehicleProfile(row["vehicle_class"], row["tank_l"])
            for row in rows
        }
        return profiles, now - _COMMITTED_WITHIN

    async def beat(self, part: str, at: datetime, state: str = "ok", detail: str = "") -> None:
        """Say that a part lives; `/ready` looks at it."""
        await heartbeats.beat(self._pool, part, at, state, detail)
