"""Everybody takes along what is stored about them, and nothing else."""

import json
from datetime import UTC, datetime

import asyncpg
import httpx

from fleet.alerts import AlertType
from fleet.drivers import Contribution, DriverScore
from fleet.stores import driver_scores as score_store
from fleet.stores.postgres import tenant_transaction
from ui.api.models.own_data import OwnData

HASHED = {"password_hash", "session_hash", "token_hash", "spare_hashes", "secret", "hash", "previous", "p256dh", "auth"}
COLUMNS = """SELECT c.table_name, c.column_name FROM information_schema.columns c
             WHERE c.table_schema = 'public' AND c.column_name = ANY ($1)"""


async def own_data(person) -> tuple[str, OwnData]:
    """The document as text and read as what it is documented to be."""
    answer = await person.browser.get("/api/session/data")
    assert answer.status_code == 200, answer.text
    assert "attachment" in answer.headers["content-disposition"]
    return answer.text, OwnData.model_validate_json(answer.text, extra="forbid")


def score_of(driver: str) -> DriverScore:
    part = Contribution("HARSH_BRAKING", "SAFE_DRIVING", "per 1,000 km", 0.1, 2, 1.5, 1.4, 1.2, 90.0, 1.0)
    return DriverScore(driver, "truck", 900.0, 88.0, 80.0, 93.0, "GOOD", 1, 0.9, (part,))


async def test_a_manager_reads_their_account_ways_in_notes_and_deeds(manager, tenant, raise_alert, pool):
    await raise_alert(tenant)
    (alert,) = (await manager.browser.get("/api/anomalies")).json()["items"]
    await manager.browser.post(f"/api/anomalies/{alert['id']}/comment", json={"text": "Seen from the gate."})
    made = await manager.browser.post("/api/tokens", json={"name": "Night report", "scopes": ["read alerts"]})
    await _subscribe(pool, tenant, manager.user_id, "https://push.example/capability")
    text, data = await own_data(manager)
    assert (data.account.email, data.account.role, data.account.second_factor_since) == (manager.email, "fleet_manager", None)
    assert [each.name for each in data.api_tokens] == ["Night report"]
    assert len(data.sessions) == 1
    assert [(each.service, each.min_severity) for each in data.push_subscriptions] == [("https://push.example", "HIGH")]
    assert [(str(each.alert_id), each.text) for each in data.notes] == [(alert["id"], "Seen from the gate.")]
    assert {each.action for each in data.deeds} == {"session.opened", "alert.commented", "api_token.created"}
    assert (data.scores, data.driving_days, data.alerts) == ([], [], [])
    assert made.json()["token"] not in text
    assert "capability" not in text


async def test_a_driver_reads_their_own_scores_days_and_alerts(sign_in, tenant, raise_alert, pool):
    driver = await sign_in(tenant, "driver", "d-17")
    await raise_alert(tenant)
    await raise_alert(tenant, AlertType.SPEEDING)
    await score_store.save(pool, tenant.id, [score_of("d-17"), score_of("d-18")], datetime.now(UTC))
    async with tenant_transaction(pool, tenant.id) as connection:
        await connection.execute("UPDATE alerts SET driver_id = 'd-18' WHERE type = 'SPEEDING'")
        await connection.execute(
            """INSERT INTO driver_days (tenant_id, driver_id, vehicle_id, day, km)
               VALUES ($1, 'd-17', 'VH-1', current_date, 90), ($1, 'd-18', 'VH-1', current_date, 70)""",
            tenant.id,
        )
    text, data = await own_data(driver)
    assert [(each.driver_id, each.contributions[0].class_mean) for each in data.scores] == [("d-17", 1.2)]
    assert [each.km for each in data.driving_days] == [90]
    assert [(each.type, each.severity, each.evidence[0].signal) for each in data.alerts] == [
        ("HARSH_BRAKING", "HIGH", "accel_x_ms2")
    ]
    assert "d-18" not in text


async def test_it_holds_nothing_of_another_person_or_tenant_and_no_secret(
    manager, sign_in, new_tenant, tenant, raise_alert, postgres
):
    await raise_alert(tenant)
    (alert,) = (await manager.browser.get("/api/anomalies")).json()["items"]
    colleague, stranger = await sign_in(tenant), await sign_in(await new_tenant())
    driver = await sign_in(tenant, "driver", "d-17")
    await manager.browser.post(f"/api/anomalies/{alert['id']}/assign", json={"assignee": str(colleague.user_id), "note": "Mine."})
    await colleague.browser.post(f"/api/anomalies/{alert['id']}/acknowledge")
    await colleague.browser.post(f"/api/anomalies/{alert['id']}/comment", json={"text": "What the colleague wrote."})
    await manager.browser.patch(f"/api/people/{colleague.user_id}", json={"name": "Robin Colleague"})
    await manager.browser.post("/api/tokens", json={"name": "Night report", "scopes": ["read alerts"]})
    await manager.browser.post("/api/session/second-factor")
    for person in (manager, driver):
        text, data = await own_data(person)
        others = {manager, colleague, driver, stranger} - {person}
        assert not [each.email for each in others if each.email in text or str(each.user_id) in text]
        assert "Robin Colleague" not in text
        assert "What the colleague wrote." not in text
        assert data.account.user_id == person.user_id
        secrets = await _secrets(postgres)
        assert len(secrets) > 5
        assert not [secret for secret in secrets if secret in text]
    (changed,) = [each for each in (await own_data(manager))[1].deeds if each.action == "person.changed"]
    assert (changed.subject, changed.detail) == (None, {})


async def test_a_program_does_not_get_it(manager, api):
    made = await manager.browser.post("/api/tokens", json={"name": "All", "scopes": ["read alerts"]})
    async with httpx.AsyncClient(base_url=api, headers={"Authorization": f"Bearer {made.json()['token']}"}) as program:
        assert (await program.get("/api/session/data")).status_code == 403


async def test_a_long_past_is_whole(manager, tenant, pool):
    async with tenant_transaction(pool, tenant.id) as connection:
        await connection.execute(
            """INSERT INTO audit_log (tenant_id, seq, at, actor, action, subject, previous, hash)
               SELECT $1, 1000 + n, now(), $2, 'session.opened', $2, '', '' FROM generate_series(1, 20000) AS n""",
            tenant.id, str(manager.user_id),
        )  # fmt: skip
    assert len((await own_data(manager))[1].deeds) == 20_001


async def _secrets(postgres) -> list[str]:
    """Whatever is secret or the hash of something, of all tenants, as it would look in JSON."""
    owner = await asyncpg.connect(postgres.owner_url)
    try:
        found = []
        for table, column in await owner.fetch(COLUMNS, list(HASHED)):
            for (value,) in await owner.fetch(f'SELECT "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL LIMIT 2000'):
                for each in value if isinstance(value, list) else [value]:
                    found.append(each.hex() if isinstance(each, bytes) else json.dumps(each)[1:-1])
        return [each for each in found if len(each) > 7]
    finally:
        await owner.close()


async def _subscribe(pool, tenant, user_id, endpoint) -> None:
    async with tenant_transaction(pool, tenant.id) as connection:
        await connection.execute(
            """INSERT INTO push_subscriptions (tenant_id, user_id, endpoint, p256dh, auth, min_severity, created_at)
               VALUES ($1, $2, $3, 'a-public-key', 'an-auth-secret', 3, now())""",
            tenant.id, user_id, endpoint,
        )  # fmt: skip
