"""A device that is not ours, a person who is signed in, and a browser on a desk with a known past."""

import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import numpy as np
import paho.mqtt.client as mqtt
import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from alerts.sink import AlertSink
from fleet.alerts import AlertType, EpisodeChange, EpisodeEvent, Evidence, Severity, VehicleId
from fleet.drivers import DriverRecord, driver_scores
from fleet.settings import Mqtt, Postgres, Settings
from fleet.stores import driver_scores as score_store
from fleet.stores.postgres import tenant_transaction
from fleet.stores.provisioning import Vehicle, ensure_tenant, ensure_user, ensure_vehicles
from fleetguard.testing import PostgresUrls, free_port
from fleetguard.trial import Trial

PUBACK_S = 15.0
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update"]
PASSWORD = "correct horse battery staple"
FLEET = ("VH-0001", "VH-0002", "VH-0003")
PEOPLE = {"sam@desk.example": ("Sam Rivera", "fleet_manager"), "kim@desk.example": ("Kim Osei", "fleet_manager")}


@pytest.fixture
def publish(trial: Trial) -> Callable[[dict[str, str], Sequence[Any]], None]:
    """Publishes payloads with paho under a device's credential and waits for each PUBACK."""

    def send(device: dict[str, str], payloads: Sequence[Any], topic: str | None = None) -> None:
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)
        client.username_pw_set(device["username"], device["password"])
        client.connect(trial.demo["mqtt"]["host"], trial.demo["mqtt"]["port"])
        client.loop_start()
        topic = topic or f"fleet/v1/{device['tenant']}/{device['vehicle']}/telemetry"
        try:
            for payload in payloads:
                raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
                client.publish(topic, raw, qos=1).wait_for_publish(PUBACK_S)
        finally:
            client.disconnect()
            client.loop_stop()

    return send


@pytest.fixture
def manager(trial: Trial) -> Iterator[httpx.Client]:
    """Acme's fleet manager, signed in."""
    person = trial.person("manager@acme.example")
    with httpx.Client(base_url=trial.url, headers={"X-Requested-With": "fleetguard"}, timeout=10) as client:
        client.post("/api/session", json={"email": person["email"], "password": person["password"]}).raise_for_status()
        yield client


@dataclass(frozen=True)
class Desk:
    """The built page over an API and a database, without detection: nothing changes but what the test does."""

    url: str
    tenant: UUID
    pool: asyncpg.Pool

    async def raise_alert(
        self, vehicle: str, type: AlertType, severity: Severity = Severity.HIGH, minutes_ago: float = 0
    ) -> None:
        """Records an alert as detection does."""
        at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
        evidence = (
            Evidence("accel_x_ms2", "m/s²", -5.2, -3.9, "Braked at 5.2 m/s²; 3.9 is the limit.", 0.8),
            Evidence("speed_kmh", "km/h", 82.0, None, "Speed fell from 82 to 31 km/h in 3 s.", 0.2),
        )
        event = EpisodeEvent(
            VehicleId("desk", vehicle), type, EpisodeChange.OPENED, severity, at, at, 0.91, "driver-3", "d-1", evidence
        )
        await AlertSink(self.pool).record([event], {"desk": self.tenant})

    @asynccontextmanager
    async def client(self, email: str) -> AsyncIterator[httpx.AsyncClient]:
        """Of somebody who is signed in without a browser."""
        async with httpx.AsyncClient(base_url=self.url, headers={"X-Requested-With": "fleetguard"}, timeout=30) as client:
            (await client.post("/api/session", json={"email": email, "password": PASSWORD})).raise_for_status()
            yield client

    async def alerts(self) -> list[dict[str, Any]]:
        """Every alert as stored, the oldest first."""
        async with tenant_transaction(self.pool, self.tenant) as connection:
            rows = await connection.fetch("SELECT * FROM alerts WHERE tenant_id = $1 ORDER BY started_at", self.tenant)
        return [dict(row) for row in rows]

    async def trial(self) -> UUID:
        """The first trial of thresholds; it is done."""
        async with tenant_transaction(self.pool, self.tenant) as connection:
            return await connection.fetchval("SELECT trial_id FROM budget_trials ORDER BY asked_at LIMIT 1")

    async def deeds(self, action: str) -> list[tuple[str, str]]:
        """Who did it to which alert, as the audit log has it."""
        async with tenant_transaction(self.pool, self.tenant) as connection:
            rows = await connection.fetch(
                """SELECT u.email::text, l.subject FROM audit_log l JOIN users u ON u.user_id::text = l.actor
                   WHERE l.tenant_id = $1 AND l.action = $2 ORDER BY l.seq""",
                self.tenant,
                action,
            )
        return [(row["email"], row["subject"]) for row in rows]


@pytest.fixture(scope="session")
async def desk(serve_api: Callable[[Settings], Awaitable[str]], postgres: PostgresUrls, pool: asyncpg.Pool) -> Desk:
    """Three vehicles with readings and forecasts, five drivers with scores, people to sign in as, one alert of each type, a step
    in which alerts are passed on, and thresholds that were tried."""
    owner = await asyncpg.connect(postgres.owner_url)
    try:
        tenant = await ensure_tenant(owner, "desk", "Desk Logistics")
        await ensure_vehicles(owner, tenant, [Vehicle(vehicle, "truck", "Actros", 3.0, 400.0) for vehicle in FLEET])
        for email, (name, role) in PEOPLE.items():
            await ensure_user(owner, tenant, email, name, role, PASSWORD)
    finally:
        await owner.close()
    url = await serve_api(Settings(postgres=Postgres(url=postgres.app_url), mqtt=Mqtt(port=free_port())))
    made = Desk(url, tenant, pool)
    await _past(made, datetime.now(UTC))
    await _tried(made, datetime.now(UTC) - timedelta(hours=1))
    for position, kind in enumerate(AlertType):
        await made.raise_alert(FLEET[position % 3], kind, list(Severity)[position % 4], minutes_ago=5 + 20 * position)
    return made


async def _tried(desk: Desk, at: datetime) -> None:
    """A trial of thresholds of classes, done at a time."""
    alerts = {"SPEEDING": {"before": 1200, "after": 310}, "FUEL_THEFT": {"before": 2, "after": 0}}
    judged = {"confirmed": 12, "confirmedGone": 2, "dismissed": 40, "dismissedGone": 31}
    outcome = {
        "vehicles": 3, "vehiclesReporting": 3, "vehicleWeeks": 12.9, "perVehicleWeek": {"before": 93.2, "after": 24.0},
        "thresholds": {"SPEEDING": 0.9}, "classThresholds": {"truck": {"SPEEDING": 0.7125}},
        "alerts": alerts, "judged": judged,
        "classes": [{"vehicleClass": name, "vehicles": 1, "alerts": alerts, "judged": judged} for name in ("car", "truck")],
        "vanished": [], "vanishedTotal": 892,
    }  # fmt: skip
    async with tenant_transaction(desk.pool, desk.tenant) as connection:
        await connection.execute(
            """INSERT INTO budget_trials (tenant_id, proposal, days, asked_at, asked_by, state, finished_at, outcome)
               VALUES ($1, '{"fleet": {"SPEEDING": 0.9}, "classes": {}}', 30, $2, gen_random_uuid(), 'DONE', $2, $3)""",
            desk.tenant, at, json.dumps(outcome),
        )  # fmt: skip


async def _past(desk: Desk, now: datetime) -> None:
    async with tenant_transaction(desk.pool, desk.tenant) as connection:
        for vehicle in FLEET:
            seconds = range(0, 1800, 10)
            await connection.execute(
                """INSERT INTO telemetry
                       (tenant_id, vehicle_id, event_time, speed_kmh, coolant_temp_c, latitude_deg, longitude_deg)
                   SELECT $1, $2, * FROM unnest($3::timestamptz[], $4::real[], $5::real[], $6::real[], $7::real[])""",
                desk.tenant,
                vehicle,
                [now - timedelta(seconds=1800 - second) for second in seconds],
                [50 + 20 * math.sin(second / 90) if second % 600 else None for second in seconds],
                [90.0 for _ in seconds],
                [48.1 + second * 1e-5 for second in seconds],
                [11.5 + FLEET.index(vehicle) / 20 for _ in seconds],
            )
        await connection.executemany(
            "INSERT INTO forecasts VALUES ($1, $2, $3, $4, 72, $5, $6, $7, 'cox-2')",
            [
                (desk.tenant, vehicle, component, now - age, risk, risk / 2, min(1.0, risk * 2))
                for vehicle in FLEET
                for component, risk in (("engine", 0.31), ("brakes", 0.04))
                for age in (timedelta(days=4), timedelta())
            ],
        )
        await connection.executemany(
            "INSERT INTO maintenance VALUES ($1, 'VH-0001', $2, $3, $4)",
            [
                (desk.tenant, now - timedelta(days=days), component, failure)
                for days, component, failure in ((3, "engine", True), (400, "a wiper that somebody described at length", False))
            ],
        )
        await connection.execute("INSERT INTO notification_rules (tenant_id) VALUES ($1)", desk.tenant)
        await connection.execute("INSERT INTO escalation_steps VALUES ($1, 300, 'dispatcher')", desk.tenant)
    days = np.arange(28, dtype=np.float64)
    records = [
        DriverRecord(
            f"d-{number}",
            "truck",
            km := np.full(28, 90.0 * number),
            km,
            km * (0.2 + number / 50),
            km / 50,
            km / 500 + days / 90,
            {},
        )
        for number in range(5)
    ]
    for age in (1, 0):
        await score_store.save(desk.pool, desk.tenant, driver_scores(records), now - timedelta(days=age))


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        await started.close()


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A fresh browser profile, wide and light."""
    opened = await browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    yield opened
    await opened.close()


@pytest.fixture
def enter(desk: Desk) -> Callable[..., Awaitable[Page]]:
    """Signs somebody in: `page = await enter(context)`."""

    async def sign_in(context: BrowserContext, email: str = "sam@desk.example") -> Page:
        page = await context.new_page()
        await page.goto(f"{desk.url}/sign-in")
        await page.get_by_label("Email").fill(email)
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("region", name="Alerts, newest first")).to_be_visible()
        return page

    return sign_in
