"""Starting and stopping the local stack."""

import asyncio
import os
import resource
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import asyncpg

from fleet.errors import ConfigurationError, Unavailable
from fleet.settings import Settings, load_settings
from fleet.stores.postgres import migrate
from fleetguard.servers import broker, postgres
from fleetguard.stack.home import Home, join_ray_of, write_private
from fleetguard.stack.plan import Plan, kept_plan, make_plan, role_passwords, settings_environment, superuser_url
from fleetguard.stack.processes import end, gone_within, stack_processes
from fleetguard.stack.programs import STOP_FIRST, Program, common_environment, programs
from fleetguard.stack.readiness import is_ready
from fleetguard.stack.supervisor import Supervisor, render
from ingest.sessions import require_partitions

READY_WITHIN_S: Final = {"mlflow": 120.0, "ray": 90.0, "pipeline": 180.0, "api": 60.0}
_READY_WITHIN_S: Final = 30.0
_LOG_LINES: Final = 8
_LOG_WIDTH: Final = 400  # the end of a line says what happened
_ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True)
class Stack:
    """A planned stack: what will run, and the settings its processes read."""

    home: Home
    plan: Plan
    programs: list[Program]
    settings: Settings
    supervisor: Supervisor

    @property
    def url(self) -> str:
        return f"http://localhost:{self.plan.ports['api']}"


def prepare(home: Home, environ: Mapping[str, str], demo_vehicles: int = 0) -> Stack:
    """Make what the first start needs, write the configuration, and have supervisord run it. Starts no program.

    Raises:
        ConfigurationError: something is missing or in the way; the message says what and how to mend it.
    """
    supervisor = Supervisor(home)
    running = supervisor.answers()
    kept = kept_plan(home, environ)
    if not running:
        _clear_away(home, kept)
    plan = kept if running and kept else make_plan(home, environ)
    planned = programs(home, plan, demo_vehicles)
    _write_configuration(home, plan, demo=demo_vehicles > 0)
    load_settings.cache_clear()
    settings = load_settings()
    require_partitions(settings.mqtt.partitions, settings.ingest.actors)
    if not running:
        _raise_file_limit()
    supervisor.launch(render(home, planned, os.geteuid() == 0), common_environment(home, plan, environ))
    join_ray_of(home)
    return Stack(home, plan, planned, settings, supervisor)


def _clear_away(home: Home, kept: Plan | None) -> None:
    """What a killed supervisor left running, and the metrics of processes that are gone."""
    if kept:
        end(stack_processes(home, kept.stack_id), patience_s=5)
    shutil.rmtree(home.metrics, ignore_errors=True)
    home.make()


def _write_configuration(home: Home, plan: Plan, demo: bool) -> None:
    for folder in ("feast", "mlflow"):
        (home.root / folder).mkdir(mode=0o700, exist_ok=True)
    lines = settings_environment(home, plan, demo)
    write_private(home.stack_env, "".join(f"{name}={value}\n" for name, value in lines.items()))
    if "postgres" not in plan.external:
        postgres.initialise(home.postgres_data, plan.secrets["postgres"])
    if "broker" not in plan.external:
        configured = broker.Broker(
            store=home.root / "broker",
            pid_file=home.broker_pid,
            nats_port=plan.ports["nats"],
            mqtt_port=plan.ports["mqtt"],
            ingest_password=plan.secrets["ingest"],
            device_auth_password=plan.secrets["device_auth"],
            issuer_seed=plan.secrets["issuer_seed"],
        )
        write_private(home.broker_configuration, configured.render())


def _raise_file_limit() -> None:
    """Each device is a connection, and the broker needs two files for it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def start(stack: Stack, name: str) -> None:
    """Start a program and wait until it answers.

    Raises:
        Unavailable: it does not; the message ends with its log and says what to do.
    """
    stack.supervisor.start(name)
    deadline = time.monotonic() + READY_WITHIN_S.get(name, _READY_WITHIN_S)
    attempts = set()
    while True:
        state = stack.supervisor.states()[name]
        if state["statename"] == "RUNNING" and is_ready(name, stack.settings, stack.plan.ports, state["start"]):
            return
        attempts |= {state["pid"]} - {0}
        if state["statename"] == "FATAL" or len(attempts) > _ATTEMPTS or time.monotonic() > deadline:
            raise Unavailable(_failure(stack, name))
        time.sleep(0.1)


def _failure(stack: Stack, name: str) -> str:
    log = stack.home.log_of(name)
    tail = log.read_text(errors="replace").splitlines()[-_LOG_LINES:] if log.exists() else []
    lines = "\n".join(f"  {line[-_LOG_WIDTH:]}" for line in tail)
    return f"{name} does not become ready. The end of {log}:\n{lines}\nWhat to do: see `fleetguard doctor`, mend it, try again."


def prepare_database(stack: Stack) -> list[str]:
    """Roles, databases and the schema; returns the migrations that were applied.

    Raises:
        ConfigurationError: there is no owner's URL for a PostgreSQL of the user's own.
    """
    if "postgres" not in stack.plan.external:
        asyncio.run(postgres.create_roles_and_databases(superuser_url(stack.plan), role_passwords(stack.plan)))
    return migrate_database(stack.settings)


def migrate_database(settings: Settings) -> list[str]:
    """Bring the schema up to date.

    Raises:
        ConfigurationError: the owner's URL is not set.
    """
    owner = settings.postgres.owner_url
    if not owner:
        raise ConfigurationError("Migrations need FLEETGUARD_POSTGRES__OWNER_URL: set it, or run `fleetguard up`.")
    return asyncio.run(migrate(owner))


def forget_heartbeats(settings: Settings) -> None:
    """Parts of an earlier start are not missed in this one."""

    async def forget() -> None:
        connection = await asyncpg.connect(settings.postgres.owner_url)
        await connection.execute("DELETE FROM heartbeats")
        await connection.close()

    asyncio.run(forget())


def stop(home: Home, environ: Mapping[str, str], step: Callable[[str], None] = lambda _: None) -> bool:
    """Stop everything within 15 s, also what a killed supervisor left; returns whether anything ran.

    Raises:
        Unavailable: something cannot be ended.
    """
    plan = kept_plan(home, environ)
    if plan is None or not (processes := stack_processes(home, plan.stack_id)):
        return False
    supervisor = Supervisor(home)
    if supervisor.answers():
        step("programs")
        supervisor.stop(STOP_FIRST, within_s=6)
        step("servers")
        supervisor.stop(["broker", "valkey", "postgres"], within_s=4)
        supervisor.shut_down()
        gone_within(home, plan.stack_id, 1)
    step("what is left")
    if left := end(stack_processes(home, plan.stack_id), patience_s=1):
        raise Unavailable(f"These processes of the stack do not end: {', '.join(str(process.pid) for process in left)}.")
    shutil.rmtree(home.sockets, ignore_errors=True)
    return bool(processes)
