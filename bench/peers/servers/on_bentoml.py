"""BentoML: one worker with adaptive batching. `bentoml serve` finds the service; the models lie in `MODELS`."""

import os
from pathlib import Path

import bentoml

from bench.peers.scoring import Scoring

BATCH = 32


@bentoml.service(name="fleet", workers=1, traffic={"concurrency": BATCH})
class Fleet:
    """The models, loaded by the worker."""

    def __init__(self) -> None:
        self._scoring = Scoring(Path(os.environ["MODELS"]))

    @bentoml.api(batchable=True, max_batch_size=BATCH, route="/score")
    def score(self, requests: list[str]) -> list[str]:
        """The answer to each text of rows."""
        return self._scoring.answer(requests)
