"""One tenant's session against another tenant's things, on every operation of the document."""

import json
from datetime import UTC, datetime

import pytest

from fleet.drivers import DriverScore
from fleet.settings import Settings
from fleet.stores import driver_scores
from fleet.stores.postgres import tenant_transaction
from ui.api.app import create_app

PATHS = create_app(Settings()).openapi()["paths"]
WITH_ID = [(method.upper(), path) for path, operations in PATHS.items() for method in operations if "{" in path]
BODIES = {
    "/api/anomalies/{id}/dismiss": {"reason": "FALSE_ALARM"},
    "/api/anomalies/{id}/comment": {"text": "Seen."},
    "/api/anomalies/{id}/snooze": {"minutes": 60},
    "/api/people/{userId}": {"name": "Mine"},
    "/api/vehicles/{vehicleId}": {"tankL": 70},
    "/api/vehicles/{vehicleId}/maintenance": {"component": "brakes", "at": "2026-11-24T12:00:00Z", "failure": True},
    "/api/vehicles/{vehicleId}/maintenance/withdraw": {"component": "brakes", "at": "2026-11-24T12:00:00Z"},
}
LISTS = [
    "/api/anomalies",
    "/api/anomalies/trends",
    "/api/vehicles",
    "/api/forecasts",
    "/api/drivers/scores",
    "/api/alert-rules/trials",
]


@pytest.fixture
async def foreign(new_tenant, sign_in, raise_alert, store_readings, pool):
    """Another tenant with a vehicle of its own name, a driver, an alert and more: the id of each by the paths it belongs to."""
    other = await new_tenant()
    stranger = await sign_in(other)
    (session,) = (await stranger.browser.get("/api/sessions")).json()["items"]
    token = await stranger.browser.post("/api/tokens", json={"name": "Theirs", "scopes": ["read alerts"]})
    await raise_alert(other)
    await store_readings(other, datetime.now(UTC), {"speed_kmh": [61.0]})
    await driver_scores.save(pool, other.id, [DriverScore("d-secret", "car", 20.0)], datetime.now(UTC))
    async with tenant_transaction(pool, other.id) as connection:
        await connection.execute("INSERT INTO vehicles (tenant_id, vehicle_id) VALUES ($1, 'SECRET-1')", other.id)
        await connection.execute("INSERT INTO forecasts VALUES ($1, 'VH-1', 'brakes', now(), 72, .5, .4, .6, 'm')", other.id)
        await connection.execute(
            "INSERT INTO maintenance VALUES ($1, 'SECRET-1', '2026-11-24T12:00:00Z', 'brakes', true)", other.id
        )
        webhook = await connection.fetchval(
            """INSERT INTO webhooks (tenant_id, url, secret, min_severity, created_at, created_by)
               VALUES ($1, 'https://secret.example', 'x', 1, now(), $2) RETURNING webhook_id""",
            other.id, stranger.user_id,
        )  # fmt: skip
        trial = await connection.fetchval(
            """INSERT INTO budget_trials (tenant_id, per_vehicle_week, days, asked_at, asked_by, state)
               VALUES ($1, 1, 1, now(), $2, 'DONE') RETURNING trial_id""",
            other.id, stranger.user_id,
        )  # fmt: skip
        return {
            "/api/anomalies/{id}": await connection.fetchval("SELECT alert_id FROM alerts"),
            "/api/webhooks/{id}": webhook,
            "/api/alert-rules/trials/{id}": trial,
            "/api/sessions/{id}": session["sessionId"],
            "/api/tokens/{id}": token.json()["apiToken"]["tokenId"],
            "/api/vehicles/{vehicleId}": "SECRET-1",
            "/api/devices/{vehicleId}": "SECRET-1",
            "/api/drivers/{driverId}": "d-secret",
            "/api/people/{userId}": stranger.user_id,
        }


UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
UNKNOWN = {"{id}": UNKNOWN_ID, "{userId}": UNKNOWN_ID, "{vehicleId}": "NOT-THERE", "{driverId}": "d-0"}


@pytest.mark.parametrize(("method", "path"), WITH_ID)
async def test_a_foreign_id_answers_exactly_like_an_unknown_one(manager, foreign, method, path):
    name = path[path.index("{") : path.index("}") + 1]
    (foreign_id,) = (value for prefix, value in foreign.items() if path.startswith(prefix))
    body = BODIES.get(path)
    theirs = await manager.browser.request(method, path.replace(name, str(foreign_id)), json=body)
    unknown = await manager.browser.request(method, path.replace(name, UNKNOWN[name]), json=body)
    assert (theirs.status_code, theirs.json()) == (404, unknown.json())


@pytest.mark.usefixtures("foreign")
@pytest.mark.parametrize("path", LISTS)
async def test_lists_hold_nothing_foreign(manager, path):
    items = (await manager.browser.get(path)).json()["items"]
    own = [{"vehicleId": "VH-1", "speed": None, "liveAlerts": 0}] if path == "/api/vehicles" else []
    assert [{key: item[key] for key in ("vehicleId", "speed", "liveAlerts")} for item in items] == own
    assert "secret" not in json.dumps(items).lower()
