"""Doubles and builders that tests share; no test framework needed."""

import asyncio
import os
from collections.abc import Mapping, Sequence

import numpy as np

from fleet import signals
from fleet.alerts import TYPE_INDEX, AlertType, Evidence, Severity, VehicleId
from fleet.features import FeatureBatch
from fleet.scores import ScoreBatch
from fleet.telemetry import ReadingFlag, TelemetryBatch

POISON_KMH = 66.5
NOON = 1_795_600_800.0  # 2026-11-25T10:00:00Z, on a full minute


def batch_of(rows: Sequence[tuple[str, float, Mapping[str, float]]], tenant: str = "acme") -> TelemetryBatch:
    """Readings from (vehicle, event time in seconds, {column: value}), in the given order."""
    names = tuple(dict.fromkeys(name for name, _, _ in rows))
    values = np.full((len(rows), signals.COUNT), np.nan, np.float32)
    for position, (_, _, reading) in enumerate(rows):
        for column, value in reading.items():
            values[position, signals.INDEX[column]] = value
    return TelemetryBatch(
        tuple(VehicleId(tenant, name) for name in names),
        np.array([names.index(name) for name, _, _ in rows], np.intp),
        np.array([at for _, at, _ in rows], np.float64),
        values,
        (None,) * len(rows),
        np.full(len(rows), ReadingFlag.OK, np.uint8),
    )


class CoolantScorer:
    """A graph that knows one thing: coolant above 110 °C is an overheat, above 125 a critical one."""

    version = "test/1"

    async def score(self, features: FeatureBatch) -> ScoreBatch:
        """Overheat probability from the coolant temperature alone; every other type unknown."""
        scores, column = ScoreBatch.unknown(len(features)), TYPE_INDEX[AlertType.ENGINE_OVERHEAT]
        coolant = features.column("coolant_temp_c")
        scores.probability[:, column] = 1 / (1 + np.exp(-np.clip(coolant - 110, -30, 30)))
        scores.severity[:, column] = np.where(coolant > 125, Severity.CRITICAL, np.where(coolant > 110, Severity.HIGH, 0))
        for row in np.flatnonzero(coolant > 110).tolist():
            scores.evidence[row, column] = (
                Evidence("coolant_temp_c", "°C", float(coolant[row]), 110.0, "The coolant is too hot."),
            )
        versions = tuple(self.version if position == column else "" for position in range(len(scores.versions)))
        return ScoreBatch(scores.probability, scores.severity, scores.evidence, versions)

    async def fatal_rows(self, features: FeatureBatch) -> list[int]:
        """Nothing is."""
        return []


def score_or_die(features: FeatureBatch) -> ScoreBatch:
    """`CoolantScorer` for a process of its own, which ends at a `POISON_KMH` among the last seconds of any vehicle."""
    if (features.sequence == POISON_KMH).any():
        os._exit(1)
    return asyncio.run(CoolantScorer().score(features))
