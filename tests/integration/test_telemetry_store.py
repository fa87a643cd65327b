"""What every `TelemetryStore` holds to, on PostgreSQL and, as far as one can be had here, on InfluxDB.

InfluxDB's writes go to a real VictoriaMetrics, which takes them and answers no Flux. Its queries are answered from files of
`influx_answers/`: no server gave them, they were written after InfluxDB 2's documentation of annotated CSV.
"""

import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import numpy as np
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from prometheus_client import REGISTRY
from pydantic import SecretStr

from alerts.sink import AlertSink
from fleet.alerts import VehicleId
from fleet.errors import ConfigurationError, InvalidInput, Unavailable
from fleet.settings import Influx, Settings
from fleet.stores.influx import InfluxTelemetryStore, influx_store
from fleet.stores.ingest import IngestStore
from fleet.stores.postgres import tenant_transaction
from fleet.stores.telemetry import PostgresTelemetryStore
from fleet.stores.tenants import TenantDirectory
from fleet.telemetry import ReadingFlag, TelemetryBatch, TelemetryStore
from fleet.testing import CoolantScorer, batch_of
from fleetguard.testing import free_port, listening, process
from ingest.actor import telemetry_store
from ingest.decode import Message
from ingest.isolation import Isolation
from ingest.process import Processor

ANSWERS = Path(__file__).parent / "influx_answers"
T0 = 1_795_500_000.0  # 2026-11-24T06:00:00Z
FLEET = {"acme": uuid4(), "rival": uuid4()}
VH1, VH2 = VehicleId("acme", "VH-1"), VehicleId("acme", "VH-2")


def at(url: str) -> Influx:
    return Influx(url=url, token=SecretStr("a-token"), org="an-org", bucket="a-bucket")


def readings(*rows, tenant: str = "acme", drivers=None, flags=None) -> TelemetryBatch:
    """Readings from (vehicle, seconds after T0, {column: value})."""
    batch = batch_of([(vehicle, T0 + seconds, values) for vehicle, seconds, values in rows], tenant)
    given = np.array(flags, np.uint8) if flags else batch.flags
    return replace(batch, drivers=tuple(drivers) if drivers else batch.drivers, flags=given)


def after(moment: str) -> float:
    """Seconds after T0 of a moment as ISO 8601 writes it."""
    return datetime.fromisoformat(moment).timestamp() - T0


def counted(outcome: str) -> float:
    return REGISTRY.get_sample_value("fleetguard_readings_total", {"outcome": outcome}) or 0.0


@dataclass
class PostgresLedger:
    """A store on PostgreSQL and what is in its table."""

    pool: asyncpg.Pool
    tenants: dict[str, UUID]

    @property
    def store(self) -> TelemetryStore:
        return PostgresTelemetryStore(self.pool)

    async def points(self, vehicle: VehicleId) -> dict[float, dict[str, float]]:
        """Seconds after T0 → the numbers of that reading, without those that are null."""
        async with tenant_transaction(self.pool, self.tenants[vehicle.tenant]) as connection:
            found = await connection.fetch(
                """SELECT extract(epoch FROM event_time)::float8 - $2 AS after,
                          jsonb_strip_nulls(to_jsonb(t) - '{tenant_id,vehicle_id,event_time,received_at,driver_id}'::text[])::text
                   FROM telemetry t WHERE vehicle_id = $1""",
                vehicle.vehicle,
                T0,
            )
        return {row["after"]: json.loads(row[1]) for row in found}


@dataclass
class VictoriaLedger:
    """A store that writes to VictoriaMetrics and what that gives back: one series per field, and no texts."""

    store: TelemetryStore
    url: str
    tenants: dict[str, UUID]

    async def points(self, vehicle: VehicleId) -> dict[float, dict[str, float]]:
        """Seconds after T0 → the numbers of that reading, without those that are in no series."""
        match = f'{{tenant="{self.tenants[vehicle.tenant]}",vehicle="{vehicle.vehicle}"}}'
        async with httpx.AsyncClient(base_url=self.url) as client:
            await client.get("/internal/force_flush")
            answer = await client.get("/api/v1/export", params={"match[]": match, "start": 0})
        found: dict[float, dict[str, float]] = {}
        for series in map(json.loads, answer.text.splitlines()):
            name = series["metric"]["__name__"].removeprefix("telemetry_")
            assert len(set(series["timestamps"])) == len(series["timestamps"])
            if name != "driver_id":  # a text, which VictoriaMetrics stores as a number
                for at, value in zip(series["timestamps"], series["values"], strict=True):
                    found.setdefault(at / 1000 - T0, {})[name] = value
        return found


@pytest.fixture(scope="session")
async def victoria(tmp_path_factory) -> AsyncIterator[str]:
    """VictoriaMetrics' URL. Of points of one series and moment it keeps one, as InfluxDB does."""
    if not (binary := shutil.which("victoria-metrics")):
        pytest.skip("no `victoria-metrics`, which takes InfluxDB's writes: apt-get install victoria-metrics (Debian)")
    folder, port = tmp_path_factory.mktemp("victoria"), free_port()
    options = {"storageDataPath": folder / "data", "httpListenAddr": f"127.0.0.1:{port}", "retentionPeriod": "100y"}
    command = [binary, "-dedup.minScrapeInterval=1ms", *(f"-{name}={value}" for name, value in options.items())]
    with process(command, folder / "log"):
        await listening(port, folder / "log")
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
async def postgresql_ledger(pool, new_tenant) -> PostgresLedger:
    return PostgresLedger(pool, {"acme": (await new_tenant()).id, "rival": (await new_tenant()).id})


@pytest.fixture
async def influxdb_ledger(victoria) -> AsyncIterator[VictoriaLedger]:
    async with influx_store(at(victoria)) as store:
        yield VictoriaLedger(store, victoria, {"acme": uuid4(), "rival": uuid4()})


@pytest.fixture(params=["postgresql", "influxdb"])
def ledger(request):
    """A store that can be written to, and what it holds: `.store`, `.tenants`, `.points`."""
    return request.getfixturevalue(f"{request.param}_ledger")


async def test_a_reading_that_comes_again_is_stored_once(ledger):
    batch = readings(("VH-1", 0, {"speed_kmh": 50}), ("VH-1", 1, {"speed_kmh": 51.5}))
    await ledger.store.append(batch, ledger.tenants)
    once = await ledger.points(VH1)
    await ledger.store.append(batch, ledger.tenants)
    assert await ledger.points(VH1) == once == {0: {"flags": 0, "speed_kmh": 50}, 1: {"flags": 0, "speed_kmh": 51.5}}


async def test_what_was_not_sent_is_absent_and_a_zero_that_was_sent_is_zero(ledger):
    batch = readings(("VH-1", 0, {"speed_kmh": 0}), ("VH-1", 1, {"coolant_temp_c": -4.25}), ("VH-1", 2, {}))
    await ledger.store.append(batch, ledger.tenants)
    assert await ledger.points(VH1) == {
        0: {"flags": 0, "speed_kmh": 0},
        1: {"flags": 0, "coolant_temp_c": -4.25},
        2: {"flags": 0},
    }


async def test_a_reading_keeps_its_flags(ledger):
    flags = [ReadingFlag.OK, ReadingFlag.AHEAD, ReadingFlag.BEHIND]
    await ledger.store.append(
        readings(*(("VH-1", second, {"speed_kmh": 50}) for second in range(3)), flags=flags), ledger.tenants
    )
    assert [point["flags"] for _, point in sorted((await ledger.points(VH1)).items())] == flags


async def test_vehicles_of_one_name_in_two_tenants_are_kept_apart(ledger):
    await ledger.store.append(readings(("VH-1", 0, {"speed_kmh": 50}), ("VH-2", 0, {"speed_kmh": 20})), ledger.tenants)
    await ledger.store.append(readings(("VH-1", 0, {"speed_kmh": 99}), tenant="rival"), ledger.tenants)
    assert await ledger.points(VH1) == {0: {"flags": 0, "speed_kmh": 50}}
    assert await ledger.points(VehicleId("rival", "VH-1")) == {0: {"flags": 0, "speed_kmh": 99}}


async def test_no_driver_id_becomes_a_reading_of_another_tenant(ledger):
    forged = f'D"\ntelemetry,tenant={ledger.tenants["rival"]},vehicle=VH-1 speed_kmh=99 {round(T0 * 1e6)}\n#\\'
    await ledger.store.append(readings(("VH-1", 0, {"speed_kmh": 50}), drivers=[forged]), ledger.tenants)
    assert await ledger.points(VH1) == {0: {"flags": 0, "speed_kmh": 50}}
    assert await ledger.points(VehicleId("rival", "VH-1")) == {}


@dataclass
class InfluxStand:
    """Answers every query with one file, takes or refuses writes, and keeps what it was sent."""

    answer: str = "empty"
    status: int = 204
    refusal: str = ""
    queries: list[dict[str, Any]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[TelemetryStore]:
        app = web.Application()
        app.router.add_post("/api/v2/query", self._query)
        app.router.add_post("/api/v2/write", self._write)
        async with TestServer(app) as server, influx_store(at(str(server.make_url("")))) as store:
            yield store

    async def _query(self, request: web.Request) -> web.Response:
        self.queries.append(await request.json())
        csv = (ANSWERS / f"{self.answer}.csv").read_text().replace("\n", "\r\n")
        return web.Response(text=csv, content_type="text/csv") if self.status == 204 else self._refuse()

    async def _write(self, request: web.Request) -> web.Response:
        self.lines += (await request.text()).splitlines()
        return web.Response(status=204) if self.status == 204 else self._refuse()

    def _refuse(self) -> web.Response:
        return web.json_response({"code": "refused", "message": self.refusal}, status=self.status)

    def set_aside(self) -> set[float]:
        return {int(line.rsplit(" ", 1)[1]) / 1e6 - T0 for line in self.lines if " set_aside=4i " in line}


@pytest.fixture
async def stand() -> InfluxStand:
    return InfluxStand()


@pytest.fixture(params=["postgresql", "influxdb"])
async def holding(request, pool, new_tenant, stand):
    """(store, its tenants) with the readings of `influx_answers/`; that of 1.75 s is set aside already. The stand's answer is set
    by the test: InfluxDB would compute it."""
    if request.param == "influxdb":
        async with stand.serving() as store:
            yield store, FLEET
        return
    held = readings(
        ("VH-1", 1, {"speed_kmh": 51.5, "coolant_temp_c": 90}),
        ("VH-1", 1.25, {"speed_kmh": 52}),
        ("VH-1", 1.75, {"speed_kmh": 52.5}),
        ("VH-1", 2.000001, {"coolant_temp_c": -4.25}),
        ("VH-2", 0.5, {"speed_kmh": 20}),
        ("VH-2", 1.5, {"speed_kmh": 0}),
        drivers=[None, None, None, "D-7", None, 'Ada "A" L., Köln'],
        flags=[0, ReadingFlag.AHEAD, ReadingFlag.UNSCORABLE, 0, 0, 0],
    )
    store, tenants = PostgresTelemetryStore(pool), {"acme": (await new_tenant()).id}
    await store.append(held, tenants)
    yield store, tenants


async def test_readings_come_back_newer_than_asked_in_time_order_without_the_flagged(holding, stand):
    stand.answer = "since"
    store, tenants = holding
    found = await store.since({VH1: T0, VH2: T0 + 0.5}, tenants)
    assert [found.vehicles[position] for position in found.row_vehicle] == [VH1, VH2, VH1]
    assert found.event_time.tolist() == [T0 + 1, T0 + 1.5, T0 + 2.000001]
    assert found.drivers == (None, 'Ada "A" L., Köln', "D-7")
    np.testing.assert_array_equal(found.column("speed_kmh"), np.float32([51.5, 0, np.nan]))
    np.testing.assert_array_equal(found.column("coolant_temp_c"), np.float32([90, np.nan, -4.25]))
    assert np.isnan(found.column("engine_rpm")).all()
    assert found.flags.tolist() == [ReadingFlag.OK] * 3


async def test_of_an_unknown_vehicle_nothing_comes_back(holding, stand):
    stand.answer = "empty"
    store, tenants = holding
    found = await store.since({VehicleId("acme", "VH-9"): T0}, tenants)
    assert (len(found), found.values.shape) == (0, batch_of([]).values.shape)


async def test_a_reading_is_known_by_its_vehicle_and_moment(holding, stand):
    stand.answer = "known"
    store, tenants = holding
    asked = readings(("VH-1", 1, {}), ("VH-2", 1, {}), ("VH-1", 1.25, {}), ("VH-1", 1.1, {}), ("VH-2", 1.5, {}))
    assert (await store.known(asked, tenants)).tolist() == [True, False, True, False, True]


async def test_what_is_set_aside_is_told_and_marked(holding, pool, stand):
    stand.answer = "set_aside"
    store, tenants = holding
    refused = await store.set_aside({VH1: T0 + 1.25}, tenants)
    assert [vehicle for vehicle, _ in refused] == [VH1, VH1]
    told = {after(reading.pop("event_time")): reading for reading in (json.loads(text) for _, text in refused)}
    assert told == {1: {"speed_kmh": 51.5, "coolant_temp_c": 90}, 1.25: {"speed_kmh": 52}}
    if isinstance(store, PostgresTelemetryStore):
        points = await PostgresLedger(pool, tenants).points(VH1)
        assert {moment: point["flags"] for moment, point in points.items() if moment < 1.5} == {1: 4, 1.25: 5}
    else:
        assert stand.set_aside() == {1, 1.25}


async def test_a_point_is_sent_with_what_the_reading_holds_and_no_more(stand):
    batch = readings(("VH-1", 1.000001, {"speed_kmh": 0}), ("VH-1", 2, {}), drivers=['Ada "A" L., Köln', None])
    async with stand.serving() as store:
        await store.append(batch, FLEET)
    series = f"telemetry,tenant={FLEET['acme']},vehicle=VH-1"
    assert stand.lines == [
        f'{series} flags=0i,driver_id="Ada \\"A\\" L., Köln",speed_kmh=0.0 1795500001000001',
        f"{series} flags=0i 1795500002000000",
    ]


async def test_what_a_query_is_about_reaches_influxdb_as_parameters_and_never_as_flux(stand):
    forged = VehicleId("acme", 'VH" or true) |> drop(columns: ["x"]) //')
    async with stand.serving() as store:
        await store.since({forged: T0}, FLEET)
    (query,) = stand.queries
    given = {body["assignment"]["id"]["name"]: body["assignment"]["init"]["value"] for body in query["extern"]["body"]}
    assert given["vehicle_0"] == forged.vehicle
    assert given["tenant_id"] == str(FLEET["acme"])
    assert given["begin"] == "2026-11-24T06:00:00.000001000Z"
    assert given["end"] > "2100"  # clocks may be ahead of the server's
    assert forged.vehicle not in query["query"]
    assert str(FLEET["acme"]) not in query["query"]


async def test_no_query_is_about_more_vehicles_than_a_server_takes_nor_about_two_tenants(stand):
    fleet = {VehicleId(tenant, f"VH-{number}"): T0 for tenant in FLEET for number in range(150)}
    async with stand.serving() as store:
        await store.since(fleet, FLEET)
    assert sorted(query["query"].count("r.vehicle ==") for query in stand.queries) == [50, 50, 100, 100]


@pytest.mark.parametrize(
    ("status", "told", "raised", "message"),
    [
        (401, "unauthorized access", ConfigurationError, "FLEETGUARD_INFLUX__TOKEN"),
        (404, 'bucket "a-bucket" not found', ConfigurationError, "a-bucket"),
        (503, "service unavailable", Unavailable, "service unavailable"),
        (429, "too many requests", Unavailable, "too many requests"),
        (422, "partial write: field type conflict: input field dropped=1", InvalidInput, "field type conflict"),
    ],
)
async def test_a_refusal_is_told_in_our_words_and_theirs(stand, status, told, raised, message):
    stand.status, stand.refusal = status, told
    async with stand.serving() as store:
        with pytest.raises(raised, match=message):
            await store.append(readings(("VH-1", 0, {"speed_kmh": 50})), FLEET)


async def test_a_query_that_is_refused_is_no_fault_of_a_reading(stand):
    stand.status, stand.refusal = 400, "compilation failed"
    async with stand.serving() as store:
        with pytest.raises(Unavailable, match="compilation failed"):
            await store.known(readings(("VH-1", 0, {})), FLEET)


async def test_readings_older_than_the_bucket_keeps_hold_nothing_up(stand):
    stand.status, stand.refusal = 422, "partial write: points beyond retention policy dropped=1"
    before = counted("too_old")
    async with stand.serving() as store:
        await store.append(readings(("VH-1", 0, {"speed_kmh": 50}), ("VH-1", -4e7, {"speed_kmh": 50})), FLEET)
    assert counted("too_old") == before + 1


async def test_a_server_that_is_not_there_is_told_as_such():
    async with influx_store(at(f"http://127.0.0.1:{free_port()}")) as store:
        with pytest.raises(Unavailable, match="InfluxDB does not answer"):
            await store.append(readings(("VH-1", 0, {"speed_kmh": 50})), FLEET)


async def test_ingest_keeps_readings_in_influxdb_where_its_url_is_set(pool, monkeypatch):
    async with telemetry_store(Settings().influx, pool) as store:
        assert isinstance(store, PostgresTelemetryStore)
    monkeypatch.setenv("FLEETGUARD_INFLUX__URL", "http://127.0.0.1:8086")
    monkeypatch.setenv("FLEETGUARD_INFLUX__TOKEN", "a-token")
    async with telemetry_store(Settings().influx, pool) as store:
        assert isinstance(store, InfluxTelemetryStore)
    assert "a-token" not in repr(Settings())


async def test_an_alert_is_decided_while_readings_go_to_influxdb(pool, tenant, stand):
    hot = {"speed": 60, "rpm": 2000, "engineTemp": 128}
    now = round(T0)
    messages = [
        Message(f"ingest/0/{tenant.slug}/VH-1", json.dumps({"ts": (now + second) * 1000, **hot}).encode(), now + 61.0)
        for second in range(61)
    ]
    async with stand.serving() as store:
        sink = AlertSink(pool)
        processor = Processor(TenantDirectory(pool), IngestStore(pool), store, Isolation(CoolantScorer()), sink, 1e9)
        assert await processor.process(messages) == 61
    async with tenant_transaction(pool, tenant.id) as connection:
        assert await connection.fetchval("SELECT type FROM alerts") == "ENGINE_OVERHEAT"
        assert await connection.fetchval("SELECT count(*) FROM telemetry") == 0
    assert len(stand.lines) == 61
