"""Retraining on people's judgements: out of the stores of every tenant, beside a base history, into challengers."""

import asyncio
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import structlog

from fleet.errors import NotFound
from fleet.scores import MODEL_TYPES
from fleet.settings import Settings
from fleet.stores.component_events import all_tenants
from fleet.stores.judgements import count_since
from fleet.stores.postgres import connect_pool
from pipelines.judged import export_judged
from pipelines.training_sets import training_set
from serve.registry import ModelRegistry
from training.bootstrap import quiet_libraries, registry_of, simulate_training_history
from training.feedback import judged_set
from training.retrain import Retrained, judged_until, train_on_judgements
from training.train import ROW_MODELS

LOOK_BACK: Final = timedelta(days=365)  # telemetry is rarely kept for longer

log = structlog.get_logger(__name__)


def retrain_where_due(settings: Settings) -> dict[str, str]:
    """Train the models about which enough was judged since they last learnt from judgements; model → what was done.

    Raises:
        Unavailable: a store or the registry does not answer.
    """
    quiet_libraries()
    registry, now = registry_of(settings), datetime.now(UTC)
    new = {name: asyncio.run(new_judgements(name, settings, registry)) for name in ROW_MODELS}
    due = [name for name, count in new.items() if count >= settings.training.judgements]
    done = {name: f"{count} new judgements of {settings.training.judgements}" for name, count in new.items() if name not in due}
    base = Path(settings.training.history) if settings.training.history else None
    try:
        trained = retrain(due, settings, registry, now, base) if due else {}
    except NotFound as error:  # the telemetry of what was judged is gone: no reason to fail every day
        return done | dict.fromkeys(due, str(error))
    for name, each in trained.items():
        done[name] = f"version {each.version} learnt from {each.alerts} judged alerts"
        log.info("model_retrained", model=name, version=each.version, alerts=each.alerts, **each.figures)
    return done


async def new_judgements(name: str, settings: Settings, registry: ModelRegistry) -> int:
    """How many alerts of a model's types were judged, in all tenants, since it last learnt from judgements."""
    since = judged_until(name, registry)
    async with await connect_pool(settings.postgres) as pool:
        counts = [await count_since(pool, tenant, MODEL_TYPES[name], since) for tenant in (await all_tenants(pool)).values()]
    return sum(counts)


def retrain(
    names: Sequence[str],
    settings: Settings,
    registry: ModelRegistry,
    now: datetime,
    base: Path | None = None,
    bundles: Sequence[Path] = (),
    progress: Callable[[float], None] | None = None,
) -> dict[str, Retrained]:
    """Train challengers on a base history and judged alerts.

    Args:
        base: bundle of the base history; a simulated one where None.
        bundles: of judged alerts, as `export_judged` writes them; those of every tenant, out of the stores, where empty.

    Raises:
        NotFound: nobody judged anything that a model can learn from. InvalidHistory: a bundle cannot be used.
    """
    with tempfile.TemporaryDirectory(prefix="fleetguard-retrain-") as scratch:
        folders = bundles or asyncio.run(_export_every_tenant(settings, Path(scratch), now))
        judged = [judged_set(folder) for folder in folders]
        with _base_history(base, Path(scratch)) as history:
            rows = training_set(history, progress, settings.ray.address)
        named = f"{base.name if base else 'simulated'} and judged alerts"
        return {name: train_on_judgements(name, rows, judged, registry, named, now, settings.ray.address) for name in names}


@contextmanager
def _base_history(base: Path | None, scratch: Path) -> Iterator[Path]:
    if base is None:
        simulate_training_history(scratch / "simulated")
    yield base or scratch / "simulated"


async def _export_every_tenant(settings: Settings, scratch: Path, now: datetime) -> list[Path]:
    folders = []
    async with await connect_pool(settings.postgres) as pool:
        for slug, tenant in (await all_tenants(pool)).items():
            folder = scratch / f"judged-{slug}"
            try:
                await export_judged(pool, tenant, now - LOOK_BACK, now, folder)
            except NotFound:  # this tenant judged nothing, or nothing is left of it
                continue
            folders.append(folder)
    if not folders:
        raise NotFound("Nobody has judged an alert yet: confirm or dismiss some on their pages first.")
    return folders
