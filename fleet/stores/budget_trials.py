"""Thresholds that are tried on the past: asked for by people, worked off by the pipeline, saved when people like them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import asyncpg

from fleet.errors import Conflict, NotFound
from fleet.own_thresholds import OwnThresholds
from fleet.stores import alert_rules
from fleet.stores.announcements import BUDGET_TRIALS
from fleet.stores.postgres import tenant_transaction
from fleet.stores.sessions import SignedIn

Proposal = float | OwnThresholds  # alerts per vehicle and week to aim at, or what somebody typed
DOCUMENTS: Final = {"proposal", "outcome", "per_vehicle_week_found"}
ABANDONED: Final = timedelta(minutes=30)  # a worker that died leaves its trial running; after this long another takes it


class TrialState(StrEnum):
    """Where a trial stands."""

    WAITING = "WAITING"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    APPLIED = "APPLIED"


@dataclass(frozen=True, slots=True)
class _Trial:
    """Of either a number to aim at or a proposal. `detail` says why it failed."""

    trial_id: UUID
    per_vehicle_week: float | None
    proposal: OwnThresholds | None
    days: float
    state: TrialState
    asked_at: datetime
    finished_at: datetime | None
    detail: str


@dataclass(frozen=True, slots=True)
class BudgetTrial(_Trial):
    """A whole trial. `outcome` is known once it is done."""

    tenant_id: UUID
    outcome: dict[str, Any] | None

    @property
    def proposed(self) -> Proposal:
        if self.proposal is not None:
            return self.proposal
        assert self.per_vehicle_week is not None  # the table holds one of the two
        return self.per_vehicle_week


@dataclass(frozen=True, slots=True)
class TrialSummary(_Trial):
    """A trial as a line of a list. `per_vehicle_week_found`: alerts before and after, once it is done."""

    asked_by: UUID
    asked_by_name: str | None
    per_vehicle_week_found: dict[str, float] | None
    vanished_total: int | None


async def ask(pool: asyncpg.Pool, who: SignedIn, proposal: Proposal, days: float, now: datetime) -> BudgetTrial:
    """Put a trial in line.

    Raises:
        Conflict: one of this tenant is under way already. Unavailable: the store does not answer.
    """
    aim, document = (None, json.dumps(proposal.as_json())) if isinstance(proposal, OwnThresholds) else (proposal, None)
    async with tenant_transaction(pool, who.tenant) as connection:
        row = await connection.fetchrow(
            """INSERT INTO budget_trials (tenant_id, per_vehicle_week, proposal, days, asked_at, asked_by)
               VALUES ($1, $2, $3, $4, $5, $6)
               ON CONFLICT (tenant_id) WHERE state IN ('WAITING', 'RUNNING') DO NOTHING RETURNING *""",
            who.tenant, aim, document, days, now, who.user_id,
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


async def recent(pool: asyncpg.Pool, tenant: UUID, after: tuple[datetime, UUID] | None, limit: int) -> list[TrialSummary]:
    """Trials, the newest first; `after`: when the last one of the page before was asked for, and its id.

    Raises:
        Unavailable: the store does not answer.
    """
    asked_at, trial_id = after or (None, None)
    async with tenant_transaction(pool, tenant) as connection:
        rows = await connection.fetch(
            """SELECT b.trial_id, b.per_vehicle_week, b.proposal, b.days, b.state, b.asked_at, b.asked_by,
                      u.name AS asked_by_name, b.finished_at, b.detail, b.outcome -> 'perVehicleWeek' AS per_vehicle_week_found,
                      (b.outcome ->> 'vanishedTotal')::int AS vanished_total
               FROM budget_trials b LEFT JOIN users u ON u.tenant_id = b.tenant_id AND u.user_id = b.asked_by
               WHERE b.tenant_id = $1 AND ($2::timestamptz IS NULL OR (b.asked_at, b.trial_id) < ($2, $3::uuid))
               ORDER BY b.asked_at DESC, b.trial_id DESC LIMIT $4""",
            tenant, asked_at, trial_id, limit,
        )  # fmt: skip
    return [TrialSummary(**_read(row)) for row in rows]


async def apply(pool: asyncpg.Pool, who: SignedIn, trial_id: UUID, now: datetime) -> BudgetTrial:
    """Save the thresholds that a trial tried; doing it again changes nothing.

    Raises:
        NotFound: unknown, or another tenant's.
        Conflict: it is not done, or failed, or the thresholds that it was held against have changed since.
    """
    async with tenant_transaction(pool, who.tenant) as connection:
        trial = await _one(connection, who.tenant, trial_id)
        if trial.state is TrialState.APPLIED:
            return trial
        if trial.state is not TrialState.DONE or trial.outcome is None:
            raise Conflict(f"This trial is {trial.state.lower()}: only one that is done can be applied.")
        await alert_rules.lock(connection, who.tenant)
        present = (await alert_rules.held(connection, [who.tenant])).get(who.tenant, OwnThresholds())
        if trial.outcome.get("present", present.as_json()) != present.as_json():
            raise Conflict("The thresholds were changed after this trial, so it shows another difference: try it again.")
        await alert_rules.replace(connection, who.tenant, chosen_of(trial.outcome), str(who.user_id), now)
        row = await connection.fetchrow(
            "UPDATE budget_trials SET state = 'APPLIED' WHERE tenant_id = $1 AND trial_id = $2 RETURNING *", who.tenant, trial_id
        )
    return _trial(row)


def chosen_of(outcome: Mapping[str, Any]) -> OwnThresholds:
    """The thresholds that a dry run tried."""
    return OwnThresholds.from_json({"fleet": outcome["thresholds"], "classes": outcome.get("classThresholds", {})})


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
    return BudgetTrial(**_read({name: row[name] for name in (column.name for column in fields(BudgetTrial))}))


def _read(row: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a row, its documents opened."""
    read = dict(row) | {"state": TrialState(row["state"])}
    for name in DOCUMENTS & read.keys():
        read[name] = None if read[name] is None else json.loads(read[name])
    return read | {"proposal": None if read["proposal"] is None else OwnThresholds.from_json(read["proposal"])}
