"""What people do with alerts, one by one or many at once."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Header

from fleet.errors import InvalidInput, NotFound
from fleet.permissions import Permission
from fleet.stores.sessions import SignedIn
from fleet.stores.undo import undo
from fleet.stores.workflow import Act, AlertConflict, perform
from fleet.workflow import Deed
from ui.api.access import AcknowledgerDep, Needs, OperatorDep
from ui.api.models.anomalies import (
    Anomaly,
    Assignment,
    BulkDeed,
    BulkOutcome,
    BulkOutcomes,
    Comment,
    Confirmation,
    Dismissal,
    Reopening,
    Resolution,
    Snooze,
    SnoozeTime,
)
from ui.api.problems import NOT_FOUND_DETAIL
from ui.api.services import NowDep, PoolDep

router = APIRouter(prefix="/anomalies", tags=["workflow"])
IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="Chosen by the client: sent again within 24 h, the request is answered as the first time and not done again.",
    ),
]
BULK_DEEDS = {
    "acknowledge": Deed.ACKNOWLEDGE,
    "assign": Deed.ASSIGN,
    "resolve": Deed.RESOLVE,
    "confirm": Deed.CONFIRM,
    "dismiss": Deed.DISMISS,
    "comment": Deed.COMMENT,
    "reopen": Deed.REOPEN,
    "snooze": Deed.SNOOZE,
    "unsnooze": Deed.UNSNOOZE,
}
FOR_ACKNOWLEDGERS = (Deed.ACKNOWLEDGE, Deed.SNOOZE, Deed.UNSNOOZE)


@router.post("/bulk", operation_id="changeAnomalies")
async def change_anomalies(
    body: BulkDeed, who: AcknowledgerDep, pool: PoolDep, now: NowDep, idempotency_key: IdempotencyKey = None
) -> BulkOutcomes:
    """One deed on many alerts, each by itself: what does not fit one of them does not stop the others."""
    act = _bulk_act(body, who)
    ids = list(dict.fromkeys(body.ids))
    if body.confirmed != len(ids):
        raise InvalidInput(f"confirmed: these are {len(ids)} alerts and {body.confirmed} were confirmed; nothing was changed.")
    keys = [f"{idempotency_key}:{id}" if idempotency_key else None for id in ids]
    return BulkOutcomes(items=[await _one_of_many(pool, who, id, act, now, key) for id, key in zip(ids, keys, strict=True)])


def _bulk_act(body: BulkDeed, who: SignedIn) -> Act:
    """Raises InvalidInput when the deed lacks what belongs to it, NotAuthorized when it takes more than acknowledging."""
    deed = BULK_DEEDS[body.deed]
    if deed not in FOR_ACKNOWLEDGERS:
        Needs(Permission.WORK_ALERTS)(who)
    if (deed is Deed.DISMISS) != (body.reason is not None):
        raise InvalidInput("reason: a dismissal has one, nothing else has.")
    if deed is Deed.COMMENT and body.note is None:
        raise InvalidInput("note: a comment needs one.")
    if (deed is Deed.SNOOZE) != (body.time is not None):
        raise InvalidInput("time: a snooze has one, nothing else has.")
    assignee = (body.assignee or who.user_id) if deed is Deed.ASSIGN else None
    return Act(deed, body.note, body.reason, assignee, _end_of(body.time) if body.time else None)


def _end_of(time: SnoozeTime) -> datetime | timedelta | None:
    """Raises InvalidInput unless it is said in one way."""
    if (time.minutes is None) == (time.until is None):
        raise InvalidInput("until: a snooze has either this or minutes.")
    return time.until if time.minutes is None else timedelta(minutes=time.minutes)


async def _one_of_many(pool: asyncpg.Pool, who: SignedIn, id: UUID, act: Act, now: Any, key: str | None) -> BulkOutcome:
    try:
        anomaly = await perform(pool, who, id, act, now, key)
    except AlertConflict as conflict:
        present = Anomaly.model_validate(conflict.anomaly)
        return BulkOutcome(id=id, outcome="conflict", detail=str(conflict), anomaly=present)
    except NotFound:
        return BulkOutcome(id=id, outcome="notFound", detail=NOT_FOUND_DETAIL, anomaly=None)
    return BulkOutcome(id=id, outcome="done", detail="", anomaly=Anomaly.model_validate(anomaly))


@router.post("/{id}/acknowledge", operation_id="acknowledgeAnomaly", response_model=Anomaly)
async def acknowledge_anomaly(
    id: UUID, operator: AcknowledgerDep, pool: PoolDep, now: NowDep, idempotency_key: IdempotencyKey = None
) -> dict[str, Any]:
    """Take charge of an open alert. Doing it again changes nothing; if somebody else was first, 409 brings `anomaly`."""
    return await perform(pool, operator, id, Act(Deed.ACKNOWLEDGE), now, idempotency_key)


@router.post("/{id}/assign", operation_id="assignAnomaly", response_model=Anomaly)
async def assign_anomaly(
    id: UUID,
    operator: OperatorDep,
    pool: PoolDep,
    now: NowDep,
    body: Assignment | None = None,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Put a live alert into somebody's hands, by default one's own; it is in progress from then on."""
    asked = body or Assignment()
    act = Act(Deed.ASSIGN, asked.note, assignee=asked.assignee or operator.user_id)
    return await perform(pool, operator, id, act, now, idempotency_key)


@router.post("/{id}/resolve", operation_id="resolveAnomaly", response_model=Anomaly)
async def resolve_anomaly(
    id: UUID,
    operator: OperatorDep,
    pool: PoolDep,
    now: NowDep,
    body: Resolution | None = None,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Say that a live alert is dealt with."""
    return await perform(pool, operator, id, Act(Deed.RESOLVE, body.note if body else None), now, idempotency_key)


@router.post("/{id}/confirm", operation_id="confirmAnomaly", response_model=Anomaly)
async def confirm_anomaly(
    id: UUID,
    operator: OperatorDep,
    pool: PoolDep,
    now: NowDep,
    body: Confirmation | None = None,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Say that an alert is right: the next models learn from it. The last judgement counts."""
    return await perform(pool, operator, id, Act(Deed.CONFIRM, body.note if body else None), now, idempotency_key)


@router.post("/{id}/dismiss", operation_id="dismissAnomaly", response_model=Anomaly)
async def dismiss_anomaly(
    id: UUID, operator: OperatorDep, pool: PoolDep, now: NowDep, body: Dismissal, idempotency_key: IdempotencyKey = None
) -> dict[str, Any]:
    """Say that an alert is not right, and why: the next models learn from it. The last judgement counts."""
    return await perform(pool, operator, id, Act(Deed.DISMISS, body.note, body.reason), now, idempotency_key)


@router.post("/{id}/comment", operation_id="commentOnAnomaly", response_model=Anomaly)
async def comment_on_anomaly(
    id: UUID, operator: OperatorDep, pool: PoolDep, now: NowDep, body: Comment, idempotency_key: IdempotencyKey = None
) -> dict[str, Any]:
    """Add a note to an alert's history."""
    return await perform(pool, operator, id, Act(Deed.COMMENT, body.text), now, idempotency_key)


@router.post("/{id}/reopen", operation_id="reopenAnomaly", response_model=Anomaly)
async def reopen_anomaly(
    id: UUID,
    operator: OperatorDep,
    pool: PoolDep,
    now: NowDep,
    body: Reopening | None = None,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Open an alert again that is over; nobody has it then, and a dismissal is taken back. 409 where a newer one is open."""
    return await perform(pool, operator, id, Act(Deed.REOPEN, body.note if body else None), now, idempotency_key)


@router.post("/{id}/snooze", operation_id="snoozeAnomaly", response_model=Anomaly)
async def snooze_anomaly(
    id: UUID, operator: AcknowledgerDep, pool: PoolDep, now: NowDep, body: Snooze, idempotency_key: IdempotencyKey = None
) -> dict[str, Any]:
    """Put a live alert off, for everybody: no list, no push and no reminder has it until its time is over or it gets worse."""
    return await perform(pool, operator, id, Act(Deed.SNOOZE, body.note, until=_end_of(body)), now, idempotency_key)


@router.post("/{id}/unsnooze", operation_id="unsnoozeAnomaly", response_model=Anomaly)
async def unsnooze_anomaly(
    id: UUID, operator: AcknowledgerDep, pool: PoolDep, now: NowDep, idempotency_key: IdempotencyKey = None
) -> dict[str, Any]:
    """Bring a snoozed alert back before its time."""
    return await perform(pool, operator, id, Act(Deed.UNSNOOZE), now, idempotency_key)


@router.post("/{id}/undo", operation_id="undoAnomaly", response_model=Anomaly)
async def undo_anomaly(id: UUID, operator: AcknowledgerDep, pool: PoolDep, now: NowDep) -> dict[str, Any]:
    """Take back what one did last with an alert, within 24 hours; notes stay. Once taken back, there is nothing more to undo."""
    return await undo(pool, operator, id, now)
