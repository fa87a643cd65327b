"""Signing in at a provider, in a browser: there, back from another site, and in; or not in, and told why."""

import secrets

import asyncpg
import pytest
from playwright.async_api import Browser, Page, expect
from pydantic import SecretStr

from fleet.settings import Mqtt, Oidc, Postgres, Settings
from fleet.stores.provisioning import ensure_user
from fleetguard.testing import free_port

PATIENCE_MS = 30_000
pytestmark = [pytest.mark.timeout(300), pytest.mark.filterwarnings("ignore::DeprecationWarning")]  # the provider's own


@pytest.fixture
async def url(desk, serve_api_briefly, postgres, issuer) -> str:
    """The desk with a provider: the page is of the site 127.0.0.1, the provider of the site localhost."""
    oidc = Oidc(issuer=issuer, client_id="fleetguard", client_secret=SecretStr("s"), name="Desk ID")
    database = Postgres(url=postgres.app_url, pool_size=3)
    return await serve_api_briefly(Settings(postgres=database, mqtt=Mqtt(port=free_port()), oidc=oidc))


@pytest.fixture
async def email(desk, postgres, known_to_provider) -> str:
    """Somebody with an account here and at the provider, of whom no other test knows."""
    address = f"{secrets.token_hex(4)}@desk.example"
    owner = await asyncpg.connect(postgres.owner_url)
    try:
        await ensure_user(owner, desk.tenant, address, "Ada Brandt", "fleet_manager", "correct horse battery staple")
    finally:
        await owner.close()
    return await known_to_provider(address)


async def to_provider(page: Page, url: str, issuer: str, path: str = "/sign-in", button: str = "Sign in with Desk ID") -> None:
    """From the page that asks for a sign-in to the provider's own."""
    await page.goto(url + path)
    await page.get_by_role("button", name=button).click(timeout=PATIENCE_MS)
    await page.wait_for_url(f"{issuer}/**", timeout=PATIENCE_MS)


async def confirm(page: Page, email: str) -> None:
    await page.get_by_placeholder("sub").fill(email)
    await page.get_by_role("button", name="Authorize").click()


async def test_who_signs_in_at_the_provider_comes_back_signed_in_and_sees_the_alerts(context, url, issuer, email):
    page = await context.new_page()
    await to_provider(page, url, issuer)
    loaded = []
    page.on("domcontentloaded", lambda shown: loaded.append(shown.url))
    await confirm(page, email)
    await expect(page.get_by_role("region", name="Alerts, newest first")).to_be_visible(timeout=PATIENCE_MS)
    await expect(page.get_by_role("link", name="Open alert", exact=False).first).to_be_visible()
    assert loaded == [f"{url}/alerts"]  # the first page that loads, and no other before or after it
    cookies = {cookie["name"]: cookie for cookie in await context.cookies(url)}
    assert {name: (kept["sameSite"], kept["httpOnly"]) for name, kept in cookies.items()} == {
        "fleetguard_session": ("Strict", True)
    }
    await page.goto(f"{url}/settings/security")
    await expect(page.get_by_text("This browser")).to_have_count(1, timeout=PATIENCE_MS)


async def test_one_comes_back_to_the_page_that_asked_for_the_sign_in(context, url, issuer, email):
    page = await context.new_page()
    await to_provider(page, url, issuer, "/vehicles?q=VH-0002")
    await confirm(page, email)
    await expect(page.get_by_role("heading", name="Vehicles", level=1)).to_be_visible(timeout=PATIENCE_MS)
    assert page.url == f"{url}/vehicles?q=VH-0002"


async def test_the_session_that_the_browser_had_ends_with_the_new_one(context, url, issuer, email):
    page = await context.new_page()
    for _ in range(2):
        await to_provider(page, url, issuer)
        await confirm(page, email)
        await expect(page.get_by_role("region", name="Alerts, newest first")).to_be_visible(timeout=PATIENCE_MS)
        await page.evaluate("navigator.serviceWorker.ready")  # the second time, the worker is between page and server
    await page.goto(f"{url}/settings/security")
    await expect(page.get_by_text("This browser")).to_have_count(1, timeout=PATIENCE_MS)
    await expect(page.get_by_role("button", name="End the session of", exact=False)).to_have_count(0)


@pytest.mark.parametrize(
    ("locale", "button", "words"),
    [
        ("en-GB", "Sign in with Desk ID", "The provider did not confirm who you are."),
        ("de-DE", "Mit Desk ID anmelden", "Der Anbieter hat nicht bestätigt, wer Sie sind."),
    ],
)
async def test_who_declines_at_the_provider_is_told_so_in_their_language(
    browser: Browser, url, issuer, email, locale, button, words
):
    context = await browser.new_context(locale=locale)
    page = await context.new_page()
    await to_provider(page, url, issuer, button=button)
    await page.get_by_role("button", name="Deny").click()
    await expect(page.get_by_role("alert")).to_contain_text(words, timeout=PATIENCE_MS)
    assert await context.cookies(url) == []
    await page.get_by_role("button", name=button).click()  # and can try again
    await confirm(page, email)
    await expect(page).to_have_url(f"{url}/alerts", timeout=PATIENCE_MS)
    await context.close()


@pytest.mark.parametrize(
    ("locale", "button", "words"),
    [
        ("en-GB", "Sign in with Desk ID", "No active account has this email address."),
        ("de-DE", "Mit Desk ID anmelden", "Kein aktives Konto hat diese E-Mail-Adresse."),
    ],
)
async def test_somebody_unknown_is_told_whom_to_ask(browser: Browser, url, issuer, known_to_provider, locale, button, words):
    context = await browser.new_context(locale=locale)
    page = await context.new_page()
    await to_provider(page, url, issuer, button=button)
    await confirm(page, await known_to_provider("stranger@elsewhere.example"))
    await expect(page.get_by_role("alert")).to_contain_text(words, timeout=PATIENCE_MS)
    assert await context.cookies(url) == []
    await context.close()
