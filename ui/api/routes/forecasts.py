"""The fleet's 72-hour risks."""

from typing import Annotated

from fastapi import APIRouter, Query

from fleet.stores import forecasts
from ui.api import cursors
from ui.api.access import FleetReaderDep
from ui.api.models.vehicles import FailureRate, Forecast, ForecastPage
from ui.api.parameters import Cursor, Limit
from ui.api.services import PoolDep

router = APIRouter(tags=["forecasts"])


@router.get("/forecasts", operation_id="listForecasts")
async def list_forecasts(
    who: FleetReaderDep,
    pool: PoolDep,
    component: Annotated[str | None, Query(max_length=64)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> ForecastPage:
    """The newest forecast per vehicle and component, worst first."""
    after = cursors.decode(cursor, (float, str, str)) if cursor else None
    found = await forecasts.worst(pool, who, component, (after[0], after[1], after[2]) if after else None, limit + 1)
    items, more = found[:limit], len(found) > limit
    last = items[-1] if more else None
    return ForecastPage(
        items=[Forecast.model_validate(row, from_attributes=True) for row in items],
        next_cursor=cursors.encode((last.probability, last.vehicle_id, last.component)) if last else None,
    )


@router.get("/forecasts/rate", operation_id="getFailureRate")
async def get_failure_rate(who: FleetReaderDep, pool: PoolDep) -> FailureRate:
    """The share of the whole fleet that is expected to have a failing component within 72 hours."""
    rate = await forecasts.failure_rate(pool, who)
    if rate is None:
        return FailureRate(vehicles=0, value=None, lower=None, upper=None)
    return FailureRate.model_validate(rate, from_attributes=True)
