"""Finding a stack's processes, also when its supervisor is gone: by a mark in their environment, PostgreSQL by its pid file."""

import contextlib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import psutil

from fleetguard.stack.home import Home

STACK_MARK: Final = "FLEETGUARD_STACK_ID"
PROGRAM_MARK: Final = "FLEETGUARD_PROGRAM"


def stack_processes(home: Home, stack_id: str) -> list[psutil.Process]:
    """Every living process of the stack, ourselves and those we run under left out."""
    every = {process.pid: process for process in [*marked_processes({STACK_MARK: stack_id}), *_postgres(home.postgres_data)]}
    return list(every.values())


def marked_processes(marks: Mapping[str, str]) -> list[psutil.Process]:
    """Living processes with these variables in their environment, ourselves and those we run under left out."""
    us = {process.pid for process in (psutil.Process(), *psutil.Process().parents())}
    return [process for process in psutil.process_iter() if process.pid not in us and _carries(process, marks)]


def _carries(process: psutil.Process, marks: Mapping[str, str]) -> bool:
    with contextlib.suppress(psutil.Error, OSError):
        return process.status() != psutil.STATUS_ZOMBIE and marks.items() <= process.environ().items()
    return False


def _postgres(data: Path) -> list[psutil.Process]:
    """The postmaster and its backends: they overwrite their environment with their titles."""
    with contextlib.suppress(OSError, ValueError, IndexError, psutil.Error):
        pid, folder, started = (data / "postmaster.pid").read_text().splitlines()[:3]
        postmaster = psutil.Process(int(pid))
        is_ours = Path(folder) == data.resolve() and abs(postmaster.create_time() - int(started)) < 30
        return [postmaster, *postmaster.children(recursive=True)] if is_ours else []
    return []


def end(processes: list[psutil.Process], patience_s: float) -> list[psutil.Process]:
    """Ask them to end, then kill them; returns those that are still there."""
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    _, alive = psutil.wait_procs(processes, timeout=patience_s)
    for process in alive:
        with contextlib.suppress(psutil.Error):
            process.kill()
    return list(psutil.wait_procs(alive, timeout=2)[1])


def memory_bytes(process: psutil.Process) -> int:
    """Proportional set size where the kernel tells, else the resident size: shared pages are counted once."""
    with contextlib.suppress(psutil.Error, OSError):
        full = process.memory_full_info()
        return int(getattr(full, "pss", 0) or full.rss)
    return 0


def gone_within(home: Home, stack_id: str, seconds: float) -> bool:
    """Whether every process of the stack ends by itself in time."""
    deadline = time.monotonic() + seconds
    while stack_processes(home, stack_id):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
