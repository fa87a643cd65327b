"""The processes of the stack under test, to be killed or held. Only those that carry its home are touched."""

import asyncio
import contextlib
from pathlib import Path

import psutil

from bench.processes import postgres_processes
from fleet.errors import Unavailable

RAYLET = "raylet/raylet"
BACKEND = "one backend"
POSTGRES = "bin/postgres -D"


def victims(home: Path, title: str) -> list[psutil.Process]:
    """Processes whose command line holds `title`; of PostgreSQL all, or one backend of the application's.

    Raises:
        Unavailable: there is none.
    """
    if title == POSTGRES:
        found = postgres_processes(home)
    elif title == BACKEND:
        found = [process for process in postgres_processes(home) if "fleetguard_app" in _command(process)][:1]
    else:
        found = [process for process in psutil.process_iter() if title in _command(process) and _home_of(process) == str(home)]
    if not found:
        raise Unavailable(f"The stack has no process called {title!r}.")
    return found


def kill(home: Path, title: str) -> None:
    """SIGKILL."""
    for victim in victims(home, title):
        with contextlib.suppress(psutil.NoSuchProcess):
            victim.kill()


async def hold(home: Path, title: str, seconds: float) -> None:
    """SIGSTOP, and SIGCONT when the time is up."""
    held = victims(home, title)
    try:
        for victim in held:
            with contextlib.suppress(psutil.NoSuchProcess):
                victim.suspend()
        await asyncio.sleep(seconds)
    finally:
        for victim in held:
            with contextlib.suppress(psutil.NoSuchProcess):
                victim.resume()


def _command(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""


def _home_of(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return process.environ().get("FLEETGUARD_HOME", "")
    return ""
