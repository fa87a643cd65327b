"""Every notebook runs from top to bottom, on a simulated history and the models trained on it."""

import os
import tempfile
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[3] / "notebooks").glob("*.ipynb"))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom(path, simulated_bundle, trained_registry, trained_home, monkeypatch):
    monkeypatch.setenv("FLEETGUARD_HOME", str(trained_home))
    monkeypatch.setenv("FLEETGUARD_NOTEBOOK_HISTORY", str(simulated_bundle))
    monkeypatch.setenv("IPYTHONDIR", tempfile.mkdtemp(dir=trained_home))
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=500, resources={"metadata": {"path": str(path.parent)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert any("image/png" in output.get("data", {}) for output in outputs), "a notebook shows a picture"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_its_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    assert not [cell for cell in notebook.cells if cell.get("outputs")], f"clear the outputs of {os.path.basename(path)}"
