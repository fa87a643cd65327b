"""Signing in, staying in, and being kept out."""

import httpx
import pytest

from fleet.settings import Api, Postgres, Rate, Settings


async def test_a_session_says_who_is_signed_in(manager, tenant):
    session = (await manager.browser.get("/api/session")).json()
    assert session["email"] == manager.email
    assert session["role"] == "fleet_manager"
    assert session["tenantId"] == tenant.slug


async def test_signing_in_again_ends_the_session_this_browser_had(manager, api):
    old_cookies = dict(manager.browser.cookies)
    await manager.browser.post("/api/session", json={"email": manager.email, "password": "correct horse battery staple"})
    async with httpx.AsyncClient(base_url=api, cookies=old_cookies) as other:
        assert (await other.get("/api/session")).status_code == 401
    assert (await manager.browser.get("/api/session")).status_code == 200


async def test_after_signing_out_the_token_is_worth_nothing(manager, api):
    token = dict(manager.browser.cookies)
    assert (await manager.browser.delete("/api/session")).status_code == 204
    async with httpx.AsyncClient(base_url=api, cookies=token) as thief:
        assert (await thief.get("/api/session")).status_code == 401


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(manager, api):
    async with httpx.AsyncClient(base_url=api) as browser:
        answer = await browser.post("/api/session", json={"email": manager.email, "password": "correct horse battery staple"})
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()


@pytest.mark.parametrize("email", ["nobody@example.com", None], ids=["unknown address", "wrong password"])
async def test_a_failed_sign_in_does_not_tell_what_was_wrong(email, manager, api):
    async with httpx.AsyncClient(base_url=api) as browser:
        answer = await browser.post("/api/session", json={"email": email or manager.email, "password": "guess"})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "Email or password is wrong."


async def test_guessing_is_slowed_down_and_says_how_long_to_wait(manager, api):
    async with httpx.AsyncClient(base_url=api) as browser:
        answers = [await browser.post("/api/session", json={"email": manager.email, "password": "guess"}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) >= 1


async def test_another_password_takes_the_present_one_and_ends_every_other_session(manager, api):
    old, new = "correct horse battery staple", "eleven blue tractors at dawn"
    async with httpx.AsyncClient(base_url=api) as elsewhere, httpx.AsyncClient(base_url=api) as newcomer:
        await elsewhere.post("/api/session", json={"email": manager.email, "password": old})
        wrong = await manager.browser.post("/api/session/password", json={"password": "guess", "newPassword": new})
        assert (wrong.status_code, wrong.json()["detail"]) == (403, "The present password is wrong.")
        assert (await elsewhere.get("/api/session")).status_code == 200
        changed = await manager.browser.post("/api/session/password", json={"password": old, "newPassword": new})
        assert changed.status_code == 204
        assert (await manager.browser.get("/api/session")).status_code == 200
        assert (await elsewhere.get("/api/session")).status_code == 401
        answers = [await newcomer.post("/api/session", json={"email": manager.email, "password": each}) for each in (old, new)]
    assert [answer.status_code for answer in answers] == [401, 200]


async def test_guessing_the_present_password_is_slowed_down(manager):
    body = {"password": "guess", "newPassword": "eleven blue tractors at dawn"}
    answers = [(await manager.browser.post("/api/session/password", json=body)).status_code for _ in range(6)]
    assert answers == [403] * 5 + [429]


async def test_a_write_without_the_header_is_refused(manager):
    answer = await manager.browser.delete("/api/session", headers={"X-Requested-With": ""})
    assert answer.status_code == 403


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/api/session"), ("POST", "/api/session")])
async def test_a_write_that_another_site_started_is_refused(manager, method, path):
    body = {"email": manager.email, "password": "correct horse battery staple"}
    answer = await manager.browser.request(method, path, json=body, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403


async def test_a_write_from_our_own_page_passes(manager, api):
    assert (await manager.browser.delete("/api/session", headers={"Origin": api})).status_code == 204


async def test_a_flood_waits_and_the_colleague_does_not(serve_api, postgres, sign_in, tenant):
    rate = Rate(per_s=0.1, burst=5)
    limited = await serve_api(Settings(postgres=Postgres(url=postgres.app_url), api=Api(person_rate=rate)))
    eager, colleague = await sign_in(tenant), await sign_in(tenant)
    eager.browser.base_url = colleague.browser.base_url = limited
    answers = [await eager.browser.get("/api/session") for _ in range(8)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 3
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 10
    assert answers[-1].headers["content-type"] == "application/problem+json"
    assert (await colleague.browser.get("/api/session")).status_code == 200
