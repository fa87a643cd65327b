"""Where the local stack keeps its state."""

import fcntl
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from fleet.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Home:
    """The folder `FLEETGUARD_HOME`, readable by its owner alone."""

    root: Path

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def metrics(self) -> Path:
        return self.run / "metrics"

    @property
    def stack_env(self) -> Path:
        return self.root / "stack.env"

    @property
    def plan(self) -> Path:
        return self.root / "stack.json"

    @property
    def demo(self) -> Path:
        return self.root / "demo.json"

    @property
    def postgres_data(self) -> Path:
        return self.root / "postgres"

    @property
    def broker_configuration(self) -> Path:
        return self.root / "broker.conf"

    @property
    def broker_pid(self) -> Path:
        return self.run / "broker.pid"

    @property
    def supervisor_configuration(self) -> Path:
        return self.root / "supervisord.conf"

    @property
    def sockets(self) -> Path:
        """A short folder for Unix sockets, whose paths hold 107 bytes, and for Ray's session."""
        return Path(tempfile.gettempdir()) / f"fg-{sha256(str(self.root).encode()).hexdigest()[:10]}"

    @property
    def supervisor_socket(self) -> Path:
        return self.sockets / "supervisor.sock"

    def log_of(self, program: str) -> Path:
        return self.logs / f"{program}.log"

    def make(self) -> None:
        """Make the folders.

        Raises:
            ConfigurationError: the home cannot be made, or somebody else's folder is in the way.
        """
        try:
            # PostgreSQL refuses root: its account must get through the home to its data, and sees nothing else there.
            self.root.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
            for folder in (self.logs, self.run, self.metrics, self.sockets):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"The folder {error.filename} cannot be made: {error.strerror}. Set FLEETGUARD_HOME."
            ) from error
        if self.sockets.is_symlink() or self.sockets.stat().st_uid != os.geteuid():
            raise ConfigurationError(f"{self.sockets} belongs to somebody else: remove it, or set another FLEETGUARD_HOME.")

    @contextmanager
    def locked(self, name: str, busy: str) -> Iterator[None]:
        """Keep other commands from what this lock stands for, until the end of the block or of this process.

        Raises:
            ConfigurationError: another command has the lock; `busy` is the message.
        """
        with (self.run / f"{name}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ConfigurationError(busy) from None
            yield


def join_ray_of(home: Home) -> None:
    """Let this process join the stack's Ray, which reads its own environment and no settings."""
    if home.stack_env.exists():
        lines = (line.split("=", 1) for line in home.stack_env.read_text().splitlines() if line.startswith("RAY_"))
        os.environ.update(dict(lines))


def home_of(environ: Mapping[str, str]) -> Home:
    """The home of this user's stack; not made yet."""
    return Home(Path(environ.get("FLEETGUARD_HOME", ".fleetguard")).expanduser().resolve())


def write_private(path: Path, text: str) -> None:
    """Replace a file at once, readable by its owner alone."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    partial.replace(path)
