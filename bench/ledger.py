"""What must hold after any run, whatever happened in it: the sender's promises against the store and the stream. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from bench.audit import Reading, Verdict, audit, audit_stream
from fleet.alerts import AlertType

Alarm = tuple[str, AlertType]  # (vehicle, what is wrong with it)


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert as the store has it."""

    vehicle: str
    kind: AlertType
    live: bool
    occurrences: int

    @property
    def alarm(self) -> Alarm:
        return self.vehicle, self.kind


@dataclass(frozen=True, slots=True)
class Ledger:
    """A tenant's rows.

    Attributes:
        dead_letters: reason → how many.
        changes: sequence numbers of the stream. audited: audit rows of changes of alerts.
        broken_link: number of the first audit row that does not follow from the one before it.
        strangers: rows that belong to other tenants and that this tenant can see.
    """

    readings: Sequence[Reading]
    dead_letters: Counter[str]
    alerts: Sequence[AlertRow]
    changes: Sequence[int]
    audited: int
    broken_link: int | None = None
    strangers: int = 0


@dataclass(slots=True)
class Expected:
    """What was sent, and what has to come of it.

    `judged`: kinds of alerts of which `alarms` says all; others are only checked for doubles.
    """

    offered: list[Reading] = field(default_factory=list)
    acked: list[Reading] = field(default_factory=list)
    dead_letters: Counter[str] = field(default_factory=Counter)
    alarms: set[Alarm] = field(default_factory=set)
    judged: frozenset[AlertType] = frozenset({AlertType.ENGINE_OVERHEAT})


def violations(expected: Expected, ledger: Ledger, heard: Sequence[int]) -> list[str]:
    """Every promise that was broken, a sentence each; `heard`: sequence numbers as one client heard them, in order."""
    return [
        *_readings(expected, ledger),
        *_dead_letters(expected.dead_letters, ledger.dead_letters),
        *_alerts(expected, ledger.alerts),
        *_stream(ledger, heard),
    ]


def _readings(expected: Expected, ledger: Ledger) -> Iterator[str]:
    yield from unsound(audit(expected.offered, expected.acked, ledger.readings))
    if ledger.strangers:
        yield f"{ledger.strangers} rows of other tenants can be seen"


def unsound(verdict: Verdict) -> Iterator[str]:
    """What became of readings that must not happen to them."""
    yield from _some("acked and not stored", verdict.missing)
    yield from _some("stored twice", verdict.doubled)
    yield from _some("stored and sent by nobody", verdict.nobody_sent)


def _dead_letters(expected: Counter[str], found: Counter[str]) -> Iterator[str]:
    for reason in sorted(expected.keys() | found.keys()):
        if expected[reason] != found[reason]:
            yield f"{found[reason]} dead letters are {reason}, not {expected[reason]}"


def _alerts(expected: Expected, alerts: Iterable[AlertRow]) -> Iterator[str]:
    alerts = list(alerts)
    raised = Counter(alert.alarm for alert in alerts if alert.kind in expected.judged)
    yield from _some("alarms not raised", sorted(expected.alarms - raised.keys()))
    yield from _some("alarms without a cause", sorted(raised.keys() - expected.alarms))
    repeated = {alert.alarm for alert in alerts if alert.kind in expected.judged and alert.occurrences > 1}
    yield from _some("episodes counted twice", sorted(repeated | {alarm for alarm, times in raised.items() if times > 1}))
    live = Counter(alert.alarm for alert in alerts if alert.live)
    yield from _some("alarms live twice", sorted(alarm for alarm, times in live.items() if times > 1))


def _stream(ledger: Ledger, heard: Sequence[int]) -> Iterator[str]:
    if sorted(ledger.changes) != list(range(1, len(ledger.changes) + 1)):
        yield f"the stream's {len(ledger.changes)} numbers are not 1 to {len(ledger.changes)}"
    stream = audit_stream(ledger.changes, heard)
    yield from _some("changes not heard", stream.missing)
    yield from _some("changes heard twice", stream.doubled)
    yield from _some("changes heard and not logged", stream.invented)
    if not stream.in_order:
        yield "changes were heard out of order"
    if ledger.audited != len(ledger.changes):
        yield f"{len(ledger.changes)} changes have {ledger.audited} audit rows"
    if ledger.broken_link is not None:
        yield f"the audit chain breaks at row {ledger.broken_link}"


def _some(what: str, cases: Collection[object]) -> Iterator[str]:
    if cases:
        yield f"{len(cases)} {what}, for example {next(iter(cases))}"
