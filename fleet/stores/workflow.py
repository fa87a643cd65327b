"""What people do with alerts: each deed is one transaction of alert, stream event and audit row."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from fleet.alerts import AlertState
from fleet.anomaly import anomaly_json
from fleet.errors import Conflict, InvalidInput
from fleet.stores import anomalies, audit, judgements
from fleet.stores.postgres import tenant_transaction
from fleet.stores.sessions import SignedIn
from fleet.stores.stream import StreamChange, publish
from fleet.workflow import VERDICTS, Deed, DismissalReason, state_after


class AlertConflict(Conflict):
    """The deed does not fit the alert any more: `anomaly` is its present state."""

    def __init__(self, sentence: str, anomaly: dict[str, Any]) -> None:
        super().__init__(sentence)
        self.anomaly = anomaly


@dataclass(frozen=True, slots=True)
class Act:
    """A deed with what belongs to it: `reason` to a dismissal, `assignee` to an assignment, `note` to any."""

    deed: Deed
    note: str | None = None
    reason: DismissalReason | None = None
    assignee: UUID | None = None


async def perform(pool: asyncpg.Pool, who: SignedIn, alert_id: UUID, act: Act, now: datetime) -> dict[str, Any]:
    """Do something with an alert; what is done already, and brings no note, changes nothing. Returns the anomaly.

    Raises:
        NotFound: unknown, or another tenant's. InvalidInput: nobody of this tenant can be the assignee.
        AlertConflict: the deed does not fit the alert's state, or somebody else has acknowledged it.
    """
    async with tenant_transaction(pool, who.tenant) as connection:
        # The row lock makes the first of two people the first, and the second see it.
        await connection.execute("SELECT 1 FROM alerts WHERE tenant_id = $1 AND alert_id = $2 FOR UPDATE", who.tenant, alert_id)
        anomaly = await anomalies.one(connection, who, alert_id)
        if not _changes(act, anomaly, who):
            return anomaly
        state = state_after(act.deed, AlertState(anomaly["state"]))
        if state is None:
            raise AlertConflict(f"This alert is {anomaly['state'].lower()}; it cannot be {act.deed} any more.", anomaly)
        if act.assignee is not None:
            await _require_colleague(connection, who, act.assignee)
        await _record(connection, who, alert_id, act, state, now)
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


async def _record(
    connection: asyncpg.Connection, who: SignedIn, alert_id: UUID, act: Act, state: AlertState, now: datetime
) -> None:
    note_id = await _note(connection, who, alert_id, act, now) if act.note else None
    row = await connection.fetchrow(
        """UPDATE alerts SET state = $3, assigned_to = coalesce($4, assigned_to), verdict = coalesce($5, verdict),
                  dismissal_reason = CASE WHEN $5::text IS NULL THEN dismissal_reason ELSE $6 END,
                  acknowledged_by = CASE WHEN $7 THEN $8 ELSE acknowledged_by END,
                  acknowledged_at = CASE WHEN $7 THEN $9 ELSE acknowledged_at END
           WHERE tenant_id = $1 AND alert_id = $2 RETURNING *""",
        who.tenant, alert_id, state, act.assignee, VERDICTS.get(act.deed), act.reason,
        act.deed is Deed.ACKNOWLEDGE, who.user_id, now,
    )  # fmt: skip
    if act.deed in VERDICTS:
        await judgements.record(connection, who, row, note_id, now)
    (seq,) = await publish(connection, who.tenant, [StreamChange(alert_id, act.deed, anomaly_json(row, who.slug))])
    detail = {"seq": seq, "reason": act.reason, "assignee": act.assignee and str(act.assignee), "note": note_id and str(note_id)}
    known = {name: value for name, value in detail.items() if value is not None}
    await audit.record(connection, who.tenant, now, str(who.user_id), f"alert.{act.deed}", str(alert_id), known)


async def _note(connection: asyncpg.Connection, who: SignedIn, alert_id: UUID, act: Act, now: datetime) -> UUID:
    note_id: UUID = await connection.fetchval(
        "INSERT INTO alert_notes (tenant_id, alert_id, author, at, text) VALUES ($1, $2, $3, $4, $5) RETURNING note_id",
        who.tenant, alert_id, who.user_id, now, act.note,
    )  # fmt: skip
    return note_id
