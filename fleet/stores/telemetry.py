"""Readings in PostgreSQL: written in bulk, repeats absorbed by the primary key."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID

import asyncpg
import msgspec
import numpy as np
from numpy.typing import NDArray

from fleet import signals
from fleet.alerts import VehicleId
from fleet.metrics import READINGS
from fleet.stores.postgres import connection_of, tenant_transaction
from fleet.telemetry import FloatArray, ReadingFlag, TelemetryBatch, TimeArray

PARTITION_DAYS_AHEAD = 2
PARTITION_DAYS_BEHIND = 1


class PostgresTelemetryStore:
    """`TelemetryStore` on PostgreSQL."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def append(self, batch: TelemetryBatch, tenants: Mapping[str, UUID]) -> None:
        """Store readings; those already there (same vehicle, same time) stay as they are.

        Raises:
            Unavailable: the store does not answer; repeat with the same batch.
        """
        if not len(batch):
            return
        present = ~np.isnan(batch.values)
        columns = np.flatnonzero(present.any(axis=0))
        query = _insert(tuple(signals.COLUMNS[column] for column in columns))
        ids = [tenants[vehicle.tenant] for vehicle in batch.vehicles]
        rows = batch.row_vehicle.tolist()
        arguments = [_array_literal(batch.values[:, column], present[:, column]) for column in columns]
        async with tenant_transaction(self._pool, *dict.fromkeys(ids)) as connection:
            status = await connection.execute(
                query,
                [ids[row] for row in rows],
                [batch.vehicles[row].vehicle for row in rows],
                batch.event_time.tolist(),
                batch.flags.tolist(),
                list(batch.drivers),
                *arguments,
            )
        stored = int(status.rsplit(" ", 1)[1])
        READINGS.labels("stored").inc(stored)
        READINGS.labels("duplicate").inc(len(batch) - stored)

    async def known(self, batch: TelemetryBatch, tenants: Mapping[str, UUID]) -> NDArray[np.bool_]:
        """(n,) whether each reading is in the store already."""
        ids = [tenants[vehicle.tenant] for vehicle in batch.vehicles]
        async with tenant_transaction(self._pool, *dict.fromkeys(ids)) as connection:
            rows = await connection.fetch(
                """SELECT k.n
                   FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) WITH ORDINALITY AS k (tenant_id, vehicle_id, at, n)
                   JOIN telemetry t ON t.tenant_id = k.tenant_id AND t.vehicle_id = k.vehicle_id AND t.event_time = k.at""",
                [ids[row] for row in batch.row_vehicle.tolist()],
                [batch.vehicles[row].vehicle for row in batch.row_vehicle.tolist()],
                moments(batch.event_time),  # not to_timestamp(): no leakproof function, so no index condition under row security
            )
        known = np.zeros(len(batch), bool)
        known[[row["n"] - 1 for row in rows]] = True
        return known

    async def set_aside(self, until: Mapping[VehicleId, float], tenants: Mapping[str, UUID]) -> list[tuple[VehicleId, bytes]]:
        """Flag each vehicle's readings of the second up to its moment as unscorable; returns them, as JSON of what they hold."""
        vehicles, ends = tuple(until), np.array(list(until.values()))
        ids = [tenants[vehicle.tenant] for vehicle in vehicles]
        async with tenant_transaction(self._pool, *dict.fromkeys(ids)) as connection:
            rows = await connection.fetch(
                """UPDATE telemetry t SET flags = t.flags | $5::smallint
                   FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[])
                        WITH ORDINALITY AS k (tenant_id, vehicle_id, begins, ends, n)
                   WHERE t.tenant_id = k.tenant_id AND t.vehicle_id = k.vehicle_id AND t.event_time BETWEEN k.begins AND k.ends
                   RETURNING k.n,
                             jsonb_strip_nulls(to_jsonb(t) - ARRAY['tenant_id', 'vehicle_id', 'received_at', 'flags'])::text""",
                ids,
                [vehicle.vehicle for vehicle in vehicles],
                moments(np.floor(ends)),
                moments(ends),
                int(ReadingFlag.UNSCORABLE),
            )
        return [(vehicles[row[0] - 1], row[1].encode()) for row in rows]

    async def since(self, after: Mapping[VehicleId, float], tenants: Mapping[str, UUID]) -> TelemetryBatch:
        """Readings newer than each vehicle's moment (seconds since the epoch), in time order, flagged ones left out."""
        vehicles = tuple(after)
        ids = [tenants[vehicle.tenant] for vehicle in vehicles]
        async with tenant_transaction(self._pool, *dict.fromkeys(ids)) as connection:
            rows = await connection.fetch(
                f"""SELECT k.n, extract(epoch FROM t.event_time)::float8 AS at, t.driver_id, {", ".join(signals.COLUMNS)}
                    FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) WITH ORDINALITY AS k (tenant_id, vehicle_id, after, n)
                    JOIN telemetry t ON t.tenant_id = k.tenant_id AND t.vehicle_id = k.vehicle_id
                         AND t.event_time > k.after AND t.flags = 0
                    ORDER BY t.event_time""",  # noqa: S608 - column names of our own table
                ids,
                [vehicle.vehicle for vehicle in vehicles],
                moments(np.array(list(after.values()))),
            )
        values = np.array([tuple(row)[3:] for row in rows], np.float32).reshape(-1, signals.COUNT)
        return TelemetryBatch(
            vehicles,
            np.array([row["n"] - 1 for row in rows], np.intp),
            np.array([row["at"] for row in rows], np.float64),
            values,
            tuple(row["driver_id"] for row in rows),
            np.full(len(rows), ReadingFlag.OK, np.uint8),
        )

    async def ensure_partitions(self, now: datetime) -> None:
        """Make the partitions of the days around now; safe to repeat.

        Raises:
            Unavailable: the server does not answer.
        """
        today = now.astimezone(UTC).date()
        async with connection_of(self._pool) as connection:
            for offset in range(-PARTITION_DAYS_BEHIND, PARTITION_DAYS_AHEAD + 1):
                await connection.execute("SELECT ensure_telemetry_day($1)", today + timedelta(days=offset))

    async def forget_before(self, moment: datetime) -> int:
        """Forget the readings of days that were over at this moment, by the vehicles' clocks; returns how many days that was.

        Raises:
            Unavailable: the server does not answer, or somebody uses the table for too long.
        """
        async with connection_of(self._pool) as connection:
            forgotten: int = await connection.fetchval("SELECT forget_telemetry_before($1)", moment.astimezone(UTC).date())
        return forgotten


def moments(event_time: TimeArray) -> list[datetime]:
    """Seconds since the epoch as aware datetimes."""
    return [datetime.fromtimestamp(at, UTC) for at in event_time.tolist()]


def _array_literal(values: FloatArray, present: NDArray[np.bool_]) -> str:
    """An array as PostgreSQL writes it. asyncpg looks at every element of a list; one text costs a fraction of that."""
    column = values.tolist()
    if not present.all():
        column = [value if there else None for value, there in zip(column, present.tolist(), strict=True)]
    return "{" + msgspec.json.encode(column)[1:-1].decode() + "}"


@lru_cache(maxsize=256)
def _insert(columns: tuple[str, ...]) -> str:
    names = "".join(f", {column}" for column in columns)
    arrays = "".join(f", ${position}::text::real[]" for position in range(6, 6 + len(columns)))
    return f"""INSERT INTO telemetry (tenant_id, vehicle_id, event_time, flags, driver_id{names})
        SELECT u.tenant_id, u.vehicle_id, to_timestamp(u.at), u.flags, u.driver_id{"".join(f", u.{column}" for column in columns)}
        FROM unnest($1::uuid[], $2::text[], $3::float8[], $4::smallint[], $5::text[]{arrays})
             AS u (tenant_id, vehicle_id, at, flags, driver_id{names})
        ON CONFLICT DO NOTHING"""  # noqa: S608 - column names of our own table
