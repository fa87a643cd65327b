"""What is wrong with this machine or this stack, and how to mend it."""

import asyncio
import resource
import shutil
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg
import psutil

from fleet.errors import FleetError
from fleet.settings import Settings, load_settings
from fleet.stores.postgres import MIGRATIONS, UNREACHABLE
from fleetguard.stack.home import Home
from fleetguard.stack.plan import DEFAULT_PORTS, PORT_VARIABLES, is_free, kept_plan
from fleetguard.stack.status import parts
from fleetguard.stack.supervisor import Supervisor
from serve.registry import REGISTERED

FREE_DISK_BYTES: Final = 5_000_000_000
FREE_MEMORY_BYTES: Final = 4_000_000_000
OPEN_FILES: Final = 4096


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `mend` says what to do where it is not as it should be."""

    name: str
    ok: bool
    detail: str
    mend: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def examine(home: Home, environ: Mapping[str, str]) -> list[Finding]:
    """Everything that is worth looking at; never fails itself."""
    findings = [_disk(home.root), _files()]
    if not Supervisor(home).answers():
        mend = "Start it with `fleetguard up`."
        return [*findings, _memory(), *_ports(home, environ), Finding("stack", False, "it is not running", mend)]
    settings = load_settings()
    return [*findings, *_servers(home, environ), _migrations(settings), _champions(settings)]


def _disk(folder: Path) -> Finding:
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(existing).free
    mend = "" if free > FREE_DISK_BYTES else f"Free space below {existing}, or set FLEETGUARD_HOME to a larger disk."
    return Finding("disk", not mend, f"{free / 1e9:.1f} GB free at {existing}", mend)


def _memory() -> Finding:
    free = psutil.virtual_memory().available
    mend = "" if free > FREE_MEMORY_BYTES else "Close other programs: the stack needs about 4 GB."
    return Finding("memory", not mend, f"{free / 1e9:.1f} GB available", mend)


def _files() -> Finding:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = hard == resource.RLIM_INFINITY or hard >= OPEN_FILES
    mend = "" if enough else f"Raise the hard limit of open files (`ulimit -Hn`) to {OPEN_FILES} or more: a device needs two."
    return Finding("open files", enough, "unlimited" if hard == resource.RLIM_INFINITY else f"limit {hard}", mend)


def _ports(home: Home, environ: Mapping[str, str]) -> list[Finding]:
    plan = kept_plan(home, environ)
    ports = {name: plan.ports[name] if plan else default for name, default in DEFAULT_PORTS.items()}
    ports |= {name: int(environ[variable]) for name, variable in PORT_VARIABLES.items() if environ.get(variable, "").isdigit()}
    taken = [(name, port) for name, port in ports.items() if not is_free(port)]
    return [_taken(name, port, PORT_VARIABLES[name] in environ) for name, port in taken] or [Finding("ports", True, "all free")]


def _taken(name: str, port: int, explicit: bool) -> Finding:
    if explicit:
        return Finding(f"port {port}", False, f"taken by another program ({name})", "Stop that program, or set another port.")
    return Finding(f"port {port}", True, f"taken by another program: the next start gives {name} another one")


def _servers(home: Home, environ: Mapping[str, str]) -> list[Finding]:
    found = []
    for part in parts(home, environ):
        log = home.log_of(part.name)
        mend = "" if part.ready else f"Read {log}; `fleetguard up` starts it again."
        found.append(Finding(part.name, part.ready, f"{part.state.lower()}{'' if part.ready else ', does not answer'}", mend))
    return found


def _migrations(settings: Settings) -> Finding:
    try:
        applied = asyncio.run(_applied(settings.postgres.owner_url or settings.postgres.url))
    except (*UNREACHABLE, asyncpg.PostgresError) as error:
        return Finding("migrations", False, f"cannot be read: {error}", "See the finding about postgres.")
    missing = sorted({path.stem for path in MIGRATIONS.glob("*.sql")} - applied)
    mend = "Run `fleetguard migrate`." if missing else ""
    return Finding("migrations", not missing, f"missing: {', '.join(missing)}" if missing else f"{len(applied)} applied", mend)


async def _applied(url: str) -> set[str]:
    connection = await asyncpg.connect(url, timeout=5)
    try:
        return {row["name"] for row in await connection.fetch("SELECT name FROM migrations")}
    finally:
        await connection.close()


def _champions(settings: Settings) -> Finding:
    try:
        missing = [model for model in REGISTERED if not _has_champion(settings.mlflow.tracking_uri, model)]
    except (OSError, FleetError) as error:
        return Finding("models", False, f"MLflow does not answer: {error}", "See the finding about mlflow.")
    mend = f"Run `fleetguard train {missing[0] if len(missing) == 1 else 'all'}`, then `fleetguard promote`." if missing else ""
    return Finding("models", not missing, f"no champion: {', '.join(missing)}" if missing else "every model has a champion", mend)


def _has_champion(tracking_uri: str, model: str) -> bool:
    """Asked over HTTP: importing MLflow takes longer than everything else here."""
    url = f"{tracking_uri}/api/2.0/mlflow/registered-models/alias?name={REGISTERED[model]}&alias=champion"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - the tracking server the user configured
            return bool(answer.status == 200)
    except urllib.error.HTTPError as error:
        if error.code in (400, 404):
            return False
        raise
