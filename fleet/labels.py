"""From people's judgements to labels: what a model may learn from an alert. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from fleet.alerts import AlertType
from fleet.workflow import TEACHING_REASONS, DismissalReason, Verdict

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class JudgedAlert:
    """An alert and what a person said about it, if anybody did.

    Attributes:
        started_at, ended_at: of the newest episode.
        reason: of a dismissal.
    """

    vehicle_id: str
    type: AlertType
    verdict: Verdict | None
    reason: DismissalReason | None
    started_at: datetime
    ended_at: datetime

    @property
    def teaches(self) -> bool:
        """Whether a model can learn from it: it is judged, and the telemetry bears the judgement out."""
        return self.verdict is Verdict.CONFIRMED or self.reason in TEACHING_REASONS


@dataclass(frozen=True, slots=True)
class Label:
    """A span of one vehicle: `kind` None is normal. `alert`: the type of the alert that was judged."""

    vehicle_id: str
    start: datetime
    end: datetime
    kind: AlertType | None
    alert: AlertType


def labels_of(alerts: Sequence[JudgedAlert]) -> list[Label]:
    """Confirmed alerts as faults, dismissed ones as normal, but for the time at which an alert nobody judged says otherwise."""
    labels = []
    for alert in alerts:
        if not alert.teaches:
            continue
        kind = alert.type if alert.verdict is Verdict.CONFIRMED else None
        unclear = [] if kind else [(o.started_at, o.ended_at) for o in alerts if _unclear(o) and o.vehicle_id == alert.vehicle_id]
        spans = without((alert.started_at, alert.ended_at), unclear)
        labels += [Label(alert.vehicle_id, start, end, kind, alert.type) for start, end in spans]
    return labels


def _unclear(alert: JudgedAlert) -> bool:
    return not alert.teaches


def without(span: Span, others: Iterable[Span]) -> list[Span]:
    """What is left of a span when others are cut out of it, in order."""
    left = []
    start, end = span
    for other_start, other_end in sorted(others):
        if other_end < start or other_start > end:
            continue
        if other_start > start:
            left.append((start, other_start))
        start = max(start, other_end)
        if start >= end:
            return left
    return [*left, (start, end)]
