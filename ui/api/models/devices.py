"""Credentials of the vehicles' devices."""

from datetime import datetime

from pydantic import Field

from ui.api.models.shape import ApiModel, VehicleClassName


class Device(ApiModel):
    vehicle_id: str
    issued_at: datetime | None = Field(description="Of its credential; null where it has none and cannot sign in.")
    old_until: datetime | None = Field(description="A rotated credential holds until then.")


class DevicePage(ApiModel):
    items: list[Device]
    next_cursor: str | None


class NewDevice(ApiModel):
    vehicle_id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    vehicle_class: VehicleClassName = "car"


class Rotation(ApiModel):
    grace_hours: float = Field(default=24, ge=0, le=720, description="How long the old credential holds yet.")


class DeviceSecret(ApiModel):
    vehicle_id: str
    username: str
    password: str = Field(description="For MQTT, and as `username:password` for POST /api/telemetry; shown once.")
