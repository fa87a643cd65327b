"""The stack under test, seen from outside: started by its command, known by its files."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import httpx

from fleet.errors import ConfigurationError, Unavailable
from fleet.settings import Settings

COLD_START_S: Final = 900.0  # the first champions are trained on the way
STOP_S: Final = 60.0
DISK_MB: Final = 3072  # of a throw-away home: models, PostgreSQL with its WAL, broker and logs
_ANNOUNCEMENT: Final = "http://"
HOME_HELP: Final = "FLEETGUARD_HOME of a demo that runs; without it a throw-away one is started, which trains its models first."


@dataclass(frozen=True, slots=True)
class StackUnderTest:
    """A running stack; `settings` are those of its own processes."""

    home: Path
    url: str
    settings: Settings


@contextmanager
def stack_under_test(
    home: Path | None, own_disk: bool = False, environment: Mapping[str, str] = MappingProxyType({})
) -> Iterator[StackUnderTest]:
    """The stack that runs in `home`, which is left running; without one, a demo in a throw-away home.

    `own_disk`: the throw-away home lies on a small disk in memory, where we may make one. `environment`: what the throw-away
    stack's processes are given beside their own.

    Raises:
        ConfigurationError: no stack runs in `home`.
        Unavailable: the throw-away stack does not start.
    """
    if home is not None:
        yield _attached(home.expanduser().resolve())
        return
    with _throwaway_home(own_disk) as fresh, _demo(fresh, environment):
        yield _stack_of(fresh)


def described(home: Path | None) -> str:
    """Which stack that is, for a document."""
    return "a throw-away one, started for this run" if home is None else "a `fleetguard demo` that ran before"


def _attached(home: Path) -> StackUnderTest:
    try:
        stack = _stack_of(home)
        httpx.get(f"{stack.url}/health", timeout=10).raise_for_status()
    except (OSError, ValueError, KeyError, httpx.HTTPError) as error:
        raise ConfigurationError(
            f"No stack runs in {home}: start one with `FLEETGUARD_HOME={home} fleetguard demo --vehicles 1`, or name no home."
        ) from error
    return stack


def _stack_of(home: Path) -> StackUnderTest:
    settings = Settings(_env_file=home / "stack.env", home=home)  # type: ignore[call-arg]
    return StackUnderTest(home, str(json.loads((home / "demo.json").read_text())["url"]), settings)


@contextmanager
def _throwaway_home(own_disk: bool) -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="fleetguard-bench-")).resolve()
    mounted = own_disk and _quietly("mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(home))
    home.chmod(0o711)  # PostgreSQL runs under an account of its own when we are root
    try:
        yield home
    finally:
        if mounted:
            _quietly("umount", "--lazy", str(home))
        shutil.rmtree(home, ignore_errors=True)


def _quietly(*command: str) -> bool:
    """Whether it worked; only root may mount, and not everywhere."""
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603 - our own arguments
    except OSError:
        return False


@contextmanager
def _demo(home: Path, added: Mapping[str, str]) -> Iterator[None]:
    """`fleetguard demo` with a single vehicle until the end of the block, then Ctrl-C. It shows its own progress."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FLEETGUARD_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "fleetguard", "demo", "--vehicles", "1"],
        env={**environment, **added, "FLEETGUARD_HOME": str(home), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # a Ctrl-C meant for us reaches it from us, once
    )
    try:
        _await_announcement(process)
        yield
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()


def _await_announcement(process: "subprocess.Popen[str]") -> None:
    timer = threading.Timer(COLD_START_S, process.terminate)
    timer.start()
    assert process.stdout is not None
    try:
        if not any(_ANNOUNCEMENT in line for line in process.stdout):
            raise Unavailable("The stack under test did not start; what it printed says why.")
    finally:
        timer.cancel()
