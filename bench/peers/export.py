"""Writes the models and rows of a comparison."""

import shutil
from pathlib import Path
from typing import Final

from bench.peers.exported import Exported
from bench.peers.scoring import Scoring, native_folder
from bench.peers.wire import features_of, rows_of
from bench.progress import Advance, Progress
from bench.recording import fleet_of, record, stamped
from bench.stack import StackUnderTest
from bench.stages import champions
from fleet.alerts import VehicleId
from fleet.features import FeatureBatch
from fleet.stores.ingest import VehicleProfile
from ingest.decode import Message, decode
from ingest.vehicles import Vehicles
from training.bootstrap import quiet_libraries, registry_of

ROWS: Final = 100
SECONDS: Final = 150  # two whole minutes: the minute features are known
BEGAN_S: Final = 1_780_000_000  # a fixed moment: the hour of the week is among what the models look at


def export(stack: StackUnderTest, folder: Path, progress: Progress) -> Exported:
    """Write the stack's champions, `ROWS` rows of a simulated fleet with faults, and their probabilities into an empty folder.

    Raises:
        ModelUnavailable: a model has no champion.
    """
    quiet_libraries()
    registry = registry_of(stack.settings)
    versions = {name: scorer.version for name, scorer in champions(registry).items()}
    exported = Exported(folder, versions)
    for name, version in versions.items():
        shutil.copytree(registry.fetch(name, version), native_folder(exported.models, name))
    with progress.step("Simulating the rows", SECONDS) as advance:
        features = simulated_rows(advance)
    exported.write(rows_of(features), Scoring(exported.models).score(features).probability)
    return exported


def simulated_rows(advance: Advance) -> FeatureBatch:
    """The last second of a fleet that drives, one row per vehicle; the same every time."""
    fleet, vehicles = fleet_of(ROWS), Vehicles()
    recording = record(fleet, SECONDS, advance)
    topics = [f"ingest/0/bench/{vehicle.vehicle_id}" for vehicle in fleet]
    vehicles.admit({VehicleId("bench", v.vehicle_id): VehicleProfile(v.vehicle_class, v.tank_l) for v in fleet}, [])
    for second, bodies in enumerate(recording.bodies):
        at_s = BEGAN_S + second
        messages = [
            Message(topic, stamped(body, at_s * 1_000_000), float(at_s)) for topic, body in zip(topics, bodies, strict=True)
        ]
        features = vehicles.observe(decode(messages).batch).features
    return features_of(rows_of(features))
