"""Tokens with which programs act for a person."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from fleet.errors import Conflict, NotAuthorized, NotFound
from fleet.permissions import Permission
from fleet.stores import audit
from fleet.stores.postgres import tenant_transaction
from fleet.stores.sessions import API_TOKEN_PREFIX, SignedIn, token_hash

MOST_PER_PERSON: Final = 20
_FOUND: Final = "SELECT token_id, name, scopes, created_at, expires_at, last_used_at FROM api_tokens"


@dataclass(frozen=True, slots=True)
class ApiToken:
    """`scopes`: what it may be used for, as far as its owner's role allows it. `last_used_at`: to the minute."""

    token_id: UUID
    name: str
    scopes: list[Permission]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


async def own(pool: asyncpg.Pool, who: SignedIn) -> list[ApiToken]:
    """This person's tokens, newest first, expired ones too.

    Raises:
        Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, who.tenant) as connection:
        rows = await connection.fetch(
            f"{_FOUND} WHERE tenant_id = $1 AND user_id = $2 ORDER BY created_at DESC, token_id", who.tenant, who.user_id
        )
    return [ApiToken(**row) for row in rows]


async def create(
    pool: asyncpg.Pool, who: SignedIn, name: str, scopes: Collection[Permission], expires_at: datetime, now: datetime
) -> tuple[ApiToken, str]:
    """A new token and its text, which is not shown again.

    Raises:
        NotAuthorized: a scope that the person does not have. Conflict: the person has as many as anybody may have.
        Unavailable: the store does not answer.
    """
    if beyond := sorted(set(scopes) - who.permissions):
        raise NotAuthorized(f"Your role does not allow what this token would: {', '.join(beyond)}.")
    text = API_TOKEN_PREFIX + secrets.token_urlsafe(32)
    async with tenant_transaction(pool, who.tenant) as connection:
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext($1))", f"api_tokens/{who.user_id}")
        held = await connection.fetchval(
            "SELECT count(*) FROM api_tokens WHERE tenant_id = $1 AND user_id = $2", who.tenant, who.user_id
        )
        if held >= MOST_PER_PERSON:
            raise Conflict(f"You have {held} tokens: revoke one that is used no more.")
        token_id = await connection.fetchval(
            """INSERT INTO api_tokens (tenant_id, user_id, name, token_hash, scopes, created_at, expires_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING token_id""",
            who.tenant, who.user_id, name, token_hash(text), sorted(set(scopes)), now, expires_at,
        )  # fmt: skip
        detail = {"name": name, "scopes": sorted(set(scopes))}
        await audit.record(connection, who.tenant, now, str(who.user_id), "api_token.created", str(token_id), detail)
        row = await connection.fetchrow(f"{_FOUND} WHERE tenant_id = $1 AND token_id = $2", who.tenant, token_id)
    assert row is not None
    return ApiToken(**row), text


async def revoke(pool: asyncpg.Pool, who: SignedIn, token_id: UUID, now: datetime) -> None:
    """End one of this person's tokens; its open streams end within seconds.

    Raises:
        NotFound: it is none of theirs. Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, who.tenant) as connection:
        revoked = await connection.execute(
            "DELETE FROM api_tokens WHERE tenant_id = $1 AND user_id = $2 AND token_id = $3", who.tenant, who.user_id, token_id
        )
        if revoked == "DELETE 0":
            raise NotFound("There is no such token.")
        await audit.record(connection, who.tenant, now, str(who.user_id), "api_token.revoked", str(token_id), {})
