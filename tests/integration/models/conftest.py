"""A simulated history and models trained on it once a session, for the tests that need trained models."""

from pathlib import Path

import pytest

from pipelines.training_sets import training_set
from serve.registry import ModelRegistry, local_tracking_uri
from simulator.history import write_history
from training.bootstrap import quiet_libraries
from training.dataset import LabelledSet
from training.train import ROW_MODELS, train_row_model


@pytest.fixture(scope="session")
def simulated_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty vehicles of a day, with every kind of fault."""
    folder = tmp_path_factory.mktemp("history")
    write_history(folder, 40, 0.8, 5, faults_per_vehicle_day=6.0)
    return folder


@pytest.fixture(scope="session")
def labelled(simulated_bundle: Path) -> LabelledSet:
    """The labelled rows of `simulated_bundle`."""
    return training_set(simulated_bundle)


@pytest.fixture(scope="session")
def trained_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The FLEETGUARD_HOME of `trained_registry`."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def trained_registry(trained_home: Path, labelled: LabelledSet) -> ModelRegistry:
    """Driver, fuel and engine model, each registered as challenger."""
    quiet_libraries()
    registry = ModelRegistry(local_tracking_uri(trained_home), trained_home / "models-cache")
    for name in ROW_MODELS:
        train_row_model(name, labelled, registry, "simulated")
    return registry
