"""The first champions of a new installation: a simulated history, and all four models trained on it."""

import os
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleet.errors import ConfigurationError, FleetError, ModelUnavailable
from fleet.features import FEATURES
from fleet.settings import Settings, load_settings
from serve.registry import ModelRegistry, local_tracking_uri, models_cache

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

VEHICLES, DAYS, SEED, FAULTS_PER_VEHICLE_DAY = 66, 1.2, 20_261_124, 5.0


def registry_of(settings: Settings) -> ModelRegistry:
    """The configured registry, or a SQLite file of this installation where there is none."""
    uri = settings.mlflow.tracking_uri
    if not uri:
        settings.home.mkdir(parents=True, exist_ok=True)
        uri = local_tracking_uri(settings.home)
    return ModelRegistry(uri, models_cache(settings.home))


def ensure_champions(settings: Settings, console: "Console") -> bool:
    """Train and promote whatever model has no champion that fits this program; True when something was trained.

    Raises:
        ConfigurationError: the simulation failed.
    """
    quiet_libraries()
    from training.train import MODELS

    registry = registry_of(settings)
    missing = [name for name in MODELS if not _has_fitting_champion(name, registry)]
    if not missing:
        return False
    with _progress(console) as progress, tempfile.TemporaryDirectory(prefix="fleetguard-bootstrap-") as scratch:
        history = Path(scratch) / "history"
        task = progress.add_task("Simulating a fleet to learn from", total=None)
        simulate_training_history(history)
        progress.update(task, total=1, completed=1)
        _train(missing, history, registry, settings, progress)
    return True


def _has_fitting_champion(name: str, registry: ModelRegistry) -> bool:
    """Whether there is a champion, and one that an update of the program has not left behind."""
    from training.train import ROW_MODELS

    version = registry.champion(name)
    if version is None:
        return False
    folder = registry.fetch(name, version)
    fits = folder / f"fits-{zlib.crc32(','.join(FEATURES).encode()):08x}"
    if name in ROW_MODELS and fits.exists():  # asked once per set of features: these take seconds to load
        return True
    try:
        _load(name, folder, version)
    except ModelUnavailable:
        return False
    fits.touch()
    return True


def _load(name: str, folder: Path, version: str) -> None:
    if name == "forecaster":
        from serve.forecaster import ForecastScorer

        ForecastScorer.load(folder, version)
        return
    from serve.parts import load_scorer

    load_scorer(name, folder, version)


def simulate_training_history(history: Path) -> None:
    """Write the labelled history that first champions learn from; in a process of its own, which frees its memory.

    Raises:
        ConfigurationError: the simulation failed.
    """
    command = [sys.executable, "-c", "from fleetguard.main import run; run()", "simulate-history", "--out", str(history)]
    command += ["--vehicles", str(VEHICLES), "--days", str(DAYS), "--seed", str(SEED)]
    command += ["--faults-per-vehicle-day", str(FAULTS_PER_VEHICLE_DAY)]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    if outcome.returncode:
        last = (outcome.stderr.strip() or outcome.stdout.strip() or "no message").splitlines()[-1]
        raise ConfigurationError(f"the simulation of a training history failed: {last}")


def _train(missing: list[str], history: Path, registry: ModelRegistry, settings: Settings, progress: "Progress") -> None:
    from training.promote import TOLD_TWICE, promote
    from training.train import ROW_MODELS, train_forecaster, train_row_model

    labelled = None
    if set(missing) & set(ROW_MODELS):
        from pipelines.training_sets import training_set

        task = progress.add_task("Turning readings into features", total=1.0)
        labelled = training_set(history, _advance(progress, task), settings.ray.address)
    for name in missing:
        task = progress.add_task(f"Training the {name} model", total=1.0 if name == "forecaster" else None)
        if name == "forecaster":
            train_forecaster(history, registry, _advance(progress, task), quick=True)
        elif labelled is not None:
            train_row_model(name, labelled, registry, "simulated", settings.ray.address)
        promote(name, registry, insist=TOLD_TWICE)  # there is no champion to be better than, or none that loads
        progress.update(task, total=1, completed=1)


def quiet_libraries() -> None:
    """Training libraries talk; people watch a progress bar."""
    import logging
    import warnings

    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "ERROR")
    for name in ("mlflow", "ray", "ray.train", "ray._private.worker", "alembic", "prophet", "cmdstanpy"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore")


def _progress(console: "Console") -> Any:
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    return Progress(SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console)


def _advance(progress: "Progress", task: "TaskID") -> Any:
    return lambda share: progress.update(task, completed=share)


def main() -> int:
    """Train what is missing for this installation; prints its progress to standard error."""
    from rich.console import Console

    console = Console(stderr=True)
    try:
        ensure_champions(load_settings(), console)
    except FleetError as error:
        console.print(str(error), style="red", highlight=False)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
