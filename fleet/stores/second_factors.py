"""Codes from an app beside the password (TOTP, RFC 6238): each is taken once, and so are the spare ones."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
import pyotp

from fleet.errors import Conflict, NotAuthenticated
from fleet.stores import audit
from fleet.stores.postgres import tenant_transaction
from fleet.stores.sessions import SignedIn

STEP_S: Final = 30
TOLERATED_STEPS: Final = 1  # a clock that is half a minute off
SPARE_CODES: Final = 8


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the app is told: the secret, and the same as a link that it reads."""

    secret: str
    uri: str


async def enrol(pool: asyncpg.Pool, who: SignedIn) -> Enrolment:
    """A new secret, which counts once it is confirmed.

    Raises:
        Conflict: one is confirmed already. Unavailable: the store does not answer.
    """
    secret = pyotp.random_base32()
    async with tenant_transaction(pool, who.tenant) as connection:
        kept = await connection.fetchval(
            """INSERT INTO second_factors AS f (tenant_id, user_id, secret) VALUES ($1, $2, $3)
               ON CONFLICT (tenant_id, user_id) DO UPDATE SET secret = excluded.secret WHERE f.confirmed_at IS NULL
               RETURNING secret""",
            who.tenant, who.user_id, secret,
        )  # fmt: skip
    if kept is None:
        raise Conflict("A second factor is set up already: remove it first.")
    return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=who.email, issuer_name="FleetGuard"))


async def confirm(pool: asyncpg.Pool, who: SignedIn, code: str, now: datetime) -> list[str]:
    """Ask for codes from now on; returns the spare codes, which are not shown again.

    Raises:
        Conflict: nothing waits to be confirmed. NotAuthenticated: the code is wrong.
    """
    spare = [f"{secrets.randbelow(10**10):010d}" for _ in range(SPARE_CODES)]
    async with tenant_transaction(pool, who.tenant) as connection:
        row = await _locked(connection, who.tenant, who.user_id)
        if row is None or row["confirmed_at"] is not None:
            raise Conflict("There is no second factor to confirm.")
        step = _step_of(row, code, now)
        if step is None:
            raise NotAuthenticated("This code is wrong or too old.")
        await connection.execute(
            """UPDATE second_factors SET confirmed_at = $3, last_step = $4, spare_hashes = $5
               WHERE tenant_id = $1 AND user_id = $2""",
            who.tenant, who.user_id, now, step, [_hash(code) for code in spare],
        )  # fmt: skip
        await audit.record(connection, who.tenant, now, str(who.user_id), "second_factor.added", str(who.user_id), {})
    return spare


async def remove(pool: asyncpg.Pool, who: SignedIn, code: str, now: datetime) -> None:
    """Ask for codes no more.

    Raises:
        Conflict: there is none. NotAuthenticated: the code is wrong.
    """
    async with tenant_transaction(pool, who.tenant) as connection:
        row = await _locked(connection, who.tenant, who.user_id)
        if row is None or row["confirmed_at"] is None:
            raise Conflict("There is no second factor to remove.")
        if not await _take(connection, who.tenant, who.user_id, row, code, now):
            raise NotAuthenticated("This code is wrong, or was used already.")
        await connection.execute("DELETE FROM second_factors WHERE tenant_id = $1 AND user_id = $2", who.tenant, who.user_id)
        await audit.record(connection, who.tenant, now, str(who.user_id), "second_factor.removed", str(who.user_id), {})


async def is_asked_for(pool: asyncpg.Pool, tenant: UUID, user_id: UUID) -> bool:
    """Whether this person signs in with a code too."""
    async with tenant_transaction(pool, tenant) as connection:
        return bool(
            await connection.fetchval(
                """SELECT EXISTS (SELECT FROM second_factors
                                  WHERE tenant_id = $1 AND user_id = $2 AND confirmed_at IS NOT NULL)""",
                tenant,
                user_id,
            )
        )


async def accept(pool: asyncpg.Pool, tenant: UUID, user_id: UUID, code: str, now: datetime) -> bool:
    """Whether the code is right and unused; it is used from now on."""
    async with tenant_transaction(pool, tenant) as connection:
        row = await _locked(connection, tenant, user_id)
        return row is not None and await _take(connection, tenant, user_id, row, code, now)


async def _locked(connection: asyncpg.Connection, tenant: UUID, user_id: UUID) -> asyncpg.Record | None:
    return await connection.fetchrow(
        "SELECT * FROM second_factors WHERE tenant_id = $1 AND user_id = $2 FOR UPDATE", tenant, user_id
    )


async def _take(
    connection: asyncpg.Connection, tenant: UUID, user_id: UUID, row: asyncpg.Record, code: str, now: datetime
) -> bool:
    step, spare = _step_of(row, code, now), _hash(code)
    if step is None and spare not in row["spare_hashes"]:
        return False
    await connection.execute(
        """UPDATE second_factors SET last_step = greatest(last_step, $3), spare_hashes = array_remove(spare_hashes, $4)
           WHERE tenant_id = $1 AND user_id = $2""",
        tenant, user_id, step or 0, spare,
    )  # fmt: skip
    return True


def _step_of(row: asyncpg.Record, code: str, now: datetime) -> int | None:
    """The time step that a code belongs to; None where it is of none that may still be used."""
    present, codes = int(now.timestamp()) // STEP_S, pyotp.TOTP(row["secret"])
    for step in range(present - TOLERATED_STEPS, present + TOLERATED_STEPS + 1):
        if step > row["last_step"] and secrets.compare_digest(codes.at(step * STEP_S), code.encode("ascii", "replace").decode()):
            return step
    return None


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
