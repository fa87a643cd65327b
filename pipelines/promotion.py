"""Promotion by the stated rule, for installations that turn it on."""

from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg
import structlog

from fleet.errors import Conflict, FleetError, NotFound
from fleet.settings import Settings
from fleet.stores import audit
from fleet.stores.announcements import PROMOTIONS, announce
from fleet.stores.postgres import SYSTEM_TENANT, connect_pool, tenant_transaction
from pipelines.challenge import challenge_of
from pipelines.history import ROW_MODELS
from serve.registry import CHALLENGER, ModelRegistry, models_cache
from training.challenge import objections
from training.promote import promote

LOOK_BACK: Final = timedelta(days=30)
MOST_VEHICLES: Final = 50
ACTOR: Final = "system:promotion-rule"

log = structlog.get_logger(__name__)


async def promote_by_rule(settings: Settings) -> dict[str, str]:
    """Judge every challenger; returns model → what became of it."""
    registry, now = ModelRegistry(settings.mlflow.tracking_uri, models_cache(settings.home)), datetime.now(UTC)
    outcome = {}
    async with await connect_pool(settings.postgres) as pool:
        for name in (name for name in ROW_MODELS if registry.version(name, CHALLENGER)):
            try:
                outcome[name] = await judge_challenger(pool, registry, name, settings, now)
            except FleetError as error:
                outcome[name] = str(error)
            log.info("challenger_judged", model=name, outcome=outcome[name])
    return outcome


async def judge_challenger(pool: asyncpg.Pool, registry: ModelRegistry, name: str, settings: Settings, now: datetime) -> str:
    """Promote a model's challenger if the rule has no objection and it is not worse on labelled history; says what happened.

    Raises:
        NotFound: it has no champion to be compared with. Unavailable: the store or the registry does not answer.
    """
    challenge = await challenge_of(pool, registry, name, (now - LOOK_BACK, now), MOST_VEHICLES)
    if against := objections(challenge, settings.promotion):
        return "not promoted: " + "; ".join(against)
    try:
        moved = promote(name, registry, challenge.versions[CHALLENGER])
    except (Conflict, NotFound) as error:
        return f"not promoted: {error}"
    async with tenant_transaction(pool, SYSTEM_TENANT) as connection:
        detail = {"version": moved.version, "previous": moved.previous}
        await audit.record(connection, SYSTEM_TENANT, now, ACTOR, "model.promoted", name, detail)
    await announce(settings.postgres, PROMOTIONS, name)
    return f"version {moved.version} promoted in place of {moved.previous}"
