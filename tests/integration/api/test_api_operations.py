"""What those who run it see, the page, and the API without its dependencies."""

from datetime import UTC, datetime

import asyncpg
import httpx
import pytest

from fleet.settings import Api, Ingest, Mqtt, Postgres, Settings
from fleet.stores.model_life import Drift, Notice, close_notice, open_notice, save_drift
from fleetguard.testing import free_port
from ui.api.app import create_app


async def ask(address, path, **kwargs):
    async with httpx.AsyncClient(base_url=address, timeout=10, **kwargs) as client:
        return await client.get(path)


async def test_readiness_names_every_part_and_its_state(serve_api, postgres, broker):
    owner = await asyncpg.connect(postgres.owner_url)
    await owner.execute(
        """INSERT INTO heartbeats SELECT '00000000-0000-0000-0000-000000000000', part, now() - age, 'ok', ''
           FROM (VALUES ('ingest-0', interval '1 s'), ('scoring', interval '1 minute')) AS beats (part, age)
           ON CONFLICT (tenant_id, part) DO UPDATE SET at = excluded.at"""
    )
    address = await serve_api(
        Settings(postgres=Postgres(url=postgres.app_url), mqtt=Mqtt(port=broker.port), ingest=Ingest(actors=2))
    )
    answer = await ask(address, "/ready")
    parts = {part["name"]: part["state"] for part in answer.json()["parts"]}
    assert answer.status_code == 503
    assert parts.items() >= {"postgres": "ok", "broker": "ok", "ingest-0": "ok", "scoring": "down", "ingest-1": "down"}.items()
    never = {part["name"] for part in answer.json()["parts"] if not part["reported"]}
    assert "ingest-1" in never
    assert never.isdisjoint({"postgres", "broker", "ingest-0", "scoring"})
    assert (await ask(address, "/ready?part=api")).status_code == 200
    await owner.execute("DELETE FROM heartbeats WHERE part IN ('ingest-0', 'scoring')")
    await owner.close()


async def test_without_postgresql_it_starts_and_says_so(serve_api):
    address = await serve_api(Settings(postgres=Postgres(url=f"postgres://a:b@127.0.0.1:{free_port()}/none")))
    assert (await ask(address, "/health")).status_code == 200
    ready = await ask(address, "/ready?part=api")
    assert (ready.status_code, ready.json()["parts"][0]["state"]) == (503, "down")
    answer = await ask(address, "/api/anomalies", cookies={"fleetguard_session": "x"})
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"]


async def test_metrics_are_prometheus_text(api):
    assert "fleetguard_stage_seconds" in (await ask(api, "/metrics")).text


async def test_the_documentation_names_every_operation_without_scripts(api):
    text = (await ask(api, "/docs")).text
    assert "POST /api/anomalies/{id}/acknowledge" in text
    assert "<script" not in text
    assert (await ask(api, "/openapi.json")).json()["openapi"].startswith("3.")


async def test_answers_of_the_api_are_stored_nowhere_and_framed_by_nobody(api):
    headers = (await ask(api, "/api/anomalies")).headers
    assert headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


@pytest.fixture
async def page(tmp_path):
    (tmp_path / "secret.txt").write_text("no")
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<title>FleetGuard</title>")
    (dist / "assets" / "app-1f2e.js").write_text("export {}")
    (dist / "csp.json").write_text('{"styleHashes": ["sha256-abc="]}')
    transport = httpx.ASGITransport(create_app(Settings(api=Api()), dist))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as browser:
        yield browser


@pytest.mark.parametrize("path", ["/", "/vehicles/VH-1", "/index.html"])
async def test_the_page_answers_its_own_paths_and_is_never_stale(page, path):
    answer = await page.get(path)
    assert "FleetGuard" in answer.text
    assert answer.headers["cache-control"] == "no-cache"
    assert "'sha256-abc='" in answer.headers["content-security-policy"]


async def test_hashed_files_are_kept_for_ever(page):
    answer = await page.get("/assets/app-1f2e.js")
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize("path", ["/assets/gone.js", "/api/nothing", "/sse/nothing", "/%2e%2e/secret.txt", "/..%2fsecret.txt"])
async def test_what_is_not_there_is_a_404_and_nothing_outside_is_served(page, path):
    answer = await page.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_engineers_see_notices_and_drift_and_prometheus_the_index(api, sign_in, tenant, pool):
    now = datetime.now(UTC)
    await save_drift(pool, [Drift("engine", "7", "feature:engine_rpm", now, 0.5, 9000)])
    await open_notice(pool, Notice("engine", "7", "feature drift", "What the model sees has moved.", now, None))
    engineer, manager = await sign_in(tenant, "ml_engineer"), await sign_in(tenant)
    seen = (await engineer.browser.get("/api/models")).json()
    assert {"model": "engine", "subject": "feature drift"}.items() <= seen["notices"][0].items()
    assert any(each["quantity"] == "feature:engine_rpm" and each["psi"] == 0.5 for each in seen["drift"])
    assert (await manager.browser.get("/api/models")).status_code == 403
    assert 'fleetguard_drift_psi{model="engine",quantity="feature:engine_rpm"} 0.5' in (await ask(api, "/metrics")).text
    await close_notice(pool, "engine", "feature drift", now)
