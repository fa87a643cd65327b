"""What the API answers, in camelCase: the OpenAPI document and the page's client are generated from it."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from fleet.alerts import AlertState, AlertType
from fleet.permissions import Permission, Role
from fleet.stores.budget_trials import TrialState
from fleet.workflow import DismissalReason, Verdict

BucketName = Literal["hour", "day"]
SeverityName = Literal["LOW", "MEDIUM", "HIGH", "CRITICAL"]


class ApiModel(BaseModel):
    """camelCase outside, snake_case inside; every field is always sent."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, json_schema_serialization_defaults_required=True
    )


class Credentials(ApiModel):
    email: str = Field(min_length=3, max_length=254)
    password: str = Field(min_length=1, max_length=1024)
    code: Annotated[str, Field(min_length=6, max_length=10)] | None = Field(
        default=None, description="From the authenticator app, where the person uses one: without it 401 says `secondFactor`."
    )


class Code(ApiModel):
    code: str = Field(min_length=6, max_length=10)


class Enrolment(ApiModel):
    secret: str = Field(description="base32, for typing into the app.")
    uri: str = Field(description="otpauth:, for a QR code.")


class SpareCodes(ApiModel):
    codes: list[str]


class OpenSession(ApiModel):
    session_id: UUID
    created_at: datetime
    expires_at: datetime
    opened_with: str = Field(description="What the browser called itself.")
    is_this: bool


class SessionList(ApiModel):
    items: list[OpenSession]


class Session(ApiModel):
    user_id: UUID
    email: str
    name: str
    role: Role
    tenant_id: str = Field(description="The tenant's short name, as in the MQTT topics.")
    tenant: str = Field(description="The tenant's name for people.")
    permissions: list[Permission] = Field(description="What this person may do; x-permission of an operation is what it takes.")
    driver_id: str | None = Field(description="Which driver this person is, for drivers.")
    expires_at: datetime


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


class BulkDeed(ApiModel):
    ids: list[UUID] = Field(min_length=1, max_length=200)
    deed: Literal["acknowledge", "assign", "resolve", "confirm", "dismiss", "comment", "reopen"]
    confirmed: int = Field(description="How many alerts the person was told this would change: the number of different ids.")
    reason: DismissalReason | None = Field(default=None, description="Of a dismissal.")
    assignee: UUID | None = Field(default=None, description="Of an assignment; the person who asks, where none is given.")
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


class Vehicle(ApiModel):
    vehicle_id: str
    vehicle_class: Literal["car", "van", "truck"]
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


Band = Literal["EXCELLENT", "GOOD", "FAIR", "POOR"]
AreaName = Literal["SAFE_DRIVING", "FUEL_EFFICIENCY", "PUNCTUALITY", "VEHICLE_CARE"]


class ScoreContribution(ApiModel):
    behaviour: str
    area: AreaName
    unit: str = Field(description="Of `observed`, `shrunk` and `classMean`.")
    weight: float = Field(description="Share of the score, of what could be measured of this driver.")
    events: int | None = Field(description="Without those that people dismissed; null for a habit.")
    observed: float
    shrunk: float = Field(description="What is believed of the driver: the observed, drawn towards the class by empirical Bayes.")
    class_mean: float
    points: float
    lost: float = Field(description="Points that this cost the score.")


class DriverScore(ApiModel):
    driver_id: str
    day: date
    scored_at: datetime
    vehicle_class: Literal["car", "van", "truck"]
    distance_km: float
    score: float | None = Field(description="0 to 100; null until enough distance was driven in the window.")
    lower: float | None = Field(description="Lower end of the 90 % interval.")
    upper: float | None
    band: Band | None
    rank: int | None
    measured: float = Field(description="Share of the enabled weights that could be measured.")
    contributions: list[ScoreContribution]
    weights_version: str


class ScoredBehaviour(ApiModel):
    name: str
    area: AreaName
    weight: float
    unit: str
    reference: float = Field(description="The value that gives 75 points; for fuel the ratio to the class mean.")
    enabled: bool


class ScoringRules(ApiModel):
    version: str
    window_days: int
    least_km: float
    behaviours: list[ScoredBehaviour]


class DriverScorePage(ApiModel):
    items: list[DriverScore]
    next_cursor: str | None
    rules: ScoringRules


class DriverHistory(ApiModel):
    driver_id: str
    items: list[DriverScore] = Field(description="One per day, the newest last.")


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


class Device(ApiModel):
    vehicle_id: str
    issued_at: datetime | None = Field(description="Of its credential; null where it has none and cannot sign in.")
    old_until: datetime | None = Field(description="A rotated credential holds until then.")


class DevicePage(ApiModel):
    items: list[Device]
    next_cursor: str | None


class NewDevice(ApiModel):
    vehicle_id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    vehicle_class: Literal["car", "van", "truck"] = "car"


class Rotation(ApiModel):
    grace_hours: float = Field(default=24, ge=0, le=720, description="How long the old credential holds yet.")


class DeviceSecret(ApiModel):
    vehicle_id: str
    username: str
    password: str = Field(description="For MQTT, and as `username:password` for POST /api/telemetry; shown once.")


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


class NotificationRules(ApiModel):
    remind_after_min: Annotated[int, Field(ge=1, le=10_080)] | None = Field(
        description="Alerts that nobody takes are told again after so many minutes; null is never."
    )
    remind_severity: SeverityName = "HIGH"
    quiet_hours: QuietHours | None = Field(description="Browsers are told only afterwards, but for CRITICAL; null is never.")
    timezone: str = Field(default="UTC", max_length=64, description="Of the quiet hours, such as Europe/Berlin.")


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


class Accepted(ApiModel):
    accepted: Literal[True] = True


class PartState(ApiModel):
    name: str
    state: Literal["ok", "degraded", "down"]
    detail: str


class Health(ApiModel):
    status: Literal["ok"] = "ok"


class Readiness(ApiModel):
    status: Literal["ok", "down"]
    parts: list[PartState]


class Problem(ApiModel):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str
