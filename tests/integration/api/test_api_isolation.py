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
BODIES = {"/api/anomalies/{id}/dismiss": {"reason": "FALSE_ALARM"}, "/api/anomalies/{id}/comment": {"text": "Seen."}}
LISTS = ["/api/anomalies", "/api/anomalies/trends", "/api/vehicles", "/api/forecasts", "/api/drivers/scores"]


@pytest.fixture
async def foreign(new_tenant, raise_alert, store_readings, pool):
    """Another tenant with a vehicle of its own name, an alert, a reading and a forecast: (vehicle id, alert id)."""
    other = await new_tenant()
    await raise_alert(other)
    await store_readings(other, datetime.now(UTC), {"speed_kmh": [61.0]})
    await driver_scores.save(pool, other.id, [DriverScore("d-secret", "car", 20.0)], datetime.now(UTC))
    async with tenant_transaction(pool, other.id) as connection:
        await connection.execute("INSERT INTO vehicles (tenant_id, vehicle_id) VALUES ($1, 'SECRET-1')", other.id)
        await connection.execute("INSERT INTO forecasts VALUES ($1, 'VH-1', 'brakes', now(), 72, .5, .4, .6, 'm')", other.id)
        return "SECRET-1", str(await connection.fetchval("SELECT alert_id FROM alerts"))


def filled(path, ids):
    for name, value in ids.items():
        path = path.replace(name, value)
    assert "{" not in path, "give this parameter a foreign and an unknown value"
    return path


@pytest.mark.parametrize(("method", "path"), WITH_ID)
async def test_a_foreign_id_answers_exactly_like_an_unknown_one(manager, foreign, method, path):
    vehicle, alert = foreign
    body = BODIES.get(path)
    foreign_ids = {"{vehicleId}": vehicle, "{driverId}": "d-secret", "{id}": alert}
    unknown_ids = {"{vehicleId}": "NOT-THERE", "{driverId}": "d-0", "{id}": "00000000-0000-4000-8000-000000000000"}
    theirs = await manager.browser.request(method, filled(path, foreign_ids), json=body)
    unknown = await manager.browser.request(method, filled(path, unknown_ids), json=body)
    assert (theirs.status_code, theirs.json()) == (404, unknown.json())


@pytest.mark.usefixtures("foreign")
@pytest.mark.parametrize("path", LISTS)
async def test_lists_hold_nothing_foreign(manager, path):
    items = (await manager.browser.get(path)).json()["items"]
    own = [{"vehicleId": "VH-1", "speed": None, "liveAlerts": 0}] if path == "/api/vehicles" else []
    assert [{key: item[key] for key in ("vehicleId", "speed", "liveAlerts")} for item in items] == own
    assert "secret" not in json.dumps(items).lower()
