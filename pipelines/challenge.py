"""Gathers what there is to say about a challenger: its shadow on live rows, and a past time judged anew."""

from collections.abc import Callable
from datetime import datetime

import asyncpg
import numpy as np

from fleet.errors import InvalidInput, NotFound
from fleet.own_thresholds import OwnThresholds
from fleet.scores import MODEL_TYPES
from fleet.shadow import Disagreement
from fleet.stores import alert_rules
from fleet.stores.component_events import all_tenants
from fleet.stores.model_life import shadow_tallies
from fleet.stores.past_alerts import past_alerts
from fleet.stores.postgres import SYSTEM_TENANT
from pipelines.history import ROW_MODELS
from pipelines.rescoring import rescore
from serve.parts import load_scorer
from serve.registry import CHALLENGER, CHAMPION, ModelRegistry
from training.challenge import Challenge


async def challenge_of(
    pool: asyncpg.Pool,
    registry: ModelRegistry,
    name: str,
    span: tuple[datetime, datetime],
    most_vehicles: int,
    progress: Callable[[float], None] | None = None,
) -> Challenge:
    """Champion and challenger of a model over a past time of every tenant, a sample of vehicles of each.

    Raises:
        InvalidInput: the model judges no readings. NotFound: it has no challenger or no champion.
        Unavailable: the store or the registry does not answer.
    """
    if name not in ROW_MODELS:
        raise InvalidInput(f"The {name} model judges no readings: compare its versions with `fleetguard evaluate {name}`.")
    versions = {alias: version for alias in (CHAMPION, CHALLENGER) if (version := registry.version(name, alias))}
    if missing := {CHAMPION, CHALLENGER} - versions.keys():
        raise NotFound(f"The {name} model has no {' and no '.join(sorted(missing))} to compare.")
    scorers = {alias: load_scorer(name, registry.fetch(name, version), version) for alias, version in versions.items()}
    challenge = Challenge(name, versions, shadow=await _shadow(pool, name, versions))
    tenants = {slug: tenant for slug, tenant in (await all_tenants(pool)).items() if tenant != SYSTEM_TENANT}
    for done, tenant in enumerate(tenants.values(), start=1):
        past = [alert for alert in await past_alerts(pool, tenant, *span) if alert.type in MODEL_TYPES[name]]
        judged = {alert.vehicle_id for alert in past if alert.verdict}
        again = await rescore(pool, tenant, span, {alias: [scorer] for alias, scorer in scorers.items()}, most_vehicles, judged)
        own = (await alert_rules.thresholds(pool, [tenant])).get(tenant, OwnThresholds())
        known = [alert for alert in past if alert.vehicle_id in again.classes]
        challenge.add(known, again.potentials, own, again.weeks)
        if progress:
            progress(done / len(tenants))
    return challenge


async def _shadow(pool: asyncpg.Pool, name: str, versions: dict[str, str]) -> dict[str, Disagreement]:
    summed: dict[str, np.ndarray] = {}
    for tally in await shadow_tallies(pool, name, versions[CHAMPION], versions[CHALLENGER]):
        summed[tally.type] = summed.get(tally.type, 0) + np.array(tally.counts, np.int64)
    return {kind: Disagreement.of(counts) for kind, counts in summed.items()}
