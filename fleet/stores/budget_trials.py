"""Alert budgets that are tried on the past: asked for by people, worked off by the pipeline, saved when people like them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import asyncpg

from fleet.alerts import AlertType
from fleet.errors import Conflict, NotFound
from fleet.stores import alert_rules
from fleet.stores.announcements import BUDGET_TRIALS
from fleet.stores.postgres import tenant_transaction
from fleet.stores.sessions import SignedIn

ABANDONED: Final = timedelta(minutes=30)  # a worker that died leaves its trial running; after this long another takes it


class TrialState(StrEnum):
    """Where a trial stands."""

    WAITING = "WAITING"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    APPLIED = "APPLIED"


@dataclass(frozen=True, slots=True)
class BudgetTrial:
    """`outcome` is known once it is done, `detail` says why it failed."""

    tenant_id: UUID
    trial_id: UUID
    per_vehicle_week: float
    days: float
    state: TrialState
    asked_at: datetime
    finished_at: datetime | None
    outcome: dict[str, Any] | None
    detail: str


async def ask(pool: asyncpg.Pool, who: SignedIn, per_vehicle_week: float, days: float, now: datetime) -> BudgetTrial:
    """Put a trial in line.

    Raises:
        Conflict: one of this tenant is under way already. Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, who.tenant) as connection:
        row = await connection.fetchrow(
            """INSERT INTO budget_trials (tenant_id, per_vehicle_week, days, asked_at, asked_by) VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (tenant_id) WHERE state IN ('WAITING', 'RUNNING') DO NOTHING RETURNING *""",
            who.tenant, per_vehicle_week, days, now, who.user_id,
        )  # fmt: skip
        if row is None:
            raise Conflict("A trial of this fleet is under way already; wait for it to end.")
        await connection.execute("SELECT pg_notify($1, '')", BUDGET_TRIALS)
    return _trial(row)


async def get(pool: asyncpg.Pool, tenant: UUID, trial_id: UUID) -> BudgetTrial:
    """One trial.

    Raises:
        NotFound: unknown, or another tenant's. Unavailable: the store does not answer.
    """
    async with tenant_transaction(pool, tenant) as connection:
        return await _one(connection, tenant, trial_id)


async def apply(pool: asyncpg.Pool, who: SignedIn, trial_id: UUID, now: datetime) -> BudgetTrial:
    """Save the thresholds that a trial found; doing it again changes nothing.

    Raises:
        NotFound: unknown, or another tenant's. Conflict: it is not done, or failed.
    """
    async with tenant_transaction(pool, who.tenant) as connection:
        trial = await _one(connection, who.tenant, trial_id)
        if trial.state is TrialState.APPLIED:
            return trial
        if trial.state is not TrialState.DONE or trial.outcome is None:
            raise Conflict(f"This trial is {trial.state.lower()}: only one that is done can be applied.")
        chosen = {AlertType(kind): float(threshold) for kind, threshold in trial.outcome["thresholds"].items()}
        await alert_rules.replace(connection, who.tenant, chosen, str(who.user_id), now)
        row = await connection.fetchrow(
            "UPDATE budget_trials SET state = 'APPLIED' WHERE tenant_id = $1 AND trial_id = $2 RETURNING *", who.tenant, trial_id
        )
    return _trial(row)


async def take(pool: asyncpg.Pool, tenants: Sequence[UUID], now: datetime) -> BudgetTrial | None:
    """The next trial that nobody works on, which is the caller's from now on."""
    async with tenant_transaction(pool, *tenants) as connection:
        row = await connection.fetchrow(
            """UPDATE budget_trials SET state = 'RUNNING', started_at = $1 WHERE (tenant_id, trial_id) = (
                   SELECT tenant_id, trial_id FROM budget_trials
                   WHERE state = 'WAITING' OR (state = 'RUNNING' AND started_at < $2)
                   ORDER BY asked_at LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING *""",
            now, now - ABANDONED,
        )  # fmt: skip
    return _trial(row) if row else None


async def finish(pool: asyncpg.Pool, trial: BudgetTrial, outcome: dict[str, Any] | None, detail: str, now: datetime) -> None:
    """Keep what a trial found; without an outcome it failed, and the detail says why."""
    state = TrialState.FAILED if outcome is None else TrialState.DONE
    async with tenant_transaction(pool, trial.tenant_id) as connection:
        await connection.execute(
            """UPDATE budget_trials SET state = $3, finished_at = $4, outcome = $5, detail = $6
               WHERE tenant_id = $1 AND trial_id = $2 AND state = 'RUNNING'""",
            trial.tenant_id, trial.trial_id, state, now, None if outcome is None else json.dumps(outcome), detail,
        )  # fmt: skip


async def _one(connection: asyncpg.Connection, tenant: UUID, trial_id: UUID) -> BudgetTrial:
    row = await connection.fetchrow(
        "SELECT * FROM budget_trials WHERE tenant_id = $1 AND trial_id = $2 FOR UPDATE", tenant, trial_id
    )
    if row is None:
        raise NotFound("There is no such trial.")
    return _trial(row)


def _trial(row: asyncpg.Record) -> BudgetTrial:
    known = {name: row[name] for name in BudgetTrial.__slots__}
    outcome = None if row["outcome"] is None else json.loads(row["outcome"])
    return BudgetTrial(**{**known, "state": TrialState(row["state"]), "outcome": outcome})
