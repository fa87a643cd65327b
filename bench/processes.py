"""What each part of a stack costs: CPU seconds and memory of its processes."""

import contextlib
import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

from fleet.errors import Unavailable

RIG = "load rig"
INGEST = "ingest actor"
MODELS = "models (Serve replica)"
POSTGRES = "PostgreSQL"
_TITLES = {"ray::IngestActor": INGEST, "ray::ServeReplica": MODELS}
_PROGRAMS = {"device-auth": "device sign-in", "simulator": "demo's own vehicle", "ray": "Ray", "pipeline": "pipeline"}


@dataclass(frozen=True, slots=True)
class Usage:
    """One part of the stack."""

    cpu_s: float
    memory_bytes: int
    descriptors: int
    processes: int


class StackProcesses:
    """The processes of the stack in a home, as they are now; the pids `ours` serve the rig."""

    def __init__(self, home: Path, ours: Iterable[int] = ()) -> None:
        self._parts = {process: part for process in psutil.process_iter() if (part := _part(process, home))}
        self._parts |= dict.fromkeys(postgres_processes(home), POSTGRES)
        self._parts |= {psutil.Process(pid): RIG for pid in (os.getpid(), *ours)}
        self._began = self._cpu()

    def restart(self) -> None:
        """Count CPU from now on."""
        self._began = self._cpu()

    def _cpu(self) -> dict[psutil.Process, float]:
        return {process: cpu_s(process) for process in self._parts}

    def usage(self) -> dict[str, Usage]:
        """By part, dearest first; a process that ended meanwhile counts nothing."""
        by_part: dict[str, list[psutil.Process]] = defaultdict(list)
        for process, part in self._parts.items():
            by_part[part].append(process)
        usages = {
            part: Usage(
                sum(max(0.0, cpu_s(process) - self._began[process]) for process in processes),
                sum(map(_memory_bytes, processes)),
                sum(map(_descriptors, processes)),
                len(processes),
            )
            for part, processes in by_part.items()
        }
        return dict(sorted(usages.items(), key=lambda item: -item[1].cpu_s))


def api_process(home: Path) -> psutil.Process:
    """The process that serves the page and the streams of a stack.

    Raises:
        Unavailable: it does not run.
    """
    found = next((process for process in psutil.process_iter() if _part(process, home) == "api"), None)
    if found is None:
        raise Unavailable(f"No process of the stack in {home} serves the API.")
    return found


def cpu_s(process: psutil.Process) -> float:
    """User and system seconds so far; 0 for a process that is gone."""
    with contextlib.suppress(psutil.Error):
        times = process.cpu_times()
        return times.user + times.system
    return 0.0


def _part(process: psutil.Process, home: Path) -> str | None:
    with contextlib.suppress(psutil.Error, OSError):
        environment = process.environ()
        if environment.get("FLEETGUARD_HOME") != str(home) or process.pid == psutil.Process().pid:
            return None
        title = (process.cmdline() or [""])[0]
        known = next((name for start, name in _TITLES.items() if title.startswith(start)), None)
        program = environment.get("FLEETGUARD_PROGRAM", "demo command and supervisor")
        return known or _PROGRAMS.get(program, program)
    return None


def postgres_processes(home: Path) -> list[psutil.Process]:
    """The postmaster and its backends, whose titles overwrite their environment."""
    with contextlib.suppress(psutil.Error, OSError, ValueError, IndexError):
        postmaster = psutil.Process(int((home / "postgres" / "postmaster.pid").read_text().splitlines()[0]))
        return [postmaster, *postmaster.children(recursive=True)]
    return []


def _descriptors(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.Error, OSError):
        return int(process.num_fds())
    return 0


def _memory_bytes(process: psutil.Process) -> int:
    """Proportional set size where the kernel tells: shared pages are counted once."""
    with contextlib.suppress(psutil.Error, OSError):
        full = process.memory_full_info()
        return int(getattr(full, "pss", 0) or full.rss)
    return 0
