"""The model registry: which version is champion, and its files on this machine."""

import hashlib
import shutil
import tempfile
from pathlib import Path
from typing import Any, Final

from fleet.errors import ModelUnavailable

REGISTERED: Final[dict[str, str]] = {
    name: f"fleetguard-{name}" for name in ("driver", "fuel", "engine", "forecaster")
}  # our name → MLflow's
CHAMPION, CHALLENGER, PREVIOUS = "champion", "challenger", "previous"
_LOGGED = "models:/"  # how MLflow 3 names the logged model behind a version
NATIVE = "native"  # folder of the native files inside the logged model


def local_tracking_uri(home: Path) -> str:
    """Where models are kept when no MLflow server is configured: a SQLite file of this installation."""
    return f"sqlite:///{home.resolve()}/mlflow.db"


def models_cache(home: Path) -> Path:
    """Where an installation keeps the files of the versions it has used."""
    return home.resolve() / "models-cache"


class ModelRegistry:
    """Reads of the MLflow registry. Versions are MLflow's numbers, as text."""

    def __init__(self, tracking_uri: str, cache: Path) -> None:
        """`cache` is the folder that keeps fetched files."""
        self.tracking_uri, self._cache = tracking_uri, cache

    def champion(self, name: str) -> str | None:
        """Version that is champion, None where there is none."""
        return self.version(name, CHAMPION)

    def version(self, name: str, alias: str) -> str | None:
        """Version under an alias, None where the model or the alias does not exist.

        Raises:
            ModelUnavailable: the registry does not answer.
        """
        from mlflow.exceptions import MlflowException

        try:
            return str(self._client().get_model_version_by_alias(REGISTERED[name], alias).version)
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise ModelUnavailable(f"the model registry at {self.tracking_uri} does not answer: {error.message}") from error

    def fetch(self, name: str, version: str) -> Path:
        """Folder of a version's native files, downloaded once.

        Raises:
            ModelUnavailable: there is no such version, or it cannot be fetched.
        """
        from mlflow.exceptions import MlflowException

        try:
            source = str(self._client().get_model_version(REGISTERED[name], version).source)
        except MlflowException as error:
            raise ModelUnavailable(f"version {version} of {REGISTERED[name]} cannot be fetched: {error.message}") from error
        # By where the version came from, not by its number: registries, also new ones at an old address, number alike.
        folder = self._cache / f"{name}-{version}-{hashlib.sha256(source.encode()).hexdigest()[:16]}"
        if not folder.is_dir():
            self._download(name, version, source, folder)
        return folder

    def _download(self, name: str, version: str, source: str, folder: Path) -> None:
        import mlflow
        from mlflow.exceptions import MlflowException

        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            try:
                path = mlflow.artifacts.download_artifacts(
                    self._location(source), dst_path=scratch, tracking_uri=self.tracking_uri
                )
                native = Path(path) / "artifacts" / NATIVE
                if not native.is_dir():
                    raise ModelUnavailable(f"version {version} of {REGISTERED[name]} holds no native files")
                if not folder.exists():
                    shutil.move(native, folder)
            except (MlflowException, OSError) as error:
                raise ModelUnavailable(f"version {version} of {REGISTERED[name]} cannot be fetched: {error}") from error

    def _location(self, source: str) -> str:
        """Where the artifacts lie. A `models:` address would be looked up in the registry this process happens to use."""
        if not source.startswith(_LOGGED):
            return source
        return str(self._client().get_logged_model(source.removeprefix(_LOGGED)).artifact_location)

    def _client(self) -> Any:
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=self.tracking_uri, registry_uri=self.tracking_uri)
