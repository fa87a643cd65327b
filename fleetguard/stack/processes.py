"""Finding a stack's processes, also when its supervisor is gone: by a mark in their environment, PostgreSQL by its pid file."""

import contextlib
import time
from pathlib import Path
from typing import Final

import psutil

from fleetguard.stack.home import Home

MARK: Final = "FLEETGUARD_STACK_ID"


def stack_processes(home: Home, stack_id: str) -> list[psutil.Process]:
    """Every living process of the stack, ourselves and those we run under left out."""
    us = {os_process.pid for os_process in (psutil.Process(), *psutil.Process().parents())}
    marked = [process for process in psutil.process_iter() if process.pid not in us and _is_marked(process, stack_id)]
    every = {process.pid: process for process in [*marked, *_postgres(home.postgres_data)]}
    return list(every.values())


def _is_marked(process: psutil.Process, stack_id: str) -> bool:
    with contextlib.suppress(psutil.Error, OSError):
        return process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) == stack_id
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
