"""What the workshop did to a vehicle: the forecaster learns from it, and past forecasts are held against it."""

from datetime import datetime

from fastapi import APIRouter, status

from fleet.stores import workshop
from ui.api import cursors
from ui.api.access import FleetReaderDep, MaintainerDep
from ui.api.models.workshop import Visit, VisitKey, VisitPage
from ui.api.parameters import Cursor, Limit, VehiclePath
from ui.api.services import NowDep, PoolDep

router = APIRouter(prefix="/vehicles/{vehicleId}/maintenance", tags=["vehicles"])


@router.get("", operation_id="listVisits")
async def list_visits(
    vehicle_id: VehiclePath, who: FleetReaderDep, pool: PoolDep, cursor: Cursor = None, limit: Limit = 20
) -> VisitPage:
    """A vehicle's visits to the workshop, newest first: a line for each part that was replaced."""
    at, component = cursors.decode(cursor, (datetime, str)) if cursor else (None, "")
    found = await workshop.newest(pool, who, vehicle_id, (at, component) if at else None, limit + 1)
    items = [Visit.model_validate(visit, from_attributes=True) for visit in found[:limit]]
    last = items[-1] if len(found) > limit else None
    return VisitPage(items=items, next_cursor=cursors.encode((last.at.isoformat(), last.component)) if last else None)


@router.post("", operation_id="recordVisit", status_code=status.HTTP_201_CREATED)
async def record_visit(vehicle_id: VehiclePath, visit: Visit, who: MaintainerDep, pool: PoolDep, now: NowDep) -> Visit:
    """Record that a part was replaced; the next forecast knows it. Sent again, it changes nothing."""
    await workshop.record(pool, who, vehicle_id, workshop.Visit(visit.component, visit.at, visit.failure), now)
    return visit


@router.post("/withdraw", operation_id="withdrawVisit", status_code=status.HTTP_204_NO_CONTENT)
async def withdraw_visit(vehicle_id: VehiclePath, visit: VisitKey, who: MaintainerDep, pool: PoolDep, now: NowDep) -> None:
    """Take back a visit that was recorded wrongly."""
    await workshop.withdraw(pool, who, vehicle_id, visit.component, visit.at, now)
