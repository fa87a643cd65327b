"""The far scorer: one handle call per batch."""

import asyncio

from grpc import RpcError
from ray.exceptions import RayError
from ray.serve.exceptions import RayServeException
from ray.serve.handle import DeploymentHandle

from fleet.errors import Unavailable
from fleet.features import FeatureBatch
from fleet.scores import ScoreBatch


class ServeScorer:
    """`Scorer` over a Serve handle. Scoring is idempotent: whoever calls may try again."""

    def __init__(self, handle: DeploymentHandle, timeout_s: float) -> None:
        self._handle, self._timeout_s = handle, timeout_s

    async def score(self, features: FeatureBatch) -> ScoreBatch:
        """Scores from any live replica.

        Raises:
            Unavailable: there was none, it died meanwhile, it failed, or it took too long.
        """
        try:
            async with asyncio.timeout(self._timeout_s):  # without a replica the router would wait for ever
                answer: ScoreBatch = await self._handle.score.remote(features)
                return answer
        except (RayError, RayServeException, RpcError, TimeoutError) as error:
            raise Unavailable(f"No scoring replica answered: {error!r}") from error
