"""Alerts of a past time with what people said of them, to hold models and thresholds against."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from fleet.alerts import AlertType
from fleet.stores.postgres import tenant_transaction


@dataclass(frozen=True, slots=True)
class PastAlert:
    """`ended_at` is the moment it was last seen where it has not ended; `verdict` is None where nobody judged."""

    alert_id: UUID
    vehicle_id: str
    type: AlertType
    started_at: datetime
    ended_at: datetime
    verdict: str | None


async def past_alerts(pool: asyncpg.Pool, tenant: UUID, since: datetime, until: datetime) -> list[PastAlert]:
    """Alerts that began in [since, until), in their order.

    Raises:
        Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, tenant) as connection:
        rows = await connection.fetch(
            """SELECT alert_id, vehicle_id, type, started_at, coalesce(ended_at, last_seen) AS ended_at, verdict FROM alerts
               WHERE tenant_id = $1 AND started_at >= $2 AND started_at < $3 ORDER BY started_at""",
            tenant, since, until,
        )  # fmt: skip
    return [PastAlert(**{**row, "type": AlertType(row["type"])}) for row in rows]


async def reporting_vehicles(
    pool: asyncpg.Pool, tenant: UUID, since: datetime, until: datetime
) -> dict[str, tuple[datetime, datetime]]:
    """Vehicle → its first and last reading of a time, of the vehicles that have one."""
    async with tenant_transaction(pool, tenant) as connection:
        rows = await connection.fetch(
            """SELECT v.vehicle_id, first.event_time AS first, last.event_time AS last FROM vehicles v
               CROSS JOIN LATERAL (SELECT event_time FROM telemetry t WHERE t.tenant_id = $1 AND t.vehicle_id = v.vehicle_id
                   AND event_time >= $2 AND event_time < $3 ORDER BY event_time LIMIT 1) first
               CROSS JOIN LATERAL (SELECT event_time FROM telemetry t WHERE t.tenant_id = $1 AND t.vehicle_id = v.vehicle_id
                   AND event_time >= $2 AND event_time < $3 ORDER BY event_time DESC LIMIT 1) last
               WHERE v.tenant_id = $1 ORDER BY 1""",
            tenant, since, until,
        )  # fmt: skip
    return {row["vehicle_id"]: (row["first"], row["last"]) for row in rows}
