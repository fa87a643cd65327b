"""Who did what and when: one chain of hashes per tenant, so that a removed or changed row shows."""

import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg

from fleet.stores.postgres import tenant_transaction
from fleet.stores.stream import lock_head

GENESIS = bytes(32)  # what the first row of a chain follows


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One deed.

    Attributes:
        actor: a user id, or `system:<part>`.
        action: `alert.acknowledged`, `session.opened`, …
        subject: the id of what it was done to.
        detail: ids and numbers; no personal data.
    """

    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any] = field(default_factory=dict)


async def record(
    connection: asyncpg.Connection, tenant: UUID, at: datetime, actor: str, action: str, subject: str, detail: Mapping[str, Any]
) -> None:
    """Append one deed to the tenant's chain, in the caller's transaction."""
    await record_many(connection, tenant, [AuditEntry(at, actor, action, subject, detail)])


async def record_many(connection: asyncpg.Connection, tenant: UUID, entries: Sequence[AuditEntry]) -> None:
    """Append deeds in their order, in the caller's transaction, which holds the tenant's log from here to its end."""
    if not entries:
        return
    await lock_head(connection, tenant)
    newest = await connection.fetchrow("SELECT seq, hash FROM audit_log WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 1", tenant)
    seq, previous = (newest["seq"], newest["hash"]) if newest else (0, GENESIS)
    rows = []
    for entry in entries:
        seq += 1
        digest = link_hash(previous, tenant, seq, entry)
        rows.append((seq, entry.at, entry.actor, entry.action, entry.subject, json.dumps(dict(entry.detail)), previous, digest))
        previous = digest
    await connection.execute(
        """INSERT INTO audit_log (tenant_id, seq, at, actor, action, subject, detail, previous, hash)
           SELECT $1, * FROM unnest($2::bigint[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::jsonb[],
                                    $8::bytea[], $9::bytea[])""",
        tenant,
        *map(list, zip(*rows, strict=True)),
    )


def link_hash(previous: bytes, tenant: UUID, seq: int, entry: AuditEntry) -> bytes:
    """SHA-256 over the previous hash and the entry as canonical JSON (sorted keys, no blanks)."""
    canonical = json.dumps(
        [str(tenant), seq, entry.at.astimezone(UTC).isoformat(), entry.actor, entry.action, entry.subject, dict(entry.detail)],
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    )
    return hashlib.sha256(previous + canonical.encode()).digest()


@dataclass(frozen=True, slots=True)
class Chain:
    """What a check found. `head`: number and hash of the newest row; noted elsewhere it shows later that nothing was cut off."""

    length: int
    head: str
    broken_at: int | None

    @property
    def is_whole(self) -> bool:
        return self.broken_at is None


async def check(pool: asyncpg.Pool, tenant: UUID, expected_head: str | None = None) -> Chain:
    """Recompute a tenant's chain.

    Args:
        expected_head: a head that was noted earlier; a chain without that row is broken there.

    Raises:
        Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, tenant) as connection:
        newest = await connection.fetchrow(
            "SELECT seq, hash FROM audit_log WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 1", tenant
        )
        seq, digest = (newest["seq"], newest["hash"]) if newest else (0, GENESIS)
        broken_at = await first_broken_link(connection, tenant)
        if broken_at is None and expected_head is not None:
            number = int(expected_head.partition(":")[0])
            kept = await connection.fetchval("SELECT hash FROM audit_log WHERE tenant_id = $1 AND seq = $2", tenant, number)
            broken_at = None if kept is not None and f"{number}:{kept.hex()}" == expected_head else number
    return Chain(seq, f"{seq}:{digest.hex()}", broken_at)


async def entries(pool: asyncpg.Pool, tenant: UUID) -> AsyncIterator[tuple[int, AuditEntry, bytes]]:
    """Every row in its order: number, deed, hash.

    Raises:
        Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, tenant) as connection:
        async for row in connection.cursor("SELECT * FROM audit_log WHERE tenant_id = $1 ORDER BY seq", tenant):
            yield row["seq"], _entry(row), row["hash"]


async def first_broken_link(connection: asyncpg.Connection, tenant: UUID) -> int | None:
    """The number of the first row that does not follow from the one before it; None when the chain holds."""
    expected_seq, previous = 1, GENESIS
    async for row in connection.cursor("SELECT * FROM audit_log WHERE tenant_id = $1 ORDER BY seq", tenant):
        intact = row["previous"] == previous and row["hash"] == link_hash(previous, tenant, expected_seq, _entry(row))
        if row["seq"] != expected_seq or not intact:
            return expected_seq
        expected_seq, previous = expected_seq + 1, row["hash"]
    return None


def _entry(row: Mapping[str, Any]) -> AuditEntry:
    return AuditEntry(row["at"], row["actor"], row["action"], row["subject"], json.loads(row["detail"]))
