"""Visits to the workshop: what was replaced when, and whether it had failed. The forecaster reads them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import asyncpg

from fleet.errors import Conflict, InvalidInput, NotFound
from fleet.stores import audit
from fleet.stores.postgres import tenant_transaction
from fleet.stores.sessions import SignedIn
from fleet.stores.vehicles import require

EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)  # what is said to be earlier is a clock that was never set


@dataclass(frozen=True, slots=True)
class Visit:
    """A part that was replaced; `failure`: because it had failed, not as a precaution."""

    component: str
    at: datetime
    failure: bool


async def newest(
    pool: asyncpg.Pool, who: SignedIn, vehicle_id: str, before: tuple[datetime, str] | None, limit: int
) -> list[Visit]:
    """A vehicle's visits, newest first; `before` is (at, component) of the last one seen.

    Raises:
        NotFound: unknown vehicle, or another tenant's. Unavailable: the store does not answer.
    """
    at, component = before or (None, "")
    async with tenant_transaction(pool, who.tenant) as connection:
        await require(connection, who, vehicle_id)
        rows = await connection.fetch(
            """SELECT component, event_time AS at, failure FROM maintenance
               WHERE tenant_id = $1 AND vehicle_id = $2 AND ($3::timestamptz IS NULL OR (event_time, component) < ($3, $4))
               ORDER BY event_time DESC, component DESC LIMIT $5""",
            who.tenant, vehicle_id, at, component, limit,
        )  # fmt: skip
    return [Visit(**row) for row in rows]


async def record(pool: asyncpg.Pool, who: SignedIn, vehicle_id: str, visit: Visit, now: datetime) -> None:
    """Write a visit down; what is written already stays as it is, and nothing else happens.

    Raises:
        InvalidInput: it is said to be in the future, or before `EARLIEST`.
        NotFound: unknown vehicle, or another tenant's.
        Conflict: the same part at the same moment is written with another `failure`: it is taken back first.
        Unavailable: the store does not answer.
    """
    _require_possible(visit.at, now)
    async with tenant_transaction(pool, who.tenant) as connection:
        await require(connection, who, vehicle_id)
        is_new = await connection.fetchval(
            """INSERT INTO maintenance (tenant_id, vehicle_id, event_time, component, failure) VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT DO NOTHING RETURNING true""",
            who.tenant, vehicle_id, visit.at, visit.component, visit.failure,
        )  # fmt: skip
        if is_new:
            await _audit(connection, who, now, "maintenance.recorded", vehicle_id, visit)
            return
        recorded = await connection.fetchval(
            """SELECT failure FROM maintenance
               WHERE tenant_id = $1 AND vehicle_id = $2 AND event_time = $3 AND component = $4""",
            who.tenant, vehicle_id, visit.at, visit.component,
        )  # fmt: skip
    if recorded != visit.failure:
        raise Conflict("This visit is recorded with another answer to whether the part had failed: take that one back first.")


async def withdraw(pool: asyncpg.Pool, who: SignedIn, vehicle_id: str, component: str, at: datetime, now: datetime) -> None:
    """Take back a visit that was recorded wrongly.

    Raises:
        InvalidInput: no visit can be of that time. NotFound: there is no such visit, or it is another tenant's.
        Unavailable: the store does not answer.
    """
    _require_possible(at, now)
    async with tenant_transaction(pool, who.tenant) as connection:
        failure = await connection.fetchval(
            """DELETE FROM maintenance WHERE tenant_id = $1 AND vehicle_id = $2 AND event_time = $3 AND component = $4
               RETURNING failure""",
            who.tenant, vehicle_id, at, component,
        )  # fmt: skip
        if failure is None:
            raise NotFound("no such visit")
        await _audit(connection, who, now, "maintenance.withdrawn", vehicle_id, Visit(component, at, failure))


def _require_possible(at: datetime, now: datetime) -> None:
    if at > now:
        raise InvalidInput("at: a visit is recorded when it is over; this is in the future.")
    if at < EARLIEST:
        raise InvalidInput(f"at: before {EARLIEST.year} nothing is recorded.")


async def _audit(
    connection: asyncpg.Connection, who: SignedIn, now: datetime, action: str, vehicle_id: str, visit: Visit
) -> None:
    detail = {"component": visit.component, "at": visit.at.astimezone(UTC).isoformat(), "failure": visit.failure}
    await audit.record(connection, who.tenant, now, str(who.user_id), action, vehicle_id, detail)
