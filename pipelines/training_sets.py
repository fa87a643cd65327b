"""Training sets: a bundle's vehicles in blocks, each through the live windows and features. A Ray Data pipeline."""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fleet.alerts import VehicleId
from fleet.features import FeatureBatch, concatenate
from fleet.history import load_history, vehicle_readings
from pipelines.cluster import TASKS_AT_ONCE, cluster
from training.dataset import GroundTruth, LabelledSet, labelled_rows, labelled_set, read_ground_truth

BLOCK_READINGS: Final = 1_500_000  # fills the replay's rounds: smaller blocks cost as much time as this one
TABLES: Final = ("telemetry", "vehicles")

Columns = dict[str, NDArray[Any]]


def training_set(folder: Path, progress: Callable[[float], None] | None = None, ray_address: str = "") -> LabelledSet:
    """All labelled rows of a bundle.

    Args:
        ray_address: of a running Ray; without one a small one is started where the bundle is worth more than one block.

    Raises:
        InvalidHistory: no telemetry or no labels, an unknown label, or no label that meets any telemetry.
    """
    readings = vehicle_readings(folder)
    truth = read_ground_truth(folder, tuple(sorted(readings)))
    blocks = vehicle_blocks(readings)
    if len(blocks) == 1:
        history = load_history(folder, TABLES, require=("telemetry",))
        return labelled_set(folder, truth, *labelled_rows(history, truth, progress))
    with cluster(ray_address):
        parts = list(_replayed(folder, truth, blocks, progress))
    vehicle = np.concatenate([part["vehicle"] for part in parts])
    return labelled_set(folder, truth, vehicle, concatenate([_features(part, truth) for part in parts]))


def vehicle_blocks(readings: dict[str, int]) -> list[list[str]]:
    """Vehicles in blocks of about equal work: the busiest are dealt out first, each to the block with the least so far."""
    count = min(max(1, round(sum(readings.values()) / BLOCK_READINGS)), len(readings))
    blocks: list[list[str]] = [[] for _ in range(count)]
    load = [0] * count
    for name in sorted(readings, key=lambda name: (-readings[name], name)):
        least = load.index(min(load))
        blocks[least].append(name)
        load[least] += readings[name]
    return blocks


def _replayed(
    folder: Path, truth: GroundTruth, blocks: list[list[str]], progress: Callable[[float], None] | None
) -> Iterable[Columns]:
    import ray

    dataset = ray.data.from_items([{"vehicles": block} for block in blocks], override_num_blocks=len(blocks)).map_batches(
        partial(_block_rows, folder=folder, truth=truth), batch_size=1, compute=ray.data.TaskPoolStrategy(TASKS_AT_ONCE)
    )
    done = 0
    for rows in dataset.iter_batches(batch_size=None):
        done += len(np.unique(rows["vehicle"]))
        if progress:
            progress(done / len(truth.vehicle_ids))
        yield rows


def _block_rows(batch: dict[str, Any], folder: Path, truth: GroundTruth) -> Columns:
    names = [str(name) for name in batch["vehicles"][0]]
    vehicle, features = labelled_rows(load_history(folder, TABLES, require=("telemetry",), vehicles=names), truth)
    return {"vehicle": vehicle, "at": features.at, "values": features.values, "sequence": features.sequence}


def _features(rows: Columns, truth: GroundTruth) -> FeatureBatch:
    vehicles = tuple(VehicleId("history", truth.vehicle_ids[place]) for place in rows["vehicle"].tolist())
    return FeatureBatch(vehicles, rows["at"], rows["values"], rows["sequence"], (None,) * len(vehicles))
