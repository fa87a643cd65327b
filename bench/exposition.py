"""The stack's own counters and histograms, read from `/metrics` before and after a run. Parsing is pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import httpx
import numpy as np
from prometheus_client.parser import text_string_to_metric_families

from fleet.errors import Unavailable

Sample = tuple[str, frozenset[tuple[str, str]]]


def scrape(url: str) -> dict[Sample, float]:
    """Every sample of the API's `/metrics`.

    Raises:
        Unavailable: it does not answer.
    """
    try:
        answer = httpx.get(f"{url}/metrics", timeout=10).raise_for_status()
    except httpx.HTTPError as error:
        raise Unavailable(f"{url}/metrics does not answer: {error}.") from error
    return parse(answer.text)


def parse(text: str) -> dict[Sample, float]:
    """Samples by name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@dataclass(frozen=True, slots=True)
class Growth:
    """What was added between two scrapes."""

    before: dict[Sample, float]
    after: dict[Sample, float]

    def total(self, name: str, **labels: str) -> float:
        """Growth of a counter, summed over the labels that are not given."""
        wanted = set(labels.items())
        return sum(
            value - self.before.get((own, marks), 0.0)
            for (own, marks), value in self.after.items()
            if own == name and wanted <= marks
        )

    def mean_s(self, histogram: str, **labels: str) -> float:
        """Mean of what a histogram observed; NaN where it observed nothing."""
        count = self.total(f"{histogram}_count", **labels)
        return self.total(f"{histogram}_sum", **labels) / count if count else float("nan")

    def quantiles_s(self, histogram: str, shares: Sequence[float]) -> list[float]:
        """Quantiles, linear between the bounds of their buckets; NaN where nothing was observed."""
        labels = [dict(marks)["le"] for name, marks in self.after if name == f"{histogram}_bucket"]
        ordered = sorted(set(labels), key=float)  # the last is +Inf: all of them
        counts = [self.total(f"{histogram}_bucket", le=label) for label in ordered]
        if not counts or not counts[-1]:
            return [float("nan")] * len(shares)
        return [_quantile([0.0, *map(float, ordered[:-1])], [0.0, *counts[:-1]], share * counts[-1]) for share in shares]


def _quantile(bounds: list[float], counts: list[float], rank: float) -> float:
    """Where `rank` of the observations are below, by the counts up to each bound; at most the last bound."""
    place = int(np.searchsorted(counts, rank))
    if place in (0, len(counts)):
        return bounds[min(place, len(bounds) - 1)]
    inside = (rank - counts[place - 1]) / (counts[place] - counts[place - 1])
    return bounds[place - 1] + inside * (bounds[place] - bounds[place - 1])
