"""The Ray Data pipeline of training sets, on a real Ray, beside one pass over the whole bundle."""

import numpy as np
import pytest

from fleet.errors import InvalidHistory
from pipelines import training_sets
from pipelines.training_sets import training_set, vehicle_blocks
from simulator.history import write_history


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    folder = tmp_path_factory.mktemp("history")
    write_history(folder, 6, 0.3, 5, faults_per_vehicle_day=8.0)
    return folder


def test_blocks_hold_every_vehicle_once_and_about_equal_work():
    readings = {f"v{place}": 40_000 * (place + 1) for place in range(20)}
    blocks = vehicle_blocks(readings)
    loads = [sum(readings[name] for name in block) for block in blocks]
    assert sorted(name for block in blocks for name in block) == sorted(readings)
    assert len(blocks) == round(sum(readings.values()) / training_sets.BLOCK_READINGS)
    assert max(loads) <= 1.1 * min(loads), loads


def test_a_set_built_in_blocks_is_the_set_built_at_once(bundle, monkeypatch):
    whole = training_set(bundle)
    monkeypatch.setattr(training_sets, "BLOCK_READINGS", 5_000)
    shares: list[float] = []
    parts = training_set(bundle, shares.append)
    order, other = (np.lexsort((found.features.at, found.vehicle)) for found in (whole, parts))
    np.testing.assert_array_equal(whole.vehicle[order], parts.vehicle[other])
    np.testing.assert_array_equal(whole.features.values[order], parts.features.values[other])
    np.testing.assert_array_equal(whole.features.sequence[order], parts.features.sequence[other])
    np.testing.assert_array_equal(whole.positive[order], parts.positive[other])
    assert shares[-1] == pytest.approx(1.0)


def test_a_bundle_without_telemetry_or_labels_is_refused(bundle, tmp_path):
    with pytest.raises(InvalidHistory, match=r"no telemetry\.parquet"):
        training_set(tmp_path)
    (tmp_path / "telemetry.parquet").write_bytes((bundle / "telemetry.parquet").read_bytes())
    with pytest.raises(InvalidHistory, match=r"no labels\.csv"):
        training_set(tmp_path)
