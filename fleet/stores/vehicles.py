"""Vehicles as people see them: what they are, when they last spoke, how many live alerts they have."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg

from fleet import signals
from fleet.alerts import LIVE_STATES, Severity
from fleet.errors import NotFound
from fleet.stores import audit
from fleet.stores.postgres import tenant_transaction
from fleet.stores.sessions import SignedIn

# The newest reading whose clock is not ahead of ours: a vehicle that says 2099 must not look alive for decades.
_VEHICLES = """
    SELECT v.vehicle_id, v.vehicle_class, v.model, v.age_years::numeric::float8 AS age_years, v.tank_l::numeric::float8 AS tank_l,
           coalesce(live.alerts, 0) AS live_alerts, coalesce(live.snoozed, 0) AS snoozed_alerts, live.worst, newest.*
    FROM vehicles v
    LEFT JOIN (SELECT vehicle_id, count(*) FILTER (WHERE is_awake) AS alerts, count(*) FILTER (WHERE NOT is_awake) AS snoozed,
                      max(severity) FILTER (WHERE is_awake) AS worst
               FROM (SELECT vehicle_id, severity, coalesce(snoozed_until <= now(), true) AS is_awake FROM alerts
                     WHERE tenant_id = $1 AND state = ANY ($2::text[])) a GROUP BY 1) live ON live.vehicle_id = v.vehicle_id
    LEFT JOIN LATERAL (SELECT t.event_time, t.driver_id, {columns} FROM telemetry t
                       WHERE t.tenant_id = v.tenant_id AND t.vehicle_id = v.vehicle_id
                         AND t.event_time < now() + interval '5 minutes'
                       ORDER BY t.event_time DESC LIMIT 1) newest ON true
    WHERE v.tenant_id = $1"""
# Held in four bytes: through numeric they come back as they were written, 60.1 and not 60.099998.
_DESCRIPTION: Final = """
    SELECT vehicle_class, model, age_years::numeric::float8 AS age_years, tank_l::numeric::float8 AS tank_l
    FROM vehicles WHERE tenant_id = $1 AND vehicle_id = $2 FOR UPDATE"""
_LIST_COLUMNS = ("latitude_deg", "longitude_deg", "speed_kmh", "fuel_level_pct")


@dataclass(frozen=True, slots=True)
class VehicleSummary:
    """`newest` holds the newest reading by column, None where a signal was not in it.

    `live_alerts` and the worst of them leave out those that are snoozed now, as the list of alerts does.
    """

    vehicle_id: str
    vehicle_class: str
    model: str | None
    age_years: float | None
    tank_l: float | None
    last_seen_at: datetime | None
    driver_id: str | None
    live_alerts: int
    snoozed_alerts: int
    worst_severity: str | None
    newest: dict[str, float | None]


async def find(pool: asyncpg.Pool, who: SignedIn, text: str | None, after: str, limit: int) -> list[VehicleSummary]:
    """By vehicle id, those after `after`; `text` is looked for in id and model."""
    sql = _VEHICLES.format(columns=", ".join(_LIST_COLUMNS)) + (
        " AND v.vehicle_id > $3 AND ($4 = '' OR strpos(lower(concat_ws(' ', v.vehicle_id, v.model)), lower($4)) > 0)"
        " ORDER BY v.vehicle_id LIMIT $5"
    )
    async with tenant_transaction(pool, who.tenant) as connection:
        rows = await connection.fetch(sql, who.tenant, list(LIVE_STATES), after, text or "", limit)
    return [_summary(row, _LIST_COLUMNS) for row in rows]


async def get(pool: asyncpg.Pool, who: SignedIn, vehicle_id: str) -> VehicleSummary:
    """One vehicle with every signal of its newest reading.

    Raises:
        NotFound: unknown, or another tenant's.
    """
    sql = _VEHICLES.format(columns=", ".join(signals.COLUMNS)) + " AND v.vehicle_id = $3"
    async with tenant_transaction(pool, who.tenant) as connection:
        row = await connection.fetchrow(sql, who.tenant, list(LIVE_STATES), vehicle_id)
    if row is None:
        raise NotFound("no such vehicle")
    return _summary(row, signals.COLUMNS)


async def describe(
    pool: asyncpg.Pool, who: SignedIn, vehicle_id: str, wish: Mapping[str, str | float | None], now: datetime
) -> VehicleSummary:
    """Correct what a vehicle is; ingest follows its class and its tank within 30 s.

    Args:
        wish: of `vehicle_class`, `model`, `age_years` and `tank_l` (litres) those that are to change; None where it is unknown.

    Raises:
        NotFound: unknown, or another tenant's. Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, who.tenant) as connection:
        before = await connection.fetchrow(_DESCRIPTION, who.tenant, vehicle_id)
        if before is None:
            raise NotFound("no such vehicle")
        wanted = dict(before) | dict(wish)
        await connection.execute(
            """UPDATE vehicles SET vehicle_class = $3, model = $4, age_years = $5, tank_l = $6
               WHERE tenant_id = $1 AND vehicle_id = $2""",
            who.tenant, vehicle_id, wanted["vehicle_class"], wanted["model"], wanted["age_years"], wanted["tank_l"],
        )  # fmt: skip
        after = dict(await connection.fetchrow(_DESCRIPTION, who.tenant, vehicle_id))
        changes = {name: {"from": before[name], "to": value} for name, value in after.items() if value != before[name]}
        if changes:
            await audit.record(connection, who.tenant, now, str(who.user_id), "vehicle.described", vehicle_id, changes)
    return await get(pool, who, vehicle_id)


def _summary(row: Any, columns: tuple[str, ...]) -> VehicleSummary:
    return VehicleSummary(
        row["vehicle_id"],
        row["vehicle_class"],
        row["model"],
        row["age_years"],
        row["tank_l"],
        row["event_time"],
        row["driver_id"],
        row["live_alerts"],
        row["snoozed_alerts"],
        Severity(row["worst"]).name if row["worst"] else None,
        {column: row[column] for column in columns},
    )


async def require(connection: asyncpg.Connection, who: SignedIn, vehicle_id: str) -> None:
    """Raises NotFound when the vehicle is unknown or another tenant's."""
    known = await connection.fetchval("SELECT 1 FROM vehicles WHERE tenant_id = $1 AND vehicle_id = $2", who.tenant, vehicle_id)
    if known is None:
        raise NotFound("no such vehicle")
