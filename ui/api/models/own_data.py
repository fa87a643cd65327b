"""What is stored about a person, as that person may take it along."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from fleet.alerts import AlertState, AlertType
from fleet.permissions import Role
from fleet.workflow import DismissalReason, Verdict
from ui.api.models.anomalies import EvidenceItem
from ui.api.models.api_tokens import ApiToken
from ui.api.models.drivers import DriverScore
from ui.api.models.shape import ApiModel, SeverityName


class OwnAccount(ApiModel):
    user_id: UUID
    email: str
    name: str
    role: Role
    driver_id: str | None
    tenant_id: str = Field(description="The tenant's short name.")
    tenant: str
    created_at: datetime
    second_factor_since: datetime | None


class OwnSession(ApiModel):
    session_id: UUID
    created_at: datetime
    expires_at: datetime
    opened_with: str = Field(description="What the browser called itself.")


class OwnPushSubscription(ApiModel):
    service: str = Field(description="The push service of the browser, without the address that only it should know.")
    min_severity: SeverityName
    created_at: datetime
    removed_at: datetime | None


class OwnNote(ApiModel):
    at: datetime
    alert_id: UUID
    text: str


class OwnDeed(ApiModel):
    at: datetime
    action: str
    subject: str | None = Field(description="The id of what it was done to; null where that is another person.")
    detail: dict[str, Any]


class DrivingDay(ApiModel):
    day: date = Field(description="UTC.")
    vehicle_id: str
    km: float | None
    metered_km: float | None = Field(description="Of these, with a fuel rate.")
    litres: float | None
    engine_h: float | None
    idle_h: float | None


class OwnAlert(ApiModel):
    id: UUID
    vehicle_id: str
    type: AlertType
    severity: SeverityName
    state: AlertState
    active: bool
    started_at: datetime
    ended_at: datetime | None
    last_seen: datetime
    occurrences: int
    confidence: float
    model_version: str
    evidence: list[EvidenceItem]
    verdict: Verdict | None
    dismissal_reason: DismissalReason | None


class OwnData(ApiModel):
    taken_at: datetime
    account: OwnAccount
    sessions: list[OwnSession]
    api_tokens: list[ApiToken]
    push_subscriptions: list[OwnPushSubscription]
    notes: list[OwnNote] = Field(description="What this person wrote about alerts.")
    deeds: list[OwnDeed] = Field(description="The lines of the audit log about what this person did.")
    scores: list[DriverScore] = Field(description="Of the driver that this person is.")
    driving_days: list[DrivingDay] = Field(description="What the scores are made of.")
    alerts: list[OwnAlert] = Field(description="Of the driver that this person is, without who worked on them.")
