"""Requests that carry a key are done once: sent again within a day, they get the first answer."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg

from fleet.errors import InvalidInput
from fleet.stores.postgres import tenant_transaction
from fleet.stores.sessions import SignedIn

KEPT: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Request:
    """`key`: as the client chose it. `content`: what it asks, to tell a repeat from another request under the same key."""

    key: str
    content: str

    @property
    def fingerprint(self) -> bytes:
        return hashlib.sha256(self.content.encode()).digest()


async def forget(pool: asyncpg.Pool, tenant: UUID, now: datetime) -> None:
    """Answers are kept for a day, no longer: they hold names.

    Raises:
        Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, tenant) as connection:
        await connection.execute("DELETE FROM idempotency_keys WHERE tenant_id = $1 AND at < $2", tenant, now - KEPT)


async def answered(connection: asyncpg.Connection, who: SignedIn, request: Request, now: datetime) -> dict[str, Any] | None:
    """The answer that this person's request had, None where it is new.

    Raises:
        InvalidInput: the key stands for another request.
    """
    await connection.execute(
        "DELETE FROM idempotency_keys WHERE tenant_id = $1 AND user_id = $2 AND at < $3", who.tenant, who.user_id, now - KEPT
    )
    row = await connection.fetchrow(
        "SELECT fingerprint, answer FROM idempotency_keys WHERE tenant_id = $1 AND user_id = $2 AND key = $3",
        who.tenant, who.user_id, request.key,
    )  # fmt: skip
    if row is None:
        return None
    if row["fingerprint"] != request.fingerprint:
        raise InvalidInput("Idempotency-Key: it was used for another request; choose a new one.")
    answer: dict[str, Any] = json.loads(row["answer"])
    return answer


async def keep(connection: asyncpg.Connection, who: SignedIn, request: Request, answer: dict[str, Any], now: datetime) -> None:
    """Remember the answer, in the transaction that did what was asked.

    Raises:
        InvalidInput: another request under the same key was faster.
    """
    kept = await connection.fetchval(
        """INSERT INTO idempotency_keys (tenant_id, user_id, key, fingerprint, answer, at) VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT DO NOTHING RETURNING 1""",
        who.tenant, who.user_id, request.key, request.fingerprint, json.dumps(answer), now,
    )  # fmt: skip
    if kept is None:
        raise InvalidInput("Idempotency-Key: another request is using it; choose a new one.")
