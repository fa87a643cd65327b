"""A store with a long past: what the page's questions take over HTTP, and what forgetting a day takes."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg
import httpx
import numpy as np
from numpy.typing import NDArray

from bench.listener import signed_in
from bench.progress import Progress
from bench.stack import StackUnderTest
from bench.store import Tenant, fresh_tenant, owner_connection
from fleet.errors import Unavailable
from fleet.stores.postgres import connect_pool, tenant_transaction
from fleet.stores.provisioning import Vehicle
from fleet.stores.telemetry import PostgresTelemetryStore

VEHICLES: Final = 1000
DAYS: Final = 10
ALERTS: Final = 50_000
ALERT_DAYS: Final = 30
FORECAST_EVERY_H: Final = 6
COMPONENTS: Final = ("battery", "brakes", "engine", "transmission")
HORIZONS_H: Final = (24, 48, 72)
ASKED_TIMES: Final = 12
_CHUNK_ROWS: Final = 250_000

# In the order of time, so that a vehicle's readings lie as scattered as they arrive: one here, one there.
_READINGS: Final = """
    INSERT INTO telemetry (tenant_id, vehicle_id, event_time, driver_id, speed_kmh, engine_rpm, coolant_temp_c,
                           oil_pressure_kpa, battery_v, throttle_pct, fuel_level_pct, odometer_km, latitude_deg, longitude_deg)
    SELECT $1, 'VH-' || lpad(v::text, 5, '0'), $2::timestamptz + s * interval '1 second' + v * interval '1 millisecond',
           'd-' || v % 300, 60 + 40 * sin(s / 97.0 + v), 1800 + 600 * sin(s / 61.0 + v), 90 + sin(s / 500.0),
           320 + 40 * sin(s / 61.0), 13.9, 20 + 15 * sin(s / 31.0 + v), 80 - s / 400.0, 10000 + v + s / 60.0, 48 + v / 2000.0,
           11 + s / 90000.0
    FROM generate_series($3::int, $4::int) s, generate_series(1, $5::int) v ORDER BY s, v"""
_ALERTS: Final = """
    INSERT INTO alerts (tenant_id, seq, vehicle_id, driver_id, type, severity, state, active, started_at, ended_at, episode_at,
                        last_seen, confidence, model_version, evidence)
    SELECT $1, n, 'VH-' || lpad((n % $2 + 1)::text, 5, '0'), 'd-' || n % 300,
           (ARRAY['SPEEDING', 'HARSH_BRAKING', 'FUEL_LEAK', 'MISFIRE', 'ENGINE_OVERHEAT'])[n % 5 + 1], n % 4 + 1,
           'RESOLVED', false, at, at + interval '1 minute', at, at, .9, 'bench',
           jsonb_build_array(jsonb_build_object(
               'signal', 'speed_kmh', 'unit', 'km/h', 'observed', n % 200, 'expected', 130, 'contribution', 1,
               'text', 'Drove ' || n % 200 || ' km/h; 130 is the limit.'))
    FROM (SELECT n, now() - n * make_interval(secs => $4 / $3) AS at FROM generate_series(1, $3::int) n) past"""
_FORECASTS: Final = """
    INSERT INTO forecasts
    SELECT $1, 'VH-' || lpad(v::text, 5, '0'), c, now() - h * interval '1 hour', horizon, p, p / 2, least(1, p * 2), 'bench'
    FROM generate_series(1, $2::int) v, unnest($3::text[]) c, generate_series(0, $4::int, $5::int) h, unnest($6::int[]) horizon,
         LATERAL (SELECT abs(sin(v * 7 + h + length(c))) * horizon / 400 AS p) risk"""


@dataclass(frozen=True, slots=True)
class Answer:
    """`ms` (asked,) of one question, in the order asked; the first found the caches cold."""

    question: str
    ms: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ArchiveResult:
    """What lies in the store and what it cost. `bytes`: tables and indexes of the readings; `forgotten_rows` fell with a day."""

    readings: int
    bytes: int
    alerts: int
    forecasts: int
    answers: list[Answer]
    forgotten_rows: int
    forget_ms: float


async def measure(stack: StackUnderTest, readings: int, progress: Progress) -> ArchiveResult:
    """Fill a fresh tenant, ask what the page asks, forget the first day. The days that end today are used.

    For a stack to be thrown away: what any tenant has of days as old as the first is forgotten too.

    Raises:
        Unavailable: the stack does not answer.
    """
    tenant, _ = await fresh_tenant(stack.settings.postgres, [Vehicle(_vehicle(number)) for number in range(1, VEHICLES + 1)])
    pool = await connect_pool(stack.settings.postgres)
    try:
        now = datetime.now(UTC)
        stored = await _fill_readings(pool, tenant, readings, now, progress)
        alerts, forecasts = await _fill_the_rest(pool, tenant)
        size = await _analysed_size(stack)
        answers = await _ask(stack, tenant, now, progress)
        forgotten, forget_ms = await _forget_a_day(pool, tenant, now)
    finally:
        await pool.close()
    return ArchiveResult(stored, size, alerts, forecasts, answers, forgotten, forget_ms)


def _vehicle(number: int) -> str:
    return f"VH-{number:05d}"


async def _fill_readings(pool: asyncpg.Pool, tenant: Tenant, readings: int, now: datetime, progress: Progress) -> int:
    """1 Hz of every vehicle, as long each day as it takes, up to the time of day that it is now."""
    store, seconds = PostgresTelemetryStore(pool), readings // (DAYS * VEHICLES)
    chunk_s = max(1, _CHUNK_ROWS // VEHICLES)
    with progress.step(f"Writing {readings:,} readings", DAYS * seconds * VEHICLES) as advance:
        for age in reversed(range(DAYS)):
            begin = now - timedelta(days=age, seconds=seconds)
            await store.ensure_partitions(begin)
            for first in range(0, seconds, chunk_s):
                last = min(first + chunk_s, seconds) - 1
                async with tenant_transaction(pool, tenant.tenant_id) as connection:
                    await connection.execute(_READINGS, tenant.tenant_id, begin, first, last, VEHICLES, timeout=600)
                advance((last - first + 1) * VEHICLES)
    return DAYS * seconds * VEHICLES


async def _fill_the_rest(pool: asyncpg.Pool, tenant: Tenant) -> tuple[int, int]:
    """A month of alerts that are over, and of forecasts; returns how many of each."""
    async with tenant_transaction(pool, tenant.tenant_id) as connection:
        alerts = await connection.execute(_ALERTS, tenant.tenant_id, VEHICLES, ALERTS, ALERT_DAYS * 86400.0, timeout=600)
        forecasts = await connection.execute(
            _FORECASTS, tenant.tenant_id, VEHICLES, list(COMPONENTS), ALERT_DAYS * 24, FORECAST_EVERY_H, list(HORIZONS_H),
            timeout=600,
        )  # fmt: skip
    return int(alerts.split()[-1]), int(forecasts.split()[-1])


async def _analysed_size(stack: StackUnderTest) -> int:
    """Statistics as autovacuum would gather them, now; bytes of all readings with their indexes."""
    async with owner_connection(stack.settings.postgres) as connection:
        await connection.execute("ANALYZE telemetry, alerts, forecasts", timeout=600)
        return int(
            await connection.fetchval(
                "SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'telemetry'::regclass"
            )
        )


async def _ask(stack: StackUnderTest, tenant: Tenant, now: datetime, progress: Progress) -> list[Answer]:
    """Every question of the page several times, each time of another vehicle."""
    month = f"from={_stamp(now - timedelta(days=ALERT_DAYS))}"
    hour = f"from={_stamp(now - timedelta(hours=1))}&to={_stamp(now)}"
    week = f"from={_stamp(now - timedelta(days=7))}&to={_stamp(now)}"
    questions = {
        "a vehicle's last hour, all its signals": "/api/vehicles/{vehicle}/telemetry?" + hour,
        "a vehicle's last week, all its signals": "/api/vehicles/{vehicle}/telemetry?" + week,
        "a vehicle with its newest reading": "/api/vehicles/{vehicle}",
        "a vehicle's forecast": "/api/vehicles/{vehicle}/forecast",
        "a vehicle's alerts": "/api/anomalies?vehicleId={vehicle}&limit=50",
        "100 vehicles with their newest readings": "/api/vehicles?limit=100",
        "alerts of a month, first page": f"/api/anomalies?{month}&limit=50",
        "alerts of a month, critical leaks": f"/api/anomalies?{month}&severity=CRITICAL&type=FUEL_LEAK&limit=50",
        "alerts of a month with a text in them": f"/api/anomalies?{month}&q=Drove+199+km&limit=50",
        "alerts of a month with a text in none": f"/api/anomalies?{month}&q=nothing+like+this&limit=50",
        "trend of a month by day": f"/api/anomalies/trends?{month}&bucket=day",
        "the fleet's highest risks": "/api/forecasts?limit=50",
    }
    answers = []
    async with signed_in(stack, tenant) as client:
        with progress.step("Asking", len(questions)) as advance:
            for question, path in questions.items():
                took = [await _took_ms(client, path.format(vehicle=_vehicle(1 + 83 * turn))) for turn in range(ASKED_TIMES)]
                answers.append(Answer(question, np.array(took)))
                advance(1)
    return answers


def _stamp(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


async def _took_ms(client: httpx.AsyncClient, path: str) -> float:
    began = time.perf_counter()
    try:
        (await client.get(path, timeout=60)).raise_for_status()
    except httpx.HTTPError as error:
        raise Unavailable(f"{path} was not answered: {error!r}.") from error
    return (time.perf_counter() - began) * 1e3


async def _forget_a_day(pool: asyncpg.Pool, tenant: Tenant, now: datetime) -> tuple[int, float]:
    """Forget the oldest day that was filled, and those before; returns the tenant's rows that went and the ms it took."""
    oldest = (now - timedelta(days=DAYS - 1)).replace(hour=0, minute=0, second=0, microsecond=0)
    over = oldest + timedelta(days=1)
    async with tenant_transaction(pool, tenant.tenant_id) as connection:
        rows: int = await connection.fetchval("SELECT count(*) FROM telemetry WHERE event_time < $1", over, timeout=600)
    began = time.perf_counter()
    await PostgresTelemetryStore(pool).forget_before(over)
    return rows, (time.perf_counter() - began) * 1e3
