"""Watches a model at work without holding it up: live histograms for drift, and the challenger in the champion's shadow."""

import asyncio
import json
import time
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import structlog
from numpy.typing import NDArray

from alerts.episodes import USUAL
from fleet import shadow
from fleet.alerts import TYPES, AlertType
from fleet.drift import Reference
from fleet.errors import Unavailable
from fleet.features import FEATURE, FeatureBatch
from fleet.own_thresholds import OwnThresholds
from fleet.scores import MODEL_TYPES, ScoreBatch
from fleet.settings import Settings
from fleet.stores import alert_rules
from fleet.stores.model_life import LiveHistogram, ShadowTally, add_live_counts
from fleet.stores.postgres import connect_pool, tenant_ids
from fleet.telemetry import FloatArray
from fleet.windows import VEHICLE_CLASSES
from serve.parts import Cadence, ModelScorer

REFERENCE = "reference.json"
FLUSH_S = 60.0
Counts = NDArray[np.int64]

log = structlog.get_logger(__name__)


class Watch:
    """Of one model in one replica. It looks at batches in a thread, one at a time, for a bounded share of the time."""

    def __init__(self, name: str, settings: Settings) -> None:
        self._name, self._share = name, settings.serve.shadow_share
        self._postgres = settings.postgres.model_copy(update={"pool_size": 1})
        self._flush = Cadence(FLUSH_S, self._write)
        self.reference: Reference | None = None  # of the champion; without one there is nothing to measure drift against
        self.challenger: ModelScorer | None = None
        self._seen: set[str] = set()  # tenants (slugs) whose rows were looked at
        self._own: dict[str, OwnThresholds] = {}  # of those that have any, as of the last minute
        self._looking: asyncio.Task[None] | None = None
        self._next = 0.0
        self._tallies: dict[tuple[str, str, AlertType, datetime], Counts] = defaultdict(lambda: np.zeros(shadow.SIZE, np.int64))
        self._histograms: dict[tuple[str, datetime], tuple[int, Counts]] = {}

    def see(self, features: FeatureBatch, slow: FloatArray, scores: ScoreBatch, version: str) -> None:
        """Take a look at a batch that was just scored, unless the last look has not been paid for yet."""
        self._flush.tick()
        idle = self._looking is None or self._looking.done()
        if self._share > 0 and idle and time.monotonic() >= self._next and len(features):
            self._looking = asyncio.get_running_loop().create_task(self._look(features, slow, scores, version))

    async def settle(self) -> None:
        """Until what is being looked at is counted."""
        if self._looking is not None:
            await self._looking

    async def _look(self, features: FeatureBatch, slow: FloatArray, scores: ScoreBatch, version: str) -> None:
        began = time.monotonic()
        try:
            await asyncio.to_thread(self._count, features, slow, scores, version)
        except (LookupError, ValueError, RuntimeError) as error:  # a challenger that fails must not trouble the champion
            log.warning("shadow_failed", model=self._name, error=repr(error)[:200])
        ended = time.monotonic()
        self._next = ended + (ended - began) * (1 / self._share - 1)

    def _count(self, features: FeatureBatch, slow: FloatArray, scores: ScoreBatch, version: str) -> None:
        hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        if self.reference is not None:
            rows, counts = self._histograms.get((version, hour), (0, np.int64(0)))
            counted = self.reference.count(quantities(self.reference, features, scores))
            self._histograms[version, hour] = (rows + len(features), counts + counted)
        if (challenger := self.challenger) is not None:
            other, on = challenger.score(features, slow), self._thresholds(features)
            for kind in MODEL_TYPES[self._name]:
                column = TYPES.index(kind)
                said, would_say = scores.probability[:, column], other.probability[:, column]
                self._tallies[version, challenger.version, kind, hour] += shadow.counts(said, would_say, on[:, column])

    def _thresholds(self, features: FeatureBatch) -> FloatArray:
        """(n, type) from where on an alert of each row's tenant and vehicle class begins."""
        slugs = np.array([vehicle.tenant for vehicle in features.vehicles])
        kinds = features.column("vehicle_class").astype(np.intp)
        on = np.tile([USUAL[kind] for kind in TYPES], (len(features), 1))
        here = set(np.unique(slugs).tolist())
        self._seen |= here
        for slug in here & self._own.keys():
            for place, name in enumerate(VEHICLE_CLASSES):
                theirs = USUAL | self._own[slug].of_class(name)
                on[(slugs == slug) & (kinds == place)] = [theirs[kind] for kind in TYPES]
        return on

    async def _write(self) -> None:
        if not self._postgres.url or not (self._tallies or self._histograms):
            return
        await self.settle()
        tallies, histograms = dict(self._tallies), dict(self._histograms)
        self._tallies.clear()
        self._histograms.clear()
        try:
            async with await connect_pool(self._postgres) as pool:
                await add_live_counts(
                    pool,
                    [ShadowTally(self._name, old, new, str(kind), hour, counts.tolist())
                     for (old, new, kind, hour), counts in tallies.items()],
                    [LiveHistogram(self._name, version, hour, rows, counts.ravel().tolist())
                     for (version, hour), (rows, counts) in histograms.items()],
                )  # fmt: skip
                tenants = await tenant_ids(pool, self._seen)
                own = await alert_rules.thresholds(pool, list(tenants.values()))
                self._own = {slug: own[tenant] for slug, tenant in tenants.items() if tenant in own}
        except Unavailable as error:  # a minute of counts is lost, nothing else
            log.warning("counts_not_written", model=self._name, error=str(error))


def read_reference(folder: Path) -> Reference | None:
    """What a version met in training, where its files say so."""
    path = folder / REFERENCE
    return Reference.from_json(json.loads(path.read_text())) if path.is_file() else None


def quantities(reference: Reference, features: FeatureBatch, scores: ScoreBatch) -> FloatArray:
    """(n, quantity) of a batch, as a reference names them; NaN for a feature this program has not."""
    columns = []
    for quantity in reference.quantities:
        kind, name = quantity.split(":", 1)
        if kind == "score":
            columns.append(scores.probability[:, TYPES.index(AlertType(name))])
        else:
            columns.append(features.values[:, FEATURE[name]] if name in FEATURE else np.full(len(features), np.nan, np.float32))
    return np.stack(columns, axis=1)
