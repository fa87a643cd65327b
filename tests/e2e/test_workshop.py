"""Somebody records a visit to the workshop in a browser, and the page says what past forecasts were worth."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import expect

from fleet.stores.component_events import component_history
from fleet.stores.postgres import tenant_transaction

PATIENCE_MS = 30_000
BERLIN = "Europe/Berlin"
pytestmark = pytest.mark.timeout(300)


@pytest.fixture
async def vehicle(desk) -> str:
    """A vehicle whose brakes were forecast every day for a week."""
    async with tenant_transaction(desk.pool, desk.tenant) as connection:
        await connection.execute("INSERT INTO vehicles (tenant_id, vehicle_id) VALUES ($1, 'VH-SHOP')", desk.tenant)
        await connection.executemany(
            "INSERT INTO forecasts VALUES ($1, 'VH-SHOP', 'brakes', $2, 72, 0.25, 0.1, 0.5, 'cox-2')",
            [(desk.tenant, datetime.now(UTC) - timedelta(days=day, hours=1)) for day in range(8)],
        )
    return "VH-SHOP"


async def failures(desk, vehicle: str) -> list[tuple[str, datetime]]:
    """The vehicle's failures as the forecaster knows them."""
    known = (await component_history(desk.pool, desk.tenant, datetime.now(UTC))).failures
    own = known[known["vehicle_id"] == vehicle]
    return list(zip(own["component"], own["ts"], strict=True))


async def test_a_recorded_failure_tells_past_forecasts_and_the_forecaster_and_is_taken_back(desk, browser, enter, vehicle):
    context = await browser.new_context(timezone_id=BERLIN)
    page = await enter(context)
    await page.goto(f"{desk.url}/vehicles/{vehicle}")
    record = page.get_by_role("region", name="What may fail within 72 hours")
    await expect(record.get_by_text("said 25 % on average, 0 % came true (0 of 5)")).to_be_visible(timeout=PATIENCE_MS)

    at = (datetime.now(UTC) - timedelta(days=4)).replace(second=0, microsecond=0)
    asking = page.get_by_role("button", name="Record a visit…")
    await asking.click()
    dialog = page.get_by_role("dialog", name=f"Workshop visit of {vehicle}")
    await dialog.get_by_role("combobox", name="Part").press("ArrowDown")
    await page.get_by_role("option", name="Brakes").click()
    await dialog.get_by_label("When").fill(at.astimezone(ZoneInfo(BERLIN)).strftime("%Y-%m-%dT%H:%M"))
    await dialog.get_by_label("It had failed").check()
    await dialog.get_by_role("button", name="Record it").click()

    await expect(page.get_by_text("Recorded. The next forecast counts it.")).to_be_visible(timeout=PATIENCE_MS)
    await expect(asking).to_be_focused()
    await expect(record.get_by_text("said 25 % on average, 60 % came true (3 of 5)")).to_be_visible(timeout=PATIENCE_MS)
    assert await failures(desk, vehicle) == [("brakes", at)]
    assert await desk.deeds("maintenance.recorded") == [("sam@desk.example", vehicle)]

    await page.get_by_role("button", name="Take back: Brakes").click()
    await expect(record.get_by_text("0 % came true (0 of 5)")).to_be_visible(timeout=PATIENCE_MS)
    await expect(asking).to_be_focused()
    assert await failures(desk, vehicle) == []
    await context.close()
