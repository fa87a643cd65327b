"""Reading the tenants' logs of changes, from any point on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from fleet.stores.postgres import tenant_transaction

# Names are joined here: the log itself holds no names of people.
_EVENTS = """
    SELECT e.tenant_id, e.seq, e.anomaly, e.anomaly ->> 'vehicleId' AS vehicle_id, e.anomaly ->> 'driverId' AS driver_id,
           u.name AS acknowledged_by_name, v.name AS assigned_to_name
    FROM {source} LEFT JOIN users u ON u.tenant_id = e.tenant_id AND u.user_id = (e.anomaly ->> 'acknowledgedBy')::uuid
    LEFT JOIN users v ON v.tenant_id = e.tenant_id AND v.user_id = (e.anomaly ->> 'assignedTo')::uuid"""


@dataclass(frozen=True, slots=True)
class LoggedChange:
    """One change: its number, whose alert it is, and the anomaly as JSON text, ready to be sent."""

    seq: int
    vehicle_id: str
    driver_id: str | None
    anomaly: str


@dataclass(frozen=True, slots=True)
class LogBounds:
    """Newest number, and the oldest that is still kept; an empty log is (0, None)."""

    head: int
    oldest: int | None

    def can_replay_after(self, seq: int) -> bool:
        """Whether everything after `seq` is still here, and `seq` itself is not from the future."""
        return 0 <= seq <= self.head and (seq == self.head or (self.oldest is not None and self.oldest <= seq + 1))


async def bounds(pool: asyncpg.Pool, tenant: UUID) -> LogBounds:
    async with tenant_transaction(pool, tenant) as connection:
        row = await connection.fetchrow(
            """SELECT coalesce((SELECT seq FROM stream_heads WHERE tenant_id = $1), 0) AS head,
                      (SELECT seq FROM stream_events WHERE tenant_id = $1 ORDER BY seq LIMIT 1) AS oldest""",
            tenant,
        )
    return LogBounds(row["head"], row["oldest"])


async def changes_after(pool: asyncpg.Pool, tenant: UUID, seq: int, limit: int) -> list[LoggedChange]:
    """The changes that follow `seq`, in order."""
    sql = _EVENTS.format(source="stream_events e") + " WHERE e.tenant_id = $1 AND e.seq > $2 ORDER BY e.seq LIMIT $3"
    async with tenant_transaction(pool, tenant) as connection:
        rows = await connection.fetch(sql, tenant, seq, limit)
    return [_change(row) for row in rows]


async def news(pool: asyncpg.Pool, after: Mapping[UUID, int], limit: int) -> dict[UUID, list[LoggedChange]]:
    """For many tenants at once: what follows each one's number, in order, at most `limit` each."""
    source = """unnest($1::uuid[], $2::bigint[]) AS known (tenant_id, seq)
                CROSS JOIN LATERAL (SELECT * FROM stream_events s WHERE s.tenant_id = known.tenant_id AND s.seq > known.seq
                                    ORDER BY s.seq LIMIT $3) e"""
    async with tenant_transaction(pool, *after) as connection:
        rows = await connection.fetch(
            _EVENTS.format(source=source) + " ORDER BY e.tenant_id, e.seq", list(after), list(after.values()), limit
        )
    found: dict[UUID, list[LoggedChange]] = {}
    for row in rows:
        found.setdefault(row["tenant_id"], []).append(_change(row))
    return found


def _change(row: Mapping[str, Any]) -> LoggedChange:
    anomaly = row["anomaly"]
    if row["acknowledged_by_name"] is not None or row["assigned_to_name"] is not None:
        names = {"acknowledgedByName": row["acknowledged_by_name"], "assignedToName": row["assigned_to_name"]}
        anomaly = json.dumps({**json.loads(anomaly), **names})
    return LoggedChange(row["seq"], row["vehicle_id"], row["driver_id"], anomaly)
