"""Vehicles, what they measured, and what is likely to fail."""

from datetime import datetime

from pydantic import Field

from ui.api.models.shape import ApiModel, SeverityName, VehicleClassName


class Vehicle(ApiModel):
    vehicle_id: str
    vehicle_class: VehicleClassName
    model: str | None
    age_years: float | None
    tank_l: float | None
    last_seen_at: datetime | None
    live_alerts: int
    worst_severity: SeverityName | None
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


class VehicleForecast(ApiModel):
    vehicle_id: str
    items: list[Forecast]


class ForecastPage(ApiModel):
    items: list[Forecast]
    next_cursor: str | None


class FailureRate(ApiModel):
    """Null where there is no forecast."""

    vehicles: int = Field(description="How many have a forecast.")
    value: float | None = Field(description="Share of them expected to have a failing component within 72 hours.")
    lower: float | None
    upper: float | None
