"""Alerts as people read and acknowledge them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from fleet.alerts import LIVE_STATES, AlertState, AlertType, Severity
from fleet.anomaly import anomaly_json
from fleet.errors import Conflict, NotFound
from fleet.stores import audit
from fleet.stores.postgres import tenant_transaction
from fleet.stores.sessions import SignedIn
from fleet.stores.stream import StreamChange, publish

_WITH_NAME = """SELECT a.*, u.name AS acknowledged_by_name
                FROM alerts a LEFT JOIN users u ON u.tenant_id = a.tenant_id AND u.user_id = a.acknowledged_by"""

_SEARCHED = "concat_ws(' ', a.vehicle_id, a.driver_id, a.type, replace(a.type, '_', ' '), a.evidence)"


class AlreadyAcknowledged(Conflict):
    """Somebody else has it: `anomaly` is its present state."""

    def __init__(self, anomaly: dict[str, Any]) -> None:
        super().__init__(f"{anomaly['acknowledgedByName'] or 'Somebody else'} already acknowledged this alert.")
        self.anomaly = anomaly


@dataclass(frozen=True, slots=True)
class AnomalyQuery:
    """What to look for; an empty sequence or None does not restrict. `since` is inclusive, `until` is not."""

    vehicle_id: str | None = None
    types: Sequence[AlertType] = ()
    severities: Sequence[Severity] = ()
    states: Sequence[AlertState] = ()
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None
    before: tuple[datetime, UUID] | None = None
    limit: int = 50


async def find(pool: asyncpg.Pool, who: SignedIn, query: AnomalyQuery) -> list[dict[str, Any]]:
    """Newest first, by the start of the first episode."""
    conditions, arguments = ["a.tenant_id = $1"], [who.tenant]

    def restrict(condition: str, *values: Any) -> None:
        places = [f"${len(arguments) + position}" for position in range(1, len(values) + 1)]
        conditions.append(condition.format(*places))
        arguments.extend(values)

    if query.vehicle_id is not None:
        restrict("a.vehicle_id = {}", query.vehicle_id)
    if query.types:
        restrict("a.type = ANY ({}::text[])", list(query.types))
    if query.severities:
        restrict("a.severity = ANY ({}::smallint[])", [int(severity) for severity in query.severities])
    if query.states:
        restrict("a.state = ANY ({}::text[])", list(query.states))
    if query.since is not None:
        restrict("a.started_at >= {}", query.since)
    if query.until is not None:
        restrict("a.started_at < {}", query.until)
    if query.text:
        restrict(f"{_SEARCHED} ILIKE {{}}", _like(query.text))
    if query.before is not None:
        restrict("(a.started_at, a.alert_id) < ({}, {})", *query.before)
    restrict("true ORDER BY a.started_at DESC, a.alert_id DESC LIMIT {}", query.limit)
    async with tenant_transaction(pool, who.tenant) as connection:
        rows = await connection.fetch(f"{_WITH_NAME} WHERE {' AND '.join(conditions)}", *arguments)
    return [anomaly_json(row, who.slug) for row in rows]


def _like(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


async def get(pool: asyncpg.Pool, who: SignedIn, alert_id: UUID) -> dict[str, Any]:
    """One anomaly with its `history`.

    Raises:
        NotFound: unknown, or another tenant's.
    """
    async with tenant_transaction(pool, who.tenant) as connection:
        anomaly = await _one(connection, who, alert_id)
        deeds = await connection.fetch(
            """SELECT l.at, l.actor, u.name AS actor_name, l.action, l.detail
               FROM audit_log l LEFT JOIN users u ON u.tenant_id = l.tenant_id AND u.user_id::text = l.actor
               WHERE l.tenant_id = $1 AND l.subject = $2 ORDER BY l.seq""",
            who.tenant, str(alert_id),
        )  # fmt: skip
    return {**anomaly, "history": [{**deed, "detail": json.loads(deed["detail"])} for deed in deeds]}


async def _one(connection: asyncpg.Connection, who: SignedIn, alert_id: UUID) -> dict[str, Any]:
    row = await connection.fetchrow(f"{_WITH_NAME} WHERE a.tenant_id = $1 AND a.alert_id = $2", who.tenant, alert_id)
    if row is None:
        raise NotFound("no such alert")
    return anomaly_json(row, who.slug)


async def acknowledge(pool: asyncpg.Pool, who: SignedIn, alert_id: UUID, now: datetime) -> dict[str, Any]:
    """Take charge of an open alert; the same person's second time changes nothing.

    Raises:
        NotFound: unknown, or another tenant's.
        AlreadyAcknowledged: somebody else was first.
        Conflict: the alert is closed.
    """
    async with tenant_transaction(pool, who.tenant) as connection:
        # The row lock makes the first of two people the first, and the second see it.
        await connection.execute("SELECT 1 FROM alerts WHERE tenant_id = $1 AND alert_id = $2 FOR UPDATE", who.tenant, alert_id)
        anomaly = await _one(connection, who, alert_id)
        if anomaly["state"] not in LIVE_STATES:
            raise Conflict(f"This alert is {anomaly['state'].lower()}; there is nothing left to acknowledge.")
        if anomaly["state"] == AlertState.OPEN:
            return await _take(connection, who, alert_id, now)
        if anomaly["acknowledgedBy"] != str(who.user_id):
            raise AlreadyAcknowledged(anomaly)
        return anomaly


async def _take(connection: asyncpg.Connection, who: SignedIn, alert_id: UUID, now: datetime) -> dict[str, Any]:
    row = await connection.fetchrow(
        """UPDATE alerts SET state = 'ACKNOWLEDGED', acknowledged_by = $3, acknowledged_at = $4
           WHERE tenant_id = $1 AND alert_id = $2 RETURNING *""",
        who.tenant, alert_id, who.user_id, now,
    )  # fmt: skip
    anomaly = anomaly_json(row, who.slug)
    (seq,) = await publish(connection, who.tenant, [StreamChange(alert_id, "acknowledged", anomaly)])
    await audit.record(connection, who.tenant, now, str(who.user_id), "alert.acknowledged", str(alert_id), {"seq": seq})
    return {**anomaly, "seq": seq, "acknowledgedByName": who.name}


@dataclass(frozen=True, slots=True)
class Trend:
    """How many alerts of a type and severity started in a bucket of time."""

    at: datetime
    type: str
    severity: str
    count: int


async def trends(pool: asyncpg.Pool, who: SignedIn, since: datetime, until: datetime, bucket: str) -> list[Trend]:
    """Counts by `hour` or `day` (UTC), type and severity; buckets without alerts are left out."""
    async with tenant_transaction(pool, who.tenant) as connection:
        rows = await connection.fetch(
            """SELECT date_trunc($4, started_at, 'UTC') AS at, type, severity, count(*) AS count FROM alerts
               WHERE tenant_id = $1 AND started_at >= $2 AND started_at < $3 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""",
            who.tenant, since, until, bucket,
        )  # fmt: skip
    return [Trend(row["at"], row["type"], Severity(row["severity"]).name, row["count"]) for row in rows]
