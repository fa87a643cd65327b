"""What the parts that speak no HTTP say about themselves."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import asyncpg

from fleet.stores.postgres import SYSTEM_TENANT, tenant_transaction


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """`age_s`: seconds since it was sent, by the database's clock."""

    part: str
    age_s: float
    state: Literal["ok", "degraded", "down"]
    detail: str


async def heartbeats(pool: asyncpg.Pool) -> list[Heartbeat]:
    """The newest heartbeat of each part."""
    async with tenant_transaction(pool, SYSTEM_TENANT) as connection:
        rows = await connection.fetch(
            """SELECT part, extract(epoch FROM now() - at)::float8 AS age_s, state, detail
               FROM heartbeats WHERE tenant_id = $1 ORDER BY part""",
            SYSTEM_TENANT,
        )
    return [Heartbeat(row["part"], row["age_s"], row["state"], row["detail"]) for row in rows]


async def beat(pool: asyncpg.Pool, part: str, at: datetime, state: str = "ok", detail: str = "") -> None:
    """Say that a part lives; `/ready` looks at it.

    Raises:
        Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, SYSTEM_TENANT) as connection:
        await connection.execute(
            """INSERT INTO heartbeats (tenant_id, part, at, state, detail) VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (tenant_id, part) DO UPDATE SET at = excluded.at, state = excluded.state,
                                                           detail = excluded.detail""",
            SYSTEM_TENANT, part, at, state, detail,
        )  # fmt: skip
