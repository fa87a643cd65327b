"""A whole stack in a throw-away home, for end-to-end and fault tests: `demo` as a stranger would start it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from fleet.settings import Settings

COLD_START_S = 600.0
STOP_S = 30.0


@dataclass(frozen=True)
class Trial:
    """A running demo. `demo` is what `demo.json` says; `settings` are those of the stack's own processes."""

    home: Path
    demo: dict[str, Any]
    settings: Settings

    @property
    def url(self) -> str:
        return str(self.demo["url"])

    def person(self, email: str) -> dict[str, str]:
        """The demo's account with this address."""
        return next(user for user in self.demo["users"] if user["email"] == email)

    def spare_device(self, number: int = 0) -> dict[str, str]:
        """A device of tenant acme that the simulated fleet does not use."""
        return [device for device in self.demo["devices"] if not device["simulated"] and device["tenant"] == "acme"][number]

    def processes(self, title: str) -> list[psutil.Process]:
        """This stack's own processes whose command line holds `title`."""
        return [
            process for process in psutil.process_iter() if title in _command(process) and _home_of(process) == str(self.home)
        ]

    def kill(self, title: str) -> None:
        """SIGKILL to this stack's processes of that title.

        Raises:
            LookupError: there is none.
        """
        victims = self.processes(title)
        if not victims:
            raise LookupError(f"No process of this stack is called {title!r}.")
        for victim in victims:
            victim.kill()

    def metric(self, name: str) -> float:
        """Sum over all labels of a metric of the API's `/metrics`."""
        lines = httpx.get(f"{self.url}/metrics", timeout=10).text.splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.split("{")[0].split(" ")[0] == name)


@contextmanager
def running_trial(vehicles: int) -> Iterator[Trial]:
    """`fleetguard demo` until the end of the block, then Ctrl-C; its home is removed.

    Raises:
        RuntimeError: it does not come up; the message ends with what it printed.
    """
    home = Path(tempfile.mkdtemp(prefix="fg-trial-")).resolve()
    home.chmod(0o755)  # PostgreSQL runs under an account of its own when the tests run as root
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FLEETGUARD_")}
    command = [sys.executable, "-m", "fleetguard", "demo", "--vehicles", str(vehicles)]
    with (home / "demo.log").open("w+") as printed:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command,
            env={**environment, "FLEETGUARD_HOME": str(home), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=printed,
            text=True,
        )
        try:
            _await_url(process, home)
            yield Trial(home, json.loads((home / "demo.json").read_text()), _settings(home))
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(STOP_S)
            shutil.rmtree(home, ignore_errors=True)


def attached_trial(home: Path) -> Trial:
    """A demo that runs already, `FLEETGUARD_TRIAL_HOME` of whoever tries tests again and again; it is left running."""
    return Trial(home, json.loads((home / "demo.json").read_text()), _settings(home))


def _await_url(process: "subprocess.Popen[str]", home: Path) -> None:
    timer = threading.Timer(COLD_START_S, process.terminate)
    timer.start()
    assert process.stdout is not None
    try:
        if not any("http://" in line for line in process.stdout):
            raise RuntimeError(f"The demo does not start: {(home / 'demo.log').read_text()[-3000:]}")
    finally:
        timer.cancel()


def _settings(home: Path) -> Settings:
    return Settings(_env_file=home / "stack.env", home=home)  # type: ignore[call-arg]


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _home_of(process: psutil.Process) -> str:
    try:
        return process.environ().get("FLEETGUARD_HOME", "")
    except psutil.Error:
        return ""
