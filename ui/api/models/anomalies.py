"""Alerts, their history, and what people do with them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from fleet.alerts import AlertState, AlertType
from fleet.workflow import LONGEST_SNOOZE, DismissalReason, Verdict
from ui.api.models.shape import ApiModel, BucketName, SeverityName


class EvidenceItem(ApiModel):
    signal: str
    unit: str
    observed: float | None
    expected: float | None
    text: str
    contribution: float | None = Field(description="Share of the decision, 0 to 1.")


class Anomaly(ApiModel):
    id: UUID
    seq: int = Field(description="The tenant's sequence number of the newest change.")
    tenant_id: str
    vehicle_id: str
    driver_id: str | None
    type: AlertType
    severity: SeverityName
    state: AlertState
    active: bool = Field(description="Whether the condition still holds.")
    started_at: datetime
    ended_at: datetime | None
    timestamp: datetime = Field(description="Start of the newest episode.")
    confidence: float
    model_version: str
    evidence: list[EvidenceItem]
    occurrences: int
    last_seen: datetime
    acknowledged_by: UUID | None
    acknowledged_by_name: str | None
    acknowledged_at: datetime | None
    assigned_to: UUID | None
    assigned_to_name: str | None
    verdict: Verdict | None = Field(description="The last judgement by a person.")
    dismissal_reason: DismissalReason | None
    snoozed_until: datetime | None = Field(default=None, description="It is put off until then; null where it is not.")
    snoozed_by: UUID | None = None
    snoozed_by_name: str | None = None


class HistoryItem(ApiModel):
    at: datetime
    actor: str = Field(description="A user id, or system:<part>.")
    actor_name: str | None
    action: str
    note: str | None
    detail: dict[str, Any]


class AnomalyDetail(Anomaly):
    history: list[HistoryItem]


Note = Annotated[str, Field(min_length=1, max_length=2000)]


class Confirmation(ApiModel):
    note: Note | None = None


class Dismissal(ApiModel):
    reason: DismissalReason
    note: Note | None = None


class Assignment(ApiModel):
    assignee: UUID | None = Field(default=None, description="A user of this fleet; the person who asks, where none is given.")
    note: Note | None = None


class Resolution(ApiModel):
    note: Note | None = None


class Comment(ApiModel):
    text: Note


class Reopening(ApiModel):
    note: Note | None = None


class SnoozeTime(ApiModel):
    minutes: int | None = Field(
        default=None, ge=1, le=int(LONGEST_SNOOZE.total_seconds() / 60), description="From now on. Either this or `until`."
    )
    until: AwareDatetime | None = Field(default=None, description="At most 7 days ahead.")


class Snooze(SnoozeTime):
    note: Note | None = None


class BulkDeed(ApiModel):
    ids: list[UUID] = Field(min_length=1, max_length=200)
    deed: Literal["acknowledge", "assign", "resolve", "confirm", "dismiss", "comment", "reopen", "snooze", "unsnooze"]
    confirmed: int = Field(description="How many alerts the person was told this would change: the number of different ids.")
    reason: DismissalReason | None = Field(default=None, description="Of a dismissal.")
    assignee: UUID | None = Field(default=None, description="Of an assignment; the person who asks, where none is given.")
    time: SnoozeTime | None = Field(default=None, description="Of a snooze.")
    note: Note | None = None


class BulkOutcome(ApiModel):
    id: UUID
    outcome: Literal["done", "conflict", "notFound"]
    detail: str = Field(description="Why not; empty where it was done.")
    anomaly: Anomaly | None = Field(description="As it is now; null where there is none.")


class BulkOutcomes(ApiModel):
    items: list[BulkOutcome]


class AnomalyPage(ApiModel):
    items: list[Anomaly]
    next_cursor: str | None


class TrendPoint(ApiModel):
    at: datetime
    type: AlertType
    severity: SeverityName
    count: int


class Trends(ApiModel):
    begin: datetime = Field(validation_alias="begin", serialization_alias="from")
    to: datetime
    bucket: BucketName
    items: list[TrendPoint]


class ResponseClass(ApiModel):
    from_s: float = Field(description="Seconds from an alert's start to its acknowledgement: at least this.")
    below_s: float | None = Field(description="And less than this; null: no end.")
    count: int


class ResponseTimes(ApiModel):
    begin: datetime = Field(validation_alias="begin", serialization_alias="from")
    to: datetime
    median_s: float | None = Field(description="Of what was acknowledged; null: nothing was.")
    waiting: int = Field(description="How many are still open, without those that are snoozed.")
    snoozed: int = Field(description="How many are still open and put off at the moment.")
    classes: list[ResponseClass]
