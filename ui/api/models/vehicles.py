"""Vehicles, what they measured, and what is likely to fail."""

from datetime import datetime
from typing import Any, Final

from pydantic import Field

from fleet.signals import BY_COLUMN
from ui.api.models.shape import ApiModel, Name, SeverityName, VehicleClassName

LEAST_TANK_L: Final = 5.0  # the smallest of a vehicle with a cabin hold about ten
MOST_TANK_L: Final = BY_COLUMN["fuel_level_l"].high
MOST_AGE_YEARS: Final = 100.0


class Vehicle(ApiModel):
    vehicle_id: str
    vehicle_class: VehicleClassName
    model: str | None
    age_years: float | None
    tank_l: float | None
    last_seen_at: datetime | None
    live_alerts: int = Field(description="Without those that are snoozed.")
    snoozed_alerts: int = Field(description="Live, and put off at the moment.")
    worst_severity: SeverityName | None = Field(description="Of the live alerts that are not snoozed.")
    lat: float | None
    lon: float | None
    speed: float | None = Field(description="km/h")
    fuel_level: float | None = Field(description="%")


class VehiclePage(ApiModel):
    items: list[Vehicle]
    next_cursor: str | None


class SignalInfo(ApiModel):
    signal: str = Field(description="Name in tables and in evidence.")
    key: str = Field(description="Name in the telemetry payload.")
    label: str
    unit: str
    low: float
    high: float
    vss: str


class SignalTable(ApiModel):
    items: list[SignalInfo]


class SignalReading(ApiModel):
    signal: str
    key: str
    label: str
    unit: str
    value: float | None


class VehicleDetail(Vehicle):
    driver_id: str | None
    readings: list[SignalReading] = Field(description="The newest reading, signal by signal.")


def _stays(schema: dict[str, Any]) -> None:
    """A field that is left out has no value of its own, whatever the model holds in its place."""
    del schema["default"]


class VehicleChange(ApiModel):
    """What is left out stays as it is. Null is for what nobody knows; every vehicle has a class."""

    vehicle_class: VehicleClassName = Field(default="car", json_schema_extra=_stays)
    model: Name | None = Field(default=None, json_schema_extra=_stays)
    age_years: float | None = Field(default=None, ge=0, le=MOST_AGE_YEARS, allow_inf_nan=False, json_schema_extra=_stays)
    tank_l: float | None = Field(
        default=None,
        ge=LEAST_TANK_L,
        le=MOST_TANK_L,
        allow_inf_nan=False,
        json_schema_extra=_stays,
        description="What the tank holds, in litres; null goes by what is usual for the class.",
    )


class TelemetrySeries(ApiModel):
    signal: str
    key: str
    label: str
    unit: str
    values: list[float | None] = Field(description="Means per bucket; null where nothing was sent.")


class VehicleTelemetry(ApiModel):
    vehicle_id: str
    begin: datetime = Field(validation_alias="begin", serialization_alias="from")
    to: datetime
    bucket_s: float = Field(description="Width of a bucket; buckets without a reading are left out.")
    times: list[int] = Field(description="Start of each bucket, epoch milliseconds.")
    series: list[TelemetrySeries]


class Forecast(ApiModel):
    vehicle_id: str
    component: str
    made_at: datetime
    horizon_h: int
    probability: float = Field(description="That the component fails within the horizon.")
    lower: float
    upper: float
    model_version: str


class PastForecasts(ApiModel):
    """What 72-hour forecasts of one component said in 90 days, and what came of it: those whose 72 hours are over."""

    component: str
    forecasts: int = Field(description="How many.")
    said: float = Field(description="Their mean probability.")
    failed: int | None = Field(
        description="After how many the component failed within 72 hours; null where the record of the workshop begins later."
    )


class VehicleForecast(ApiModel):
    vehicle_id: str
    items: list[Forecast]
    record: list[PastForecasts] = Field(description="By component; without those of which no forecast has come due.")


class ForecastPage(ApiModel):
    items: list[Forecast]
    next_cursor: str | None


class FailureRate(ApiModel):
    """Null where there is no forecast."""

    vehicles: int = Field(description="How many have a forecast.")
    value: float | None = Field(description="Share of them expected to have a failing component within 72 hours.")
    lower: float | None
    upper: float | None
