"""Thresholds of the fleet's own, and what becomes of alerts under them, tried on the past."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import Field, field_validator, model_validator

from fleet.alerts import TYPES, AlertType
from fleet.own_thresholds import OwnThreshold as Row
from fleet.own_thresholds import OwnThresholds
from fleet.stores.budget_trials import TrialState
from ui.api.models.shape import ApiModel, SeverityName, VehicleClassName

_MOST_THRESHOLDS = len(TYPES) * 4  # the fleet's and those of three classes


class AlertRule(ApiModel):
    type: AlertType
    threshold: float = Field(description="Alerts begin at this probability where the vehicle's class has none of its own.")
    usual: float = Field(description="The product's usual threshold.")
    fleet: float | None = Field(description="The fleet's own threshold, where it has one.")
    classes: dict[VehicleClassName, float] = Field(description="Thresholds of vehicle classes, which go before the fleet's own.")
    lowest: float | None = Field(description="A fleet may choose from here; null for a type that follows its forecast.")
    highest: float | None = Field(description="A fleet may choose up to here: beyond it physical limits would go unheard.")


class AlertRules(ApiModel):
    items: list[AlertRule]


class OwnThreshold(ApiModel):
    """From which probability on alerts of a type begin, on vehicles of one class or, without one, of all."""

    type: AlertType
    vehicle_class: VehicleClassName | None = Field(description="Null for all: it is said, not left out.")
    threshold: float


class ThresholdsWish(ApiModel):
    thresholds: list[OwnThreshold] = Field(
        max_length=_MOST_THRESHOLDS, description="All that shall hold: whatever is not named goes by the usual threshold."
    )


class TrialWish(ApiModel):
    """Either a number of alerts to aim at, or thresholds."""

    per_vehicle_week: float | None = Field(
        default=None, ge=0, le=10_000, description="Alerts per vehicle and week to aim at; the thresholds follow."
    )
    thresholds: list[OwnThreshold] | None = Field(
        default=None, max_length=_MOST_THRESHOLDS, description="All that shall hold, as `setAlertRules` takes them."
    )
    days: float = Field(default=30, ge=0.01, le=366, description="How much of the past is judged anew.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.per_vehicle_week is None) == (self.thresholds is None):
            raise ValueError("give either perVehicleWeek or thresholds")
        return self


class BeforeAfter(ApiModel):
    before: float
    after: float


class VanishedAlert(ApiModel):
    vehicle_id: str
    type: AlertType
    started_at: datetime
    severity: SeverityName


class JudgedAlerts(ApiModel):
    """Alerts of the past that people judged, of the vehicles that were tried, and how many there would not have been."""

    confirmed: int = 0
    confirmed_gone: int = 0
    dismissed: int = 0
    dismissed_gone: int = 0


class ClassDifference(ApiModel):
    vehicle_class: VehicleClassName
    vehicles: int
    alerts: dict[AlertType, BeforeAfter]
    judged: JudgedAlerts


class BudgetOutcome(ApiModel):
    vehicles: int = Field(description="Judged, out of those reporting.")
    vehicles_reporting: int
    vehicle_weeks: float
    per_vehicle_week: BeforeAfter
    thresholds: dict[AlertType, float] = Field(description="The fleet's own.")
    class_thresholds: dict[VehicleClassName, dict[AlertType, float]] = Field(
        default_factory=dict, description="Those of classes, which go before."
    )
    alerts: dict[AlertType, BeforeAfter] = Field(description="Of the types that raise any, before or after.")
    judged: JudgedAlerts = JudgedAlerts()
    classes: list[ClassDifference] = Field(default_factory=list, description="The same by vehicle class.")
    vanished: list[VanishedAlert] = Field(description="Alerts that there would not have been, 500 at most.")
    vanished_total: int


class _Trial(ApiModel):
    trial_id: UUID
    per_vehicle_week: float | None = Field(description="What it aims at; null where it is of thresholds.")
    proposal: list[OwnThreshold] | None = Field(description="The thresholds it is of; null where it aims at a number.")
    days: float
    state: TrialState
    asked_at: datetime
    finished_at: datetime | None
    detail: str = Field(description="Why it failed.")

    @field_validator("proposal", mode="before")
    @classmethod
    def _rows(cls, proposal: OwnThresholds | None) -> list[Row] | None:
        return None if proposal is None else list(proposal.rows())


class BudgetTrial(_Trial):
    outcome: BudgetOutcome | None = Field(description="Once it is done.")


class BudgetTrialSummary(_Trial):
    asked_by: UUID
    asked_by_name: str | None = Field(description="Null for somebody who is not there any more.")
    per_vehicle_week_found: BeforeAfter | None = Field(description="Alerts per vehicle and week, once it is done.")
    vanished_total: int | None = Field(description="How many alerts there would not have been, once it is done.")


class BudgetTrialPage(ApiModel):
    items: list[BudgetTrialSummary]
    next_cursor: str | None
