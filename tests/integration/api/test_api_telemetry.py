"""Readings over HTTP, through a real broker."""

import base64
import json

import httpx
import pytest

from fleet.settings import Mqtt, Postgres, Settings

SAMPLE = json.dumps({"ts": "2026-11-24T12:00:00Z", "speed": 61.0})


@pytest.fixture(scope="session")
async def gateway(serve_api, postgres, broker):
    address = await serve_api(Settings(postgres=Postgres(url=postgres.app_url), mqtt=Mqtt(port=broker.port)))
    async with httpx.AsyncClient(base_url=address, timeout=10) as client:
        yield client


def bearer(device, password=None):
    return {"Authorization": f"Bearer {device.username}:{password or device.password}"}


async def test_a_reading_is_accepted_once_the_broker_has_it(gateway, tenant):
    for _ in range(3):
        answer = await gateway.post("/api/telemetry", content=SAMPLE, headers=bearer(tenant.device))
        assert (answer.status_code, answer.json()) == (202, {"accepted": True})


async def test_the_credential_may_come_as_basic(gateway, tenant):
    pair = base64.b64encode(f"{tenant.device.username}:{tenant.device.password}".encode()).decode()
    answer = await gateway.post("/api/telemetry", content=SAMPLE, headers={"Authorization": f"Basic {pair}"})
    assert answer.status_code == 202


async def test_a_wrong_secret_is_refused_by_the_broker(gateway, tenant):
    answer = await gateway.post("/api/telemetry", content=SAMPLE, headers=bearer(tenant.device, "guess"))
    assert answer.status_code == 401


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nobody", "Basic !!!", "Bearer a/b.c:secret", "Digest a.b:c"])
async def test_a_malformed_credential_is_refused(gateway, header):
    answer = await gateway.post("/api/telemetry", content=SAMPLE, headers={"Authorization": header})
    assert answer.status_code == 401


async def test_a_payload_over_64_kb_is_too_large(gateway, tenant):
    answer = await gateway.post("/api/telemetry", content=b" " * (64 * 1024 + 1), headers=bearer(tenant.device))
    assert answer.status_code == 413


async def test_without_the_broker_the_device_is_told_to_come_back(api, tenant):
    async with httpx.AsyncClient(base_url=api, timeout=10) as client:
        answer = await client.post("/api/telemetry", content=SAMPLE, headers=bearer(tenant.device))
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
