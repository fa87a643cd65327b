"""What the outside relies on: the documented payload, the live stream, and what happens to what is not documented."""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable

import asyncpg
import httpx
import pytest

from fleet.stores.postgres import tenant_ids, tenant_transaction
from fleetguard.trial import Trial

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

PATIENCE_S = 20.0
Stream = Callable[..., list[tuple[int, dict[str, object]]]]


def eventually(question: Callable[[], object], within_s: float = PATIENCE_S) -> object:
    """The first true answer; the last one when the time is up."""
    deadline = time.monotonic() + within_s
    while not (answer := question()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return answer


def documented(at: float, **changes: object) -> dict[str, object]:
    """The payload of the documentation."""
    return {
        "ts": round(at * 1000), "speed": 62.4, "rpm": 1830, "fuelLevel": 71.2, "engineTemp": 91, "brakePressure": 0,
        "throttle": 18,
        "accelX": -0.4, "accelY": 0.1, "accelZ": 0.0, "oilPressure": 320, "batteryVoltage": 13.9, "lat": 48.137, "lon": 11.575,
        "heading": 84, "odometer": 120233.4, "driverId": "d-17", "seq": 8812,
    } | changes  # fmt: skip


def overheating(now: float) -> list[dict[str, object]]:
    """A minute in which the coolant climbs past 125 °C."""
    return [documented(now - 62 + second, engineTemp=91 + 36 * second / 60, seq=second) for second in range(61)]


def alerts_of(manager: httpx.Client, vehicle: str) -> list[dict[str, object]]:
    return manager.get("/api/anomalies", params={"vehicleId": vehicle}).raise_for_status().json()["items"]


async def telemetry(trial: Trial, device: dict[str, str]) -> list[asyncpg.Record]:
    async with asyncpg.create_pool(trial.settings.postgres.url, min_size=1, max_size=1) as pool:
        ids = await tenant_ids(pool, [device["tenant"]])
        async with tenant_transaction(pool, ids[device["tenant"]]) as connection:
            query = "SELECT * FROM telemetry WHERE vehicle_id = $1 ORDER BY event_time"
            return await connection.fetch(query, device["vehicle"])


async def test_a_reading_is_in_the_store_within_a_second(trial, publish):
    device, at = trial.spare_device(1), time.time()
    publish(device, [documented(at)])
    acked = time.monotonic()
    while not [row for row in await telemetry(trial, device) if abs(row["event_time"].timestamp() - at) < 0.002]:
        assert time.monotonic() - acked < 1.0


async def test_an_overheating_engine_is_one_open_alert_and_the_same_payloads_change_nothing(trial, publish, manager):
    device, payloads = trial.spare_device(1), overheating(time.time())
    publish(device, payloads)
    (alert,) = eventually(lambda: [a for a in alerts_of(manager, device["vehicle"]) if a["severity"] == "CRITICAL"])
    assert (alert["type"], alert["state"], alert["occurrences"]) == ("ENGINE_OVERHEAT", "OPEN", 1)
    assert "coolant_temp_c" in {reason["signal"] for reason in alert["evidence"]}
    stored = len(await telemetry(trial, device))
    publish(device, payloads)
    publish(device, [documented(time.time(), engineTemp=127)])  # what came before it has been dealt with when this is stored
    async with asyncio.timeout(PATIENCE_S):
        while len(await telemetry(trial, device)) <= stored:
            pass
    again = alerts_of(manager, device["vehicle"])
    assert [a["id"] for a in again] == [alert["id"]]
    assert again[0]["occurrences"] == 1


@pytest.fixture
def stream(manager) -> Stream:
    def events(count: int, after: int | None = None) -> list[tuple[int, dict[str, object]]]:
        headers = {"Last-Event-ID": str(after)} if after is not None else {}
        found: list[tuple[int, dict[str, object]]] = []
        with manager.stream("GET", "/sse/anomalies", headers=headers, timeout=PATIENCE_S) as response:
            fields: dict[str, str] = {}
            for line in response.iter_lines():
                if line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                elif fields:
                    if fields.get("event") == "anomaly":
                        found.append((int(fields["id"]), json.loads(fields["data"])))
                    fields = {}
                if len(found) >= count:
                    return found
        return found

    return events


async def test_reconnecting_brings_exactly_what_was_missed(trial, publish, manager, stream):
    publish(trial.spare_device(2), overheating(time.time()))
    eventually(lambda: alerts_of(manager, trial.spare_device(2)["vehicle"]))
    everything = stream(2, after=0)
    first = everything[0][0]
    missed = stream(len(everything) - 1, after=first)
    assert [seq for seq, _ in everything] == list(range(1, len(everything) + 1))
    assert missed == everything[1:]


def test_without_a_session_there_is_no_stream(trial):
    assert httpx.get(f"{trial.url}/sse/anomalies").status_code == 401


@pytest.mark.parametrize(
    ("payload", "metric"),
    [
        pytest.param(b'{"ts": ', "fleetguard_dead_letters_total", id="malformed JSON"),
        pytest.param({"ts": None}, "fleetguard_dead_letters_total", id="no time"),
        pytest.param(b'{"ts": 1, "speed": NaN}', "fleetguard_dead_letters_total", id="NaN"),
        pytest.param({"speed": "fast"}, "fleetguard_quarantined_total", id="wrong type"),
        pytest.param({"rpm": -5}, "fleetguard_quarantined_total", id="out of range"),
        pytest.param({"mood": "good"}, "fleetguard_unknown_keys_total", id="unknown key"),
        pytest.param({"ts": 0}, "fleetguard_unscored_total", id="1970"),
    ],
)
def test_what_is_not_as_documented_is_counted_and_nothing_stops(trial, publish, payload, metric):
    before = trial.metric(metric)
    publish(trial.spare_device(1), [documented(time.time(), **payload) if isinstance(payload, dict) else payload])
    assert eventually(lambda: trial.metric(metric) > before)
    assert httpx.get(f"{trial.url}/ready").status_code == 200


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        pytest.param("fleet/v1/acme/VH-0001/telemetry", {"ts": 1}, id="another vehicle's topic"),
        pytest.param(None, b"x" * 70_000, id="70 kB"),
    ],
)
def test_what_the_broker_refuses_is_counted(trial, publish, topic, payload):
    before = trial.metric("fleetguard_broker_refused_total")
    with contextlib.suppress(RuntimeError, ValueError):  # the broker cuts the connection of a device that sends too much
        publish(trial.spare_device(1), [payload], topic)
    assert eventually(lambda: trial.metric("fleetguard_broker_refused_total") > before)
