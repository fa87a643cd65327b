"""Scoring that no reading can stop: one that fails alone, while the scorer answers for others, is given up."""

import asyncio
from dataclasses import dataclass
from time import monotonic
from typing import Final, Protocol

import numpy as np
import structlog

from fleet.alerts import VehicleId
from fleet.errors import Unavailable
from fleet.features import FeatureBatch, silent_vehicles
from fleet.metrics import SCORING_FAILURES
from fleet.scores import ScoreBatch
from ingest.vehicles import Judgeable

SCORE_ROWS: Final = 1000  # rows of one handle call, about 1.2 MB: gRPC takes 4 MB
TRIES: Final = 2  # of a batch, then of each of its rows alone
STEADY: Final = 8  # answers in a row: with a dead replica still in the routing one answer proves little
PATIENCE_S: Final = 90.0  # a replica that hangs is found and replaced within about a minute
PAUSE_S: Final = 0.1

log = structlog.get_logger(__name__)


class Scorer(Protocol):
    """The serving graph, near or far.

    Raises:
        Unavailable: nobody answered, for whatever reason.
    """

    async def score(self, features: FeatureBatch) -> ScoreBatch: ...


@dataclass(frozen=True, slots=True)
class Scored:
    """What was scored, in parts of one call each: a promotion between two calls is no reason to mix up versions.

    `unscorable`: vehicle → the moment of its first reading that was given up; nothing of that vehicle is scored from there on.
    """

    parts: list[tuple[Judgeable, ScoreBatch]]
    unscorable: dict[VehicleId, float]


class Isolation:
    """Tells a scorer that is away from one that a reading makes fail.

    A row is given up when the scorer answered for a silent vehicle before and after it failed on that row alone, `TRIES` times.
    """

    def __init__(self, scorer: Scorer, patience_s: float = PATIENCE_S) -> None:
        self._scorer, self._patience_s = scorer, patience_s

    async def score(self, judgeable: Judgeable) -> Scored:
        """Score every row that can be.

        Raises:
            Unavailable: the scorer answers for nobody; nothing is given up.
        """
        scored = Scored([], {})
        for begin in range(0, len(judgeable.features), SCORE_ROWS):
            await self._score_part(_without(judgeable.part(begin, begin + SCORE_ROWS), scored.unscorable), scored)
        return scored

    async def _score_part(self, part: Judgeable, scored: Scored) -> None:
        if (scores := await self._tried(part)) is not None:
            scored.parts.append((part, scores))
            return
        log.warning("batch_scored_singly", rows=len(part.features))
        for row in range(len(part.features)):
            single = _without(part.part(row, row + 1), scored.unscorable)
            if not len(single.features):
                continue
            if (scores := await self._tried(single)) is not None:
                scored.parts.append((single, scores))
            else:
                log.error("reading_given_up", vehicle=str(single.features.vehicles[0]), at=float(single.features.at[0]))
                scored.unscorable[single.features.vehicles[0]] = float(single.features.at[0])

    async def _tried(self, part: Judgeable) -> ScoreBatch | None:
        """Scores, or None when the scorer failed `TRIES` times and answers again."""
        for _ in range(TRIES):
            try:
                return await self._scorer.score(part.features)
            except Unavailable as error:
                SCORING_FAILURES.inc()
                log.warning("scoring_failed", rows=len(part.features), error=str(error)[:200])
                await self._answering()
        return None

    async def _answering(self) -> None:
        deadline, answers, probe = monotonic() + self._patience_s, 0, silent_vehicles(1)
        while answers < STEADY:
            try:
                await self._scorer.score(probe)
                answers += 1
            except Unavailable:
                answers = 0
                if monotonic() > deadline:
                    raise
                await asyncio.sleep(PAUSE_S)


def _without(judgeable: Judgeable, gone: dict[VehicleId, float]) -> Judgeable:
    if not gone:
        return judgeable
    return judgeable.take(np.flatnonzero([vehicle not in gone for vehicle in judgeable.features.vehicles]))
