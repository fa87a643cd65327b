"""One model as it runs: its champion, swapped while it serves, so that a promotion loses no request."""

import asyncio
from dataclasses import dataclass

import structlog

from fleet.drift import Reference
from fleet.errors import ModelUnavailable
from fleet.features import FeatureBatch
from fleet.scores import ScoreBatch
from fleet.settings import Settings
from fleet.telemetry import FloatArray
from serve.apart import fatal_rows
from serve.parts import Cadence, ModelScorer, load_scorer
from serve.registry import CHALLENGER, ModelRegistry, models_cache
from serve.replica import settings_of_replica
from serve.watch import Watch, read_reference

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A version that is warm, and the reference it brought; None where it has none."""

    scorer: ModelScorer
    reference: Reference | None


class Model:
    """Scores with the champion it holds. A newer one is loaded and warmed in a thread, then one reference is swapped."""

    def __init__(self, name: str, settings: Settings | None = None) -> None:
        settings = settings or settings_of_replica()
        self.name = name
        self._registry = ModelRegistry(settings.mlflow.tracking_uri, models_cache(settings.home))
        self._shadows = settings.serve.shadow
        self._watch = Watch(name, settings)
        self._refused = ""
        self._follow = Cadence(settings.serve.reload_s, self._follow_champion)
        self._preparing = asyncio.Lock()
        self._next: Loaded | None = None
        version = self._registry.champion(name)
        if version is None:
            raise ModelUnavailable(
                f"No champion of the {name} model: run `fleetguard train {name}` and `fleetguard promote {name}`."
            )
        self._install(self._load(version))

    async def score(self, features: FeatureBatch, slow: FloatArray) -> ScoreBatch:
        """Scores of this model's types, all by one version; other types are NaN."""
        self._follow.tick()
        scorer = self._scorer
        scores = scorer.score(features, slow)
        self._watch.see(features, slow, scores, scorer.version)
        return scores

    async def fatal_rows(self, features: FeatureBatch, slow: FloatArray) -> list[int]:
        """See `serve.apart.fatal_rows`, of the champion that serves."""
        return await fatal_rows(self._scorer.score, features, slow)

    async def prepare(self) -> str:
        """Have the registry's champion loaded and warm, beside the one that serves; returns its version."""
        async with self._preparing:
            version = await asyncio.to_thread(self._registry.champion, self.name) or self._scorer.version
            if version == self._scorer.version:
                self._next = None
            elif self._next is None or self._next.scorer.version != version:
                self._next = await asyncio.to_thread(self._load, version)
            return version

    async def swap(self) -> str:
        """Serve with what `prepare` loaded; returns the version that serves now."""
        if self._next is not None:
            log.info("champion_swapped", model=self.name, old=self._scorer.version, new=self._next.scorer.version)
            self._install(self._next)
            self._next = None
        return self._scorer.version

    async def check_health(self) -> None:
        self._follow.tick()

    async def _follow_champion(self) -> None:
        await self.prepare()
        await self.swap()
        if self._shadows:
            await self._follow_challenger()

    async def _follow_challenger(self) -> None:
        """Let the registry's challenger run in the champion's shadow; one that does not load is refused once."""
        version = await asyncio.to_thread(self._registry.version, self.name, CHALLENGER)
        if version is None or version == self._scorer.version:
            self._watch.challenger = None
        elif version != self._refused and (self._watch.challenger is None or self._watch.challenger.version != version):
            self._watch.challenger = None
            try:
                self._watch.challenger = (await asyncio.to_thread(self._load, version)).scorer
            except ModelUnavailable as error:
                self._refused = version
                log.warning("challenger_refused", model=self.name, error=str(error))

    def _load(self, version: str) -> Loaded:
        folder = self._registry.fetch(self.name, version)
        return Loaded(load_scorer(self.name, folder, version), read_reference(folder))

    def _install(self, loaded: Loaded) -> None:
        self._scorer, self._watch.reference = loaded.scorer, loaded.reference
