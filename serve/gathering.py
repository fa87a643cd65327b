"""Requests that arrive together are scored together: a row more in a batch costs a hundredth of a batch more."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from fleet.features import FeatureBatch, concatenate
from fleet.scores import ScoreBatch, split

QUIET_TURNS: Final = 12  # of the event loop, 0.2 ms: what lies in the socket takes several to be read, parsed and handed on
MOST_ROWS: Final = 2000  # scored at once: about 70 ms, which the next requests wait


class Waiting(NamedTuple):
    """A request, and where its answer goes."""

    features: FeatureBatch
    answer: asyncio.Future[ScoreBatch]


class Gathering:
    """One batch at a time; what arrives meanwhile is the next. A request that comes alone hardly waits."""

    def __init__(self, score: Callable[[FeatureBatch], Awaitable[ScoreBatch]]) -> None:
        self._score = score
        self._waiting: list[Waiting] = []
        self._working: asyncio.Task[None] | None = None

    async def score(self, features: FeatureBatch) -> ScoreBatch:
        """Scores of this request; it fails with what was raised for its own rows, never with another's."""
        loop = asyncio.get_running_loop()
        request = Waiting(features, loop.create_future())
        self._waiting.append(request)
        if self._working is None or self._working.done():
            self._working = loop.create_task(self._work())
        return await request.answer

    async def _work(self) -> None:
        while self._waiting:
            await self._lull()
            await self._answer(self._taken())

    async def _lull(self) -> None:
        """Until `QUIET_TURNS` turns of the event loop have brought no further request."""
        quiet, before = 0, len(self._waiting)
        while quiet < QUIET_TURNS:
            await asyncio.sleep(0)
            quiet, before = (quiet + 1, before) if len(self._waiting) == before else (0, len(self._waiting))

    def _taken(self) -> list[Waiting]:
        rows = number = 0
        for request in self._waiting:
            rows += len(request.features)
            if number and rows > MOST_ROWS:
                break
            number += 1
        taken, self._waiting = self._waiting[:number], self._waiting[number:]
        return [request for request in taken if not request.answer.done()]  # who gave up is not waited for

    async def _answer(self, requests: list[Waiting]) -> None:
        if not requests:
            return
        try:
            scores = await self._score(concatenate([request.features for request in requests]))
            answers = split(scores, [len(request.features) for request in requests])
        except Exception as error:  # whatever a model raises belongs to whoever sent the rows
            if len(requests) == 1:
                _fail(requests[0], error)
            else:
                for request in requests:
                    await self._answer([request])
            return
        for request, own in zip(requests, answers, strict=True):
            if not request.answer.done():
                request.answer.set_result(own)


def _fail(request: Waiting, error: Exception) -> None:
    if not request.answer.done():
        request.answer.set_exception(error)
