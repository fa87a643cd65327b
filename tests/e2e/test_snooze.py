"""An alert is put off in a browser: it leaves every open list, and comes back to them by itself."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Page, expect

from fleet.alerts import AlertType, Severity
from fleet.stores import snoozing
from fleet.stores.postgres import tenant_transaction

PATIENCE_MS = 30_000
pytestmark = pytest.mark.timeout(300)


@pytest.fixture
async def vehicle(desk) -> str:
    """The vehicle of a fresh alert."""
    async with tenant_transaction(desk.pool, desk.tenant) as connection:
        await connection.execute("INSERT INTO vehicles (tenant_id, vehicle_id) VALUES ($1, 'VH-NAP')", desk.tenant)
    await desk.raise_alert("VH-NAP", AlertType.FUEL_LEAK, Severity.HIGH)
    return "VH-NAP"


async def counts_are_apart(page: Page, url: str, vehicle: str) -> None:
    """The vehicle's page and the list of vehicles say what the list of alerts leaves out."""
    await page.goto(f"{url}/vehicles/{vehicle}")
    await expect(page.get_by_text("No live alert, 1 snoozed")).to_be_visible(timeout=PATIENCE_MS)
    await page.get_by_role("link", name=f"Show the snoozed alerts of {vehicle}").click()
    await expect(page.get_by_role("link", name=f"Open alert: fuel leak, {vehicle}")).to_be_visible(timeout=PATIENCE_MS)
    await page.goto(f"{url}/vehicles")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=f"Open vehicle {vehicle}"))
    await expect(row.get_by_text("1 snoozed")).to_be_visible(timeout=PATIENCE_MS)
    await page.close()


async def test_a_snoozed_alert_leaves_the_lists_of_all_and_is_back_when_its_time_is_over(desk, browser, enter, vehicle):
    sam, kim = [await enter(await browser.new_context(), email) for email in ("sam@desk.example", "kim@desk.example")]
    rows = [page.get_by_role("link", name=f"Open alert: fuel leak, {vehicle}") for page in (sam, kim)]
    for row in rows:
        await expect(row).to_be_visible(timeout=PATIENCE_MS)
    await rows[0].focus()
    await sam.keyboard.press("s")
    dialog = sam.get_by_role("dialog", name="Snooze this alert?")
    await dialog.get_by_role("button", name="Snooze it").click()
    await expect(dialog.get_by_text("One alert was snoozed.")).to_be_visible(timeout=PATIENCE_MS)
    await dialog.get_by_role("button", name="Close").click()
    for row in rows:
        await expect(row).to_have_count(0, timeout=PATIENCE_MS)
    await expect(sam.locator("[data-alert] a:focus")).to_have_count(1)

    await kim.get_by_role("button", name="State").click()
    await kim.get_by_role("option", name="Snoozed", exact=True).click()
    await expect(kim.get_by_text("by Sam Rivera")).to_be_visible(timeout=PATIENCE_MS)
    await kim.get_by_role("link", name=f"Open alert: fuel leak, {vehicle}").click()
    await expect(kim.get_by_role("button", name="End the snooze")).to_be_visible(timeout=PATIENCE_MS)
    history = kim.get_by_role("region", name="History")
    await expect(history.get_by_text("Snoozed until")).to_be_visible(timeout=PATIENCE_MS)

    await counts_are_apart(await sam.context.new_page(), desk.url, vehicle)

    assert await snoozing.wake(desk.pool, {"desk": desk.tenant}, datetime.now(UTC) + timedelta(hours=1)) == 1
    await sam.get_by_role("button", name="Show 1 new alert").click(timeout=PATIENCE_MS)
    await expect(rows[0]).to_be_visible()
    await expect(kim.get_by_role("button", name="Snooze…")).to_be_visible(timeout=PATIENCE_MS)
    await expect(history.get_by_text("Snooze is over")).to_be_visible(timeout=PATIENCE_MS)
