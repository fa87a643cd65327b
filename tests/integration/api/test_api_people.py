"""People are invited, change roles, leave and come back; nobody lifts themself, and nobody of another tenant is touched."""

import asyncio
import secrets

import httpx
import pyotp
import pytest

from fleet.settings import Mqtt, Postgres, Settings
from fleetguard.testing import free_port

PASSWORD = "a password of my own choosing"


@pytest.fixture
async def nobody(api):
    """A browser that nobody is signed in to."""
    async with httpx.AsyncClient(base_url=api, timeout=10) as browser:
        yield browser


async def invite(manager, **fields):
    body = {"email": f"{secrets.token_hex(6)}@example.com", "name": "Kim Novak", "role": "dispatcher"} | fields
    return await manager.browser.post("/api/people", json=body)


async def come_in(nobody, token, password=PASSWORD):
    return await nobody.post("/api/invitation", json={"token": token, "password": password})


async def enter(nobody, email, password=PASSWORD):
    return await nobody.post("/api/session", json={"email": email, "password": password})


async def people_of(manager):
    return {person["email"]: person for person in (await manager.browser.get("/api/people")).json()["items"]}


async def test_an_invited_person_chooses_a_password_and_signs_in_with_it(manager, nobody):
    invitation = (await invite(manager, email="Kim.Novak@Example.com", role="analyst")).json()
    assert (invitation["person"]["email"], invitation["person"]["invited"]) == ("kim.novak@example.com", True)
    assert (await enter(nobody, "kim.novak@example.com", "")).status_code == 422
    assert (await enter(nobody, "kim.novak@example.com")).status_code == 401
    assert (await come_in(nobody, invitation["token"])).json() == {"email": "kim.novak@example.com"}
    session = (await enter(nobody, "kim.novak@example.com")).json()
    assert (session["name"], session["role"]) == ("Kim Novak", "analyst")
    assert not (await people_of(manager))["kim.novak@example.com"]["invited"]


async def test_a_link_works_once_and_a_new_one_replaces_it(manager, nobody):
    first = (await invite(manager)).json()
    person = f"/api/people/{first['person']['userId']}"
    second = (await manager.browser.post(f"{person}/invitation")).json()
    assert (await come_in(nobody, first["token"])).status_code == 404
    assert (await come_in(nobody, second["token"], "too short")).status_code == 422
    assert [(await come_in(nobody, second["token"])).status_code for _ in range(2)] == [200, 404]


async def test_a_new_password_ends_the_sessions_of_the_old_one(manager, nobody, sign_in, tenant):
    person = await sign_in(tenant, "dispatcher")
    link = (await manager.browser.post(f"/api/people/{person.user_id}/invitation")).json()
    assert (await person.browser.get("/api/session")).status_code == 200
    answer = await come_in(nobody, link["token"])
    assert answer.status_code == 200, answer.text
    assert (await person.browser.get("/api/session")).status_code == 401


async def test_an_address_belongs_to_one_person(manager):
    assert [(await invite(manager, email=f"{email}@example.com")).status_code for email in ("only", "ONLY")] == [201, 409]


async def test_another_role_counts_at_once(manager, sign_in, tenant):
    person = await sign_in(tenant, "dispatcher")
    assert (await person.browser.get("/api/people")).status_code == 403
    answer = await manager.browser.patch(f"/api/people/{person.user_id}", json={"role": "fleet_manager"})
    assert answer.json()["role"] == "fleet_manager"
    assert (await person.browser.get("/api/people")).status_code == 200


async def test_who_is_deactivated_is_signed_out_and_stays_out_until_let_in_again(manager, nobody, sign_in, tenant):
    person = await sign_in(tenant, "dispatcher")
    path, password = f"/api/people/{person.user_id}", "correct horse battery staple"
    assert not (await manager.browser.patch(path, json={"active": False})).json()["active"]
    assert (await person.browser.get("/api/session")).status_code == 401
    assert (await enter(nobody, person.email, password)).status_code == 401
    assert (await manager.browser.post(f"{path}/invitation")).status_code == 409
    await manager.browser.patch(path, json={"active": True})
    assert (await enter(nobody, person.email, password)).status_code == 200


@pytest.mark.parametrize("wish", [{"role": "platform_admin"}, {"role": "analyst"}, {"active": False}])
async def test_nobody_changes_what_they_may_do_themself(manager, wish):
    answer = await manager.browser.patch(f"/api/people/{manager.user_id}", json=wish)
    assert answer.status_code == 409
    assert (await manager.browser.get("/api/people")).status_code == 200


async def test_a_manager_neither_makes_nor_changes_a_platform_admin(manager, sign_in, tenant):
    admin, path = await sign_in(tenant, "platform_admin"), "/api/people"
    assert (await invite(manager, role="platform_admin")).status_code == 403
    for request in (
        manager.browser.patch(f"{path}/{admin.user_id}", json={"active": False}),
        manager.browser.post(f"{path}/{admin.user_id}/invitation"),
        manager.browser.delete(f"{path}/{admin.user_id}/second-factor"),
    ):
        assert (await request).status_code == 403
    assert (await invite(admin, role="platform_admin")).status_code == 201


async def test_of_two_managers_who_deactivate_each_other_one_stays(sign_in, tenant, manager):
    other = await sign_in(tenant)
    answers = await asyncio.gather(
        manager.browser.patch(f"/api/people/{other.user_id}", json={"active": False}),
        other.browser.patch(f"/api/people/{manager.user_id}", json={"active": False}),
    )
    assert sorted(answer.status_code for answer in answers)[0] == 200
    still_in = [(await person.browser.get("/api/session")).status_code for person in (manager, other)]
    assert sorted(still_in) == [200, 401]


async def test_a_lost_second_factor_is_removed_by_a_manager(manager, nobody, sign_in, tenant):
    person = await sign_in(tenant, "analyst")
    secret = (await person.browser.post("/api/session/second-factor")).json()["secret"]
    await person.browser.post("/api/session/second-factor/confirm", json={"code": pyotp.TOTP(secret).now()})
    assert (await people_of(manager))[person.email]["secondFactor"]
    assert (await manager.browser.delete(f"/api/people/{person.user_id}/second-factor")).status_code == 204
    assert (await person.browser.get("/api/session")).status_code == 401
    assert (await enter(nobody, person.email, "correct horse battery staple")).status_code == 200


async def test_guessing_links_slows_down(serve_own_api):
    async with httpx.AsyncClient(base_url=serve_own_api, timeout=10) as browser:
        answers = [(await come_in(browser, f"guess-{number}")).status_code for number in range(52)]
    assert (answers[0], answers[-1]) == (404, 429)


@pytest.fixture
async def serve_own_api(serve_api, postgres):
    """An API of its own: the throttle counts by address, and every test comes from the same one."""
    return await serve_api(Settings(postgres=Postgres(url=postgres.app_url), mqtt=Mqtt(port=free_port())))
