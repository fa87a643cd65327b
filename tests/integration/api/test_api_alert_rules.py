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
from fleet.stores.postgres import tenant_transaction
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


def own(kind: AlertType, threshold: float, vehicle_class: str | None = None) -> dict[str, object]:
    return {"type": kind, "vehicleClass": vehicle_class, "threshold": threshold}


async def _set(person, *thresholds):
    return await person.browser.put("/api/alert-rules", json={"thresholds": thresholds})


async def _deeds(pool, tenant) -> list[str]:
    async with tenant_transaction(pool, tenant.id) as connection:
        rows = await connection.fetch("SELECT actor FROM audit_log WHERE action = 'alert_rules.changed'")
    return [row["actor"] for row in rows]


async def test_thresholds_are_set_by_type_and_class_and_setting_them_again_is_no_second_deed(manager, pool, tenant):
    wish = (own(OVERHEAT, 0.75), own(OVERHEAT, 0.6, "truck"), own(AlertType.MISFIRE, 0.9, "van"))
    answers = [await _set(manager, *wish) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    rules = await _rules(manager)
    assert answers[0].json()["items"] == list(rules.values())
    assert {key: rules[OVERHEAT][key] for key in ("threshold", "usual", "fleet", "classes", "lowest", "highest")} == {
        "threshold": 0.75, "usual": 0.7, "fleet": 0.75, "classes": {"truck": 0.6}, "lowest": 0.5, "highest": 0.79,
    }  # fmt: skip
    assert (rules["MISFIRE"]["fleet"], rules["MISFIRE"]["classes"]) == (None, {"van": 0.9})
    assert await _deeds(pool, tenant) == [str(manager.user_id)]
    await manager.browser.delete("/api/alert-rules")
    assert all(rule["fleet"] is None and rule["classes"] == {} for rule in (await _rules(manager)).values())


@pytest.mark.parametrize(
    ("thresholds", "said"),
    [
        pytest.param([own(OVERHEAT, 0.9, "van")], "ENGINE_OVERHEAT of class van may begin from 0.5 to 0.79", id="too high"),
        pytest.param([own(AlertType.COMPONENT_FAILURE_RISK, 0.9)], "follows its forecast", id="forecast"),
        pytest.param([own(OVERHEAT, 0.7), own(OVERHEAT, 0.6)], "is there twice", id="twice"),
        pytest.param([own(OVERHEAT, 0.7, "tram")], "vehicleClass: Input should be 'car', 'van' or 'truck'", id="class"),
    ],
)
async def test_thresholds_that_cannot_hold_are_refused_and_nothing_is_saved(manager, thresholds, said):
    before = await _rules(manager)
    trial = await manager.browser.post("/api/alert-rules/trials", json={"thresholds": thresholds})
    for refused in (await _set(manager, *thresholds), trial):
        assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")
        assert said in refused.json()["detail"]
    assert await _rules(manager) == before


@pytest.mark.parametrize("wish", [{}, {"perVehicleWeek": 3, "thresholds": []}], ids=["neither", "both"])
async def test_a_trial_is_of_a_number_or_of_thresholds(manager, wish):
    refused = await manager.browser.post("/api/alert-rules/trials", json=wish)
    assert refused.status_code == 422
    assert "give either perVehicleWeek or thresholds" in refused.json()["detail"]


@pytest.mark.usefixtures("hot")
async def test_typed_thresholds_are_tried_by_class_and_saved_as_they_were_tried(manager, pool):
    wish = [own(OVERHEAT, 0.6), own(OVERHEAT, 0.79, "car")]
    trial = (await manager.browser.post("/api/alert-rules/trials", json={"thresholds": wish, "days": 1})).json()
    assert (trial["perVehicleWeek"], trial["proposal"]) == (None, wish)
    address = f"/api/alert-rules/trials/{trial['trialId']}"
    await work_off(pool, lambda: [HotEngine()])
    outcome = (await manager.browser.get(address)).json()["outcome"]
    assert outcome["classes"] == [
        {
            "vehicleClass": "car",
            "vehicles": 1,
            "alerts": {OVERHEAT: {"before": 1, "after": 0}},
            "judged": {"confirmed": 0, "confirmedGone": 0, "dismissed": 0, "dismissedGone": 0},
        }
    ]
    assert (outcome["thresholds"], outcome["classThresholds"]) == ({OVERHEAT: 0.6}, {"car": {OVERHEAT: 0.79}})
    await manager.browser.post(f"{address}/apply")
    rules = await _rules(manager)
    assert (rules[OVERHEAT]["fleet"], rules[OVERHEAT]["classes"]) == (0.6, {"car": 0.79})


@pytest.mark.usefixtures("hot")
async def test_a_trial_is_not_saved_over_thresholds_that_were_changed_since(manager, pool):
    trial = (await _ask(manager)).json()
    await work_off(pool, lambda: [HotEngine()])
    await _set(manager, own(OVERHEAT, 0.72))
    late = await manager.browser.post(f"/api/alert-rules/trials/{trial['trialId']}/apply")
    assert (late.status_code, "changed after this trial" in late.json()["detail"]) == (409, True)
    assert (await _rules(manager))[OVERHEAT]["fleet"] == 0.72


@pytest.mark.usefixtures("hot")
async def test_a_budget_keeps_what_a_class_has_of_its_own(manager, pool):
    await _set(manager, own(OVERHEAT, 0.7, "car"))
    trial = (await _ask(manager)).json()
    await work_off(pool, lambda: [HotEngine()])
    done = (await manager.browser.post(f"/api/alert-rules/trials/{trial['trialId']}/apply")).json()
    assert done["outcome"]["alerts"][OVERHEAT] == {"before": 1, "after": 1}
    assert (await _rules(manager))[OVERHEAT]["classes"] == {"car": 0.7}


async def test_a_dispatcher_sees_the_rules_and_changes_none(sign_in, tenant):
    dispatcher = await sign_in(tenant, role="dispatcher")
    assert (await dispatcher.browser.get("/api/alert-rules")).status_code == 200
    assert (await _ask(dispatcher)).status_code == 403
    assert (await dispatcher.browser.delete("/api/alert-rules")).status_code == 403
    assert (await _set(dispatcher, own(OVERHEAT, 0.75))).status_code == 403


async def test_a_budget_below_zero_is_refused(manager):
    assert (await _ask(manager, -1)).status_code == 422


async def test_thresholds_of_another_fleet_do_not_show(manager, new_tenant, pool):
    other = await new_tenant()
    theirs = OwnThresholds({OVERHEAT: 0.79}, {"truck": {OVERHEAT: 0.6}})
    await alert_rules.save(pool, other.id, theirs, "test", datetime.now(UTC))
    rules = await _rules(manager)
    assert rules[OVERHEAT]["threshold"] == rules[OVERHEAT]["usual"]
    assert rules[OVERHEAT]["classes"] == {}


@pytest.mark.usefixtures("hot")
async def test_the_trials_are_listed_newest_first_with_who_asked_and_what_came_out(manager, sign_in, tenant, pool):
    colleague = await sign_in(tenant)
    first = (await _ask(manager, 3.5)).json()
    await work_off(pool, lambda: [HotEngine()])
    wish = [own(OVERHEAT, 0.79)]
    second = (await colleague.browser.post("/api/alert-rules/trials", json={"thresholds": wish, "days": 1})).json()
    under_way, done = (await manager.browser.get("/api/alert-rules/trials")).json()["items"]
    assert [under_way["trialId"], done["trialId"]] == [second["trialId"], first["trialId"]]
    assert (under_way["state"], under_way["proposal"], under_way["perVehicleWeekFound"]) == ("WAITING", wish, None)
    assert (done["state"], done["perVehicleWeek"], done["askedBy"]) == ("DONE", 3.5, str(manager.user_id))
    assert done["askedByName"] == "Robin fleet_manager"
    whole = (await manager.browser.get(f"/api/alert-rules/trials/{first['trialId']}")).json()["outcome"]
    assert (done["perVehicleWeekFound"], done["vanishedTotal"]) == (whole["perVehicleWeek"], whole["vanishedTotal"])
    await work_off(pool, lambda: [HotEngine()])


async def test_the_trials_come_in_pages(manager, tenant, pool):
    async with tenant_transaction(pool, tenant.id) as connection:
        await connection.executemany(
            """INSERT INTO budget_trials (tenant_id, per_vehicle_week, days, asked_at, asked_by, state)
               VALUES ($1, $2, 1, '2026-11-24T12:00:00Z', gen_random_uuid(), 'FAILED')""",
            [(tenant.id, aim) for aim in range(5)],
        )
    first = (await manager.browser.get("/api/alert-rules/trials", params={"limit": 3})).json()
    rest = (await manager.browser.get("/api/alert-rules/trials", params={"limit": 3, "cursor": first["nextCursor"]})).json()
    assert (len(first["items"]), len(rest["items"]), rest["nextCursor"]) == (3, 2, None)
    assert {trial["perVehicleWeek"] for trial in first["items"] + rest["items"]} == set(range(5))
    assert {trial["askedByName"] for trial in first["items"]} == {None}


async def test_only_who_may_change_the_rules_sees_the_trials(sign_in, tenant):
    analyst = await sign_in(tenant, "analyst")
    assert (await analyst.browser.get("/api/alert-rules/trials")).status_code == 403
