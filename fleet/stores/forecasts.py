"""The newest forecasts per vehicle and component, and how well past ones held."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from fleet.stores.postgres import tenant_transaction
from fleet.stores.sessions import SignedIn
from fleet.stores.vehicles import require

HORIZON_H = 72  # the horizon the fleet is ranked by
RECORD_DAYS: Final = 90  # how far back past forecasts are held against what came


@dataclass(frozen=True, slots=True)
class ForecastRow:
    """P(component fails within the horizon) with its interval, as known at `made_at`."""

    vehicle_id: str
    component: str
    made_at: datetime
    horizon_h: int
    probability: float
    lower: float
    upper: float
    model_version: str


async def worst(
    pool: asyncpg.Pool, who: SignedIn, component: str | None, after: tuple[float, str, str] | None, limit: int
) -> list[ForecastRow]:
    """The fleet's 72-hour risks, worst first; `after` is (probability, vehicle, component) of the last one seen."""
    probability, vehicle_id, last_component = after or (2.0, "", "")
    async with tenant_transaction(pool, who.tenant) as connection:
        rows = await connection.fetch(
            """SELECT * FROM newest_forecasts
               WHERE tenant_id = $1 AND horizon_h = $2 AND ($3::text IS NULL OR component = $3)
                 AND (-probability, vehicle_id, component) > (-($4::real), $5::text, $6::text)
               ORDER BY -probability, vehicle_id, component LIMIT $7""",
            who.tenant, HORIZON_H, component, probability, vehicle_id, last_component, limit,
        )  # fmt: skip
    return [_row(row) for row in rows]


@dataclass(frozen=True, slots=True)
class FailureRate:
    """Share of `vehicles` expected to have a failing component within the horizon, with its interval; all in [0, 1]."""

    vehicles: int
    value: float
    lower: float
    upper: float


async def failure_rate(pool: asyncpg.Pool, who: SignedIn) -> FailureRate | None:
    """By the newest forecasts of the whole fleet; None while there is none.

    Components of a vehicle are taken to fail independently of each other: P(any) = 1 - Π(1 - p).

    Raises:
        Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, who.tenant) as connection:
        row = await connection.fetchrow(
            """SELECT count(*) AS vehicles, 1 - avg(value) AS value, 1 - avg(lower) AS lower, 1 - avg(upper) AS upper
               FROM (SELECT exp(sum(ln(greatest(1 - probability, 1e-9)))) AS value,
                            exp(sum(ln(greatest(1 - lower, 1e-9)))) AS lower, exp(sum(ln(greatest(1 - upper, 1e-9)))) AS upper
                     FROM newest_forecasts WHERE tenant_id = $1 AND horizon_h = $2 GROUP BY vehicle_id) none_fails""",
            who.tenant, HORIZON_H,
        )  # fmt: skip
    return FailureRate(**row) if row["vehicles"] else None


async def of_vehicle(pool: asyncpg.Pool, who: SignedIn, vehicle_id: str) -> list[ForecastRow]:
    """Each component's newest forecast, every horizon of it.

    Raises:
        NotFound: unknown vehicle, or another tenant's.
    """
    async with tenant_transaction(pool, who.tenant) as connection:
        await require(connection, who, vehicle_id)
        rows = await connection.fetch(
            "SELECT * FROM newest_forecasts WHERE tenant_id = $1 AND vehicle_id = $2 ORDER BY component, horizon_h",
            who.tenant,
            vehicle_id,
        )
    return [_row(row) for row in rows]


@dataclass(frozen=True, slots=True)
class PastForecasts:
    """What was said of a component and what came of it.

    Attributes:
        forecasts: how many whose horizon is over, at least 1.
        said: their mean probability.
        failed: after how many it failed within the horizon; None where the tenant's record of its workshop does not go back so
            far, since then nobody knows.
    """

    component: str
    forecasts: int
    said: float
    failed: int | None


# PostgreSQL skips from component to component along the primary key: forecasts of years before stay untouched.
_PAST: Final = """
    WITH failures AS MATERIALIZED (
        SELECT component, event_time FROM maintenance
        WHERE tenant_id = $1 AND vehicle_id = $2 AND failure AND event_time > $4)
    SELECT component, count(*) AS forecasts, avg(f.probability) AS said,
           count(*) FILTER (WHERE EXISTS (SELECT FROM failures x WHERE x.component = f.component
                                          AND x.event_time > f.made_at AND x.event_time <= f.made_at + $6)) AS failed
    FROM forecasts f
    WHERE tenant_id = $1 AND vehicle_id = $2 AND horizon_h = $3 AND made_at BETWEEN $4 AND $5
    GROUP BY 1 ORDER BY 1"""


async def past(pool: asyncpg.Pool, who: SignedIn, vehicle_id: str, now: datetime) -> list[PastForecasts]:
    """Of a vehicle, by component: the 72-hour forecasts of `RECORD_DAYS` whose 72 hours are over.

    Once the tenant has a record of its workshop, only those that were made since it begins: of what came before nobody knows.

    Raises:
        Unavailable: the store does not answer.
    """
    horizon = timedelta(hours=HORIZON_H)
    since, until = now - timedelta(days=RECORD_DAYS), now - horizon
    async with tenant_transaction(pool, who.tenant) as connection:
        recorded = await connection.fetchval("SELECT min(event_time) FROM maintenance WHERE tenant_id = $1", who.tenant)
        is_known = recorded is not None and recorded <= until
        begin = max(since, recorded) if is_known else since
        rows = await connection.fetch(_PAST, who.tenant, vehicle_id, HORIZON_H, begin, until, horizon)
    return [PastForecasts(row["component"], row["forecasts"], row["said"], row["failed"] if is_known else None) for row in rows]


def _row(row: asyncpg.Record) -> ForecastRow:
    return ForecastRow(**{key: value for key, value in row.items() if key != "tenant_id"})
