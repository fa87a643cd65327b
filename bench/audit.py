"""What became of the readings that were offered. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise

Reading = tuple[str, int]  # (vehicle, event time in µs since the epoch): what the store tells readings apart by


@dataclass(frozen=True, slots=True)
class Verdict:
    """Counts of readings.

    Attributes:
        offered, acked, stored: sent by the rig, acked by the broker, different ones in the store.
        missing: acked and not stored; this is the promise that must hold.
        doubled: stored more than once.
        nobody_sent: stored and never offered.
        unpromised: neither acked nor stored; no promise was made.
    """

    offered: int
    acked: int
    stored: int
    missing: tuple[Reading, ...]
    doubled: tuple[Reading, ...]
    nobody_sent: tuple[Reading, ...]
    unpromised: int

    @property
    def examples(self) -> list[Reading]:
        """A few of the readings in question."""
        return [*self.missing, *self.doubled, *self.nobody_sent][:3]

    @property
    def clean(self) -> bool:
        return not (self.missing or self.doubled or self.nobody_sent)


def audit(offered: Collection[Reading], acked: Iterable[Reading], stored: Iterable[Reading]) -> Verdict:
    """Compare the sender's history with the store."""
    sent, promised, kept = set(offered), set(acked), Counter(stored)
    return Verdict(
        offered=len(offered),
        acked=len(promised),
        stored=len(kept),
        missing=tuple(sorted(promised - kept.keys())),
        doubled=tuple(sorted(reading for reading, times in kept.items() if times > 1)),
        nobody_sent=tuple(sorted(kept.keys() - sent)),
        unpromised=len(sent - promised - kept.keys()),
    )


def together(verdicts: Iterable[Verdict]) -> Verdict:
    """One verdict of several about different vehicles."""
    sums = Verdict(0, 0, 0, (), (), (), 0)
    for verdict in verdicts:
        sums = Verdict(*(getattr(sums, part.name) + getattr(verdict, part.name) for part in fields(Verdict)))
    return sums


@dataclass(frozen=True, slots=True)
class StreamVerdict:
    """Changes of alerts by their sequence number: in the log, and as one client heard them.

    Attributes:
        missing: logged and not heard. doubled: heard more than once. invented: heard and not logged.
        in_order: no number came after a higher one.
    """

    logged: int
    missing: tuple[int, ...]
    doubled: tuple[int, ...]
    invented: tuple[int, ...]
    in_order: bool

    @property
    def clean(self) -> bool:
        return self.in_order and not (self.missing or self.doubled or self.invented)


def audit_stream(logged: Iterable[int], heard: Sequence[int]) -> StreamVerdict:
    """Compare the log with what a client that followed it from its begin was sent."""
    kept, times = set(logged), Counter(heard)
    return StreamVerdict(
        logged=len(kept),
        missing=tuple(sorted(kept - times.keys())),
        doubled=tuple(sorted(seq for seq, count in times.items() if count > 1)),
        invented=tuple(sorted(times.keys() - kept)),
        in_order=all(earlier <= later for earlier, later in pairwise(heard)),
    )
