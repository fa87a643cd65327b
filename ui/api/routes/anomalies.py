"""Searching alerts, and what people do with them."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from fleet.alerts import AlertState, AlertType, Severity
from fleet.stores import anomalies
from fleet.stores.anomalies import AnomalyQuery
from fleet.stores.workflow import Act, perform
from fleet.workflow import Deed
from ui.api import cursors
from ui.api.access import AcknowledgerDep, AlertReaderDep, OperatorDep
from ui.api.models import (
    Anomaly,
    AnomalyDetail,
    AnomalyPage,
    Assignment,
    BucketName,
    Comment,
    Confirmation,
    Dismissal,
    Resolution,
    SeverityName,
    TrendPoint,
    Trends,
)
from ui.api.parameters import Cursor, From, Limit, SearchText, To, period
from ui.api.services import NowDep, PoolDep

router = APIRouter(prefix="/anomalies", tags=["anomalies"])


@router.get("", operation_id="listAnomalies", response_model=AnomalyPage)
async def list_anomalies(
    who: AlertReaderDep,
    pool: PoolDep,
    vehicle_id: Annotated[str | None, Query(alias="vehicleId", max_length=64)] = None,
    driver_id: Annotated[str | None, Query(alias="driverId", max_length=64)] = None,
    type: Annotated[list[AlertType], Query()] = [],  # noqa: B006  FastAPI copies defaults
    severity: Annotated[list[SeverityName], Query()] = [],  # noqa: B006
    state: Annotated[list[AlertState], Query()] = [],  # noqa: B006
    since: From = None,
    to: To = None,
    q: SearchText = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Search, newest first. `type`, `severity` and `state` may repeat; `q` looks in vehicle, driver, type and evidence."""
    query = AnomalyQuery(
        vehicle_id, driver_id, type, [Severity[name] for name in severity], state, since, to, q, _position(cursor), limit + 1
    )
    found = await anomalies.find(pool, who, query)
    items = found[:limit]
    more = len(found) > limit
    return {"items": items, "nextCursor": cursors.encode((items[-1]["startedAt"], items[-1]["id"])) if more else None}


def _position(cursor: str | None) -> tuple[datetime, UUID] | None:
    if cursor is None:
        return None
    started_at, alert_id = cursors.decode(cursor, (datetime, UUID))
    return started_at, alert_id


@router.get("/trends", operation_id="getTrends")
async def get_trends(
    who: AlertReaderDep, pool: PoolDep, now: NowDep, since: From = None, to: To = None, bucket: BucketName = "hour"
) -> Trends:
    """How many alerts began per bucket (UTC), type and severity; the last day by default."""
    begin, end = period(since, to, now, usual=timedelta(days=1), longest=timedelta(days=400))
    points = await anomalies.trends(pool, who, begin, end, bucket)
    items = [TrendPoint.model_validate(point, from_attributes=True) for point in points]
    return Trends(begin=begin, to=end, bucket=bucket, items=items)


@router.get("/{id}", operation_id="getAnomaly", response_model=AnomalyDetail)
async def get_anomaly(id: UUID, who: AlertReaderDep, pool: PoolDep) -> dict[str, Any]:
    """One alert with its evidence and its history."""
    return await anomalies.get(pool, who, id)


@router.post("/{id}/acknowledge", operation_id="acknowledgeAnomaly", response_model=Anomaly)
async def acknowledge_anomaly(id: UUID, operator: AcknowledgerDep, pool: PoolDep, now: NowDep) -> dict[str, Any]:
    """Take charge of an open alert. Doing it again changes nothing; if somebody else was first, 409 brings `anomaly`."""
    return await perform(pool, operator, id, Act(Deed.ACKNOWLEDGE), now)


@router.post("/{id}/assign", operation_id="assignAnomaly", response_model=Anomaly)
async def assign_anomaly(
    id: UUID, operator: OperatorDep, pool: PoolDep, now: NowDep, body: Assignment | None = None
) -> dict[str, Any]:
    """Put a live alert into somebody's hands, by default one's own; it is in progress from then on."""
    asked = body or Assignment()
    return await perform(pool, operator, id, Act(Deed.ASSIGN, asked.note, assignee=asked.assignee or operator.user_id), now)


@router.post("/{id}/resolve", operation_id="resolveAnomaly", response_model=Anomaly)
async def resolve_anomaly(
    id: UUID, operator: OperatorDep, pool: PoolDep, now: NowDep, body: Resolution | None = None
) -> dict[str, Any]:
    """Say that a live alert is dealt with."""
    return await perform(pool, operator, id, Act(Deed.RESOLVE, body.note if body else None), now)


@router.post("/{id}/confirm", operation_id="confirmAnomaly", response_model=Anomaly)
async def confirm_anomaly(
    id: UUID, operator: OperatorDep, pool: PoolDep, now: NowDep, body: Confirmation | None = None
) -> dict[str, Any]:
    """Say that an alert is right: the next models learn from it. The last judgement counts."""
    return await perform(pool, operator, id, Act(Deed.CONFIRM, body.note if body else None), now)


@router.post("/{id}/dismiss", operation_id="dismissAnomaly", response_model=Anomaly)
async def dismiss_anomaly(id: UUID, operator: OperatorDep, pool: PoolDep, now: NowDep, body: Dismissal) -> dict[str, Any]:
    """Say that an alert is not right, and why: the next models learn from it. The last judgement counts."""
    return await perform(pool, operator, id, Act(Deed.DISMISS, body.note, body.reason), now)


@router.post("/{id}/comment", operation_id="commentOnAnomaly", response_model=Anomaly)
async def comment_on_anomaly(id: UUID, operator: OperatorDep, pool: PoolDep, now: NowDep, body: Comment) -> dict[str, Any]:
    """Add a note to an alert's history."""
    return await perform(pool, operator, id, Act(Deed.COMMENT, body.text), now)
