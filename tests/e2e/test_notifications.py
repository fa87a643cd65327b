"""A manager says how insistently the fleet is told, in a browser."""

import pytest
from playwright.async_api import Page, expect

PATIENCE_MS = 30_000
pytestmark = pytest.mark.timeout(300)


@pytest.fixture
async def page(context, enter) -> Page:
    opened = await enter(context)
    await opened.get_by_role("link", name="Settings").first.click()
    await opened.get_by_role("link", name="Notifications", exact=True).click()
    await expect(opened.get_by_role("heading", name="Notifications", level=1)).to_be_visible(timeout=PATIENCE_MS)
    return opened


async def choose(page: Page, label: str, option: str) -> None:
    await page.get_by_role("button", name=label).click()
    await page.get_by_role("option", name=option, exact=True).click()


async def test_reminders_and_quiet_hours_are_kept(page):
    await choose(page, "Remind of alerts that nobody takes", "After 30 minutes")
    await choose(page, "Quiet hours", "Each night, or whenever you say")
    await page.get_by_label("From", exact=True).fill("half past nine")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Write it as 22:00.")).to_be_visible(timeout=PATIENCE_MS)
    await page.get_by_label("From", exact=True).fill("21:30")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible(timeout=PATIENCE_MS)
    await page.reload()
    await expect(page.get_by_role("button", name="Remind of alerts that nobody takes")).to_contain_text("After 30 minutes")
    await expect(page.get_by_label("From", exact=True)).to_have_value("21:30")


async def test_an_address_inside_is_refused_in_words(page):
    await page.get_by_role("button", name="Add a webhook").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Address").fill("https://127.0.0.1/hook")
    await dialog.get_by_role("button", name="Add", exact=True).click()
    await expect(dialog.get_by_role("alert")).to_contain_text("public", timeout=PATIENCE_MS)


async def test_the_steps_in_which_alerts_are_passed_on_are_kept(page):
    await page.get_by_role("button", name="Add a step").click()
    step = page.get_by_role("group", name="Step 2")
    for label, option in (("Who is told", "Kim Osei"), ("How long nobody took it", "After 30 minutes")):
        await step.get_by_role("button", name=label).click()
        await page.get_by_role("option", name=option, exact=True).click()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible(timeout=PATIENCE_MS)
    await page.reload()
    await expect(step.get_by_role("button", name="Who is told")).to_contain_text("Kim Osei", timeout=PATIENCE_MS)
    await expect(step.get_by_role("button", name="How long nobody took it")).to_contain_text("After 30 minutes")
