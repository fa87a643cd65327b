"""Alert budgets tried on the past: what thresholds keep to them, and which alerts a tenant would not have had."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
import structlog

from alerts.budget import Budget, keep_to
from fleet.errors import FleetError, NotFound
from fleet.settings import Settings
from fleet.stores import alert_rules, budget_trials
from fleet.stores.component_events import all_tenants
from fleet.stores.postgres import SYSTEM_TENANT, connect_pool
from pipelines.history import champions
from pipelines.rescoring import Rescored, rescore
from serve.parts import ModelScorer
from serve.registry import ModelRegistry, models_cache

MOST_VEHICLES: Final = 50  # of more a sample is judged
SHOWN: Final = 500  # of the alerts that would vanish

log = structlog.get_logger(__name__)


async def fit_budget(
    pool: asyncpg.Pool,
    scorers: Sequence[ModelScorer],
    tenant: UUID,
    per_vehicle_week: float,
    days: float,
    most_vehicles: int = MOST_VEHICLES,
    progress: Callable[[float], None] | None = None,
) -> tuple[Budget, Rescored]:
    """The thresholds under which the last days would have kept to a budget; nothing is saved.

    Raises:
        NotFound: no vehicle has reported. Unavailable: the store does not answer.
    """
    now = datetime.now(UTC)
    span = (now - timedelta(days=days), now)
    past = await rescore(pool, tenant, span, {"champions": scorers}, most_vehicles, progress=progress)
    if not past.weeks:
        raise NotFound(f"No vehicle has reported within {days:g} days: there is nothing to try a budget on.")
    present = (await alert_rules.thresholds(pool, [tenant])).get(tenant)
    return keep_to(per_vehicle_week * past.weeks, past.potentials["champions"], present), past


def budget_json(fitted: Budget, past: Rescored) -> dict[str, Any]:
    """What a dry run found, for programs."""
    before, after = fitted.totals
    return {
        "vehicles": len(past.names),
        "vehiclesReporting": past.reporting,
        "vehicleWeeks": past.weeks,
        "perVehicleWeek": {"before": before / past.weeks, "after": after / past.weeks},
        "thresholds": {str(kind): threshold for kind, threshold in fitted.thresholds.items()},
        "alerts": {
            str(kind): {"before": fitted.before.get(kind, 0), "after": fitted.after.get(kind, 0)} for kind in fitted.thresholds
        },
        "vanished": [
            {
                "vehicleId": potential.vehicle,
                "type": str(potential.type),
                "startedAt": datetime.fromtimestamp(potential.started_at, UTC).isoformat(),
                "severity": potential.severity.name,
            }
            for potential in fitted.vanished[:SHOWN]
        ],
        "vanishedTotal": len(fitted.vanished),
    }


async def try_budgets(settings: Settings) -> int:
    """Work off the trials that people asked for; returns how many."""
    registry = ModelRegistry(settings.mlflow.tracking_uri, models_cache(settings.home))
    async with await connect_pool(settings.postgres) as pool:
        return await work_off(pool, lambda: list(champions(registry).values()))


async def work_off(pool: asyncpg.Pool, scorers: Callable[[], Sequence[ModelScorer]]) -> int:
    """Try what waits, one after the other, with the scorers of that moment; returns how many."""
    worked = 0
    tenants = [tenant for tenant in (await all_tenants(pool)).values() if tenant != SYSTEM_TENANT]
    while trial := await budget_trials.take(pool, tenants, datetime.now(UTC)):
        outcome, detail = None, ""
        try:
            outcome = budget_json(*await fit_budget(pool, scorers(), trial.tenant_id, trial.per_vehicle_week, trial.days))
        except FleetError as error:
            detail = str(error)
            log.warning("budget_trial_failed", trial=str(trial.trial_id), error=detail)
        await budget_trials.finish(pool, trial, outcome, detail, datetime.now(UTC))
        worked += 1
    return worked
