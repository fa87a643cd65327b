"""A vehicle's readings over time, thinned out in the database to what a chart can show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from fleet.stores.postgres import tenant_transaction
from fleet.stores.sessions import SignedIn
from fleet.stores.vehicles import require

# A mean of 359° and 1° is 180°, and of two places a place nobody was at: these take the bucket's last value.
_LAST_VALUE = {"heading_deg", "latitude_deg", "longitude_deg"}


@dataclass(frozen=True, slots=True)
class Readings:
    """`times`: (bucket,) starts of the buckets. `columns`: name → (bucket,) values, None where nothing was sent."""

    width: timedelta
    times: list[datetime]
    columns: dict[str, list[float | None]]


async def thinned(
    pool: asyncpg.Pool, who: SignedIn, vehicle_id: str, since: datetime, until: datetime, columns: Sequence[str], points: int
) -> Readings:
    """At most `points` buckets of equal width in [since, until); buckets without a reading are left out.

    Raises:
        NotFound: unknown vehicle, or another tenant's.
    """
    width = max((until - since) / points, timedelta(milliseconds=1))
    values = ", ".join(_thinned(column) for column in columns)
    async with tenant_transaction(pool, who.tenant) as connection:
        await require(connection, who, vehicle_id)
        rows = await connection.fetch(
            f"""SELECT date_bin($5, event_time, $3) AS bucket, {values} FROM telemetry
                WHERE tenant_id = $1 AND vehicle_id = $2 AND event_time >= $3 AND event_time < $4
                GROUP BY 1 ORDER BY 1 LIMIT $6""",  # noqa: S608  columns come from the signal table
            who.tenant, vehicle_id, since, until, width, points,
        )  # fmt: skip
    return Readings(width, [row["bucket"] for row in rows], {column: [row[column] for row in rows] for column in columns})


def _thinned(column: str) -> str:
    if column in _LAST_VALUE:
        return f"(array_agg({column} ORDER BY event_time DESC) FILTER (WHERE {column} IS NOT NULL))[1] AS {column}"
    return f"avg({column})::real AS {column}"
