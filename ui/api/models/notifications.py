"""Who is told of alerts, and how insistently."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from fleet.stores.escalation import MOST_STEPS
from ui.api.models.shape import ApiModel, SeverityName


class Webhook(ApiModel):
    webhook_id: UUID
    url: str
    min_severity: SeverityName
    created_at: datetime
    delivered: int
    waiting: int
    parked: int = Field(description="Given up after three days of tries.")
    trouble: str = Field(description="What the newest failed attempt met.")


class WebhookList(ApiModel):
    items: list[Webhook]


class NewWebhook(ApiModel):
    url: str = Field(min_length=1, max_length=2000, description="A public https address.")
    min_severity: SeverityName = "LOW"


class WebhookSecret(ApiModel):
    webhook_id: UUID
    secret: str = Field(description="whsec_ and base64: the key of the signatures.")


ClockTime = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class QuietHours(ApiModel):
    begin: ClockTime = Field(validation_alias="from", serialization_alias="from", examples=["22:00"])
    until: ClockTime = Field(description="Earlier than `from` where it lies after midnight.", examples=["06:00"])


class EscalationStep(ApiModel):
    after_min: int = Field(ge=1, le=10_080, description="How long nobody has taken the alert; each step has its own time.")
    to: Literal["platform_admin", "fleet_manager", "dispatcher", "webhooks"] | UUID = Field(
        description="Whose browsers are told: a role's or a person's. Webhooks hear of every step, with `webhooks` they alone."
    )


class NotificationRules(ApiModel):
    remind_after_min: Annotated[int, Field(ge=1, le=10_080)] | None = Field(
        description="Alerts that nobody takes are told again after so many minutes; null is never."
    )
    remind_severity: SeverityName = "HIGH"
    quiet_hours: QuietHours | None = Field(description="Browsers are told only afterwards, but for CRITICAL; null is never.")
    timezone: str = Field(default="UTC", max_length=64, description="Of the quiet hours, such as Europe/Berlin.")
    escalation: list[EscalationStep] = Field(
        default=[],
        max_length=MOST_STEPS,
        description="Whom alerts from `remindSeverity` on are passed on to, until somebody takes them.",
    )


class PushPublicKey(ApiModel):
    key: str = Field(description="applicationServerKey, base64url.")


class PushKeys(ApiModel):
    p256dh: str = Field(alias="p256dh", pattern=r"^[A-Za-z0-9_-]{80,100}={0,2}$")
    auth: str = Field(pattern=r"^[A-Za-z0-9_-]{16,32}={0,2}$")


class PushEndpoint(ApiModel):
    endpoint: str = Field(min_length=1, max_length=2000)


class PushBrowser(PushEndpoint):
    keys: PushKeys
    min_severity: SeverityName = "HIGH"
