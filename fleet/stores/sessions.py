"""Who is asking: sessions of people and tokens of their programs, found by a hash; the token itself is never stored."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from fleet.errors import NotFound
from fleet.permissions import PERMISSIONS, Permission, Role
from fleet.stores import audit
from fleet.stores.postgres import connection_of, tenant_transaction

API_TOKEN_PREFIX = "fgt_"  # noqa: S105  lets scanners of leaked secrets find ours


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who a session belongs to, or an API token: `scopes` are what that one may be used for, None for a session."""

    tenant: UUID
    slug: str
    user_id: UUID
    email: str
    name: str
    role: Role
    driver_id: str | None
    expires_at: datetime
    scopes: frozenset[Permission] | None = None

    @property
    def permissions(self) -> frozenset[Permission]:
        """What may be done now: never more than the person's role allows."""
        granted = PERMISSIONS[self.role]
        return granted if self.scopes is None else granted & self.scopes

    @property
    def only_driver(self) -> str | None:
        """The one driver whose things this person may see; None where it is not restricted, '' where it is nobody's."""
        return (self.driver_id or "") if self.role == "driver" else None


@dataclass(frozen=True, slots=True)
class Candidate:
    """Who an email address belongs to, before the password was checked."""

    tenant: UUID
    user_id: UUID
    password_hash: str


@dataclass(frozen=True, slots=True)
class OpenSession:
    """`opened_with`: what the browser called itself."""

    session_id: UUID
    created_at: datetime
    expires_at: datetime
    opened_with: str
    is_this: bool


def token_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def candidate(pool: asyncpg.Pool, email: str) -> Candidate | None:
    async with connection_of(pool) as connection:
        row = await connection.fetchrow("SELECT tenant_id, user_id, password_hash FROM sign_in_candidate($1)", email)
    return Candidate(row["tenant_id"], row["user_id"], row["password_hash"]) if row else None


async def open_session(
    pool: asyncpg.Pool, who: Candidate, now: datetime, expires_at: datetime, replaces: bytes | None, opened_with: str = ""
) -> str:
    """A new token; the one it replaces and this person's expired ones are gone with it.

    `replaces`: the hash of a token. `opened_with`: what the browser calls itself.
    """
    token = secrets.token_urlsafe(32)
    async with tenant_transaction(pool, who.tenant) as connection:
        await connection.execute(
            "DELETE FROM sessions WHERE tenant_id = $1 AND (session_hash = $2 OR (user_id = $3 AND expires_at <= $4))",
            who.tenant, replaces, who.user_id, now,
        )  # fmt: skip
        await connection.execute(
            """INSERT INTO sessions (tenant_id, session_hash, user_id, created_at, expires_at, opened_with)
               VALUES ($1, $2, $3, $4, $5, $6)""",
            who.tenant, token_hash(token), who.user_id, now, expires_at, opened_with[:200],
        )  # fmt: skip
        await audit.record(connection, who.tenant, now, str(who.user_id), "session.opened", str(who.user_id), {})
    return token


async def holder(pool: asyncpg.Pool, token: str) -> SignedIn | None:
    """The person behind a session's or an API token, unless it has expired, was revoked, or the person is disabled."""
    is_program = token.startswith(API_TOKEN_PREFIX)
    query = "SELECT * FROM api_token_holder($1)" if is_program else "SELECT * FROM session_holder($1)"
    async with connection_of(pool) as connection:
        row = await connection.fetchrow(query, token_hash(token))
    if row is None:
        return None
    found = dict(row) | {"tenant": row["tenant_id"]}
    del found["tenant_id"]
    if "scopes" in found:
        found["scopes"] = frozenset(found["scopes"])
    return SignedIn(**found)


async def close_session(pool: asyncpg.Pool, who: SignedIn, token: str, now: datetime) -> None:
    async with tenant_transaction(pool, who.tenant) as connection:
        closed = await connection.execute(
            "DELETE FROM sessions WHERE tenant_id = $1 AND session_hash = $2", who.tenant, token_hash(token)
        )
        if closed != "DELETE 0":
            await audit.record(connection, who.tenant, now, str(who.user_id), "session.closed", str(who.user_id), {})


async def own_sessions(pool: asyncpg.Pool, who: SignedIn, token: str, now: datetime) -> list[OpenSession]:
    """This person's sessions, newest first; `is_this` is the one that asks.

    Raises:
        Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, who.tenant) as connection:
        rows = await connection.fetch(
            """SELECT session_id, created_at, expires_at, opened_with, session_hash = $3 AS is_this FROM sessions
               WHERE tenant_id = $1 AND user_id = $2 AND expires_at > $4 ORDER BY created_at DESC""",
            who.tenant, who.user_id, token_hash(token), now,
        )  # fmt: skip
    return [OpenSession(**row) for row in rows]


async def end_session(pool: asyncpg.Pool, who: SignedIn, session_id: UUID, now: datetime) -> None:
    """End one of this person's sessions; its open streams end with it.

    Raises:
        NotFound: it is none of theirs.
    """
    async with tenant_transaction(pool, who.tenant) as connection:
        ended = await connection.execute(
            "DELETE FROM sessions WHERE tenant_id = $1 AND user_id = $2 AND session_id = $3", who.tenant, who.user_id, session_id
        )
        if ended == "DELETE 0":
            raise NotFound("There is no such session.")
        await audit.record(connection, who.tenant, now, str(who.user_id), "session.ended", str(session_id), {})


async def change_password(pool: asyncpg.Pool, who: SignedIn, token: str, password_hash: str, now: datetime) -> None:
    """Another password for this person; they stay signed in with this session's token, and nowhere else.

    Raises:
        Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, who.tenant) as connection:
        await connection.execute(
            "UPDATE users SET password_hash = $3 WHERE tenant_id = $1 AND user_id = $2", who.tenant, who.user_id, password_hash
        )
        await connection.execute(
            "DELETE FROM sessions WHERE tenant_id = $1 AND user_id = $2 AND session_hash <> $3",
            who.tenant, who.user_id, token_hash(token),
        )  # fmt: skip
        await audit.record(connection, who.tenant, now, str(who.user_id), "password.changed", str(who.user_id), {})


async def tenant_name(pool: asyncpg.Pool, tenant: UUID) -> str:
    async with tenant_transaction(pool, tenant) as connection:
        name: str = await connection.fetchval("SELECT name FROM tenants WHERE tenant_id = $1", tenant)
    return name
