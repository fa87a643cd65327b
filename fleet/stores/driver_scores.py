"""Scores of drivers: the present ranking, and how each came there."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from fleet.drivers import WEIGHTS_VERSION, DriverScore
from fleet.errors import NotFound
from fleet.stores.postgres import tenant_transaction
from fleet.stores.sessions import SignedIn

UNRANKED = 2**31 - 1  # where drivers without a rank stand in the order

# Who had a distance the day before and has none in the window any more is unknown from now on, not what they were.
_GONE = """
INSERT INTO driver_scores (tenant_id, driver_id, day, scored_at, vehicle_class, distance_km, measured, contributions,
                           weights_version)
SELECT tenant_id, driver_id, $2, $3, vehicle_class, 0, 0, '[]', $4 FROM driver_scores
WHERE tenant_id = $1 AND distance_km > 0 AND driver_id <> ALL ($5::text[])
      AND day = (SELECT max(day) FROM driver_scores WHERE tenant_id = $1 AND day < $2)"""


@dataclass(frozen=True, slots=True)
class StoredScore:
    """A score as it was on a day; what is None is unknown."""

    driver_id: str
    day: date
    scored_at: datetime
    vehicle_class: str
    distance_km: float
    score: float | None
    lower: float | None
    upper: float | None
    band: str | None
    rank: int | None
    measured: float
    contributions: list[dict[str, Any]]
    weights_version: str


async def save(pool: asyncpg.Pool, tenant: UUID, scores: Sequence[DriverScore], now: datetime) -> None:
    """Replace today's scores of a tenant.

    Raises:
        Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, tenant) as connection:
        await connection.execute("DELETE FROM driver_scores WHERE tenant_id = $1 AND day = $2", tenant, now.date())
        await connection.executemany(
            """INSERT INTO driver_scores (tenant_id, driver_id, day, scored_at, vehicle_class, distance_km, score, lower, upper,
                                          band, rank, measured, contributions, weights_version)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)""",
            [_row(tenant, each, now) for each in scores],
        )
        drivers = [each.driver_id for each in scores]
        await connection.execute(_GONE, tenant, now.date(), now, WEIGHTS_VERSION, drivers)


def _row(tenant: UUID, score: DriverScore, now: datetime) -> tuple[Any, ...]:
    parts = json.dumps([asdict(part) for part in score.contributions])
    return (
        tenant, score.driver_id, now.date(), now, score.vehicle_class, score.distance_km, score.score, score.lower, score.upper,
        score.band, score.rank, score.measured, parts, WEIGHTS_VERSION,
    )  # fmt: skip


async def ranking(
    pool: asyncpg.Pool, who: SignedIn, bands: Sequence[str], after: tuple[int, str] | None, limit: int
) -> list[StoredScore]:
    """The newest scores, best first, those without one last; a driver sees their own alone. `after`: rank and driver seen last.

    Raises:
        Unavailable: the store does not answer.
    """
    rank, driver = after or (0, "")
    async with tenant_transaction(pool, who.tenant) as connection:
        rows = await connection.fetch(
            """SELECT * FROM driver_scores
                WHERE tenant_id = $1 AND day = (SELECT max(day) FROM driver_scores WHERE tenant_id = $1)
                AND ($2::text IS NULL OR driver_id = $2) AND (cardinality($3::text[]) = 0 OR band = ANY ($3))
                AND (coalesce(rank, $7), driver_id) > ($4::int, $5::text)
                ORDER BY coalesce(rank, $7), driver_id LIMIT $6""",
            who.tenant, who.only_driver, list(bands), rank, driver, limit, UNRANKED,
        )  # fmt: skip
    return [_score(row) for row in rows]


async def history(pool: asyncpg.Pool, who: SignedIn, driver_id: str, since: date) -> list[StoredScore]:
    """A driver's scores by day, the newest last.

    Raises:
        NotFound: no score of this driver, or not for this person to see.
    """
    async with tenant_transaction(pool, who.tenant) as connection:
        rows = await connection.fetch(
            "SELECT * FROM driver_scores WHERE tenant_id = $1 AND driver_id = $2 AND day >= $3 ORDER BY day",
            who.tenant, driver_id, since,
        )  # fmt: skip
    if not rows or who.only_driver not in (None, driver_id):
        raise NotFound("no such driver")
    return [_score(row) for row in rows]


def _score(row: asyncpg.Record) -> StoredScore:
    known = {key: value for key, value in row.items() if key not in ("tenant_id", "contributions")}
    return StoredScore(**known, contributions=json.loads(row["contributions"]))
