"""As an app: it can be installed, and a push is shown, names nobody, and opens its alert."""

import asyncio
import json
import re

import pytest
from playwright.async_api import CDPSession, Page, expect

from fleet.alerts import AlertType, Severity

PATIENCE_MS = 30_000
pytestmark = pytest.mark.timeout(300)
SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
  .map(({ title, body, tag }) => ({ title, body, tag }))"""


@pytest.fixture
async def installed(context, enter, desk) -> Page:
    """Sam's page, which the service worker has taken over and which may show notifications."""
    await context.grant_permissions(["notifications"], origin=desk.url)
    page: Page = await enter(context)
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await page.reload()
    return page


async def registration_of(tools: CDPSession, url: str) -> str:
    """The id under which the browser knows the worker of this address."""
    found: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def told(event):
        for registration in event["registrations"]:
            if registration["scopeURL"].startswith(url) and not found.done():
                found.set_result(registration["registrationId"])

    tools.on("ServiceWorker.workerRegistrationUpdated", told)
    await tools.send("ServiceWorker.enable")
    return await asyncio.wait_for(found, 30)


async def test_the_browser_offers_to_install_it(installed):
    tools = await installed.context.new_cdp_session(installed)
    errors = (await tools.send("Page.getInstallabilityErrors"))["installabilityErrors"]
    assert [each["errorId"] for each in errors if each["errorId"] != "in-incognito"] == []  # a test's profile is a private one
    manifest = await tools.send("Page.getAppManifest")
    assert manifest["errors"] == []


async def test_a_push_is_shown_and_names_neither_vehicle_nor_person(installed, desk):
    alert = (await desk.alerts())[-1]
    tools = await installed.context.new_cdp_session(installed)
    pushed = {"id": str(alert["alert_id"]), "type": "ENGINE_OVERHEAT", "severity": "CRITICAL", "change": "opened"}
    message = {"origin": desk.url, "registrationId": await registration_of(tools, desk.url), "data": json.dumps(pushed)}
    await tools.send("ServiceWorker.deliverPushMessage", message)
    async with asyncio.timeout(30):
        while not (shown := await installed.evaluate(SHOWN)):  # noqa: ASYNC110  a worker tells nobody when it has shown one
            await asyncio.sleep(0.05)
    (notification,) = shown
    assert notification["title"] == "Critical: engine overheat"
    assert notification["tag"] == pushed["id"]
    assert alert["vehicle_id"] not in json.dumps(shown)


async def test_alerts_are_worked_by_keyboard_alone(context, enter, desk):
    await desk.raise_alert("VH-0001", AlertType.LOW_OIL_PRESSURE, Severity.CRITICAL)
    (*_, mine) = [a for a in await desk.alerts() if a["vehicle_id"] == "VH-0001" and a["type"] == "LOW_OIL_PRESSURE"]
    page: Page = await enter(context)
    await page.goto(f"{desk.url}/alerts?q=low+oil+pressure&vehicle=VH-0001&state=OPEN")
    link = page.get_by_role("link", name=re.compile("^Open alert: low oil pressure, VH-0001"))
    await expect(link).to_have_count(1, timeout=PATIENCE_MS)
    await page.keyboard.press("j")
    await page.keyboard.press("a")
    await expect(page.get_by_text("Acknowledged by Sam Rivera").first).to_be_visible(timeout=PATIENCE_MS)
    assert ("sam@desk.example", str(mine["alert_id"])) in await desk.deeds("alert.acknowledged")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("oil pressure", timeout=PATIENCE_MS)
