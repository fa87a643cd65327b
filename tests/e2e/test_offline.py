"""Without a connection: what was known is shown with its date, what people do waits, and is applied once, in their name."""

import asyncio
import re

import pytest
from playwright.async_api import BrowserContext, Page, expect

from fleet.alerts import AlertType, Severity

PATIENCE_MS = 30_000
pytestmark = pytest.mark.timeout(300)
LEFT_BEHIND = """async () => {
  const database = await new Promise((done, failed) => {
    const asked = indexedDB.open('fleetguard');
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
  const counts = await Promise.all([...database.objectStoreNames].map((name) => new Promise((done) => {
    const asked = database.transaction(name).objectStore(name).count();
    asked.onsuccess = () => done([name, asked.result]);
  })));
  database.close();
  return Object.fromEntries(counts);
}"""

CACHED = """async () => {
  const kept = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
  return kept.flat().map((request) => new URL(request.url).pathname);
}"""


@pytest.fixture
async def newest(desk) -> str:
    """The name of an alert that nobody has acknowledged."""
    await desk.raise_alert("VH-0002", AlertType.SPEEDING, Severity.CRITICAL)
    (alert, *_) = [a for a in reversed(await desk.alerts()) if a["vehicle_id"] == "VH-0002" and a["type"] == "SPEEDING"]
    async with desk.pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT set_config('app.tenant', $1, true)", str(desk.tenant))
        await connection.execute(
            "UPDATE alerts SET state = 'OPEN', acknowledged_by = NULL, acknowledged_at = NULL WHERE alert_id = $1",
            alert["alert_id"],
        )
    return str(alert["alert_id"])


async def offline(context: BrowserContext, page: Page) -> None:
    """Loses the connection after the worker has taken the page over, and opens it anew."""
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await page.reload()
    await expect(rows(page).first).to_be_visible(timeout=PATIENCE_MS)
    await context.set_offline(True)
    await page.reload()
    await expect(page.get_by_text(re.compile("^No connection. This is what was known at"))).to_be_visible(timeout=PATIENCE_MS)


def rows(page: Page):
    return page.get_by_role("link", name=re.compile("^Open alert: speeding, VH-0002"))


async def acknowledge(page: Page) -> None:
    await page.get_by_role("button", name="Acknowledge alert: speeding, VH-0002").first.click()
    await expect(page.get_by_text("Waits for a connection").first).to_be_visible()
    await expect(page.get_by_role("button", name="1 waits")).to_be_visible()


async def test_the_last_known_alerts_are_dated_and_an_acknowledgement_is_applied_once(desk, context, enter, newest):
    page = await enter(context)
    await offline(context, page)
    await acknowledge(page)
    await page.reload()
    await expect(page.get_by_text("Waits for a connection").first).to_be_visible(timeout=PATIENCE_MS)
    await context.set_offline(False)
    await expect(page.get_by_text("Acknowledged by Sam Rivera").first).to_be_visible(timeout=PATIENCE_MS)
    await expect(page.get_by_role("button", name="1 waits")).to_have_count(0)
    await expect(page.get_by_text(re.compile("^No connection"))).to_have_count(0)
    done = [deed for deed in await desk.deeds("alert.acknowledged") if newest in deed[1]]
    assert [email for email, _ in done] == ["sam@desk.example"]


async def test_who_comes_second_is_told_who_was_first(browser, context, enter, newest):
    page = await enter(context)
    await offline(context, page)
    await acknowledge(page)
    other = await browser.new_context()
    colleague = await enter(other, "kim@desk.example")
    await colleague.get_by_role("button", name="Acknowledge alert: speeding, VH-0002").first.click()
    await expect(colleague.get_by_text("Acknowledged by Kim Osei").first).to_be_visible()
    await other.close()
    await context.set_offline(False)
    await page.get_by_role("button", name="1 not applied").click(timeout=PATIENCE_MS)
    await expect(page.get_by_text(re.compile("Not applied: .*Kim Osei"))).to_be_visible()
    await page.get_by_role("button", name=re.compile("^Put away")).click()
    await expect(page.get_by_text("Acknowledged by Kim Osei").first).to_be_visible(timeout=PATIENCE_MS)


async def test_what_waits_is_never_applied_as_another_person(desk, context, enter, newest):
    page = await enter(context)
    await offline(context, page)
    await acknowledge(page)
    await page.close()
    await context.clear_cookies()
    await context.set_offline(False)
    other = await enter(context, "kim@desk.example")
    await expect(other.get_by_text("Live", exact=True)).to_be_visible(timeout=PATIENCE_MS)
    await other.reload()
    await expect(other.get_by_role("button", name="Acknowledge alert: speeding, VH-0002").first).to_be_visible(
        timeout=PATIENCE_MS
    )
    await expect(other.get_by_role("button", name=re.compile("wait"))).to_have_count(0)
    await other.close()
    await context.clear_cookies()
    assert [alert["state"] for alert in await desk.alerts() if str(alert["alert_id"]) == newest] == ["OPEN"]
    again = await enter(context)
    await expect(again.get_by_text("Acknowledged by Sam Rivera").first).to_be_visible(timeout=PATIENCE_MS)


@pytest.mark.usefixtures("newest")
async def test_signing_out_leaves_nothing_in_the_browser(context, enter):
    page = await enter(context)
    await expect(rows(page).first).to_be_visible()
    async with asyncio.timeout(10):
        while not (await page.evaluate(LEFT_BEHIND))["lastKnown"]:
            pass
    await page.get_by_role("button", name="Account of Sam Rivera").click()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert await page.evaluate(LEFT_BEHIND) == {"lastKnown": 0, "outbox": 0}
    caches = await page.evaluate(CACHED)
    assert [path for path in caches if path.startswith(("/api", "/sse"))] == []
