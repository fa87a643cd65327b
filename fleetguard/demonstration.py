"""The demo: tenants, people and devices of a simulated fleet, and a stack that lives as long as the command."""

import asyncio
import json
import secrets
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
from rich.console import Console

from fleet.stores.provisioning import DeviceCredential, Vehicle, ensure_devices, ensure_tenant, ensure_user, ensure_vehicles
from fleetguard.stack.first_models import train_first_models
from fleetguard.stack.home import Home, home_of, write_private
from fleetguard.stack.stack import Stack, start, stop
from fleetguard.stack.starting import start_everything

TENANTS: Final = {"acme": "Acme Logistics", "globex": "Globex Haulage"}
ACME_SHARE: Final = 0.8  # of the vehicles; the rest is Globex's, which shows that tenants do not see each other
SPARE: Final = 3  # vehicles of each tenant that are known and not simulated: for devices of the user's own
CLASSES: Final = (("car", "Hatchback 1.4", 50.0), ("van", "Panel van 2.3", 80.0), ("truck", "Tractor 12.8", 400.0))


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in."""

    email: str
    name: str
    role: str
    tenant: str
    driver_id: str | None = None


PEOPLE: Final = (
    Person("manager@acme.example", "Mara Lind", "fleet_manager", "acme"),
    Person("dispatcher@acme.example", "Dario Conti", "dispatcher", "acme"),
    Person("engineer@acme.example", "Edda Vogt", "ml_engineer", "acme"),
    Person("analyst@acme.example", "Anil Rao", "analyst", "acme"),
    Person("driver@acme.example", "Dana Kirsch", "driver", "acme", "d-000"),
    Person("admin@acme.example", "Ada Moreau", "platform_admin", "acme"),
    Person("manager@globex.example", "Gita Holm", "fleet_manager", "globex"),
)


def run_demo(console: Console, environ: Mapping[str, str], vehicles: int, minutes: float | None) -> None:
    """Start everything, say where it is, and stay until Ctrl-C or the time is up; then stop everything.

    Raises:
        ConfigurationError: a demo of this home runs already, and goes on; or as `start_everything`. Unavailable: so too.
    """
    home = home_of(environ)
    home.make()
    busy = (
        f"A demo runs from {home.root} already: its people and devices are in {home.demo}, and Ctrl-C in its terminal ends it. "
        "For a second one set another FLEETGUARD_HOME."
    )
    with home.locked("demo", busy), _until_interrupted() as interrupted:
        try:
            stack = start_everything(console, environ, vehicles, lambda stack: _before_pipeline(stack, vehicles))
            start(stack, "simulator")
            _say_what_next(stack)
            interrupted.wait(None if minutes is None else minutes * 60)
        except KeyboardInterrupt:
            pass
        finally:
            with console.status("Stopping"):
                stop(home, environ)
            console.print("Stopped.")


@contextmanager
def _until_interrupted() -> Iterator[threading.Event]:
    """Ctrl-C and SIGTERM break off the start, and end the wait; once stopping has begun they change nothing."""
    interrupted = threading.Event()

    def on_signal(*_: object) -> None:
        if not interrupted.is_set():
            interrupted.set()
            raise KeyboardInterrupt

    previous = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interrupted
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _before_pipeline(stack: Stack, vehicles: int) -> None:
    asyncio.run(_provision(stack, vehicles))
    train_first_models(stack)


async def _provision(stack: Stack, vehicles: int) -> None:
    """Tenants, people and devices, and `demo.json` with their passwords; what an earlier demo made is kept."""
    kept = _kept(stack.home)
    passwords = {user["email"]: user["password"] for user in kept.get("users", [])}
    passwords = {person.email: passwords.get(person.email) or secrets.token_urlsafe(9) for person in PEOPLE}
    secrets_of = {(device["tenant"], device["vehicle"]): device["password"] for device in kept.get("devices", [])}
    simulated: list[dict[str, Any]] = []
    spare: list[dict[str, Any]] = []
    connection = await asyncpg.connect(stack.settings.postgres.owner_url)
    try:
        for slug, fleet in _fleets(vehicles).items():
            tenant = await ensure_tenant(connection, slug, TENANTS[slug])
            for person in (person for person in PEOPLE if person.tenant == slug):
                password = passwords[person.email]
                await ensure_user(connection, tenant, person.email, person.name, person.role, password, person.driver_id)
            await ensure_vehicles(connection, tenant, fleet)
            known = {vehicle: secret for (owner, vehicle), secret in secrets_of.items() if owner == slug}
            credentials = await ensure_devices(connection, tenant, [vehicle.vehicle_id for vehicle in fleet], known)
            described = [_device(credential, vehicle) for credential, vehicle in zip(credentials, fleet, strict=True)]
            simulated += [device | {"simulated": True} for device in described[:-SPARE]]
            spare += [device | {"simulated": False} for device in described[-SPARE:]]
    finally:
        await connection.close()
    write_private(stack.home.demo, json.dumps(_description(stack, passwords, [*spare, *simulated]), indent=2))


def _kept(home: Home) -> dict[str, Any]:
    return dict(json.loads(home.demo.read_text())) if home.demo.exists() else {}


def _fleets(vehicles: int) -> dict[str, list[Vehicle]]:
    """The vehicles of each tenant, of every class in turn; the last ones are spare."""
    at_acme = max(1, round(vehicles * ACME_SHARE))
    sizes = {"acme": at_acme, "globex": vehicles - at_acme}
    return {slug: [_vehicle(number) for number in range(1, size + SPARE + 1)] for slug, size in sizes.items()}


def _vehicle(number: int) -> Vehicle:
    vehicle_class, model, tank_l = CLASSES[number % len(CLASSES)]
    return Vehicle(f"VH-{number:04d}", vehicle_class, model, age_years=float(number % 9), tank_l=tank_l)


def _description(stack: Stack, passwords: Mapping[str, str], devices: list[dict[str, Any]]) -> dict[str, Any]:
    mqtt = stack.settings.mqtt
    return {
        "url": stack.url,
        "mqtt": {"host": mqtt.host, "port": mqtt.port},
        "users": [
            {"email": person.email, "password": passwords[person.email], "role": person.role, "tenant": person.tenant}
            for person in PEOPLE
        ],
        "devices": devices,
    }


def _device(credential: DeviceCredential, vehicle: Vehicle) -> dict[str, Any]:
    """A device as `demo.json` has it; the class and the tank let a simulator drive the right kind of vehicle."""
    return {
        "tenant": credential.tenant,
        "vehicle": credential.vehicle,
        "username": credential.username,
        "password": credential.password,
        "vehicle_class": vehicle.vehicle_class,
        "tank_l": vehicle.tank_l,
    }


def _say_what_next(stack: Stack, say: Callable[[str], None] = print) -> None:
    user = _kept(stack.home)["users"][0]
    say(f"\nFleetGuard runs at {stack.url}")
    say(f"Sign in as {user['email']} with the password {user['password']}")
    say(f"Other people and the devices' credentials: {stack.home.demo}")
    say("Live alerts arrive within a minute. Ctrl-C stops everything.\n")
