"""Taking the last deed on an alert back, within a day."""

import json
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg

from fleet.anomaly import anomaly_json
from fleet.stores import anomalies, audit, judgements
from fleet.stores.postgres import tenant_transaction
from fleet.stores.sessions import SignedIn
from fleet.stores.stream import StreamChange, publish
from fleet.stores.workflow import AlertConflict, Standing, locked, place
from fleet.workflow import Deed

UNDO_WITHIN: Final = timedelta(hours=24)
CHANGE: Final = "undone"
_UNDOABLE: Final = [f"alert.{deed}" for deed in Deed if deed is not Deed.COMMENT]
_LAST_DEED: Final = """
SELECT at, actor, action, (detail ->> 'seq')::bigint AS seq FROM audit_log
WHERE tenant_id = $1 AND subject = $2 AND action = ANY ($3::text[])
ORDER BY audit_log.seq DESC LIMIT 1"""
_BEFORE: Final = """
SELECT anomaly FROM stream_events WHERE tenant_id = $1 AND alert_id = $2 AND seq < $3 ORDER BY seq DESC LIMIT 1"""


async def undo(pool: asyncpg.Pool, who: SignedIn, alert_id: UUID, now: datetime) -> dict[str, Any]:
    """Take back what this person did last; returns the anomaly. What detection has found meanwhile stays.

    Raises:
        NotFound: unknown, or another tenant's.
        AlertConflict: there is nothing to take back, it was somebody else's deed, or it is too long ago.
    """
    async with tenant_transaction(pool, who.tenant) as connection:
        anomaly = await locked(connection, who, alert_id)
        deed = await _own_last_deed(connection, who, anomaly, now)
        before = await connection.fetchval(_BEFORE, who.tenant, alert_id, deed["seq"])
        if before is None:
            raise AlertConflict("What was before is not kept any more.", anomaly)
        row = await place(connection, who, alert_id, Standing.of(json.loads(before)), anomaly)
        if row["verdict"] != anomaly["verdict"] or row["dismissal_reason"] != anomaly["dismissalReason"]:
            await _judge_as_before(connection, who, row, now)
        (seq,) = await publish(connection, who.tenant, [StreamChange(alert_id, CHANGE, anomaly_json(row, who.slug))])
        detail = {"seq": seq, "undoes": deed["seq"]}
        await audit.record(connection, who.tenant, now, str(who.user_id), f"alert.{CHANGE}", str(alert_id), detail)
        return await anomalies.one(connection, who, alert_id)


async def _own_last_deed(connection: asyncpg.Connection, who: SignedIn, anomaly: dict[str, Any], now: datetime) -> asyncpg.Record:
    deed = await connection.fetchrow(_LAST_DEED, who.tenant, anomaly["id"], [*_UNDOABLE, f"alert.{CHANGE}"])
    if deed is None or deed["action"] == f"alert.{CHANGE}":
        raise AlertConflict("There is nothing to take back.", anomaly)
    if deed["actor"] != str(who.user_id):
        raise AlertConflict("Somebody else has dealt with this alert since; only they can take that back.", anomaly)
    if now - deed["at"] > UNDO_WITHIN:
        raise AlertConflict("This was done more than a day ago; reopen the alert instead.", anomaly)
    return deed


async def _judge_as_before(connection: asyncpg.Connection, who: SignedIn, row: asyncpg.Record, now: datetime) -> None:
    if row["verdict"] is None:
        await judgements.retract(connection, who, row["alert_id"])
    else:
        await judgements.record(connection, who, row, None, now)
