"""The far scorer: one handle call per batch."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from grpc import RpcError
from ray.exceptions import RayError
from ray.serve.exceptions import RayServeException
from ray.serve.handle import DeploymentHandle

from fleet.errors import Unavailable
from fleet.features import FeatureBatch
from fleet.scores import ScoreBatch

Answer = TypeVar("Answer")


class ServeScorer:
    """`Scorer` over a Serve handle. Scoring is idempotent: whoever calls may try again."""

    def __init__(self, handle: DeploymentHandle, timeout_s: float) -> None:
        self._handle, self._timeout_s = handle, timeout_s

    async def score(self, features: FeatureBatch) -> ScoreBatch:
        """Scores from any live replica.

        Raises:
            Unavailable: there was none, it died meanwhile, it failed, or it took too long.
        """
        return await self._answer(self._handle.score.remote, features)

    async def fatal_rows(self, features: FeatureBatch) -> list[int]:
        """See `serve.graph.Scorer.fatal_rows`.

        Raises:
            Unavailable: as with `score`, or there is no verdict.
        """
        return await self._answer(self._handle.fatal_rows.remote, features)

    async def _answer(self, ask: Callable[[FeatureBatch], Awaitable[Answer]], features: FeatureBatch) -> Answer:
        try:
            async with asyncio.timeout(self._timeout_s):  # without a replica the router would wait for ever
                return await ask(features)
        except (RayError, RayServeException, RpcError, TimeoutError) as error:
            raise Unavailable(f"No scoring replica answered: {error!r}") from error
