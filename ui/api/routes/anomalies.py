"""Searching and reading alerts."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from fleet.alerts import AlertState, AlertType, Severity
from fleet.stores import anomalies
from fleet.stores.anomalies import AnomalyQuery, Snoozed
from ui.api import cursors
from ui.api.access import AlertReaderDep
from ui.api.models.anomalies import AnomalyDetail, AnomalyPage, ResponseClass, ResponseTimes, TrendPoint, Trends
from ui.api.models.shape import BucketName, SeverityName
from ui.api.parameters import Cursor, From, Limit, SearchText, To, period
from ui.api.services import NowDep, PoolDep

router = APIRouter(prefix="/anomalies", tags=["anomalies"])


@router.get("", operation_id="listAnomalies", response_model=AnomalyPage)
async def list_anomalies(
    who: AlertReaderDep,
    pool: PoolDep,
    now: NowDep,
    vehicle_id: Annotated[str | None, Query(alias="vehicleId", max_length=64)] = None,
    driver_id: Annotated[str | None, Query(alias="driverId", max_length=64)] = None,
    type: Annotated[list[AlertType], Query()] = [],  # noqa: B006  FastAPI copies defaults
    severity: Annotated[list[SeverityName], Query()] = [],  # noqa: B006
    state: Annotated[list[AlertState], Query()] = [],  # noqa: B006
    snoozed: Annotated[Snoozed, Query(description="Alerts that are put off at the moment.")] = "exclude",
    since: From = None,
    to: To = None,
    q: SearchText = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Search, newest first. `type`, `severity` and `state` may repeat; `q` looks in vehicle, driver, type and evidence."""
    query = AnomalyQuery(
        now, vehicle_id, driver_id, type, [Severity[name] for name in severity], state, since, to, q, _position(cursor),
        limit + 1, snoozed,
    )  # fmt: skip
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


@router.get("/response-times", operation_id="getResponseTimes")
async def get_response_times(who: AlertReaderDep, pool: PoolDep, now: NowDep, since: From = None, to: To = None) -> ResponseTimes:
    """How long the alerts that began in a period waited until somebody acknowledged them; the last day by default."""
    begin, end = period(since, to, now, usual=timedelta(days=1), longest=timedelta(days=400))
    found = await anomalies.response_times(pool, who, begin, end)
    ends: list[float | None] = [*anomalies.RESPONSE_CLASSES_S, None]
    classes = [
        ResponseClass(from_s=start or 0.0, below_s=below, count=count)
        for start, below, count in zip([0.0, *ends[:-1]], ends, found.counts, strict=True)
    ]
    return ResponseTimes(
        begin=begin, to=end, median_s=found.median_s, waiting=found.waiting, snoozed=found.snoozed, classes=classes
    )


@router.get("/{id}", operation_id="getAnomaly", response_model=AnomalyDetail)
async def get_anomaly(id: UUID, who: AlertReaderDep, pool: PoolDep) -> dict[str, Any]:
    """One alert with its evidence and its history."""
    return await anomalies.get(pool, who, id)
