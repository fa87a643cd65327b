"""The product as people use it: a device publishes, the page shows the alert, somebody takes charge of it."""

import asyncio
import re
import time
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright, expect

from fleetguard.trial import Trial

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update"]
PATIENCE_MS = 20_000


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = await browser.new_page()
        page.problems = []
        page.on("console", lambda message: page.problems.append(message.text) if message.type == "error" else None)
        yield page
        await browser.close()


async def sign_in(page: Page, trial: Trial, email: str) -> None:
    await page.goto(trial.url)
    await page.get_by_label("Email").fill(email)
    await page.get_by_label("Password").fill(trial.person(email)["password"])
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("region", name="Alerts, newest first")).to_be_visible(timeout=PATIENCE_MS)


async def test_an_alert_appears_live_and_stays_acknowledged_after_a_reload(trial: Trial, page: Page, publish) -> None:
    device, start = trial.spare_device(0), time.time() - 62
    climb = [{"ts": round((start + s) * 1000), "speed": 62.4, "rpm": 1830, "engineTemp": 92 + 0.6 * s} for s in range(61)]
    await sign_in(page, trial, "manager@acme.example")
    await asyncio.to_thread(publish, device, climb)
    alert = page.get_by_role("link", name=re.compile(rf"Open alert: .*overheat.*{device['vehicle']}", re.IGNORECASE))
    await expect(alert.first).to_be_visible(timeout=PATIENCE_MS)
    await alert.first.click()
    await expect(page.get_by_role("heading", name=re.compile("why", re.IGNORECASE)).first).to_be_visible(timeout=PATIENCE_MS)
    await page.get_by_role("button", name=re.compile("^Acknowledge alert")).click()
    acknowledged = page.get_by_text(re.compile("Acknowledged", re.IGNORECASE)).first
    await expect(acknowledged).to_be_visible(timeout=PATIENCE_MS)
    await page.reload()
    await expect(acknowledged).to_be_visible(timeout=PATIENCE_MS)
    await expect(page.get_by_role("button", name=re.compile("^Acknowledge alert"))).to_have_count(0)
    assert [problem for problem in page.problems if "401" not in problem] == []


async def test_a_tenant_does_not_see_another_one_s_vehicles(trial: Trial, page: Page) -> None:
    await sign_in(page, trial, "manager@globex.example")
    await page.goto(f"{trial.url}/alerts?vehicle={trial.spare_device(0)['vehicle']}")
    await expect(page.get_by_role("link", name=re.compile("Open alert: .*overheat", re.IGNORECASE))).to_have_count(0)
