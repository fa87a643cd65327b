"""A manager's own tools, in a browser: people come in by a link, alerts go from hand to hand, devices get credentials."""

import secrets
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from fleet.alerts import AlertType, Severity

PATIENCE_MS = 30_000
pytestmark = pytest.mark.timeout(300)
MINE = "my very own long password"


async def settings(context: BrowserContext, enter: Any, name: str) -> Page:
    page: Page = await enter(context)
    await page.get_by_role("link", name="Settings").first.click()
    await page.get_by_role("link", name=name, exact=True).click()
    await expect(page.get_by_role("heading", name=name, level=1)).to_be_visible(timeout=PATIENCE_MS)
    return page


async def test_somebody_is_invited_chooses_a_password_and_signs_in(context, browser: Browser, enter):
    page, email = await settings(context, enter, "People"), f"{secrets.token_hex(4)}@desk.example"
    await page.get_by_role("button", name="Invite a person").click()
    await page.get_by_label("Name").fill("Nia Adeyemi")
    await page.get_by_label("Email").fill(email)
    await page.get_by_role("button", name="Invite", exact=True).click()
    link = await page.get_by_role("dialog").locator("code").inner_text()
    assert "/welcome#" in link

    elsewhere = await browser.new_context()
    guest = await elsewhere.new_page()
    await guest.goto(link)
    await guest.get_by_label("New password").fill(MINE)
    await guest.get_by_role("button", name="Keep this password").click()
    await expect(guest.get_by_text(email)).to_be_visible(timeout=PATIENCE_MS)
    await guest.get_by_role("link", name="Sign in").click()
    await guest.get_by_label("Email").fill(email)
    await guest.get_by_label("Password").fill(MINE)
    await guest.get_by_role("button", name="Sign in").click()
    await expect(guest.get_by_role("region", name="Alerts, newest first")).to_be_visible(timeout=PATIENCE_MS)
    await guest.goto(guest.url.replace("/alerts", "/settings"))
    await expect(guest.get_by_role("heading", name="Settings", level=1)).to_be_visible(timeout=PATIENCE_MS)
    await expect(guest.get_by_role("link", name="People", exact=True)).to_have_count(0)  # a dispatcher manages nobody
    await elsewhere.close()


async def test_an_alert_is_handed_over_and_taken_back(context, desk, enter):
    await desk.raise_alert("VH-0003", AlertType.BATTERY_FAILURE, Severity.HIGH)
    (*_, alert) = [a for a in await desk.alerts() if a["vehicle_id"] == "VH-0003" and a["type"] == "BATTERY_FAILURE"]
    page = await enter(context)
    await page.goto(f"{desk.url}/alerts/{alert['alert_id']}")
    await page.get_by_role("button", name="In whose hands").click(timeout=PATIENCE_MS)
    await page.get_by_role("option", name="Kim Osei").click()
    await page.get_by_role("button", name="Hand over").click()
    await expect(page.get_by_text("In progress with Kim Osei")).to_be_visible(timeout=PATIENCE_MS)
    await page.get_by_role("button", name="Take my last step back").click()
    await expect(page.get_by_text("Last step taken back")).to_be_visible(timeout=PATIENCE_MS)
    await expect(page.get_by_text("In progress with Kim Osei")).to_have_count(0)


async def test_a_vehicle_is_added_and_its_credential_shown_once(context, enter):
    page, vehicle = await settings(context, enter, "Devices"), f"NEW-{secrets.token_hex(3)}"
    await page.get_by_role("button", name="Add a vehicle").click()
    await page.get_by_label("Vehicle id", exact=True).fill(vehicle)
    await page.get_by_role("button", name="Issue a credential").click()
    shown = page.get_by_role("dialog").locator("code")
    await expect(shown).to_have_count(2, timeout=PATIENCE_MS)
    assert (await shown.first.inner_text()).endswith(f".{vehicle}")
    await page.get_by_role("button", name="Close").click()
    await page.get_by_role("searchbox", name="Search the devices").fill(vehicle)
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=vehicle))
    await row.get_by_role("button", name=f"Manage {vehicle}").click()
    await page.get_by_role("button", name="Revoke").click()
    await expect(row.get_by_role("cell", name="None: it cannot sign in")).to_be_visible(timeout=PATIENCE_MS)
