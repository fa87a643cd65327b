"""Signing in at a real OpenID Connect provider on loopback."""

import base64
import hashlib
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import asyncpg
import httpx
import jwt
import pyotp
import pytest

from fleet.settings import Api, Oidc, Postgres, Settings
from fleet.stores.postgres import tenant_transaction

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the provider's own
STATE_KEY = "only the tests know this key, and it is long"
COOKIE = "fleetguard_session_oidc"


@pytest.fixture
async def browser(serve_api_briefly, postgres, issuer):
    """A browser on an API of its own that has this provider: failures of one test do not slow down the next."""
    oidc = Oidc(issuer=issuer, client_id="fleetguard", client_secret="s", name="Acme ID", state_key=STATE_KEY)
    api = await serve_api_briefly(Settings(postgres=Postgres(url=postgres.app_url, pool_size=2), api=Api(), oidc=oidc))
    async with httpx.AsyncClient(base_url=api, headers={"X-Requested-With": "fleetguard"}, timeout=10) as opened:
        yield opened


async def way_back(browser: httpx.AsyncClient, subject: str, next: str = "/vehicles") -> str:
    """Go to the provider and sign in there; returns the address it leads back to, not opened yet."""
    started = await browser.get("/api/session/oidc", params={"next": next})
    assert started.status_code == 303, started.text
    async with httpx.AsyncClient() as at_provider:
        answer = await at_provider.post(started.headers["location"], data={"sub": subject})
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


async def sign_in_as(browser: httpx.AsyncClient, subject: str, next: str = "/vehicles") -> str:
    """The whole way; returns where it ends."""
    return (await browser.get(await way_back(browser, subject, next))).headers["location"]


def reseal(browser: httpx.AsyncClient, **changes) -> None:
    """Change what the browser keeps, with the server's own key."""
    kept = jwt.decode(browser.cookies[COOKIE], STATE_KEY, ["HS256"])
    browser.cookies.delete(COOKIE)
    browser.cookies.set(COOKIE, jwt.encode(kept | changes, STATE_KEY, "HS256"), domain="127.0.0.1")


async def is_signed_in(browser: httpx.AsyncClient) -> bool:
    return (await browser.get("/api/session")).status_code == 200


async def test_whoever_has_an_account_is_signed_in_and_led_on(browser, manager, tenant, known_to_provider):
    assert await sign_in_as(browser, await known_to_provider(manager.email)) == "/vehicles"
    session = (await browser.get("/api/session")).json()
    assert (session["email"], session["tenantId"]) == (manager.email, tenant.slug)
    assert COOKIE not in browser.cookies


async def test_the_case_of_the_address_does_not_matter_and_the_tenant_is_the_accounts(
    browser, manager, tenant, known_to_provider
):
    subject = await known_to_provider(manager.email.upper(), tenant="another", tenant_id="another")
    await sign_in_as(browser, subject)
    assert (await browser.get("/api/session")).json()["tenantId"] == tenant.slug


async def test_the_sign_in_is_in_the_audit_log(browser, manager, tenant, pool, known_to_provider):
    await sign_in_as(browser, await known_to_provider(manager.email))
    async with tenant_transaction(pool, tenant.id) as connection:
        deeds = await connection.fetch("SELECT * FROM audit_log WHERE action = 'session.opened'")
    assert len(deeds) == 2  # with the password, by the fixture, and now


async def test_the_browser_takes_along_a_challenge_and_keeps_what_scripts_cannot_read(browser):
    started = await browser.get("/api/session/oidc")
    asked = {name: value for name, (value,) in parse_qs(urlsplit(started.headers["location"]).query).items()}
    kept = jwt.decode(browser.cookies[COOKIE], STATE_KEY, ["HS256"])
    digest = base64.urlsafe_b64encode(hashlib.sha256(kept["verifier"].encode()).digest()).rstrip(b"=").decode()
    assert (asked["code_challenge"], asked["code_challenge_method"]) == (digest, "S256")
    assert (asked["state"], asked["nonce"]) == (kept["state"], kept["nonce"])
    cookie = started.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "max-age=600" in cookie


async def test_a_wrong_state_is_refused(browser, manager, known_to_provider):
    address = httpx.URL(await way_back(browser, await known_to_provider(manager.email)))
    answer = await browser.get(address.copy_set_param("state", "another"))
    assert answer.headers["location"] == "/sign-in?next=%2Fvehicles#expired"
    assert not await is_signed_in(browser)


async def test_another_browser_cannot_finish_what_this_one_began(browser, manager, known_to_provider):
    address = await way_back(browser, await known_to_provider(manager.email))
    browser.cookies.clear()
    assert (await browser.get(address)).headers["location"] == "/sign-in?next=%2Falerts#expired"
    assert not await is_signed_in(browser)


async def test_a_sign_in_that_took_too_long_is_refused(browser, manager, known_to_provider):
    address = await way_back(browser, await known_to_provider(manager.email))
    reseal(browser, exp=int(datetime.now(UTC).timestamp()) - 1)
    assert (await browser.get(address)).headers["location"].endswith("#expired")
    assert not await is_signed_in(browser)


async def test_a_code_is_taken_once(browser, manager, known_to_provider):
    address = await way_back(browser, await known_to_provider(manager.email))
    kept = browser.cookies[COOKIE]
    assert (await browser.get(address)).headers["location"] == "/vehicles"
    browser.cookies.clear()
    browser.cookies.set(COOKIE, kept, domain="127.0.0.1")
    assert (await browser.get(address)).headers["location"].endswith("#refused")
    assert not await is_signed_in(browser)


async def test_a_token_of_another_sign_in_is_refused(browser, manager, known_to_provider):
    address = await way_back(browser, await known_to_provider(manager.email))
    reseal(browser, nonce="another")
    assert (await browser.get(address)).headers["location"].endswith("#refused")
    assert not await is_signed_in(browser)


async def test_who_declines_at_the_provider_is_told_so(browser):
    state = parse_qs(urlsplit((await browser.get("/api/session/oidc")).headers["location"]).query)["state"][0]
    answer = await browser.get("/api/session/oidc/callback", params={"error": "access_denied", "state": state})
    assert answer.headers["location"].endswith("#refused")


async def test_a_refusal_without_the_state_is_told_and_counts_for_nothing(browser):
    """Some providers leave the state out; another site's page can do the same."""
    for _ in range(8):
        answer = await browser.get("/api/session/oidc/callback", params={"error": "access_denied"})
        assert answer.headers["location"].endswith("#refused")


async def test_the_session_that_the_browser_had_ends_though_it_is_not_shown_on_the_way_back(browser, manager, known_to_provider):
    """The session's cookie is SameSite=Strict: a browser that another site leads here does not send it along."""
    subject = await known_to_provider(manager.email)
    await sign_in_as(browser, subject)
    address, first = await way_back(browser, subject), browser.cookies["fleetguard_session"]
    browser.cookies.delete("fleetguard_session")
    await browser.get(address)
    assert await is_signed_in(browser)
    browser.cookies.clear()
    browser.cookies.set("fleetguard_session", first, domain="127.0.0.1")
    assert not await is_signed_in(browser)


async def test_no_account_is_made_for_a_stranger(browser, known_to_provider, postgres):
    subject = await known_to_provider("stranger@example.com")
    assert (await sign_in_as(browser, subject)).endswith("#unknown")
    owner = await asyncpg.connect(postgres.superuser_url)
    try:
        assert await owner.fetchval("SELECT count(*) FROM users WHERE email = $1", subject) == 0
    finally:
        await owner.close()


@pytest.mark.parametrize("claim", [False, None, "true"])
async def test_an_address_that_is_not_verified_is_nobodys(browser, manager, known_to_provider, claim):
    subject = await known_to_provider(manager.email, email_verified=claim)
    assert (await sign_in_as(browser, subject)).endswith("#unverified")
    assert not await is_signed_in(browser)


async def test_a_deactivated_account_stays_closed(browser, manager, sign_in, tenant, known_to_provider):
    colleague = await sign_in(tenant, "analyst")
    answer = await manager.browser.patch(f"/api/people/{colleague.user_id}", json={"active": False})
    assert answer.status_code == 200, answer.text
    assert (await sign_in_as(browser, await known_to_provider(colleague.email))).endswith("#unknown")
    assert not await is_signed_in(browser)


async def test_a_second_factor_of_the_account_counts_unless_the_provider_asked_for_one(browser, manager, known_to_provider):
    secret = (await manager.browser.post("/api/session/second-factor")).json()["secret"]
    code = {"code": pyotp.TOTP(secret).now()}
    assert (await manager.browser.post("/api/session/second-factor/confirm", json=code)).status_code == 200
    assert (await sign_in_as(browser, await known_to_provider(manager.email, amr=["pwd"]))).endswith("#second-factor")
    assert not await is_signed_in(browser)
    assert await sign_in_as(browser, await known_to_provider(manager.email, amr=["pwd", "mfa"])) == "/vehicles"
    assert await is_signed_in(browser)


@pytest.mark.parametrize("next", ["//evil.example", "https://evil.example/", "/\\evil.example"])
async def test_a_foreign_next_leads_to_the_alerts(browser, manager, known_to_provider, next):
    assert await sign_in_as(browser, await known_to_provider(manager.email), next) == "/alerts"


async def test_failures_slow_down(browser, known_to_provider):
    subject = await known_to_provider("stranger@example.com")
    ends = [await sign_in_as(browser, subject) for _ in range(6)]
    assert [end.partition("#")[2] for end in ends] == ["unknown"] * 5 + ["throttled"]


async def test_a_provider_that_is_away_is_told_in_words(serve_api_briefly, postgres):
    oidc = Oidc(issuer="http://127.0.0.1:1", client_id="fleetguard")
    api = await serve_api_briefly(Settings(postgres=Postgres(url=postgres.app_url, pool_size=2), oidc=oidc))
    async with httpx.AsyncClient(base_url=api) as browser:
        answer = await browser.get("/api/session/oidc", params={"next": "/vehicles"})
    assert answer.headers["location"] == "/sign-in?next=%2Fvehicles#unavailable"


async def test_the_page_hears_what_the_provider_is_called(browser):
    assert (await browser.get("/api/session/ways")).json() == {"oidc": "Acme ID"}


async def test_without_settings_there_is_no_such_way(api):
    async with httpx.AsyncClient(base_url=api) as browser:
        ways, start, end = [await browser.get(f"/api/session/{path}") for path in ("ways", "oidc", "oidc/callback")]
    assert (start.status_code, end.status_code, ways.json()) == (404, 404, {"oidc": None})
