"""What the models answer: a probability per alert type, NaN where it is not known."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fleet.alerts import TYPES, AlertType, Evidence
from fleet.telemetry import FloatArray

MODEL_TYPES: dict[str, tuple[AlertType, ...]] = {
    "driver": (
        AlertType.HARSH_BRAKING,
        AlertType.HARSH_ACCELERATION,
        AlertType.HARSH_CORNERING,
        AlertType.SPEEDING,
        AlertType.FATIGUE,
        AlertType.AGGRESSIVE_DRIVING,
    ),
    "fuel": (AlertType.FUEL_THEFT, AlertType.FUEL_LEAK, AlertType.SENSOR_FAULT),
    "engine": (
        AlertType.ENGINE_OVERHEAT,
        AlertType.MISFIRE,
        AlertType.LOW_OIL_PRESSURE,
        AlertType.BATTERY_FAILURE,
        AlertType.SENSOR_FAULT,
    ),
    "forecaster": (AlertType.COMPONENT_FAILURE_RISK,),
}


@dataclass(frozen=True, slots=True)
class ScoreBatch:
    """Scores of a `FeatureBatch`, row by row.

    Attributes:
        probability: (n, len(TYPES)) calibrated, higher is worse; NaN is UNKNOWN, never "normal".
        severity: (n, len(TYPES)) `Severity` if it were an alert; 0 where the type has no claim.
        evidence: reasons by (row, position in TYPES), for rows that may become alerts only.
        versions: model version by position in TYPES; "" where no model spoke.
    """

    probability: FloatArray
    severity: NDArray[np.int8]
    evidence: dict[tuple[int, int], tuple[Evidence, ...]] = field(default_factory=dict)
    versions: tuple[str, ...] = ("",) * len(TYPES)

    @staticmethod
    def unknown(rows: int) -> "ScoreBatch":
        """Nothing is known of any row."""
        return ScoreBatch(np.full((rows, len(TYPES)), np.nan, np.float32), np.zeros((rows, len(TYPES)), np.int8))


def merge(parts: list[ScoreBatch], rows: int) -> ScoreBatch:
    """Scores of several models on the same rows; where two speak of one type the higher probability counts."""
    merged = ScoreBatch.unknown(rows)
    versions = list(merged.versions)
    for part in parts:
        higher = np.zeros(merged.probability.shape, bool)
        np.greater(part.probability, np.nan_to_num(merged.probability, nan=-1.0), out=higher)
        merged.probability[higher] = part.probability[higher]
        merged.severity[higher] = part.severity[higher]
        merged.evidence.update({place: reasons for place, reasons in part.evidence.items() if higher[place]})
        spoken = np.logical_or.reduce(higher, axis=0)
        versions = [
            new if new and (spoken[column] or not old) else old
            for column, (new, old) in enumerate(zip(part.versions, versions, strict=True))
        ]
    return ScoreBatch(merged.probability, merged.severity, merged.evidence, tuple(versions))


def split(scores: ScoreBatch, rows: Sequence[int]) -> list[ScoreBatch]:
    """Scores of consecutive parts with so many rows each; the reverse of scoring them together."""
    if len(rows) == 1:
        return [scores]
    ends = np.cumsum(rows)
    evidence: list[dict[tuple[int, int], tuple[Evidence, ...]]] = [{} for _ in rows]
    for (row, column), reasons in scores.evidence.items():
        part = int(np.searchsorted(ends, row, side="right"))
        evidence[part][row - int(ends[part] - rows[part]), column] = reasons
    places = [slice(int(end) - own, int(end)) for end, own in zip(ends, rows, strict=True)]
    return [
        ScoreBatch(scores.probability[place], scores.severity[place], reasons, scores.versions)
        for place, reasons in zip(places, evidence, strict=True)
    ]
