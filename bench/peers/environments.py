"""A virtual environment per peer, made on demand: its own web stack, pinned; the models' libraries are the project's own."""

import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Final

from bench.progress import Progress
from fleet.errors import Unavailable

CACHE: Final = Path(__file__).parents[2] / ".fleetguard" / "bench" / "peers"
INSTALL_S: Final = 900.0


def environment(name: str, requirements: tuple[str, ...], progress: Progress) -> Path:
    """The interpreter of a peer's environment, which is made where it is missing or was made for other requirements.

    Raises:
        Unavailable: it cannot be installed; the message ends with what pip said.
    """
    folder = CACHE / name
    python, installed = folder / "bin" / "python", folder / "installed"
    wanted = "\n".join((sys.version, *requirements))
    if not installed.is_file() or installed.read_text() != wanted:
        with progress.step(f"Installing {name}", 2) as advance:
            _run(name, [sys.executable, "-m", "venv", "--clear", str(folder)])
            advance(1)
            _run(name, [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *requirements])
            advance(1)
        _see_project(folder)
        installed.write_text(wanted)
    return python


def _see_project(folder: Path) -> None:
    """The project's packages behind the peer's own: the models run on the same libraries everywhere."""
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "project.pth").write_text(sysconfig.get_path("purelib") + "\n")


def _run(name: str, command: list[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=INSTALL_S)  # noqa: S603
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip() or str(error)).splitlines()[-1]
        raise Unavailable(f"{name} cannot be installed: {last}") from error
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"{name} is not installed after {INSTALL_S:.0f} s.") from error


def versions(python: Path, packages: tuple[str, ...]) -> dict[str, str]:
    """Versions of packages as an environment has them."""
    asked = "import sys; from importlib.metadata import version; print(*map(version, sys.argv[1:]))"
    done = subprocess.run([str(python), "-c", asked, *packages], check=True, capture_output=True, text=True)  # noqa: S603
    return dict(zip(packages, done.stdout.split(), strict=True))
