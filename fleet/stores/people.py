"""The people of a tenant: who they are, what they may do, and how they come in."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg

from fleet.errors import Conflict, NotAuthorized, NotFound
from fleet.permissions import Permission, Role, may
from fleet.stores import audit
from fleet.stores.postgres import connection_of, tenant_transaction
from fleet.stores.sessions import SignedIn, token_hash

INVITATION_LASTS: Final = timedelta(hours=72)
_PERSON: Final = """
    SELECT u.user_id, u.email::text, u.name, u.role, u.driver_id, u.disabled_at IS NULL AS active,
           u.password_hash = '' AS invited, f.confirmed_at IS NOT NULL AS second_factor
    FROM users u LEFT JOIN second_factors f ON f.tenant_id = u.tenant_id AND f.user_id = u.user_id"""


@dataclass(frozen=True, slots=True)
class Person:
    """`invited`: has not chosen a password yet. `second_factor`: signs in with a code too."""

    user_id: UUID
    email: str
    name: str
    role: Role
    driver_id: str | None
    active: bool
    invited: bool
    second_factor: bool


@dataclass(frozen=True, slots=True)
class Invitation:
    """`token`: lets its bearer choose the person's password, once; it is not shown again."""

    person: Person
    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a person; None leaves it as it is."""

    name: str | None = None
    role: Role | None = None
    active: bool | None = None


async def find(pool: asyncpg.Pool, who: SignedIn, after: str, limit: int) -> list[Person]:
    """People with an email address after `after`, in its order.

    Raises:
        Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, who.tenant) as connection:
        rows = await connection.fetch(
            f"{_PERSON} WHERE u.tenant_id = $1 AND u.email::text > $2 ORDER BY u.email::text LIMIT $3", who.tenant, after, limit
        )
    return [Person(**row) for row in rows]


async def invite(
    pool: asyncpg.Pool, who: SignedIn, email: str, name: str, role: Role, driver_id: str | None, now: datetime
) -> Invitation:
    """Enter a person, who then chooses a password.

    Raises:
        Conflict: the address, or the driver, belongs to somebody. NotAuthorized: nobody gives a role above their own.
        Unavailable: the store does not answer.
    """
    _require_rank(who, role)
    async with tenant_transaction(pool, who.tenant) as connection:
        try:
            user_id = await connection.fetchval(
                """INSERT INTO users (tenant_id, email, name, role, driver_id, password_hash, created_at)
                   VALUES ($1, $2, $3, $4, $5, '', $6) RETURNING user_id""",
                who.tenant, email, name, role, driver_id, now,
            )  # fmt: skip
        except asyncpg.UniqueViolationError as error:
            taken = "driver" if "driver" in str(error.constraint_name) else "email address"
            raise Conflict(f"This {taken} belongs to somebody already.") from error
        return await _new_link(connection, who, user_id, "person.invited", now)


async def invite_again(pool: asyncpg.Pool, who: SignedIn, user_id: UUID, now: datetime) -> Invitation:
    """A new link for somebody who lost theirs, or their password; the old password holds until it is used.

    Raises:
        NotFound: there is no such person. Conflict: they are deactivated. NotAuthorized: they rank above.
    """
    async with tenant_transaction(pool, who.tenant) as connection:
        person = await _locked(connection, who, user_id)
        if not person.active:
            raise Conflict("This person is deactivated: let them in again first.")
        return await _new_link(connection, who, user_id, "person.invited_again", now)


async def accept(pool: asyncpg.Pool, token: str, password_hash: str, now: datetime) -> str:
    """Take an invitation up: the password counts from now on, and this person's sessions end. Returns the email address.

    Raises:
        NotFound: the invitation was taken up, replaced, or is too old.
    """
    if (holder := await holder_of(pool, token)) is None:
        raise NotFound(NO_INVITATION)
    tenant, user_id = holder
    async with tenant_transaction(pool, tenant) as connection:
        taken = await connection.execute(
            "DELETE FROM invitations WHERE tenant_id = $1 AND token_hash = $2", tenant, token_hash(token)
        )
        if taken == "DELETE 0":
            raise NotFound(NO_INVITATION)
        email: str = await connection.fetchval(
            "UPDATE users SET password_hash = $3 WHERE tenant_id = $1 AND user_id = $2 RETURNING email::text",
            tenant, user_id, password_hash,
        )  # fmt: skip
        await _end_sessions(connection, tenant, user_id)
        await audit.record(connection, tenant, now, str(user_id), "password.chosen", str(user_id), {})
    return email


NO_INVITATION: Final = "This link was used already, was replaced by another, or is too old. Ask for a new one."


async def holder_of(pool: asyncpg.Pool, token: str) -> tuple[UUID, UUID] | None:
    """(tenant, person) that an invitation is for; None where it counts no more.

    Raises:
        Unavailable: the store does not answer.
    """
    async with connection_of(pool) as connection:
        row = await connection.fetchrow("SELECT tenant_id, user_id FROM invitation_holder($1)", token_hash(token))
    return (row["tenant_id"], row["user_id"]) if row else None


async def change(pool: asyncpg.Pool, who: SignedIn, user_id: UUID, wish: Change, now: datetime) -> Person:
    """Rename, give another role, deactivate or let in again. Whoever is deactivated is signed out everywhere, and
    their API tokens are gone.

    Raises:
        NotFound: there is no such person. NotAuthorized: somebody above, or a role above one's own.
        Conflict: nobody changes their own role, or deactivates themself: so somebody who may manage people always remains.
    """
    if user_id == who.user_id and (wish.role is not None or wish.active is not None):
        raise Conflict("Another manager has to change your own role, or deactivate you.")
    if wish.role is not None:
        _require_rank(who, wish.role)
    async with tenant_transaction(pool, who.tenant) as connection:
        await _locked(connection, who, user_id)
        await connection.execute(
            """UPDATE users SET name = coalesce($3, name), role = coalesce($4, role),
                                disabled_at = CASE WHEN $5::boolean IS NULL THEN disabled_at
                                                   WHEN $5 THEN NULL ELSE coalesce(disabled_at, $6) END
               WHERE tenant_id = $1 AND user_id = $2""",
            who.tenant, user_id, wish.name, wish.role, wish.active, now,
        )  # fmt: skip
        if wish.active is False:
            await _end_sessions(connection, who.tenant, user_id)
            await connection.execute("DELETE FROM invitations WHERE tenant_id = $1 AND user_id = $2", who.tenant, user_id)
            await connection.execute("DELETE FROM api_tokens WHERE tenant_id = $1 AND user_id = $2", who.tenant, user_id)
        detail = {"role": wish.role, "active": wish.active, "renamed": wish.name is not None}
        await audit.record(connection, who.tenant, now, str(who.user_id), "person.changed", str(user_id), detail)
        return await _person(connection, who.tenant, user_id)


async def remove_second_factor(pool: asyncpg.Pool, who: SignedIn, user_id: UUID, now: datetime) -> None:
    """For somebody who lost their app and spare codes: they are signed out, and sign in with the password alone.

    Raises:
        NotFound: there is no such person, or they have none. NotAuthorized: they rank above.
        Conflict: one's own is removed with a code.
    """
    if user_id == who.user_id:
        raise Conflict("Remove your own second factor with a code of it.")
    async with tenant_transaction(pool, who.tenant) as connection:
        await _locked(connection, who, user_id)
        removed = await connection.execute(
            "DELETE FROM second_factors WHERE tenant_id = $1 AND user_id = $2", who.tenant, user_id
        )
        if removed == "DELETE 0":
            raise NotFound("This person has no second factor.")
        await _end_sessions(connection, who.tenant, user_id)
        await audit.record(connection, who.tenant, now, str(who.user_id), "second_factor.reset", str(user_id), {})


def _require_rank(who: SignedIn, role: Role) -> None:
    if role == "platform_admin" and who.role != "platform_admin":
        raise NotAuthorized("Only a platform admin may make, or change, a platform admin.")


async def _locked(connection: asyncpg.Connection, who: SignedIn, user_id: UUID) -> Person:
    """The person, after making sure that whoever asks may still manage people: two managers may dismiss each other at once."""
    rows = await connection.fetch(
        """SELECT user_id, role FROM users WHERE tenant_id = $1 AND (user_id = $2 OR (user_id = $3 AND disabled_at IS NULL))
           ORDER BY user_id FOR UPDATE""",
        who.tenant, user_id, who.user_id,
    )  # fmt: skip
    roles: dict[UUID, Role] = {row["user_id"]: row["role"] for row in rows}
    if who.user_id not in roles or not may(roles[who.user_id], Permission.MANAGE_PEOPLE):
        raise NotAuthorized("You may not manage people any more.")
    if user_id not in roles:
        raise NotFound("There is no such person.")
    _require_rank(who, roles[user_id])
    return await _person(connection, who.tenant, user_id)


async def _person(connection: asyncpg.Connection, tenant: UUID, user_id: UUID) -> Person:
    row = await connection.fetchrow(f"{_PERSON} WHERE u.tenant_id = $1 AND u.user_id = $2", tenant, user_id)
    assert row is not None
    return Person(**row)


async def _new_link(connection: asyncpg.Connection, who: SignedIn, user_id: UUID, deed: str, now: datetime) -> Invitation:
    token, expires_at = secrets.token_urlsafe(32), now + INVITATION_LASTS
    await connection.execute(
        """INSERT INTO invitations (tenant_id, user_id, token_hash, expires_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (tenant_id, user_id) DO UPDATE SET token_hash = excluded.token_hash, expires_at = excluded.expires_at""",
        who.tenant, user_id, token_hash(token), expires_at,
    )  # fmt: skip
    person = await _person(connection, who.tenant, user_id)
    await audit.record(connection, who.tenant, now, str(who.user_id), deed, str(user_id), {"role": person.role})
    return Invitation(person, token, expires_at)


async def _end_sessions(connection: asyncpg.Connection, tenant: UUID, user_id: UUID) -> None:
    await connection.execute("DELETE FROM sessions WHERE tenant_id = $1 AND user_id = $2", tenant, user_id)
