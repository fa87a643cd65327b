"""Somebody who sees the desk for the first time: the worst alert, why, who has it, and the vehicle's past, in four clicks."""

import re

import pytest
from playwright.async_api import Locator, Page, expect

from fleet.alerts import AlertType, Severity
from fleet.stores.postgres import tenant_transaction

PATIENCE_MS = 30_000
CLICKS = 4
pytestmark = pytest.mark.timeout(300)


class Clicks:
    """Clicks, counted."""

    def __init__(self) -> None:
        self.count = 0

    async def on(self, place: Locator) -> None:
        await place.click(timeout=PATIENCE_MS)
        self.count += 1


@pytest.fixture
async def vehicle(desk) -> str:
    """The vehicle of a critical alert that Kim has seen."""
    async with tenant_transaction(desk.pool, desk.tenant) as connection:
        await connection.execute("INSERT INTO vehicles (tenant_id, vehicle_id) VALUES ($1, 'VH-BAD')", desk.tenant)
    await desk.raise_alert("VH-BAD", AlertType.ENGINE_OVERHEAT, Severity.CRITICAL)
    async with desk.client("kim@desk.example") as kim:
        (alert,) = (await kim.get("/api/anomalies", params={"vehicleId": "VH-BAD"})).json()["items"]
        (await kim.post(f"/api/anomalies/{alert['id']}/acknowledge")).raise_for_status()
    return "VH-BAD"


async def test_the_worst_alert_why_who_has_it_and_the_vehicles_past_are_four_clicks_away(context, enter, vehicle: str) -> None:
    page: Page = await enter(context)
    clicks = Clicks()
    await clicks.on(page.get_by_role("button", name="Severity"))
    await clicks.on(page.get_by_role("option", name="Critical"))
    worst = page.get_by_role("link", name=re.compile("^Open alert: ")).first
    await expect(worst).to_have_accessible_name(re.compile(vehicle), timeout=PATIENCE_MS)
    await clicks.on(worst)
    why = page.get_by_role("region", name="Why we think so")
    await expect(why.get_by_text("Braked at 5.2 m/s²; 3.9 is the limit.")).to_be_visible(timeout=PATIENCE_MS)
    await expect(page.get_by_text("Acknowledged by Kim Osei").first).to_be_visible(timeout=PATIENCE_MS)
    await clicks.on(page.get_by_role("link", name=vehicle).first)
    await expect(page.get_by_role("heading", name="Signals of the last hour")).to_be_visible(timeout=PATIENCE_MS)
    await expect(page.get_by_role("link", name=re.compile(rf"Open alert: .*{vehicle}"))).to_be_visible(timeout=PATIENCE_MS)
    assert clicks.count <= CLICKS
