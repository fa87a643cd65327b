"""The far scorer: one handle call per batch, repeated while replicas come and go. Scoring is idempotent."""

import asyncio
from time import monotonic

import structlog
from grpc import RpcError
from ray.exceptions import RayError
from ray.serve.exceptions import RayServeException
from ray.serve.handle import DeploymentHandle

from fleet.errors import Unavailable
from fleet.features import FeatureBatch
from fleet.scores import ScoreBatch

RETRY_S = 0.1
GIVE_UP_S = 20.0  # then nothing is acked and the broker keeps the readings

log = structlog.get_logger(__name__)


class ServeScorer:
    """`Scorer` over a Serve handle."""

    def __init__(self, handle: DeploymentHandle, timeout_s: float) -> None:
        self._handle, self._timeout_s = handle, timeout_s

    async def score(self, features: FeatureBatch) -> ScoreBatch:
        """Scores from any live replica.

        Raises:
            Unavailable: no replica answered for `GIVE_UP_S`.
        """
        deadline = monotonic() + GIVE_UP_S
        while True:
            try:
                async with asyncio.timeout(self._timeout_s):  # without a replica the router would wait for ever
                    answer: ScoreBatch = await self._handle.score.remote(features)
                    return answer
            except (RayError, RayServeException, RpcError, TimeoutError) as error:
                if monotonic() > deadline:
                    raise Unavailable(f"No scoring replica answered for {GIVE_UP_S:.0f} s: {error!r}") from error
                log.warning("scoring_retried", error=repr(error)[:200])
                await asyncio.sleep(RETRY_S)
