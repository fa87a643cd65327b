"""Thresholds, and budgets that are tried on the past."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from fleet.alerts import AlertType
from fleet.stores.budget_trials import TrialState
from ui.api.models.shape import ApiModel, SeverityName


class AlertRule(ApiModel):
    type: AlertType
    threshold: float = Field(description="An alert begins at this probability.")
    usual: float = Field(description="The product's own threshold.")


class AlertRules(ApiModel):
    items: list[AlertRule]


class BudgetWish(ApiModel):
    per_vehicle_week: float = Field(ge=0, le=10_000, description="Alerts per vehicle and week to aim at.")
    days: float = Field(default=30, ge=0.01, le=366, description="How much of the past is judged anew.")


class BeforeAfter(ApiModel):
    before: float
    after: float


class VanishedAlert(ApiModel):
    vehicle_id: str
    type: AlertType
    started_at: datetime
    severity: SeverityName


class BudgetOutcome(ApiModel):
    vehicles: int = Field(description="Judged, out of those reporting.")
    vehicles_reporting: int
    vehicle_weeks: float
    per_vehicle_week: BeforeAfter
    thresholds: dict[AlertType, float]
    alerts: dict[AlertType, BeforeAfter]
    vanished: list[VanishedAlert] = Field(description="Alerts that there would not have been, 500 at most.")
    vanished_total: int


class BudgetTrial(ApiModel):
    trial_id: UUID
    per_vehicle_week: float
    days: float
    state: TrialState
    asked_at: datetime
    finished_at: datetime | None
    outcome: BudgetOutcome | None = Field(description="Once it is done.")
    detail: str = Field(description="Why it failed.")
