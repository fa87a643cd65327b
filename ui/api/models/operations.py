"""How the platform and its models fare."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from ui.api.models.shape import ApiModel


class ModelNotice(ApiModel):
    model: str
    version: str
    subject: str
    detail: str
    opened_at: datetime


class QuantityDrift(ApiModel):
    model: str
    version: str
    quantity: str = Field(description="feature:<name> or score:<type>")
    at: datetime
    psi: float = Field(description="Population stability index against the training; beyond 0.25 something has moved.")
    rows: int


class ModelWatch(ApiModel):
    notices: list[ModelNotice]
    drift: list[QuantityDrift]


class PartState(ApiModel):
    name: str
    state: Literal["ok", "degraded", "down"]
    detail: str
    reported: bool = Field(default=True, description="False until a part has reported for the first time since the start.")


class Health(ApiModel):
    status: Literal["ok"] = "ok"


class Readiness(ApiModel):
    status: Literal["ok", "down"]
    parts: list[PartState]
