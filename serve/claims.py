"""What one model claims about a batch: collects probabilities, severities and reasons into a `ScoreBatch`."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fleet.alerts import TYPE_INDEX, TYPES, AlertType, Evidence, Severity
from fleet.features import FeatureBatch
from fleet.scores import ScoreBatch
from fleet.telemetry import FloatArray

EVIDENCE_FROM = 0.5  # probability below which no reasons are written: the quiet fleet costs nothing
CLAIM_FROM = 0.3

Explain = Callable[[int], tuple[Evidence, ...]]


class Claims:
    """One model's answer in the making."""

    def __init__(self, features: FeatureBatch, version: str) -> None:
        self._scores = ScoreBatch.unknown(len(features))
        self._version = version
        self._spoken: set[int] = set()

    def put(self, kind: AlertType, probability: FloatArray, severity: NDArray[np.int8], explain: Explain) -> None:
        """Claim one type.

        Args:
            probability: (n,) NaN where unknown.
            severity: (n,) by physical magnitude; dropped where the probability makes no claim.
            explain: reasons for one row, called only where the claim is likely.
        """
        column = TYPE_INDEX[kind]
        self._scores.probability[:, column] = probability
        claimed = probability >= CLAIM_FROM
        self._scores.severity[:, column] = np.where(claimed, np.maximum(severity, Severity.LOW), 0)
        for row in np.flatnonzero(probability >= EVIDENCE_FROM).tolist():
            self._scores.evidence[row, column] = explain(row)
        self._spoken.add(column)

    def batch(self) -> ScoreBatch:
        """The finished scores."""
        versions = tuple(self._version if column in self._spoken else "" for column in range(len(TYPES)))
        return ScoreBatch(self._scores.probability, self._scores.severity, self._scores.evidence, versions)


def unless(known: NDArray[np.bool_], probability: FloatArray) -> FloatArray:
    """The probability where the signals it rests on are there, NaN elsewhere."""
    return np.where(known, probability, np.nan).astype(np.float32)
