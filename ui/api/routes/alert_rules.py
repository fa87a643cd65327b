"""From which probability on alerts begin: what holds, and budgets that are tried on the past before they are saved."""

from uuid import UUID

from fastapi import APIRouter, status

from alerts.episodes import RULES
from fleet.stores import alert_rules, budget_trials
from ui.api.access import FleetReaderDep, ManagerDep
from ui.api.models.alert_rules import AlertRule, AlertRules, BudgetTrial, BudgetWish
from ui.api.services import NowDep, PoolDep

router = APIRouter(prefix="/alert-rules", tags=["alert rules"])


@router.get("", operation_id="getAlertRules")
async def get_alert_rules(who: FleetReaderDep, pool: PoolDep) -> AlertRules:
    """The threshold of every alert type, beside the product's own."""
    own = (await alert_rules.thresholds(pool, [who.tenant])).get(who.tenant, {})
    items = [AlertRule(type=kind, threshold=own.get(kind, rule.on), usual=rule.on) for kind, rule in RULES.items()]
    return AlertRules(items=items)


@router.delete("", operation_id="resetAlertRules")
async def reset_alert_rules(who: ManagerDep, pool: PoolDep, now: NowDep) -> AlertRules:
    """Go back to the product's own thresholds."""
    await alert_rules.save(pool, who.tenant, {}, str(who.user_id), now)
    return await get_alert_rules(who, pool)


@router.post("/trials", operation_id="tryBudget", status_code=status.HTTP_202_ACCEPTED)
async def try_budget(wish: BudgetWish, who: ManagerDep, pool: PoolDep, now: NowDep) -> BudgetTrial:
    """Ask for a dry run over the past days; it takes seconds to minutes, and nothing is saved. One at a time."""
    return _shown(await budget_trials.ask(pool, who, wish.per_vehicle_week, wish.days, now))


@router.get("/trials/{id}", operation_id="getBudgetTrial")
async def get_budget_trial(id: UUID, who: ManagerDep, pool: PoolDep) -> BudgetTrial:
    """How a trial stands, and once it is done which thresholds it found and which alerts there would not have been."""
    return _shown(await budget_trials.get(pool, who.tenant, id))


@router.post("/trials/{id}/apply", operation_id="applyBudgetTrial")
async def apply_budget_trial(id: UUID, who: ManagerDep, pool: PoolDep, now: NowDep) -> BudgetTrial:
    """Save the thresholds that a trial found; ingest heeds them within 30 s."""
    return _shown(await budget_trials.apply(pool, who, id, now))


def _shown(trial: budget_trials.BudgetTrial) -> BudgetTrial:
    return BudgetTrial.model_validate(trial, from_attributes=True)
