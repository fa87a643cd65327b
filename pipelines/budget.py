"""Thresholds tried on the past: those that keep to a budget or that somebody typed, and what they would have changed."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
import structlog

from alerts.budget import Tried, by_type, keep_to, try_thresholds
from alerts.potentials import Potential, raised
from fleet.errors import FleetError, NotFound
from fleet.own_thresholds import OwnThresholds
from fleet.settings import Settings
from fleet.stores import alert_rules, budget_trials
from fleet.stores.budget_trials import Proposal
from fleet.stores.component_events import all_tenants
from fleet.stores.past_alerts import PastAlert, past_alerts
from fleet.stores.postgres import SYSTEM_TENANT, connect_pool
from fleet.windows import VEHICLE_CLASSES
from pipelines.history import champions
from pipelines.rescoring import Rescored, rescore
from serve.parts import ModelScorer
from serve.registry import ModelRegistry, models_cache

MOST_VEHICLES: Final = 50  # of more a sample is judged
SHOWN: Final = 500  # of the alerts that would vanish

log = structlog.get_logger(__name__)


async def try_out(
    pool: asyncpg.Pool,
    scorers: Sequence[ModelScorer],
    tenant: UUID,
    proposal: Proposal,
    days: float,
    most_vehicles: int = MOST_VEHICLES,
    progress: Callable[[float], None] | None = None,
) -> dict[str, Any]:
    """What the last days would have had under a proposal, as a document for programs; nothing is saved.

    Args:
        proposal: alerts per vehicle and week to aim at, or thresholds.

    Raises:
        NotFound: no vehicle has reported. Unavailable: the store does not answer.
    """
    now = datetime.now(UTC)
    span = (now - timedelta(days=days), now)
    past = await rescore(pool, tenant, span, {"champions": scorers}, most_vehicles, progress=progress)
    if not past.weeks:
        raise NotFound(f"No vehicle has reported within {days:g} days: there is nothing to try thresholds on.")
    present = (await alert_rules.thresholds(pool, [tenant])).get(tenant, OwnThresholds())
    found = past.potentials["champions"]
    if isinstance(proposal, OwnThresholds):
        tried = try_thresholds(found, proposal, present)
    else:
        tried = keep_to(proposal * past.weeks, found, present)
    judged = [alert for alert in await past_alerts(pool, tenant, *span) if alert.verdict and alert.vehicle_id in past.classes]
    return _outcome(tried, past, judged) | {"present": present.as_json()}


def _outcome(tried: Tried, past: Rescored, judged: Sequence[PastAlert]) -> dict[str, Any]:
    before, after = tried.totals
    vehicles = Counter(past.classes.values())
    return {
        "vehicles": len(past.classes),
        "vehiclesReporting": past.reporting,
        "vehicleWeeks": past.weeks,
        "perVehicleWeek": {"before": before / past.weeks, "after": after / past.weeks},
        "thresholds": dict(tried.thresholds.fleet),
        "classThresholds": {name: dict(own) for name, own in tried.thresholds.classes.items()},
        **_difference(tried.before, tried.after, judged),
        "classes": [
            {"vehicleClass": name, "vehicles": vehicles[name], **_difference_of_class(name, tried, past, judged)}
            for name in VEHICLE_CLASSES
            if vehicles[name]
        ],
        "vanished": [
            {
                "vehicleId": potential.vehicle,
                "type": str(potential.type),
                "startedAt": datetime.fromtimestamp(potential.started_at, UTC).isoformat(),
                "severity": potential.severity.name,
            }
            for potential in tried.vanished[:SHOWN]
        ],
        "vanishedTotal": len(tried.vanished),
    }


def _difference_of_class(name: str, tried: Tried, past: Rescored, judged: Sequence[PastAlert]) -> dict[str, Any]:
    before, after = ([each for each in every if each.vehicle_class == name] for every in (tried.before, tried.after))
    return _difference(before, after, [alert for alert in judged if past.classes[alert.vehicle_id] == name])


def _difference(before: Sequence[Potential], after: Sequence[Potential], judged: Sequence[PastAlert]) -> dict[str, Any]:
    """Alerts by type before and after, and of those that people judged how many would be gone.

    Gone is what the thresholds that hold raise and the others do not: what neither raises again is no matter of thresholds.
    """
    old, new = by_type(before), by_type(after)
    gone = raised(judged, before) - raised(judged, after)
    return {
        "alerts": {kind: {"before": old.get(kind, 0), "after": new.get(kind, 0)} for kind in sorted(old.keys() | new.keys())},
        "judged": {
            "confirmed": _count(judged, "CONFIRMED"),
            "confirmedGone": _count(judged, "CONFIRMED", gone),
            "dismissed": _count(judged, "DISMISSED"),
            "dismissedGone": _count(judged, "DISMISSED", gone),
        },
    }


def _count(judged: Sequence[PastAlert], verdict: str, among: Collection[UUID] | None = None) -> int:
    return sum(alert.verdict == verdict and (among is None or alert.alert_id in among) for alert in judged)


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
            outcome = await try_out(pool, scorers(), trial.tenant_id, trial.proposed, trial.days)
        except FleetError as error:
            detail = str(error)
            log.warning("budget_trial_failed", trial=str(trial.trial_id), error=detail)
        await budget_trials.finish(pool, trial, outcome, detail, datetime.now(UTC))
        worked += 1
    return worked
