"""What is known of models while they serve: shadow tallies, live histograms, drift, notices to engineers. Platform-wide."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from fleet.stores import audit
from fleet.stores.postgres import SYSTEM_TENANT, tenant_transaction

ACTOR = "system:model-watch"


@dataclass(frozen=True, slots=True)
class ShadowTally:
    """Counts of an hour, or of several: see `fleet.shadow`."""

    model: str
    champion: str
    challenger: str
    type: str
    hour: datetime
    counts: Sequence[int]


@dataclass(frozen=True, slots=True)
class LiveHistogram:
    """Live rows of an hour in the bins of the version's reference, quantity after quantity."""

    model: str
    version: str
    hour: datetime
    rows: int
    counts: Sequence[int]


@dataclass(frozen=True, slots=True)
class Drift:
    """How far one quantity has moved."""

    model: str
    version: str
    quantity: str
    at: datetime
    psi: float
    rows: int


@dataclass(frozen=True, slots=True)
class Notice:
    """Something engineers should look at; `closed_at` is None while it holds."""

    model: str
    version: str
    subject: str
    detail: str
    opened_at: datetime
    closed_at: datetime | None


async def add_live_counts(pool: asyncpg.Pool, tallies: Iterable[ShadowTally], histograms: Iterable[LiveHistogram]) -> None:
    """Add a replica's counts to what stands there.

    Raises:
        Unavailable: the store does not answer; nothing was added.
    """
    async with tenant_transaction(pool, SYSTEM_TENANT) as connection:
        await connection.executemany(
            """INSERT INTO shadow_tallies AS t (tenant_id, model, champion, challenger, type, hour, counts)
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (tenant_id, model, champion, challenger, type, hour)
               DO UPDATE SET counts = add_counts(t.counts, excluded.counts)""",
            [(SYSTEM_TENANT, t.model, t.champion, t.challenger, t.type, t.hour, list(t.counts)) for t in tallies],
        )
        await connection.executemany(
            """INSERT INTO live_histograms AS h (tenant_id, model, version, hour, rows, counts) VALUES ($1, $2, $3, $4, $5, $6)
               ON CONFLICT (tenant_id, model, version, hour)
               DO UPDATE SET rows = h.rows + excluded.rows, counts = add_counts(h.counts, excluded.counts)""",
            [(SYSTEM_TENANT, h.model, h.version, h.hour, h.rows, list(h.counts)) for h in histograms],
        )


async def shadow_tallies(pool: asyncpg.Pool, model: str, champion: str, challenger: str) -> list[ShadowTally]:
    """Of two versions, by type and hour."""
    async with tenant_transaction(pool, SYSTEM_TENANT) as connection:
        rows = await connection.fetch(
            """SELECT model, champion, challenger, type, hour, counts FROM shadow_tallies
               WHERE tenant_id = $1 AND model = $2 AND champion = $3 AND challenger = $4 ORDER BY type, hour""",
            SYSTEM_TENANT, model, champion, challenger,
        )  # fmt: skip
    return [ShadowTally(**row) for row in rows]


async def live_histograms(pool: asyncpg.Pool, model: str, version: str, since: datetime) -> list[LiveHistogram]:
    """Of a version, hour by hour."""
    async with tenant_transaction(pool, SYSTEM_TENANT) as connection:
        rows = await connection.fetch(
            """SELECT model, version, hour, rows, counts FROM live_histograms
               WHERE tenant_id = $1 AND model = $2 AND version = $3 AND hour >= $4 ORDER BY hour""",
            SYSTEM_TENANT, model, version, since,
        )  # fmt: skip
    return [LiveHistogram(**row) for row in rows]


async def save_drift(pool: asyncpg.Pool, found: Iterable[Drift]) -> None:
    """Replace what was known of these quantities."""
    async with tenant_transaction(pool, SYSTEM_TENANT) as connection:
        await connection.executemany(
            """INSERT INTO drift (tenant_id, model, version, quantity, at, psi, rows) VALUES ($1, $2, $3, $4, $5, $6, $7)
               ON CONFLICT (tenant_id, model, quantity) DO UPDATE SET
                   version = excluded.version, at = excluded.at, psi = excluded.psi, rows = excluded.rows""",
            [(SYSTEM_TENANT, d.model, d.version, d.quantity, d.at, d.psi, d.rows) for d in found],
        )


async def latest_drift(pool: asyncpg.Pool) -> list[Drift]:
    """The newest of every model and quantity, most moved first."""
    async with tenant_transaction(pool, SYSTEM_TENANT) as connection:
        rows = await connection.fetch(
            "SELECT model, version, quantity, at, psi, rows FROM drift WHERE tenant_id = $1 ORDER BY psi DESC", SYSTEM_TENANT
        )
    return [Drift(**row) for row in rows]


async def open_notice(pool: asyncpg.Pool, notice: Notice) -> bool:
    """Tell engineers, once: False where the same notice is open already."""
    async with tenant_transaction(pool, SYSTEM_TENANT) as connection:
        opened = await connection.fetchval(
            """INSERT INTO model_notices (tenant_id, model, version, subject, detail, opened_at) VALUES ($1, $2, $3, $4, $5, $6)
               ON CONFLICT (tenant_id, model, subject) WHERE closed_at IS NULL DO NOTHING RETURNING notice_id""",
            SYSTEM_TENANT, notice.model, notice.version, notice.subject, notice.detail, notice.opened_at,
        )  # fmt: skip
        if opened:
            detail = {"subject": notice.subject, "version": notice.version}
            await audit.record(connection, SYSTEM_TENANT, notice.opened_at, ACTOR, "model.notice_opened", notice.model, detail)
    return opened is not None


async def close_notice(pool: asyncpg.Pool, model: str, subject: str, now: datetime) -> bool:
    """Withdraw what holds no longer: False where no such notice was open."""
    async with tenant_transaction(pool, SYSTEM_TENANT) as connection:
        closed = await connection.fetchval(
            """UPDATE model_notices SET closed_at = $4 WHERE tenant_id = $1 AND model = $2 AND subject = $3 AND closed_at IS NULL
               RETURNING notice_id""",
            SYSTEM_TENANT, model, subject, now,
        )  # fmt: skip
        if closed:
            await audit.record(connection, SYSTEM_TENANT, now, ACTOR, "model.notice_closed", model, {"subject": subject})
    return closed is not None


async def open_notices(pool: asyncpg.Pool) -> list[Notice]:
    """What engineers should look at now, newest first."""
    async with tenant_transaction(pool, SYSTEM_TENANT) as connection:
        rows = await connection.fetch(
            """SELECT model, version, subject, detail, opened_at, closed_at FROM model_notices
               WHERE tenant_id = $1 AND closed_at IS NULL ORDER BY opened_at DESC, model, subject""",
            SYSTEM_TENANT,
        )
    return [Notice(**row) for row in rows]
