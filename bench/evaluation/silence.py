"""What is left of the driver model when a signal falls silent: events still found, and no alert that is invented."""

from dataclasses import replace
from typing import Final

import numpy as np

from bench.evaluation.card import Figure, Section
from bench.evaluation.simulated import DAYS, FAULTS_PER_VEHICLE_DAY, VEHICLES
from bench.evaluation.trial import TEST_SEEDS, Trial
from bench.evaluation.verdicts import Truth, Verdicts, verdicts
from fleet.history import History, load_history
from fleet.replay import Recording, recording
from fleet.scores import MODEL_TYPES
from fleet.signals import INDEX
from pipelines.history import judge

SIGNALS: Final = (
    "speed_kmh", "accel_x_ms2", "accel_y_ms2", "yaw_rate_dps", "heading_deg", "speed_limit_kmh", "throttle_pct",
    "brake_pedal_pct", "engine_rpm", "ignition_on",
)  # fmt: skip
FEW: Final = 5  # vehicles: every signal costs a whole scoring
_TYPES: Final = MODEL_TYPES["driver"]


def silence_section(trial: Trial) -> Section:
    """One signal after the other taken from an unseen fleet."""
    history = _some(trial)
    recorded, scorer = recording(history), trial.scorers()["driver"]
    truth = Truth.of(history.labels, recorded)
    whole = verdicts(truth, judge(recorded, [scorer]))
    without = {name: verdicts(truth, judge(_silenced(recorded, name), [scorer])) for name in SIGNALS}
    more = max(part.false_alerts(_TYPES) for part in without.values()) - whole.false_alerts(_TYPES)
    text = (
        f"{FEW} vehicles of an unseen simulated fleet, scored again with each signal taken away altogether. A silent "
        "signal counts as the fleet's usual value in the fusion and leaves a claim that rests on it unknown. The IMU's "
        "axes and yaw rate are replaced by the difference of speed and by the course over ground, which find the same "
        "events less surely."
    )
    figure = Figure("false alerts that a missing signal adds, at most", (float(more),), 0.0, direction="at most")
    return Section(
        "A signal falls silent", text, [figure], [_row("none", whole), *(_row(n, part) for n, part in without.items())]
    )


def _row(name: str, part: Verdicts) -> dict[str, object]:
    return {"silent": name, "events found": part.recall(_TYPES), "false alerts": part.false_alerts(_TYPES)}


def _some(trial: Trial) -> History:
    folder = trial.simulated(TEST_SEEDS[0], VEHICLES, DAYS, noise=1.0, faults_per_vehicle_day=FAULTS_PER_VEHICLE_DAY)
    history = load_history(folder, ("telemetry", "labels", "vehicles"), require=("telemetry", "labels"))
    kept = sorted(history.telemetry["vehicle_id"].unique())[:FEW]
    parts = {name: getattr(history, name) for name in ("telemetry", "labels", "vehicles")}
    return replace(history, **{name: part[part["vehicle_id"].isin(kept)] for name, part in parts.items()})


def _silenced(recorded: Recording, column: str) -> Recording:
    values = recorded.values.copy()
    values[:, INDEX[column]] = np.nan
    return replace(recorded, values=values)
