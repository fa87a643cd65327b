"""The parts of the graph as they run: each holds what it loaded and follows what changes."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Protocol

import asyncpg
import numpy as np
import structlog

from fleet.alerts import VehicleId
from fleet.errors import FleetError, ModelUnavailable
from fleet.features import FEATURES, SEQUENCE_CHANNELS, SEQUENCE_S, SLOW_FEATURES, FeatureBatch
from fleet.scores import ScoreBatch
from fleet.settings import Settings
from fleet.stores.postgres import connect_pool
from fleet.telemetry import FloatArray
from serve.forecaster import RiskBoard
from serve.lookup import SlowFeatures
from serve.registry import ModelRegistry, models_cache
from serve.replica import settings_of_replica

_KNOWN_OF_EVERY_VEHICLE = {"vehicle_class": 0.0, "tank_l": 50.0}
_SILENT_VEHICLE = FeatureBatch(
    (VehicleId("-", "-"),),
    np.zeros(1),
    np.array([[_KNOWN_OF_EVERY_VEHICLE.get(name, np.nan) for name in FEATURES]], np.float32),
    np.full((1, SEQUENCE_S, len(SEQUENCE_CHANNELS)), np.nan, np.float32),
    (None,),
)

log = structlog.get_logger(__name__)


class ModelScorer(Protocol):
    """A loaded champion; pure, no Ray."""

    version: str

    def score(self, features: FeatureBatch, slow: FloatArray) -> ScoreBatch: ...


class _Cadence:
    """Runs a refresh in the background when it is due, never two at a time."""

    def __init__(self, every_s: float, refresh: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._every_s, self._refresh = every_s, refresh
        self._next = 0.0
        self._task: asyncio.Task[None] | None = None

    def tick(self) -> None:
        if time.monotonic() >= self._next and (self._task is None or self._task.done()):
            self._next = time.monotonic() + self._every_s
            self._task = asyncio.get_running_loop().create_task(self._guarded())

    async def _guarded(self) -> None:
        try:
            await self._refresh()
        except (FleetError, OSError, asyncpg.PostgresError) as error:  # keeps what it had; tried again when due
            log.warning("refresh_failed", what=self._refresh.__qualname__, error=str(error))


class Model:
    """One model's champion, swapped while it serves: a promotion loses no request."""

    def __init__(self, name: str, settings: Settings | None = None) -> None:
        settings = settings or settings_of_replica()
        self.name = name
        self._registry = ModelRegistry(settings.mlflow.tracking_uri, models_cache(settings.home))
        self._follow = _Cadence(settings.serve.reload_s, self._follow_champion)
        version = self._registry.champion(name)
        if version is None:
            raise ModelUnavailable(
                f"No champion of the {name} model: run `fleetguard train {name}` and `fleetguard promote {name}`."
            )
        self._scorer = load_scorer(name, self._registry.fetch(name, version), version)

    async def score(self, features: FeatureBatch, slow: FloatArray) -> ScoreBatch:
        """Scores of this model's types; all others NaN."""
        self._follow.tick()
        return self._scorer.score(features, slow)

    async def check_health(self) -> None:
        self._follow.tick()

    async def _follow_champion(self) -> None:
        version = await asyncio.to_thread(self._registry.champion, self.name)
        if version is None or version == self._scorer.version:
            return
        folder = await asyncio.to_thread(self._registry.fetch, self.name, version)
        scorer = await asyncio.to_thread(load_scorer, self.name, folder, version)
        log.info("champion_swapped", model=self.name, old=self._scorer.version, new=version)
        self._scorer = scorer


class FeatureLookup:
    """Slow features from Feast through a cache; the hot path never waits for the store."""

    def __init__(self, settings: Settings | None = None) -> None:
        settings = settings or settings_of_replica()
        self._slow = SlowFeatures(settings.feast, settings.valkey)
        self._refresh = _Cadence(2.0, self._refresh_due)

    async def get(self, vehicles: tuple[VehicleId, ...]) -> FloatArray:
        """(n, slow feature), NaN where not known (yet)."""
        self._refresh.tick()
        return self._slow.get(vehicles)

    async def check_health(self) -> None:
        self._refresh.tick()

    async def _refresh_due(self) -> None:
        await asyncio.to_thread(self._slow.refresh_due)


class Forecaster:
    """The current 72-hour risk of each vehicle, attached to every batch; hazards move by the hour, not by the message."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or settings_of_replica()
        self._board = RiskBoard()
        self._pool: asyncpg.Pool | None = None
        self._refresh = _Cadence(60.0, self._read_forecasts)

    async def attach(self, features: FeatureBatch) -> ScoreBatch:
        """COMPONENT_FAILURE_RISK of each row; NaN without a forecast."""
        self._refresh.tick()
        return self._board.attach(features)

    async def check_health(self) -> None:
        self._refresh.tick()

    async def _read_forecasts(self) -> None:
        if self._pool is None:
            self._pool = await connect_pool(self._settings.postgres)
        await self._board.refresh(self._pool)


def load_scorer(name: str, folder: Path, version: str) -> ModelScorer:
    """The scorer of a model from its artifacts; each process imports only the libraries of the models it holds.

    Raises:
        ModelUnavailable: the artifacts do not fit this program; found out here and not by the first batch.
    """
    try:
        scorer = _load(name, folder, version)
        scorer.score(_SILENT_VEHICLE, np.full((1, len(SLOW_FEATURES)), np.nan, np.float32))
    except (LookupError, ValueError, RuntimeError, OSError) as error:
        raise ModelUnavailable(f"Version {version} of the {name} model does not fit this program: train it anew.") from error
    return scorer


def _load(name: str, folder: Path, version: str) -> ModelScorer:
    if name == "driver":
        from serve.driver import DriverScorer

        return DriverScorer.load(folder, version)
    if name == "fuel":
        from serve.fuel import FuelScorer

        return FuelScorer.load(folder, version)
    from serve.engine import EngineScorer

    return EngineScorer.load(folder, version)
