"""Alerts as people search and read them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import asyncpg

from fleet.alerts import AlertState, AlertType, Severity
from fleet.anomaly import anomaly_json
from fleet.errors import NotFound
from fleet.stores.postgres import tenant_transaction
from fleet.stores.sessions import SignedIn

_WITH_NAMES = """SELECT a.*, u.name AS acknowledged_by_name, v.name AS assigned_to_name,
                        w.name AS snoozed_by_name
                 FROM alerts a LEFT JOIN users u ON u.tenant_id = a.tenant_id AND u.user_id = a.acknowledged_by
                 LEFT JOIN users v ON v.tenant_id = a.tenant_id AND v.user_id = a.assigned_to
                 LEFT JOIN users w ON w.tenant_id = a.tenant_id AND w.user_id = a.snoozed_by"""

_OWN = "(${0}::text IS NULL OR a.driver_id = ${0})"  # a driver's own alerts
_SEARCHED = "concat_ws(' ', a.vehicle_id, a.driver_id, a.type, replace(a.type, '_', ' '), a.evidence)"


Snoozed = Literal["exclude", "include", "only"]


@dataclass(frozen=True, slots=True)
class AnomalyQuery:
    """What to look for; an empty sequence or None does not restrict. `since` is inclusive, `until` is not.

    What is snoozed at `now` is left out, unless `snoozed` wants it.
    """

    now: datetime

    vehicle_id: str | None = None
    driver_id: str | None = None
    types: Sequence[AlertType] = ()
    severities: Sequence[Severity] = ()
    states: Sequence[AlertState] = ()
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None
    before: tuple[datetime, UUID] | None = None
    limit: int = 50
    snoozed: Snoozed = "exclude"


async def find(pool: asyncpg.Pool, who: SignedIn, query: AnomalyQuery) -> list[dict[str, Any]]:
    """Newest first, by the start of the first episode."""
    conditions: list[str] = [f"a.tenant_id = $1 AND {_OWN.format(2)}"]
    arguments: list[Any] = [who.tenant, who.only_driver]

    def restrict(condition: str, *values: Any) -> None:
        places = [f"${len(arguments) + position}" for position in range(1, len(values) + 1)]
        conditions.append(condition.format(*places))
        arguments.extend(values)

    if query.vehicle_id is not None:
        restrict("a.vehicle_id = {}", query.vehicle_id)
    if query.driver_id is not None:
        restrict("a.driver_id = {}", query.driver_id)
    if query.types:
        restrict("a.type = ANY ({}::text[])", list(query.types))
    if query.severities:
        restrict("a.severity = ANY ({}::smallint[])", [int(severity) for severity in query.severities])
    if query.states:
        restrict("a.state = ANY ({}::text[])", list(query.states))
    if query.snoozed != "include":
        restrict(f"(coalesce(a.snoozed_until > {{}}, false)) = {str(query.snoozed == 'only').lower()}", query.now)
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
        rows = await connection.fetch(f"{_WITH_NAMES} WHERE {' AND '.join(conditions)}", *arguments)
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
        anomaly = await one(connection, who, alert_id)
        deeds = await connection.fetch(
            """SELECT l.at, l.actor, u.name AS actor_name, l.action, l.detail, n.text AS note
               FROM audit_log l LEFT JOIN users u ON u.tenant_id = l.tenant_id AND u.user_id::text = l.actor
               LEFT JOIN alert_notes n ON n.tenant_id = l.tenant_id AND n.note_id::text = l.detail ->> 'note'
               WHERE l.tenant_id = $1 AND l.subject = $2 ORDER BY l.seq""",
            who.tenant, str(alert_id),
        )  # fmt: skip
    return {**anomaly, "history": [{**deed, "detail": json.loads(deed["detail"])} for deed in deeds]}


async def one(connection: asyncpg.Connection, who: SignedIn, alert_id: UUID) -> dict[str, Any]:
    """One anomaly, in the caller's transaction.

    Raises:
        NotFound: unknown, or another tenant's.
    """
    row = await connection.fetchrow(
        f"{_WITH_NAMES} WHERE a.tenant_id = $1 AND a.alert_id = $2 AND {_OWN.format(3)}", who.tenant, alert_id, who.only_driver
    )
    if row is None:
        raise NotFound("no such alert")
    return anomaly_json(row, who.slug)


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
            """SELECT date_trunc($4, started_at, 'UTC') AS at, type, severity, count(*) AS count FROM alerts a
               WHERE tenant_id = $1 AND started_at >= $2 AND started_at < $3 AND ($5::text IS NULL OR driver_id = $5)
               GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""",
            who.tenant, since, until, bucket, who.only_driver,
        )  # fmt: skip
    return [Trend(row["at"], row["type"], Severity(row["severity"]).name, row["count"]) for row in rows]


@dataclass(frozen=True, slots=True)
class ResponseTimes:
    """How long alerts waited to be acknowledged, from their start.

    `counts` (class,): alerts by the classes of `RESPONSE_CLASSES_S`, the last one open. `median_s`: seconds, None while
    nothing was acknowledged. `waiting`: open alerts that nobody has acknowledged; `snoozed`: those that are
    put off now instead.
    """

    counts: list[int]
    median_s: float | None
    waiting: int
    snoozed: int


RESPONSE_CLASSES_S: Final = (60, 300, 900, 3600, 4 * 3600, 24 * 3600)  # upper ends, exclusive


async def response_times(pool: asyncpg.Pool, who: SignedIn, since: datetime, until: datetime) -> ResponseTimes:
    """Of alerts that started in [since, until).

    Raises:
        Unavailable: the store does not answer.
    """
    period = who.tenant, since, until
    async with tenant_transaction(pool, who.tenant) as connection:
        rows = await connection.fetch(
            """SELECT width_bucket(waited_s, $4::float8[]) AS place, count(*) AS count,
                      count(*) FILTER (WHERE state = 'OPEN' AND is_awake) AS waiting,
                      count(*) FILTER (WHERE state = 'OPEN' AND NOT is_awake) AS snoozed
               FROM (SELECT state, coalesce(snoozed_until <= now(), true) AS is_awake,
                            extract(epoch FROM acknowledged_at - started_at)::float8 AS waited_s FROM alerts
                     WHERE tenant_id = $1 AND started_at >= $2 AND started_at < $3 AND ($5::text IS NULL OR driver_id = $5)) a
               GROUP BY 1""",
            *period, [float(end) for end in RESPONSE_CLASSES_S], who.only_driver,
        )  # fmt: skip
        median_s = await connection.fetchval(
            """SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM acknowledged_at - started_at)) FROM alerts
               WHERE tenant_id = $1 AND started_at >= $2 AND started_at < $3 AND ($4::text IS NULL OR driver_id = $4)""",
            *period, who.only_driver,
        )  # fmt: skip
    counts = {row["place"]: row["count"] for row in rows}  # None: not acknowledged
    waiting, snoozed = (sum(row[kind] for row in rows if row["place"] is None) for kind in ("waiting", "snoozed"))
    return ResponseTimes([counts.get(place, 0) for place in range(len(RESPONSE_CLASSES_S) + 1)], median_s, waiting, snoozed)
