"""One model as it runs: its champion, swapped while it serves, so that a promotion loses no request."""

import asyncio

import structlog

from fleet.errors import ModelUnavailable
from fleet.features import FeatureBatch
from fleet.scores import ScoreBatch
from fleet.settings import Settings
from fleet.telemetry import FloatArray
from serve.parts import Cadence, ModelScorer, load_scorer
from serve.registry import ModelRegistry, models_cache
from serve.replica import settings_of_replica

log = structlog.get_logger(__name__)


class Model:
    """Scores with the champion it holds. A newer one is loaded and warmed in a thread, then one reference is swapped."""

    def __init__(self, name: str, settings: Settings | None = None) -> None:
        settings = settings or settings_of_replica()
        self.name = name
        self._registry = ModelRegistry(settings.mlflow.tracking_uri, models_cache(settings.home))
        self._follow = Cadence(settings.serve.reload_s, self._follow_champion)
        self._preparing = asyncio.Lock()
        self._next: ModelScorer | None = None
        version = self._registry.champion(name)
        if version is None:
            raise ModelUnavailable(
                f"No champion of the {name} model: run `fleetguard train {name}` and `fleetguard promote {name}`."
            )
        self._scorer = self._load(version)

    async def score(self, features: FeatureBatch, slow: FloatArray) -> ScoreBatch:
        """Scores of this model's types, all by one version; other types are NaN."""
        self._follow.tick()
        return self._scorer.score(features, slow)

    async def prepare(self) -> str:
        """Have the registry's champion loaded and warm, beside the one that serves; returns its version."""
        async with self._preparing:
            version = await asyncio.to_thread(self._registry.champion, self.name) or self._scorer.version
            if version == self._scorer.version:
                self._next = None
            elif self._next is None or self._next.version != version:
                self._next = await asyncio.to_thread(self._load, version)
            return version

    async def swap(self) -> str:
        """Serve with what `prepare` loaded; returns the version that serves now."""
        if self._next is not None:
            log.info("champion_swapped", model=self.name, old=self._scorer.version, new=self._next.version)
            self._scorer, self._next = self._next, None
        return self._scorer.version

    async def check_health(self) -> None:
        self._follow.tick()

    async def _follow_champion(self) -> None:
        await self.prepare()
        await self.swap()

    def _load(self, version: str) -> ModelScorer:
        return load_scorer(self.name, self._registry.fetch(self.name, version), version)
