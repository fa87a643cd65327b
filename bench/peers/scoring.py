"""What every peer serves: the three models on the rows of one or of several requests, in the process that calls it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from bench.peers.wire import ROW, features_of, packed_answer, unpacked
from fleet.features import SLOW_FEATURES, FeatureBatch
from fleet.scores import ScoreBatch, merge
from serve.driver import DriverScorer
from serve.engine import EngineScorer
from serve.fuel import FuelScorer

VERSION: Final = "1"
WARM_UP_ROWS: Final = (1, 100)


def native_folder(models: Path, name: str) -> Path:
    """Where the files of a model lie, as MLflow lays them out."""
    return models / name / "artifacts" / "native"


class Scoring:
    """The models in `models`; libraries have set themselves up before the first request."""

    def __init__(self, models: Path) -> None:
        self._scorers = (
            DriverScorer.load(native_folder(models, "driver"), VERSION),
            FuelScorer.load(native_folder(models, "fuel"), VERSION),
            EngineScorer.load(native_folder(models, "engine"), VERSION),
        )
        for rows in WARM_UP_ROWS:
            self.score(features_of(np.zeros(rows, ROW)))

    def score(self, features: FeatureBatch) -> ScoreBatch:
        """Scores as the graph gives them; slow features are unknown."""
        slow = np.full((len(features), len(SLOW_FEATURES)), np.nan, np.float32)
        return merge([scorer.score(features, slow) for scorer in self._scorers], len(features))

    def answer(self, requests: Sequence[str]) -> list[str]:
        """The answer to each request; all their rows are scored at once.

        Raises:
            ValueError: one is no text of rows.
        """
        parts = [unpacked(text) for text in requests]
        probability = self.score(features_of(np.concatenate(parts))).probability
        ends = np.cumsum([len(part) for part in parts])
        return [packed_answer(own) for own in np.split(probability, ends[:-1])]
