"""What runs: each part's state, age and memory."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import psutil
from rich.table import Table

from fleet.errors import FleetError, Unavailable
from fleet.settings import load_settings
from fleet.stores.model_life import Notice, open_notices
from fleet.stores.postgres import connect_pool
from fleetguard.stack.home import Home
from fleetguard.stack.plan import Plan, kept_plan
from fleetguard.stack.processes import memory_bytes, stack_processes
from fleetguard.stack.programs import programs
from fleetguard.stack.readiness import is_ready
from fleetguard.stack.supervisor import Supervisor

_PORT_OF: Final = {"broker": "mqtt", "device-auth": "", "notifier": "", "pipeline": "", "simulator": ""}


@dataclass(frozen=True, slots=True)
class Part:
    """`state`: as supervisord names it, `EXTERNAL` for the user's own server, `STOPPED` where nothing runs."""

    name: str
    state: str
    ready: bool
    pid: int | None
    port: int | None
    uptime_s: float | None
    memory_mb: float | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def parts(home: Home, environ: Mapping[str, str]) -> list[Part]:
    """Every part of the stack, in the order of the start.

    Raises:
        Unavailable: there is no stack in this home.
    """
    plan = kept_plan(home, environ)
    if plan is None:
        raise Unavailable(f"There is no stack in {home.root} yet: start one with `fleetguard up`.")
    try:
        states = Supervisor(home).states()
    except Unavailable:
        states = {}
    memory = _memory_by_program(home, plan, states)
    names = [
        program.name for program in programs(home, plan, demo_vehicles=1) if program.name != "simulator" or program.name in states
    ]
    own = [_part(name, states.get(name), plan, memory[name]) for name in names]
    return own + [Part(name, "EXTERNAL", True, None, None, None, None) for name in sorted(plan.external)]


def notices() -> list[dict[str, str]]:
    """Open notices to engineers, newest first; none while the database does not answer."""
    try:
        found = asyncio.run(_open_notices())
    except FleetError:
        return []
    return [
        {"model": each.model, "version": each.version, "subject": each.subject, "detail": each.detail,
         "openedAt": each.opened_at.isoformat()}
        for each in found
    ]  # fmt: skip


async def _open_notices() -> list[Notice]:
    async with await connect_pool(load_settings().postgres) as pool:
        return await open_notices(pool)


def _part(name: str, state: dict[str, Any] | None, plan: Plan, memory: int) -> Part:
    port = plan.ports.get(_PORT_OF.get(name, name))
    if state is None or not state["pid"]:
        return Part(name, state["statename"] if state else "STOPPED", False, None, port, None, None)
    ready = is_ready(name, load_settings(), plan.ports, state["start"])
    return Part(
        name, state["statename"], ready, state["pid"], port, round(time.time() - state["start"], 1), round(memory / 1e6, 1)
    )


def _memory_by_program(home: Home, plan: Plan, states: dict[str, dict[str, Any]]) -> dict[str, int]:
    """Bytes of each program with all its descendants; a process belongs to the nearest program above it."""
    programs_by_pid = {info["pid"]: name for name, info in states.items() if info["pid"]}
    used: dict[str, int] = defaultdict(int)
    for process in stack_processes(home, plan.stack_id):
        try:
            line = (process.pid, *(parent.pid for parent in process.parents()))
        except psutil.Error:
            continue
        name = next((programs_by_pid[pid] for pid in line if pid in programs_by_pid), "")
        used[name] += memory_bytes(process)
    return used


def table(found: list[Part]) -> Table:
    """For people."""
    shown = Table("part", "state", "ready", "pid", "port", "up", "memory", box=None)
    for part in found:
        uptime = "" if part.uptime_s is None else f"{part.uptime_s:.0f} s"
        memory = "" if part.memory_mb is None else f"{part.memory_mb:.0f} MB"
        ready = "[green]yes[/]" if part.ready else "[red]no[/]"
        shown.add_row(part.name, part.state, ready, str(part.pid or ""), str(part.port or ""), uptime, memory)
    return shown
