"""What people do with alerts: each deed is one transaction of alert, stream event and audit row."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from fleet.alerts import AlertState
from fleet.anomaly import anomaly_json, rfc3339
from fleet.errors import Conflict, InvalidInput
from fleet.stores import anomalies, audit, idempotency, judgements
from fleet.stores.postgres import tenant_transaction
from fleet.stores.sessions import SignedIn
from fleet.stores.stream import StreamChange, publish
from fleet.workflow import LONGEST_SNOOZE, VERDICTS, Deed, DismissalReason, Verdict, state_after


class AlertConflict(Conflict):
    """The deed does not fit the alert any more: `anomaly` is its present state."""

    def __init__(self, sentence: str, anomaly: dict[str, Any]) -> None:
        super().__init__(sentence)
        self.anomaly = anomaly


@dataclass(frozen=True, slots=True)
class Act:
    """A deed with what belongs to it: `reason` to a dismissal, `assignee` to an assignment, `note` to any.

    `until` belongs to a snooze: a moment, or how long from when it is done.
    """

    deed: Deed
    note: str | None = None
    reason: DismissalReason | None = None
    assignee: UUID | None = None
    until: datetime | timedelta | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What people have made of an alert: all that a deed changes, and an undo brings back."""

    state: str
    assigned_to: UUID | None
    acknowledged_by: UUID | None
    acknowledged_at: datetime | None
    verdict: str | None
    dismissal_reason: str | None
    snoozed_until: datetime | None = None
    snoozed_by: UUID | None = None

    @classmethod
    def of(cls, anomaly: Mapping[str, Any]) -> "Standing":
        """From the JSON of an anomaly."""
        assignee, owner, snoozer = (
            UUID(person) if (person := anomaly.get(key)) else None for key in ("assignedTo", "acknowledgedBy", "snoozedBy")
        )
        at, until = (
            datetime.fromisoformat(moment) if (moment := anomaly.get(key)) else None for key in ("acknowledgedAt", "snoozedUntil")
        )
        return cls(anomaly["state"], assignee, owner, at, anomaly["verdict"], anomaly["dismissalReason"], until, snoozer)


async def perform(
    pool: asyncpg.Pool, who: SignedIn, alert_id: UUID, act: Act, now: datetime, key: str | None = None
) -> dict[str, Any]:
    """Do something with an alert; what is done already, and brings no note, changes nothing. Returns the anomaly.

    Args:
        key: a repeat under the same key gets the first answer and changes nothing.

    Raises:
        NotFound: unknown, or another tenant's.
        InvalidInput: nobody of this tenant can be the assignee, a snooze ends before it begins or is too long, or the key
            stands for something else.
        AlertConflict: the deed does not fit the alert's state, somebody else has acknowledged it, or a newer alert lives.
    """
    request = idempotency.Request(key, f"{alert_id} {act}") if key else None
    async with tenant_transaction(pool, who.tenant) as connection:
        anomaly = await locked(connection, who, alert_id)
        if request and (answer := await idempotency.answered(connection, who, request, now)):
            return answer
        if _changes(act, anomaly, who):
            state = state_after(act.deed, AlertState(anomaly["state"]))
            if state is None:
                raise AlertConflict(f"This alert is {anomaly['state'].lower()}; it cannot be {act.deed} any more.", anomaly)
            if act.assignee is not None:
                await _require_colleague(connection, who, act.assignee)
            await _record(connection, who, alert_id, act, _standing_after(act, anomaly, state, who, now), anomaly, now)
            anomaly = await anomalies.one(connection, who, alert_id)
        if request:
            await idempotency.keep(connection, who, request, anomaly, now)
        return anomaly


async def locked(connection: asyncpg.Connection, who: SignedIn, alert_id: UUID) -> dict[str, Any]:
    """The anomaly, held for this transaction: the first of two people is the first, and the second sees it.

    Raises:
        NotFound: unknown, or another tenant's.
    """
    await connection.execute("SELECT 1 FROM alerts WHERE tenant_id = $1 AND alert_id = $2 FOR UPDATE", who.tenant, alert_id)
    return await anomalies.one(connection, who, alert_id)


def _changes(act: Act, anomaly: dict[str, Any], who: SignedIn) -> bool:
    if act.note is not None:
        return True
    match act.deed:
        case Deed.ACKNOWLEDGE:
            return _acknowledges(anomaly, who)
        case Deed.ASSIGN:
            return anomaly["assignedTo"] != str(act.assignee) or anomaly["state"] != AlertState.IN_PROGRESS
        case Deed.RESOLVE:
            return anomaly["state"] != AlertState.RESOLVED
        case Deed.REOPEN:
            return anomaly["state"] != AlertState.OPEN
        case Deed.SNOOZE:
            return True
        case Deed.UNSNOOZE:
            return anomaly["snoozedUntil"] is not None
        case _:
            return (anomaly["verdict"], anomaly["dismissalReason"]) != (VERDICTS.get(act.deed), act.reason)


def _acknowledges(anomaly: dict[str, Any], who: SignedIn) -> bool:
    """Whether an acknowledgement does something: only an open alert can be taken, and its taker may repeat it."""
    if anomaly["state"] in (AlertState.ACKNOWLEDGED, AlertState.IN_PROGRESS):
        if anomaly["acknowledgedBy"] == str(who.user_id) or anomaly["assignedTo"] == str(who.user_id):
            return False
        owner = anomaly["acknowledgedByName"] or anomaly["assignedToName"] or "Somebody else"
        raise AlertConflict(f"{owner} already acknowledged this alert.", anomaly)
    return True


async def _require_colleague(connection: asyncpg.Connection, who: SignedIn, assignee: UUID) -> None:
    known = await connection.fetchval(
        "SELECT 1 FROM users WHERE tenant_id = $1 AND user_id = $2 AND disabled_at IS NULL", who.tenant, assignee
    )
    if known is None:
        raise InvalidInput("The assignee is nobody of this fleet.")


def _standing_after(act: Act, anomaly: Mapping[str, Any], state: AlertState, who: SignedIn, now: datetime) -> Standing:
    """Who says nothing but whether it was right leaves a snooze alone; whoever does more with an alert ends it."""
    before = Standing.of(anomaly)
    if (act.deed not in VERDICTS and act.deed is not Deed.COMMENT) or state != before.state:
        before = replace(before, snoozed_until=None, snoozed_by=None)
    match act.deed:
        case Deed.ACKNOWLEDGE:
            return replace(before, state=state, acknowledged_by=who.user_id, acknowledged_at=now)
        case Deed.ASSIGN:
            return replace(before, state=state, assigned_to=act.assignee)
        case Deed.CONFIRM | Deed.DISMISS:
            return replace(before, state=state, verdict=VERDICTS[act.deed], dismissal_reason=act.reason)
        case Deed.REOPEN:  # nobody has it, and it was no false alarm after all
            confirmed = before.verdict if before.verdict == Verdict.CONFIRMED else None
            return Standing(state, None, None, None, confirmed, None)
        case Deed.SNOOZE:
            return replace(before, snoozed_until=_end_of_snooze(act, now), snoozed_by=who.user_id)
        case _:
            return replace(before, state=state)


def _end_of_snooze(act: Act, now: datetime) -> datetime:
    until = now + act.until if isinstance(act.until, timedelta) else act.until
    if until is None or not now < until <= now + LONGEST_SNOOZE:
        raise InvalidInput(f"until: a snooze ends within {LONGEST_SNOOZE.days} days from now.")
    return until


async def place(
    connection: asyncpg.Connection, who: SignedIn, alert_id: UUID, standing: Standing, anomaly: dict[str, Any]
) -> asyncpg.Record:
    """Give a locked alert another standing; returns its row.

    Raises:
        AlertConflict: it would live again, and a newer alert of its type lives in its place.
    """
    try:
        return await connection.fetchrow(
            """UPDATE alerts SET state = $3, assigned_to = $4, acknowledged_by = $5, acknowledged_at = $6, verdict = $7,
                      dismissal_reason = $8, snoozed_until = $9, snoozed_by = $10
               WHERE tenant_id = $1 AND alert_id = $2 RETURNING *""",
            who.tenant, alert_id, standing.state, standing.assigned_to, standing.acknowledged_by, standing.acknowledged_at,
            standing.verdict, standing.dismissal_reason, standing.snoozed_until, standing.snoozed_by,
        )  # fmt: skip
    except asyncpg.UniqueViolationError as error:
        raise AlertConflict("A newer alert of this kind is open for this vehicle; work on that one.", anomaly) from error


async def _record(
    connection: asyncpg.Connection, who: SignedIn, alert_id: UUID, act: Act, standing: Standing, before: dict[str, Any],
    now: datetime,
) -> None:  # fmt: skip
    note_id = await _note(connection, who, alert_id, act, now) if act.note else None
    row = await place(connection, who, alert_id, standing, before)
    if act.deed in VERDICTS:
        await judgements.record(connection, who, row, note_id, now)
    elif standing.verdict != before["verdict"]:
        await judgements.retract(connection, who, alert_id)
    (seq,) = await publish(connection, who.tenant, [StreamChange(alert_id, act.deed, anomaly_json(row, who.slug))])
    detail = {
        "seq": seq,
        "reason": act.reason,
        "assignee": act.assignee and str(act.assignee),
        "until": rfc3339(standing.snoozed_until) if act.deed is Deed.SNOOZE else None,
        "note": note_id and str(note_id),
    }
    known = {name: value for name, value in detail.items() if value is not None}
    await audit.record(connection, who.tenant, now, str(who.user_id), f"alert.{act.deed}", str(alert_id), known)


async def _note(connection: asyncpg.Connection, who: SignedIn, alert_id: UUID, act: Act, now: datetime) -> UUID:
    note_id: UUID = await connection.fetchval(
        "INSERT INTO alert_notes (tenant_id, alert_id, author, at, text) VALUES ($1, $2, $3, $4, $5) RETURNING note_id",
        who.tenant, alert_id, who.user_id, now, act.note,
    )  # fmt: skip
    return note_id
