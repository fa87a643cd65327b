"""Scoring that no reading can stop: one that ends or fails whoever scores it, while others are scored, is given up."""

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
SUSPECT_ROWS: Final = 100  # tried in one call, some milliseconds each: it must answer within the scorer's timeout
TRIES: Final = 2  # of a batch and of the look for what is fatal in it; then of each row alone
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

    async def fatal_rows(self, features: FeatureBatch) -> list[int]:
        """Rows that end or fail whoever scores them, found without a harm to anybody; the first one of a vehicle at least."""
        ...


@dataclass(frozen=True, slots=True)
class Scored:
    """What was scored, in parts of one call each: a promotion between two calls is no reason to mix up versions.

    `unscorable`: vehicle → the moment of its first reading that was given up; nothing of that vehicle is scored from there on.
    """

    parts: list[tuple[Judgeable, ScoreBatch]]
    unscorable: dict[VehicleId, float]

    def give_up(self, part: Judgeable, row: int) -> None:
        """This reading is not scored, and nothing after it of its vehicle."""
        vehicle, at = part.features.vehicles[row], float(part.features.at[row])
        log.error("reading_given_up", vehicle=str(vehicle), at=at)
        self.unscorable[vehicle] = at


class Isolation:
    """Tells a scorer that is away from one that a reading ends.

    When a call fails, its rows are tried in copies of the scorer's process, one by one. A row that ends its copy is given up: it
    has ended a scorer once and a copy once. Neither what else the scorer was doing nor who ended it has a part in that verdict.

    Where the batch fails again although no copy ended of it, its rows are scored each by itself, and a row is given up when the
    scorer answered for a silent vehicle before and after it failed on that row alone, `TRIES` times.
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
        for _ in range(TRIES):
            if not len(part.features) or await self._score_at_once(part, scored):
                return
            part = await self._without_fatal(part, scored)
        await self._score_singly(part, scored)

    async def _score_at_once(self, part: Judgeable, scored: Scored) -> bool:
        """Whether it could be scored; where not, the scorer answers again."""
        try:
            scored.parts.append((part, await self._scorer.score(part.features)))
        except Unavailable as error:
            SCORING_FAILURES.inc()
            log.warning("scoring_failed", rows=len(part.features), error=str(error)[:200])
            await self._answering()
            return False
        return True

    async def _without_fatal(self, part: Judgeable, scored: Scored) -> Judgeable:
        """Give up what ends a copy of the scorer; the rows that are left. Without a verdict all that was not tried yet."""
        sound: list[int] = []
        vehicles = part.features.vehicles
        for begin in range(0, len(vehicles), SUSPECT_ROWS):
            among = range(begin, min(begin + SUSPECT_ROWS, len(vehicles)))
            rows = [row for row in among if vehicles[row] not in scored.unscorable]
            try:
                fatal = {rows[place] for place in await self._fatal_places(part.features.take(np.array(rows, np.intp)))}
            except Unavailable as error:
                log.warning("rows_not_tried", rows=len(vehicles) - begin, error=str(error)[:200])
                sound += [row for row in range(begin, len(vehicles)) if vehicles[row] not in scored.unscorable]
                break
            for row in rows:
                if row in fatal and vehicles[row] not in scored.unscorable:
                    scored.give_up(part, row)
                if vehicles[row] not in scored.unscorable:
                    sound.append(row)
        return part.take(np.array(sound, np.intp))

    async def _fatal_places(self, suspects: FeatureBatch) -> list[int]:
        for _ in range(TRIES - 1):
            try:
                return await self._scorer.fatal_rows(suspects)
            except Unavailable as error:
                log.warning("rows_tried_again", rows=len(suspects), error=str(error)[:200])
                await self._answering()
        return await self._scorer.fatal_rows(suspects)

    async def _score_singly(self, part: Judgeable, scored: Scored) -> None:
        log.warning("batch_scored_singly", rows=len(part.features))
        for row in range(len(part.features)):
            single = _without(part.part(row, row + 1), scored.unscorable)
            if not len(single.features):
                continue
            for _ in range(TRIES):
                if await self._score_at_once(single, scored):
                    break
            else:
                scored.give_up(single, 0)

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
