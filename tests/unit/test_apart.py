"""Rows tried in a copy of the process: what ends the copy is found, and nothing else is blamed."""

import mmap
import os
import signal
import threading
from collections.abc import Callable

import numpy as np
import pytest

from fleet.alerts import VehicleId
from fleet.features import FeatureBatch, silent_vehicles
from serve.apart import NoVerdict, fatal_rows

AT = 1_795_600_800.0
DEADLY_AT = AT + 3


def batch(*vehicles: str) -> FeatureBatch:
    """Rows a second apart, of these vehicles in turn."""
    silent = silent_vehicles(len(vehicles))
    owners = tuple(VehicleId("acme", vehicle) for vehicle in vehicles)
    return FeatureBatch(owners, np.arange(AT, AT + len(vehicles)), silent.values, silent.sequence, silent.drivers)


def ends(end: Callable[[], object], *moments: float) -> Callable[[FeatureBatch, object], object]:
    """A model that meets its end at these moments."""
    return lambda features, _slow: end() if features.at[0] in (moments or (DEADLY_AT,)) else None


def slow(features: FeatureBatch) -> np.ndarray:
    return np.zeros((len(features), 2), np.float32)


def compute_for_ever() -> None:
    while True:
        pass


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(lambda: os._exit(0), id="leaves"),
        pytest.param(lambda: os._exit(1), id="leaves with an error"),
        pytest.param(lambda: os.kill(os.getpid(), signal.SIGSEGV), id="segmentation fault"),
        pytest.param(lambda: os.kill(os.getpid(), signal.SIGKILL), id="out of memory"),
        pytest.param(lambda: 1 / 0, id="error"),
        pytest.param(compute_for_ever, id="endless loop"),
    ],
)
async def test_a_row_that_ends_or_fails_its_scorer_is_found(end):
    features = batch("A", "B", "C", "D", "E", "F")
    assert await fatal_rows(ends(end), features, slow(features)) == [3]


async def test_every_vehicles_first_fatal_row_is_found():
    features = batch("A", "B", "C", "A", "A", "B", "C")
    found = await fatal_rows(ends(lambda: os._exit(1), AT + 3, AT + 4, AT + 5), features, slow(features))
    assert found == [3, 5]


async def test_rows_that_harm_nobody_are_not_blamed():
    features = batch("A", "B", "A")
    assert await fatal_rows(lambda _features, _slow: None, features, slow(features)) == []


async def test_a_model_that_cannot_score_a_silent_vehicle_blames_no_row():
    features = batch("A", "B")
    with pytest.raises(NoVerdict):
        await fatal_rows(lambda _features, _slow: os._exit(1), features, slow(features))


async def test_a_copy_that_waits_for_something_blames_no_row(monkeypatch):
    monkeypatch.setattr("serve.apart.STALLED_S", 0.1)
    features = batch("A", "B", "C", "D")
    with pytest.raises(NoVerdict):
        await fatal_rows(ends(threading.Event().wait), features, slow(features))


async def test_a_copy_that_somebody_kills_once_blames_no_row():
    features, killed = batch("A", "B", "C", "D"), mmap.mmap(-1, 1)

    def killed_once():
        if killed[0] == 0:
            killed[0] = 1
            os.kill(os.getpid(), signal.SIGKILL)

    assert await fatal_rows(ends(killed_once), features, slow(features)) == []


async def test_a_copy_with_threads_of_its_own_blames_no_row(monkeypatch, tmp_path):
    monkeypatch.setattr("serve.apart.THREADS", tmp_path)
    for thread in range(2):
        (tmp_path / str(thread)).touch()
    features = batch("A", "B", "C", "D")
    with pytest.raises(NoVerdict):
        await fatal_rows(ends(lambda: os._exit(1)), features, slow(features))
