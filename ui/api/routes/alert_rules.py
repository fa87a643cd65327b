"""From which probability on alerts begin, by type and vehicle class: what holds, is set, and is tried on the past first."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, status

from alerts.budget import allowed, chosen_by_hand
from alerts.episodes import USUAL
from fleet.alerts import AlertType
from fleet.own_thresholds import OwnThreshold as Row
from fleet.own_thresholds import OwnThresholds
from fleet.stores import alert_rules, budget_trials
from ui.api import cursors
from ui.api.access import FleetReaderDep, ManagerDep
from ui.api.models.alert_rules import (
    AlertRule,
    AlertRules,
    BudgetTrial,
    BudgetTrialPage,
    BudgetTrialSummary,
    OwnThreshold,
    ThresholdsWish,
    TrialWish,
)
from ui.api.parameters import Cursor
from ui.api.services import NowDep, PoolDep

router = APIRouter(prefix="/alert-rules", tags=["alert rules"])


@router.get("", operation_id="getAlertRules")
async def get_alert_rules(who: FleetReaderDep, pool: PoolDep) -> AlertRules:
    """The thresholds of every alert type: the usual one, the fleet's own, and those of vehicle classes."""
    own = (await alert_rules.thresholds(pool, [who.tenant])).get(who.tenant, OwnThresholds())
    return AlertRules(items=[_rule(kind, own) for kind in AlertType])


@router.put("", operation_id="setAlertRules")
async def set_alert_rules(wish: ThresholdsWish, who: ManagerDep, pool: PoolDep, now: NowDep) -> AlertRules:
    """Replace the fleet's own thresholds, those of classes too; ingest heeds them within 30 s. Again, it changes nothing."""
    await alert_rules.save(pool, who.tenant, _chosen(wish.thresholds), str(who.user_id), now)
    return await get_alert_rules(who, pool)


@router.delete("", operation_id="resetAlertRules")
async def reset_alert_rules(who: ManagerDep, pool: PoolDep, now: NowDep) -> AlertRules:
    """Go back to the usual thresholds, for every class."""
    await alert_rules.save(pool, who.tenant, OwnThresholds(), str(who.user_id), now)
    return await get_alert_rules(who, pool)


@router.post("/trials", operation_id="tryBudget", status_code=status.HTTP_202_ACCEPTED)
async def try_budget(wish: TrialWish, who: ManagerDep, pool: PoolDep, now: NowDep) -> BudgetTrial:
    """Ask for a dry run over the past days; it takes seconds to minutes, and nothing is saved. One at a time."""
    proposal = wish.per_vehicle_week if wish.thresholds is None else _chosen(wish.thresholds)
    assert proposal is not None  # the wish is for one of the two
    return _shown(await budget_trials.ask(pool, who, proposal, wish.days, now))


@router.get("/trials", operation_id="listBudgetTrials")
async def list_budget_trials(
    who: ManagerDep, pool: PoolDep, cursor: Cursor = None, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> BudgetTrialPage:
    """The fleet's trials, the newest first: who asked, when, and what came out."""
    after = cursors.decode(cursor, (datetime, UUID)) if cursor else None
    found = await budget_trials.recent(pool, who.tenant, (after[0], after[1]) if after else None, limit + 1)
    items = [BudgetTrialSummary.model_validate(trial, from_attributes=True) for trial in found[:limit]]
    last = cursors.encode((items[-1].asked_at, items[-1].trial_id)) if len(found) > limit else None
    return BudgetTrialPage(items=items, next_cursor=last)


@router.get("/trials/{id}", operation_id="getBudgetTrial")
async def get_budget_trial(id: UUID, who: ManagerDep, pool: PoolDep) -> BudgetTrial:
    """How a trial stands, and once it is done which thresholds it tried and which alerts there would not have been."""
    return _shown(await budget_trials.get(pool, who.tenant, id))


@router.post("/trials/{id}/apply", operation_id="applyBudgetTrial")
async def apply_budget_trial(id: UUID, who: ManagerDep, pool: PoolDep, now: NowDep) -> BudgetTrial:
    """Save the thresholds that a trial tried; ingest heeds them within 30 s. 409 where others were saved meanwhile."""
    return _shown(await budget_trials.apply(pool, who, id, now))


def _rule(kind: AlertType, own: OwnThresholds) -> AlertRule:
    lowest, highest = allowed(kind) or (None, None)
    return AlertRule.model_validate(
        {
            "type": kind,
            "threshold": own.fleet.get(kind, USUAL[kind]),
            "usual": USUAL[kind],
            "fleet": own.fleet.get(kind),
            "classes": {name: theirs[kind] for name, theirs in own.classes.items() if kind in theirs},
            "lowest": lowest,
            "highest": highest,
        }
    )


def _chosen(wishes: list[OwnThreshold]) -> OwnThresholds:
    return chosen_by_hand([Row(wish.vehicle_class, wish.type, wish.threshold) for wish in wishes])


def _shown(trial: budget_trials.BudgetTrial) -> BudgetTrial:
    return BudgetTrial.model_validate(trial, from_attributes=True)
