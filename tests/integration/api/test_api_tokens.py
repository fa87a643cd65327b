"""Programs that act for a person, and never do more than the person may."""

from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import pytest

from fleet.stores.sessions import API_TOKEN_PREFIX, token_hash


@pytest.fixture
async def program(api):
    """Makes programs: `await program(person, "read alerts")` is a client that sends a token of theirs, and nothing else."""
    clients = []

    async def start(person, *scopes):
        made = await person.browser.post("/api/tokens", json={"name": "Night report", "scopes": scopes})
        assert made.status_code == 201, made.text
        token, token_id = made.json()["token"], made.json()["apiToken"]["tokenId"]
        client = httpx.AsyncClient(base_url=api, headers={"Authorization": f"Bearer {token}"}, timeout=10)
        clients.append(client)
        return client, token_id

    yield start
    for client in clients:
        await client.aclose()


async def test_a_token_does_what_its_scopes_name_and_nothing_else(manager, program, raise_alert, tenant):
    await raise_alert(tenant)
    client, _ = await program(manager, "read alerts", "acknowledge alerts")
    (alert,) = (await client.get("/api/anomalies")).json()["items"]
    assert (await client.post(f"/api/anomalies/{alert['id']}/acknowledge")).status_code == 200  # no header against forged writes
    refused = await client.get("/api/vehicles")
    assert refused.status_code == 403
    assert "read the fleet" in refused.json()["detail"]
    assert (await client.get("/api/session")).json()["permissions"] == ["acknowledge alerts", "read alerts"]


async def test_a_token_never_does_more_than_its_owner_may_now(manager, sign_in, program, tenant):
    analyst = await sign_in(tenant, role="analyst")
    beyond = await analyst.browser.post("/api/tokens", json={"name": "x", "scopes": ["manage people"]})
    assert (beyond.status_code, "manage people" in beyond.json()["detail"]) == (403, True)
    client, _ = await program(analyst, "read driver scores", "read alerts")
    assert (await client.get("/api/drivers/scores")).status_code == 200
    await manager.browser.patch(f"/api/people/{analyst.user_id}", json={"role": "dispatcher"})
    assert (await client.get("/api/drivers/scores")).status_code == 403
    assert (await client.get("/api/anomalies")).status_code == 200
    await manager.browser.patch(f"/api/people/{analyst.user_id}", json={"active": False})
    assert (await client.get("/api/anomalies")).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/tokens", {"name": "another", "scopes": ["read alerts"]}),
        ("GET", "/api/tokens", None),
        ("GET", "/api/sessions", None),
        ("POST", "/api/session/second-factor", None),
        ("DELETE", "/api/session", None),
    ],
)
async def test_what_belongs_to_the_person_alone_takes_signing_in(manager, program, method, path, body):
    client, _ = await program(manager, "manage people", "read alerts")
    answer = await client.request(method, path, json=body)
    assert (answer.status_code, answer.json()["detail"]) == (403, "An API token cannot do this: sign in.")


async def test_a_revoked_token_is_worth_nothing_and_its_stream_ends(manager, program, raise_alert, tenant):
    client, token_id = await program(manager, "read alerts")
    async with client.stream("GET", "/sse/anomalies", timeout=20) as stream:
        lines = stream.aiter_lines()
        assert (await anext(lines)).startswith("retry")
        assert (await manager.browser.delete(f"/api/tokens/{token_id}")).status_code == 204
        async for _ in lines:  # until the server ends it
            pass
    assert (await client.get("/api/anomalies")).status_code == 401


async def test_an_expired_token_is_worth_nothing(manager, program, postgres):
    client, token_id = await program(manager, "read alerts")
    owner = await asyncpg.connect(postgres.owner_url)
    try:
        await owner.execute("UPDATE api_tokens SET expires_at = now() WHERE token_id = $1", token_id)
    finally:
        await owner.close()
    assert (await client.get("/api/anomalies")).status_code == 401


async def test_the_list_says_when_each_was_used_and_never_its_text(manager, program, pool):
    client, token_id = await program(manager, "read alerts")
    (unused,) = (await manager.browser.get("/api/tokens")).json()["items"]
    assert unused["lastUsedAt"] is None
    await client.get("/api/anomalies")
    (used,) = (await manager.browser.get("/api/tokens")).json()["items"]
    assert datetime.now(UTC) - datetime.fromisoformat(used["lastUsedAt"]) < timedelta(minutes=2)
    assert used.keys() == {"tokenId", "name", "scopes", "createdAt", "expiresAt", "lastUsedAt"}
    assert used["tokenId"] == token_id


async def test_a_bearer_that_is_none_of_ours_does_not_fall_back_to_the_cookie(manager):
    for bearer in (API_TOKEN_PREFIX + "x" * 43, "nonsense"):
        answer = await manager.browser.get("/api/session", headers={"Authorization": f"Bearer {bearer}"})
        assert answer.status_code == 401


async def test_the_store_keeps_the_hash_alone(manager, postgres):
    token = (await manager.browser.post("/api/tokens", json={"name": "x", "scopes": ["read alerts"]})).json()["token"]
    owner = await asyncpg.connect(postgres.owner_url)
    try:
        row = await owner.fetchrow("SELECT t::text AS whole, token_hash FROM api_tokens t WHERE user_id = $1", manager.user_id)
    finally:
        await owner.close()
    assert row["token_hash"] == token_hash(token)
    assert token.removeprefix(API_TOKEN_PREFIX) not in row["whole"]


async def test_there_is_an_end_to_how_many_a_person_has(manager):
    body = {"name": "x", "scopes": ["read alerts"]}
    answers = [(await manager.browser.post("/api/tokens", json=body)).status_code for _ in range(21)]
    assert answers == [201] * 20 + [409]
