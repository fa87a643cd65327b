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


class ModelRegistry:
    """Reads of the MLflow registry. Versions are MLflow's numbers, as text."""

    def __init__(self, tracking_uri: str, cache: Path | None = None) -> None:
        """`cache` keeps fetched files; without one they go to the machine's temporary folder."""
        self.tracking_uri = tracking_uri
        self._cache = cache or Path(tempfile.gettempdir()) / "fleetguard-models"

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
        folder = self._cache / self._origin() / REGISTERED[name] / version
        if not folder.is_dir():
            self._download(name, version, folder)
        return folder

    def _download(self, name: str, version: str, folder: Path) -> None:
        import mlflow
        from mlflow.exceptions import MlflowException

        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            try:
                path = mlflow.artifacts.download_artifacts(
                    self._location(name, version), dst_path=scratch, tracking_uri=self.tracking_uri
                )
                native = Path(path) / "artifacts" / NATIVE
                if not native.is_dir():
                    raise ModelUnavailable(f"version {version} of {REGISTERED[name]} holds no native files")
                if not folder.exists():
                    shutil.move(native, folder)
            except (MlflowException, OSError) as error:
                raise ModelUnavailable(f"version {version} of {REGISTERED[name]} cannot be fetched: {error}") from error

    def _location(self, name: str, version: str) -> str:
        """Where the artifacts lie. A `models:` address would be looked up in the registry this process happens to use."""
        client = self._client()
        source = str(client.get_model_version(REGISTERED[name], version).source)
        if not source.startswith(_LOGGED):
            return source
        return str(client.get_logged_model(source.removeprefix(_LOGGED)).artifact_location)

    def _origin(self) -> str:
        """A folder name of this registry: two registries number their versions alike."""
        return hashlib.sha256(self.tracking_uri.encode()).hexdigest()[:12]

    def _client(self) -> Any:
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=self.tracking_uri, registry_uri=self.tracking_uri)
