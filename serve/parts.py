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
from fleet.features import SLOW_FEATURES, FeatureBatch, silent_vehicles
from fleet.scores import ScoreBatch
from fleet.settings import Settings
from fleet.stores.postgres import connect_pool
from fleet.telemetry import FloatArray
from serve.forecaster import RiskBoard
from serve.lookup import SlowFeatures
from serve.replica import settings_of_replica

SLOW_FEATURES_EVERY_S = 0.5  # some of those that are due each time
WARM_UP_ROWS = (1, 200)  # one vehicle, and a usual batch: libraries set themselves up on first use

log = structlog.get_logger(__name__)


class ModelScorer(Protocol):
    """A loaded version of a model; pure, no Ray."""

    version: str

    def score(self, features: FeatureBatch, slow: FloatArray) -> ScoreBatch: ...


class Cadence:
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


class FeatureLookup:
    """Slow features from Feast through a cache; the hot path never waits for the store."""

    def __init__(self, settings: Settings | None = None) -> None:
        settings = settings or settings_of_replica()
        self._slow = SlowFeatures(settings.feast, settings.valkey)
        self._refresh = Cadence(SLOW_FEATURES_EVERY_S, self._refresh_due)

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
        self._refresh = Cadence(60.0, self._read_forecasts)

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
        for rows in WARM_UP_ROWS:
            scorer.score(silent_vehicles(rows), np.full((rows, len(SLOW_FEATURES)), np.nan, np.float32))
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
