"""One's own ways in, in a browser: a code beside the password, sessions elsewhere, tokens for programs."""

import json
import secrets
from pathlib import Path

import asyncpg
import httpx
import pyotp
import pytest
from playwright.async_api import Page, expect

from fleet.stores.provisioning import ensure_user

PATIENCE_MS = 30_000
PASSWORD = "correct horse battery staple"
pytestmark = pytest.mark.timeout(300)


@pytest.fixture
async def email(desk, postgres):
    """Somebody of whom no other test knows."""
    address = f"{secrets.token_hex(4)}@desk.example"
    owner = await asyncpg.connect(postgres.owner_url)
    try:
        await ensure_user(owner, desk.tenant, address, "Noor Haddad", "fleet_manager", PASSWORD)
    finally:
        await owner.close()
    return address


@pytest.fixture
async def page(context, enter, email) -> Page:
    opened = await enter(context, email)
    await opened.get_by_role("link", name="Settings").first.click()
    await opened.get_by_role("link", name="Sign-in and security").click()
    await expect(opened.get_by_role("heading", name="Sign-in and security", level=1)).to_be_visible(timeout=PATIENCE_MS)
    return opened


async def test_a_code_is_set_up_and_asked_for(page, desk, email, browser):
    await page.get_by_role("button", name="Set up a code").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("img", name="The secret, for the camera of your app")).to_be_visible(timeout=PATIENCE_MS)
    codes = pyotp.TOTP(await dialog.locator("code").inner_text())
    await dialog.get_by_label("Code", exact=True).fill(codes.now())
    await dialog.get_by_role("button", name="Confirm").click()
    await expect(dialog.get_by_text("Spare codes", exact=True)).to_be_visible(timeout=PATIENCE_MS)
    spare = (await dialog.locator("code").inner_text()).split()
    assert len(spare) == 8
    await dialog.get_by_role("button", name="Close").click()
    await expect(page.get_by_role("button", name="Ask for no code any more")).to_be_visible(timeout=PATIENCE_MS)

    elsewhere = await browser.new_context()
    guest = await elsewhere.new_page()
    await guest.goto(f"{desk.url}/sign-in")
    await guest.get_by_label("Email").fill(email)
    await guest.get_by_label("Password").fill(PASSWORD)
    await guest.get_by_role("button", name="Sign in").click()
    await guest.get_by_label("Code").fill(spare[0])
    await guest.get_by_role("button", name="Sign in").click()
    await expect(guest.get_by_role("region", name="Alerts, newest first")).to_be_visible(timeout=PATIENCE_MS)
    await elsewhere.close()


async def test_a_session_elsewhere_is_ended(page, desk, email):
    async with httpx.AsyncClient(base_url=desk.url, headers={"User-Agent": "Depot screen"}) as elsewhere:
        await elsewhere.post("/api/session", json={"email": email, "password": PASSWORD})
        await page.reload()
        await page.get_by_role("button", name="End the session of Depot screen").click()
        await expect(page.get_by_text("Depot screen")).to_have_count(0, timeout=PATIENCE_MS)
        assert (await elsewhere.get("/api/session")).status_code == 401
        await expect(page.get_by_text("This browser")).to_be_visible()


async def test_a_program_gets_a_token_that_works_until_it_is_revoked(page, desk):
    await page.get_by_role("button", name="New token").click()
    await page.get_by_label("Name of the program").fill("Night report")
    await page.get_by_label("Read vehicles and forecasts").check()
    await page.get_by_role("button", name="Make the token").click()
    token = await page.get_by_role("dialog").locator("code").inner_text(timeout=PATIENCE_MS)
    await page.get_by_role("button", name="Close").click()
    async with httpx.AsyncClient(base_url=desk.url, headers={"Authorization": f"Bearer {token}"}) as program:
        assert (await program.get("/api/vehicles")).status_code == 200
        assert (await program.get("/api/drivers/scores")).status_code == 403
        await page.get_by_role("button", name="Revoke the token of Night report").click()
        await expect(page.get_by_text("Night report")).to_have_count(0, timeout=PATIENCE_MS)
        assert (await program.get("/api/vehicles")).status_code == 401


async def test_one_takes_along_ones_own_data_as_a_file(context, enter):
    page = await enter(context)
    await page.get_by_role("link", name="Settings").first.click()
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Download your data").click()
    taken = json.loads(Path(await (await download.value).path()).read_text())
    assert taken["account"]["email"] == "sam@desk.example"
    assert taken["thisBrowser"]["preferences"]["units"] == "metric"
    await expect(page.get_by_text("The file is among your downloads.")).to_be_visible()
