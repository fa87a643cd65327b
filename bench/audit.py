"""What became of the readings that were offered. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

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
