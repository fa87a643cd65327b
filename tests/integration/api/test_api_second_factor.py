"""A code beside the password, and the list of sessions."""

from datetime import UTC, datetime

import httpx
import pyotp
import pytest

PASSWORD = "correct horse battery staple"


@pytest.fixture
async def enrolled(manager):
    """The manager with a second factor: (person, codes by step from now, spare codes)."""
    secret = (await manager.browser.post("/api/session/second-factor")).json()["secret"]

    def code(steps: int = 0) -> str:
        return pyotp.TOTP(secret).at(datetime.now(UTC), counter_offset=steps)

    confirmed = await manager.browser.post("/api/session/second-factor/confirm", json={"code": code(-1)})
    assert confirmed.status_code == 200
    return manager, code, confirmed.json()["codes"]


async def sign_in(api, person, code=None):
    async with httpx.AsyncClient(base_url=api, timeout=10) as browser:
        body = {"email": person.email, "password": PASSWORD} | ({"code": code} if code else {})
        return await browser.post("/api/session", json=body)


async def test_the_password_alone_is_not_enough_any_more(enrolled, api):
    person, code, _ = enrolled
    refused = await sign_in(api, person)
    assert (refused.status_code, refused.json()["secondFactor"]) == (401, True)
    entered = await sign_in(api, person, code())
    assert (entered.status_code, entered.json()["secondFactor"]) == (200, True)


async def test_a_code_is_taken_once(enrolled, api):
    person, code, _ = enrolled
    used = code()
    assert [(await sign_in(api, person, used)).status_code for _ in range(2)] == [200, 401]


async def test_a_wrong_code_is_refused_and_guessing_slows_down(enrolled, api):
    person, _, _ = enrolled
    answers = [(await sign_in(api, person, "000000")).status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]


async def test_a_spare_code_works_once(enrolled, api):
    person, _, spare = enrolled
    assert [(await sign_in(api, person, spare[0])).status_code for _ in range(2)] == [200, 401]
    assert (await sign_in(api, person, spare[1])).status_code == 200


async def test_a_wrong_password_does_not_tell_of_the_second_factor(enrolled, api):
    person, _, _ = enrolled
    async with httpx.AsyncClient(base_url=api) as browser:
        answer = await browser.post("/api/session", json={"email": person.email, "password": "guess"})
    assert "secondFactor" not in answer.json()


async def test_a_secret_that_was_never_confirmed_is_not_asked_for(manager, api):
    await manager.browser.post("/api/session/second-factor")
    assert (await sign_in(api, manager)).status_code == 200


async def test_it_is_removed_with_a_code_only(enrolled, api):
    person, code, _ = enrolled
    assert (await person.browser.post("/api/session/second-factor")).status_code == 409
    assert (await person.browser.post("/api/session/second-factor/remove", json={"code": "000000"})).status_code == 401
    assert (await person.browser.post("/api/session/second-factor/remove", json={"code": code()})).status_code == 204
    assert (await sign_in(api, person)).status_code == 200


async def test_a_session_elsewhere_is_listed_and_ended(manager, api):
    async with httpx.AsyncClient(base_url=api, headers={"User-Agent": "Elsewhere 1.0"}) as elsewhere:
        await elsewhere.post("/api/session", json={"email": manager.email, "password": PASSWORD})
        listed = (await manager.browser.get("/api/sessions")).json()["items"]
        assert {(each["openedWith"], each["isThis"]) for each in listed} >= {("Elsewhere 1.0", False)}
        assert sum(each["isThis"] for each in listed) == 1
        other = next(each for each in listed if not each["isThis"])
        assert (await manager.browser.delete(f"/api/sessions/{other['sessionId']}")).status_code == 204
        assert (await elsewhere.get("/api/session")).status_code == 401


async def test_nobody_ends_the_session_of_another(manager, sign_in, tenant):
    other = await sign_in(tenant)
    (theirs,) = (await other.browser.get("/api/sessions")).json()["items"]
    assert (await manager.browser.delete(f"/api/sessions/{theirs['sessionId']}")).status_code == 404
