"""The driver model learns a manner of driving from three people and finds it in a fourth."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from fleet.alerts import TYPES, AlertType
from pipelines.training_sets import training_set
from training.driver import fit
from training.evaluate import score_rows

DATA = Path(os.environ.get("FLEETGUARD_EVALUATION_DATA", Path(__file__).parents[4] / "shared" / "data")) / "driving-style"
AGGRESSIVE, TIRED = TYPES.index(AlertType.AGGRESSIVE_DRIVING), TYPES.index(AlertType.FATIGUE)


@pytest.fixture(scope="module")
def labelled():
    if not DATA.is_dir():
        pytest.skip(f"{DATA} is not there")
    return training_set(DATA)


def test_trips_labelled_aggressive_count_as_aggressive_driving(labelled):
    trips = [labelled.vehicle_ids[trip] for trip in np.unique(labelled.vehicle[labelled.positive[:, AGGRESSIVE]])]
    assert len(trips) == 8


def test_trips_of_one_driver_stay_together(labelled):
    drivers = np.array(labelled.features.drivers)
    assert all(len(np.unique(labelled.group[drivers == driver])) == 1 for driver in np.unique(drivers))
    assert len(np.unique(labelled.group)) == 4


def test_an_unseen_driver_s_aggressive_trips_rank_above_the_normal_ones(labelled, tmp_path):
    unseen = np.array(labelled.features.drivers) == "driver-3"
    scorer, _, _ = fit(replace(labelled.rows(~unseen), whole=True), tmp_path)
    rows = labelled.rows(unseen)
    said = score_rows([scorer], rows.features)
    trips = np.unique(rows.vehicle)
    mean = np.array([np.nanmean(said[rows.vehicle == trip, AGGRESSIVE]) for trip in trips])
    aggressive, tired = (np.array([rows.positive[rows.vehicle == t, kind].any() for t in trips]) for kind in (AGGRESSIVE, TIRED))
    assert roc_auc_score(aggressive[~tired], mean[~tired]) >= 0.9
