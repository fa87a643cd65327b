"""Thresholds and alert budgets through the API: tried on the past by the pipeline's worker, saved by people."""

import time
from datetime import UTC, datetime

import numpy as np
import pytest

from fleet.alerts import TYPE_INDEX, AlertType, Severity
from fleet.errors import ModelUnavailable
from fleet.own_thresholds import OwnThresholds
from fleet.scores import ScoreBatch
from fleet.stores import alert_rules
from pipelines.budget import work_off

OVERHEAT = AlertType.ENGINE_OVERHEAT


class HotEngine:
    """Says that coolant above 100 °C is an overheat, with 0.75."""

    version = "engine-1"

    def score(self, features, slow=None) -> ScoreBatch:
        scores, column = ScoreBatch.unknown(len(features)), TYPE_INDEX[OVERHEAT]
        scores.probability[:, column] = np.where(features.column("coolant_temp_c") > 100, 0.75, 0.02)
        scores.severity[:, column] = Severity.LOW
        return scores


@pytest.fixture
async def hot(tenant, store_readings):
    """The tenant's vehicle with an engine that was hot for half a minute."""
    start = datetime.fromtimestamp(time.time() - 120, UTC)
    await store_readings(tenant, start, {"coolant_temp_c": [90.0] * 20 + [110.0] * 30 + [90.0] * 50, "speed_kmh": [60.0] * 100})


async def _rules(person):
    return {item["type"]: item for item in (await person.browser.get("/api/alert-rules")).json()["items"]}


async def _ask(person, per_vehicle_week=0.0):
    return await person.browser.post("/api/alert-rules/trials", json={"perVehicleWeek": per_vehicle_week, "days": 1})


@pytest.mark.usefixtures("hot")
async def test_a_budget_is_tried_on_the_past_and_saved_only_when_asked(manager, pool):
    trial = (await _ask(manager)).json()
    assert (trial["state"], trial["outcome"]) == ("WAITING", None)
    address = f"/api/alert-rules/trials/{trial['trialId']}"
    assert (await manager.browser.post(f"{address}/apply")).status_code == 409
    await work_off(pool, lambda: [HotEngine()])
    done = (await manager.browser.get(address)).json()
    assert done["state"] == "DONE"
    assert done["outcome"]["alerts"][OVERHEAT] == {"before": 1, "after": 0}
    assert [(gone["vehicleId"], gone["type"]) for gone in done["outcome"]["vanished"]] == [("VH-1", OVERHEAT)]
    before = await _rules(manager)
    assert before[OVERHEAT]["threshold"] == before[OVERHEAT]["usual"]

    assert (await manager.browser.post(f"{address}/apply")).json()["state"] == "APPLIED"
    assert (await manager.browser.post(f"{address}/apply")).json()["state"] == "APPLIED"
    assert (await _rules(manager))[OVERHEAT]["threshold"] == pytest.approx(done["outcome"]["thresholds"][OVERHEAT])
    assert (await _rules(manager))[OVERHEAT]["threshold"] > 0.75
    await manager.browser.delete("/api/alert-rules")
    assert await _rules(manager) == before


@pytest.mark.usefixtures("hot")
async def test_one_trial_at_a_time(manager, pool):
    assert [(await _ask(manager)).status_code for _ in range(2)] == [202, 409]
    await work_off(pool, lambda: [HotEngine()])
    assert (await _ask(manager)).status_code == 202
    await work_off(pool, lambda: [HotEngine()])


async def test_a_trial_that_fails_says_why(manager, pool):
    trial = (await _ask(manager)).json()

    def no_models():
        raise ModelUnavailable("The engine model has no champion.")

    await work_off(pool, no_models)
    failed = (await manager.browser.get(f"/api/alert-rules/trials/{trial['trialId']}")).json()
    assert (failed["state"], failed["detail"]) == ("FAILED", "The engine model has no champion.")


async def test_a_dispatcher_sees_the_rules_and_changes_none(sign_in, tenant):
    dispatcher = await sign_in(tenant, role="dispatcher")
    assert (await dispatcher.browser.get("/api/alert-rules")).status_code == 200
    assert (await _ask(dispatcher)).status_code == 403
    assert (await dispatcher.browser.delete("/api/alert-rules")).status_code == 403


async def test_a_budget_below_zero_is_refused(manager):
    assert (await _ask(manager, -1)).status_code == 422


async def test_thresholds_of_another_fleet_do_not_show(manager, new_tenant, pool):
    other = await new_tenant()
    await alert_rules.save(pool, other.id, OwnThresholds({OVERHEAT: 0.79}), "test", datetime.now(UTC))
    rules = await _rules(manager)
    assert rules[OVERHEAT]["threshold"] == rules[OVERHEAT]["usual"]
