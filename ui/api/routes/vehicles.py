"""Vehicles, what they measured, and what is likely to fail."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query

from fleet.errors import InvalidInput
from fleet.signals import BY_COLUMN, COLUMNS, SIGNALS
from fleet.stores import forecasts, readings, vehicles
from fleet.stores.vehicles import VehicleSummary
from ui.api import cursors
from ui.api.access import DeviceManagerDep, FleetReaderDep
from ui.api.models.vehicles import (
    Forecast,
    PastForecasts,
    SignalInfo,
    SignalReading,
    SignalTable,
    TelemetrySeries,
    Vehicle,
    VehicleChange,
    VehicleDetail,
    VehicleForecast,
    VehiclePage,
    VehicleTelemetry,
)
from ui.api.parameters import Cursor, From, Limit, SearchText, To, VehiclePath, period
from ui.api.services import NowDep, PoolDep

router = APIRouter(tags=["vehicles"])
COLUMN_OF_KEY = {signal.key: signal.column for signal in SIGNALS} | {column: column for column in COLUMNS}


@router.get("/vehicles", operation_id="listVehicles")
async def list_vehicles(
    who: FleetReaderDep, pool: PoolDep, q: SearchText = None, cursor: Cursor = None, limit: Limit = 100
) -> VehiclePage:
    """The fleet by vehicle id, each with its newest reading and its live alerts."""
    (after,) = cursors.decode(cursor, (str,)) if cursor else [""]
    found = await vehicles.find(pool, who, q, after, limit + 1)
    items = found[:limit]
    next_cursor = cursors.encode((items[-1].vehicle_id,)) if len(found) > limit else None
    return VehiclePage(items=[Vehicle(**_outline(vehicle)) for vehicle in items], next_cursor=next_cursor)


@router.get("/vehicles/{vehicleId}", operation_id="getVehicle")
async def get_vehicle(vehicle_id: VehiclePath, who: FleetReaderDep, pool: PoolDep) -> VehicleDetail:
    """One vehicle with every signal of its newest reading."""
    return _detail(await vehicles.get(pool, who, vehicle_id))


@router.patch("/vehicles/{vehicleId}", operation_id="changeVehicle")
async def change_vehicle(
    vehicle_id: VehiclePath, wish: VehicleChange, who: DeviceManagerDep, pool: PoolDep, now: NowDep
) -> VehicleDetail:
    """Correct class, tank, model or age. Ingest heeds class and tank within 30 s. Sent again, it changes nothing."""
    return _detail(await vehicles.describe(pool, who, vehicle_id, wish.model_dump(exclude_unset=True), now))


def _detail(vehicle: VehicleSummary) -> VehicleDetail:
    values = [SignalReading(**_named(column), value=value) for column, value in vehicle.newest.items()]
    return VehicleDetail(**_outline(vehicle), driver_id=vehicle.driver_id, readings=values)


def _outline(vehicle: VehicleSummary) -> dict[str, Any]:
    newest = vehicle.newest
    return {
        "vehicle_id": vehicle.vehicle_id,
        "vehicle_class": vehicle.vehicle_class,
        "model": vehicle.model,
        "age_years": vehicle.age_years,
        "tank_l": vehicle.tank_l,
        "last_seen_at": vehicle.last_seen_at,
        "live_alerts": vehicle.live_alerts,
        "snoozed_alerts": vehicle.snoozed_alerts,
        "worst_severity": vehicle.worst_severity,
        "lat": newest["latitude_deg"],
        "lon": newest["longitude_deg"],
        "speed": newest["speed_kmh"],
        "fuel_level": newest["fuel_level_pct"],
    }


def _named(column: str) -> dict[str, str]:
    signal = BY_COLUMN[column]
    return {"signal": column, "key": signal.key, "label": signal.label, "unit": signal.unit}


@router.get("/vehicles/{vehicleId}/telemetry", operation_id="getVehicleTelemetry")
async def get_vehicle_telemetry(
    vehicle_id: VehiclePath,
    who: FleetReaderDep,
    pool: PoolDep,
    now: NowDep,
    since: From = None,
    to: To = None,
    signals: Annotated[
        str | None, Query(max_length=1000, description="Comma-separated; all that were sent when left out.")
    ] = None,
    points: Annotated[int, Query(ge=2, le=2000)] = 300,
) -> VehicleTelemetry:
    """Readings in columns, thinned out to at most `points`; the last hour by default."""
    begin, end = period(since, to, now, usual=timedelta(hours=1), longest=timedelta(days=31))
    thinned = await readings.thinned(pool, who, vehicle_id, begin, end, _columns(signals), points)
    series = [
        TelemetrySeries(**_named(column), values=values)
        for column, values in thinned.columns.items()
        if signals is not None or any(value is not None for value in values)
    ]
    times = [round(time.timestamp() * 1000) for time in thinned.times]
    return VehicleTelemetry(
        vehicle_id=vehicle_id, begin=begin, to=end, bucket_s=thinned.width.total_seconds(), times=times, series=series
    )


def _columns(names: str | None) -> tuple[str, ...]:
    if names is None:
        return COLUMNS
    asked = [name.strip() for name in names.split(",")]
    if unknown := [name for name in asked if name not in COLUMN_OF_KEY]:
        raise InvalidInput(f"signals: {unknown[0]!r} is not a signal; GET /api/signals lists them.")
    return tuple(dict.fromkeys(COLUMN_OF_KEY[name] for name in asked))


@router.get("/vehicles/{vehicleId}/forecast", operation_id="getVehicleForecast")
async def get_vehicle_forecast(vehicle_id: VehiclePath, who: FleetReaderDep, pool: PoolDep, now: NowDep) -> VehicleForecast:
    """The newest forecast of each component, and how well past ones held."""
    rows = await forecasts.of_vehicle(pool, who, vehicle_id)
    past = await forecasts.past(pool, who, vehicle_id, now)
    return VehicleForecast(
        vehicle_id=vehicle_id,
        items=[Forecast.model_validate(row, from_attributes=True) for row in rows],
        record=[PastForecasts.model_validate(each, from_attributes=True) for each in past],
    )


@router.get("/signals", operation_id="listSignals")
async def list_signals(who: FleetReaderDep) -> SignalTable:
    """Every signal, its unit and its physical range."""
    return SignalTable(items=[SignalInfo(**_named(s.column), low=s.low, high=s.high, vss=s.vss) for s in SIGNALS])
