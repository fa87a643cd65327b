"""The scoring graph beside servers of models: each server runs alone for its turn, and the turns come round several times."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import httpx
import psutil

from bench.peers.caller import ADDRESS_FILE, Plan
from bench.peers.contenders import CONTENDERS, REQUIREMENTS, SERVER_STARTS, Contender, Place, Start
from bench.peers.environments import environment, versions
from bench.peers.exported import Exported
from bench.peers.figures import Level
from bench.peers.wire import DIALECTS
from bench.progress import Progress
from fleet.errors import Unavailable
from serve.environment import SERVE_ENVIRONMENT

ROOT: Final = Path(__file__).parents[2]
READY_S: Final = 180.0
STOP_S: Final = 30.0
PORTS: Final = 3
SIZES: Final = (1, 100)


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured.

    Attributes:
        seconds, warm_up_s: of each level of each round. callers: numbers of callers at a time.
        rates: readings per second of the stream path. stream_s: of each rate.
    """

    rounds: int
    seconds: float
    warm_up_s: float
    callers: tuple[int, ...]
    rates: tuple[int, ...]
    stream_s: int

    @property
    def levels(self) -> list[tuple[int, int]]:
        """(rows, callers) of each level."""
        return [(size, callers) for size in SIZES for callers in self.callers]

    @property
    def patience_s(self) -> float:
        """For a caller to be done with every level."""
        return 120 + 2 * len(self.levels) * (self.seconds + self.warm_up_s)


@dataclass(slots=True)
class Served:
    """By contender: a list of levels per round, or why there is none. `versions` by package."""

    levels: dict[str, list[list[Level]]] = field(default_factory=lambda: defaultdict(list))
    failures: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)


def measure(exported: Exported, effort: Effort, progress: Progress, servers: Sequence[str] = tuple(SERVER_STARTS)) -> Served:
    """Every contender of `servers` at every level, the servers in turn, round after round.

    One that cannot be installed, does not start, fails or answers other probabilities is told of in `failures`.
    """
    served, pythons = Served(), {}
    for server in servers:
        with _told(served, server):
            pythons[server] = _python(server, served, progress)
    for number in range(effort.rounds):
        turns = list(pythons) if number % 2 == 0 else list(pythons)[::-1]
        with progress.step(f"Round {number + 1} of {effort.rounds}", len(turns)) as advance:
            for server in turns:
                if server not in served.failures:
                    with _told(served, server):
                        _turn(server, pythons[server], exported, effort, served)
                advance(1)
    return served


def _python(server: str, served: Served, progress: Progress) -> Path:
    requirements = REQUIREMENTS[server]
    if not requirements:
        return Path(sys.executable)
    python = environment(server, requirements, progress)
    packages = tuple(requirement.split("==")[0].split("[")[0] for requirement in requirements)
    served.versions |= versions(python, packages)
    return python


@contextlib.contextmanager
def _told(served: Served, server: str) -> Iterator[None]:
    """A contender that fails is told of, and does not end the comparison."""
    try:
        yield
    except Unavailable as error:
        served.failures[server] = str(error)


def _turn(server: str, python: Path, exported: Exported, effort: Effort, served: Served) -> None:
    ways = [contender for contender in CONTENDERS if contender.server == server]
    with running(server, python, exported) as (process, place):
        for contender in ways:
            served.levels[contender.name].append(call(contender, process, place, exported, effort))


@contextlib.contextmanager
def running(server: str, python: Path, exported: Exported) -> Iterator[tuple[psutil.Process, Place]]:
    """A server until the end of the block; it and all that it started are gone then.

    Raises:
        Unavailable: it does not answer in time; the message ends with what it printed.
    """
    with tempfile.TemporaryDirectory(prefix="fg-peer-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        place = Place(python, exported.models, _free_ports(PORTS), home)
        start: Start = SERVER_STARTS[server](place)
        dialect = next(DIALECTS[one.dialect] for one in CONTENDERS if one.server == server and one.way == "http")
        log = home / "server.log"
        with log.open("wb") as output:
            process = psutil.Popen(
                start.command,
                cwd=ROOT,
                env=clean_environment() | dict(start.environment),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            _await_answer(process, place.url + dialect.path, dialect.body(exported.read()[0][:1]), log)
            yield process, place
        finally:
            _stop(process)


def clean_environment() -> dict[str, str]:
    """Of this process, without settings of the stack or of Ray; the project is found, and numeric libraries use one thread."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("FLEETGUARD_", "RAY_"))}
    return own | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}


def _free_ports(count: int) -> tuple[int, ...]:
    """Loopback ports that nobody listens on."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return tuple(one.getsockname()[1] for one in sockets)


def _await_answer(process: psutil.Popen, url: str, body: bytes, log: Path) -> None:
    """Until a row is scored."""
    deadline = time.monotonic() + READY_S
    while not _answers(url, body):
        if process.poll() is not None or time.monotonic() > deadline:
            raise Unavailable(f"It does not start: {log.read_text(errors='replace').strip()[-600:]}")
        time.sleep(0.2)


def _answers(url: str, body: bytes) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        return httpx.post(url, content=body, headers={"Content-Type": "application/json"}, timeout=10).status_code == 200
    return False


def _stop(process: psutil.Popen) -> None:
    """SIGTERM, and SIGKILL for what is left."""
    with contextlib.suppress(psutil.NoSuchProcess):
        family = [process, *process.children(recursive=True)]
        process.terminate()
        psutil.wait_procs([process], STOP_S)
        for left in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                left.kill()
        psutil.wait_procs(family, STOP_S)


def call(contender: Contender, server: psutil.Process, place: Place, exported: Exported, effort: Effort) -> list[Level]:
    """The levels of one contender, whose server runs.

    Raises:
        Unavailable: it failed, or answered other probabilities.
    """
    address = place.url if contender.way == "http" else (place.home / ADDRESS_FILE).read_text()
    plan = Plan(
        contender.way,
        contender.dialect,
        address,
        server.pid,
        str(exported.folder),
        effort.levels,
        effort.warm_up_s,
        effort.seconds,
    )
    command = [sys.executable, "-m", "bench.peers.caller", json.dumps(asdict(plan))]
    own = clean_environment() | SERVE_ENVIRONMENT | {"RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0"}
    try:
        done = subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True, timeout=effort.patience_s, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"{contender.name} has not answered all that was asked within {effort.patience_s:.0f} s.") from error
    if done.returncode:
        raise Unavailable(f"{contender.name} fails under load: {done.stderr.strip()[-600:]}")
    return [Level(**level) for level in json.loads(done.stdout.splitlines()[-1])]
