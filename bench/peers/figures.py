"""Figures of the comparison from what was measured. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Level:
    """What so many callers met that each wait for their answer before they ask again.

    Attributes:
        rows: of each request. callers: at a time. seconds: from the first request to the last answer.
        cpu_s: of the server's processes meanwhile.
    """

    rows: int
    callers: int
    seconds: float
    requests: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cpu_s: float

    @property
    def per_s(self) -> float:
        """Requests answered per second."""
        return self.requests / self.seconds

    @property
    def cpu_ms(self) -> float:
        """CPU of the server per request."""
        return self.cpu_s / self.requests * 1e3


def level(rows: int, callers: int, seconds: float, latencies_ms: NDArray[np.float64], cpu_s: float) -> Level:
    """The figures of one level; `latencies_ms` (n,) of its requests."""
    p50, p95, p99 = np.quantile(latencies_ms, (0.5, 0.95, 0.99)).tolist()
    return Level(rows, callers, seconds, len(latencies_ms), p50, p95, p99, cpu_s)


def middle(rounds: Sequence[Level]) -> Level:
    """The median of each figure over rounds of the same level."""
    first = rounds[0]
    return Level(
        first.rows,
        first.callers,
        median(one.seconds for one in rounds),
        round(median(one.requests for one in rounds)),
        median(one.p50_ms for one in rounds),
        median(one.p95_ms for one in rounds),
        median(one.p99_ms for one in rounds),
        median(one.cpu_s for one in rounds),
    )


def outdone(theirs: Level, ours: Sequence[Level]) -> bool:
    """Whether we answer at least as much at no higher p99, and one of both is strictly better, at whatever number of callers."""
    return any(
        own.per_s >= theirs.per_s and own.p99_ms <= theirs.p99_ms and (own.per_s > theirs.per_s or own.p99_ms < theirs.p99_ms)
        for own in ours
        if own.rows == theirs.rows
    )


def ratios(ours: Sequence[Level], theirs: Sequence[Level]) -> tuple[float, float, float]:
    """Our throughput as a multiple of theirs, round by round at the same level: median, least, greatest."""
    each = [own.per_s / other.per_s for own, other in zip(ours, theirs, strict=True)]
    return median(each), min(each), max(each)
