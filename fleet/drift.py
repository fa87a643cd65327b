"""How far what a model meets has moved from what it learnt on. Pure: histograms over the bins of a reference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from fleet.telemetry import FloatArray

BINS: Final = 11  # ten of values, the last of missing ones
SCORE_EDGES: Final = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.5, 0.7, 0.9)
DRIFTS: Final = 0.25  # population stability index that is more than chance and seasons
MIN_ROWS: Final = 2000  # a window with fewer says nothing
WINDOWS: Final = 3  # so many in a row must agree, that something drifts and that it does no more: a weekend is two days

_NEVER: Final = np.finfo(np.float32).max
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Reference:
    """What a version met in training.

    Attributes:
        quantities: `feature:<name>` and `score:<type>`. edges: (quantity, BINS - 2) rising. counts: (quantity, BINS).
    """

    quantities: tuple[str, ...]
    edges: FloatArray
    counts: Counts

    @classmethod
    def of(cls, features: Mapping[str, FloatArray], scores: Mapping[str, FloatArray]) -> Self:
        """Of columns of rows: features in bins that hold as many rows each, scores in fixed ones."""
        edges = [_quantiles(column) for column in features.values()] + [np.array(SCORE_EDGES, np.float32)] * len(scores)
        names = [*(f"feature:{name}" for name in features), *(f"score:{name}" for name in scores)]
        table = np.stack([*features.values(), *scores.values()], axis=1)
        blank = cls(tuple(names), np.stack(edges), np.zeros((len(names), BINS), np.int64))
        return cls(blank.quantities, blank.edges, blank.count(table))

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """What `as_json` gave."""
        edges, counts = np.array(record["edges"], np.float32), np.array(record["counts"], np.int64)
        return cls(tuple(record["quantities"]), edges.reshape(-1, BINS - 2), counts.reshape(-1, BINS))

    def as_json(self) -> dict[str, Any]:
        return {"quantities": self.quantities, "edges": self.edges.tolist(), "counts": self.counts.tolist()}

    def count(self, table: FloatArray) -> Counts:
        """(quantity, BINS) histogram of (n, quantity) rows."""
        place = (table[:, :, None] >= self.edges[None]).sum(axis=2)
        place[np.isnan(table)] = BINS - 1
        flat = place + np.arange(len(self.quantities)) * BINS
        return np.bincount(flat.ravel(), minlength=len(self.quantities) * BINS).reshape(-1, BINS)

    def stability(self, counts: Counts) -> FloatArray:
        """(quantity,) population stability index of a live histogram; half a row is added to each bin."""
        learnt, met = _shares(self.counts), _shares(counts)
        return ((met - learnt) * np.log(met / learnt)).sum(axis=1).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Window:
    """A span of live rows against the reference: `stability` (quantity,) of `rows` rows."""

    rows: int
    stability: FloatArray


def drifting(windows: Sequence[Window]) -> NDArray[np.bool_] | None:
    """(quantity,) whether the newest `WINDOWS` windows agree that a quantity has moved; None where they say nothing yet."""
    newest = windows[-WINDOWS:]
    if len(newest) < WINDOWS or any(window.rows < MIN_ROWS for window in newest):
        return None
    return np.all([window.stability > DRIFTS for window in newest], axis=0)


def calm(windows: Sequence[Window]) -> NDArray[np.bool_]:
    """(quantity,) whether the newest windows, of which `drifting` said something, agree that a quantity has not moved."""
    return np.all([window.stability <= DRIFTS for window in windows[-WINDOWS:]], axis=0)


def _quantiles(column: FloatArray) -> FloatArray:
    """Edges between bins of as many rows each. A value that would fill several bins has one of its own; the rest stay empty."""
    known = column[np.isfinite(column)].astype(np.float32)
    edges = np.full(BINS - 2, _NEVER, np.float32)
    if len(known):
        between = np.quantile(known, np.linspace(0, 1, BINS)[1:-1]).astype(np.float32)
        values, times = np.unique(between, return_counts=True)
        chosen = np.sort(np.r_[values, np.nextafter(values[times > 1], _NEVER)])
        edges[: len(chosen)] = chosen
    return edges


def _shares(counts: Counts) -> NDArray[np.float64]:
    padded = counts + 0.5
    return np.asarray(padded / padded.sum(axis=1, keepdims=True))
