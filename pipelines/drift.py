"""Holds what champions met of late against what they learnt on, and tells engineers when it has moved."""

from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg
import numpy as np

from fleet.drift import BINS, DRIFTS, WINDOWS, Reference, Window, calm, drifting
from fleet.settings import Settings
from fleet.stores.model_life import Drift, LiveHistogram, Notice, close_notice, live_histograms, open_notice, save_drift
from fleet.stores.postgres import connect_pool
from pipelines.history import ROW_MODELS
from serve.registry import ModelRegistry, models_cache
from serve.watch import read_reference

WINDOW: Final = timedelta(hours=24)  # nights differ from days
KINDS: Final = {"feature": "what the model sees", "score": "what the model says"}
_NAMED: Final = 5  # quantities a notice names


async def watch_drift(settings: Settings) -> int:
    """Judge every row model's champion; returns how many notices were opened."""
    registry = ModelRegistry(settings.mlflow.tracking_uri, models_cache(settings.home))
    opened = 0
    async with await connect_pool(settings.postgres) as pool:
        for name in ROW_MODELS:
            version = registry.champion(name)
            reference = read_reference(registry.fetch(name, version)) if version else None
            if version and reference:
                opened += await judge_drift(pool, name, version, reference, datetime.now(UTC))
    return opened


async def judge_drift(pool: asyncpg.Pool, name: str, version: str, reference: Reference, now: datetime) -> int:
    """Save the stability of every quantity, open and close notices; returns how many were opened."""
    end = now.replace(minute=0, second=0, microsecond=0)
    hours = await live_histograms(pool, name, version, end - WINDOWS * WINDOW)
    windows = [_window(reference, hours, end - back * WINDOW) for back in reversed(range(WINDOWS))]
    newest = windows[-1]
    if newest.rows:
        found = zip(reference.quantities, newest.stability.tolist(), strict=True)
        await save_drift(pool, [Drift(name, version, quantity, end, psi, newest.rows) for quantity, psi in found])
    moved = drifting(windows)
    if moved is None:
        return 0
    return sum([await _tell(pool, name, version, kind, reference, windows, moved, end) for kind in KINDS])


async def _tell(
    pool: asyncpg.Pool,
    name: str,
    version: str,
    kind: str,
    reference: Reference,
    windows: list[Window],
    moved: np.ndarray,
    now: datetime,
) -> bool:
    mine = np.array([quantity.startswith(f"{kind}:") for quantity in reference.quantities])
    if (moved & mine).any():
        stability = np.where(moved & mine, windows[-1].stability, 0)
        worst = [int(place) for place in np.argsort(-stability)[: min(_NAMED, int((moved & mine).sum()))]]
        listed = ", ".join(f"{reference.quantities[place].split(':')[1]} {stability[place]:.2f}" for place in worst)
        detail = (
            f"{KINDS[kind].capitalize()} has moved from its training: {int((moved & mine).sum())} of {int(mine.sum())} beyond a "
            f"stability index of {DRIFTS} in {WINDOWS} windows of {WINDOW.total_seconds() / 3600:.0f} h, most of all {listed}."
        )
        return await open_notice(pool, Notice(name, version, f"{kind} drift", detail, now, None))
    if calm(windows)[mine].all():
        await close_notice(pool, name, f"{kind} drift", now)
    return False


def _window(reference: Reference, hours: list[LiveHistogram], end: datetime) -> Window:
    """The hours of the window that ends there; hours of another layout do not count."""
    mine = [hour for hour in hours if end - WINDOW <= hour.hour < end and len(hour.counts) == len(reference.quantities) * BINS]
    counts = np.zeros((len(reference.quantities), BINS), np.int64)
    for hour in mine:
        counts += np.array(hour.counts, np.int64).reshape(counts.shape)
    return Window(sum(hour.rows for hour in mine), reference.stability(counts))
