"""Whatever signal a vehicle lacks: nothing breaks, nothing is invented, and what rested on it is unknown."""

from dataclasses import replace

import numpy as np
import pytest

from fleet.alerts import TYPES, AlertType, EpisodeChange, VehicleId
from fleet.history import load_history
from fleet.replay import Recording, recording
from fleet.signals import COLUMNS, INDEX
from pipelines.history import judge
from pipelines.training_sets import training_set
from serve.parts import load_scorer
from simulator.history import write_history
from training.train import ROW_MODELS, fit_of

pytestmark = pytest.mark.timeout(1200)  # three models are trained, and every event is judged once for each signal

BEFORE_S, AFTER_S, LONGEST_S = 1500.0, 300.0, 3000.0
RESTS_ON = {
    "coolant_temp_c": AlertType.ENGINE_OVERHEAT,
    "oil_pressure_kpa": AlertType.LOW_OIL_PRESSURE,
    "engine_rpm": AlertType.MISFIRE,
    "battery_v": AlertType.BATTERY_FAILURE,
    "speed_limit_kmh": AlertType.SPEEDING,
    "speed_kmh": AlertType.SPEEDING,
}

# A device with an IMU alone is judged too; that a jerk was too slow to count is what its speed would have said.
TOLD_WITHOUT = {"speed_kmh": (AlertType.HARSH_BRAKING, AlertType.HARSH_ACCELERATION, AlertType.HARSH_CORNERING)}


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faults")
    write_history(folder, 26, 0.6, 31, faults_per_vehicle_day=8.0)
    return folder


@pytest.fixture(scope="module")
def judged(history, tmp_path_factory):
    """Alerts and highest probabilities of every excerpt, by the signal it lacks ("" lacks none)."""
    labelled = training_set(history)
    scorers = []
    for name in ROW_MODELS:
        folder = tmp_path_factory.mktemp(name)
        fit_of(name)(labelled, folder, "")
        scorers.append(load_scorer(name, folder, "1"))
    excerpts = cut_out(history)
    lacking = ("", *COLUMNS)
    found = judge(beside(excerpts, lacking), scorers)
    count = len(excerpts.vehicles)
    highest = np.array(
        [np.fmax.reduce(found.scores.probability[found.vehicle == v], axis=0) for v in range(count * len(lacking))]
    )
    alerts = {(event.vehicle.vehicle, event.type) for event in found.events if event.change is EpisodeChange.OPENED}
    return {
        signal: (
            {(place, kind) for place in range(count) for kind in TYPES if (f"{place}-{signal}", kind) in alerts},
            highest[variant * count : (variant + 1) * count],
        )
        for variant, signal in enumerate(lacking)
    }


def cut_out(folder) -> Recording:
    """One event of every type with the minutes before it, each as a vehicle of its own."""
    history = load_history(folder, ("telemetry", "labels", "vehicles"), require=("telemetry", "labels"))
    whole = recording(history)
    place = {vehicle.vehicle: position for position, vehicle in enumerate(whole.vehicles)}
    parts = []
    for _, event in history.labels[history.labels["label"] != "NORMAL"].groupby("label").first().iterrows():
        vehicle, start = place[event["vehicle_id"]], event["start"].timestamp()
        first, after = whole.starts[vehicle], whole.starts[vehicle + 1]
        end = min(event["end"].timestamp(), start + LONGEST_S) + AFTER_S
        begin, stop = first + np.searchsorted(whole.event_time[first:after], [start - BEFORE_S, end])
        parts.append((vehicle, slice(int(begin), int(stop))))
    return Recording(
        vehicles=tuple(VehicleId("history", str(position)) for position in range(len(parts))),
        starts=np.r_[0, np.cumsum([rows.stop - rows.start for _, rows in parts])],
        event_time=np.concatenate([whole.event_time[rows] for _, rows in parts]),
        values=np.concatenate([whole.values[rows] for _, rows in parts]),
        drivers=None,
        kinds=tuple(whole.kinds[vehicle] for vehicle, _ in parts),
        tanks=tuple(whole.tanks[vehicle] for vehicle, _ in parts),
    )


def beside(excerpts: Recording, lacking: tuple[str, ...]) -> Recording:
    """The excerpts once for every signal that may be lacking, side by side."""
    values = [without(excerpts.values, signal) for signal in lacking]
    rows, names = len(excerpts.event_time), [vehicle.vehicle for vehicle in excerpts.vehicles]
    starts = np.concatenate([excerpts.starts[:-1] + turn * rows for turn in range(len(lacking))])
    return replace(
        excerpts,
        vehicles=tuple(VehicleId("history", f"{name}-{signal}") for signal in lacking for name in names),
        starts=np.r_[starts, rows * len(lacking)],
        event_time=np.tile(excerpts.event_time, len(lacking)),
        values=np.concatenate(values),
        kinds=excerpts.kinds * len(lacking),
        tanks=excerpts.tanks * len(lacking),
    )


def without(values, signal):
    lacking = values.copy()
    if signal:
        lacking[:, INDEX[signal]] = np.nan
    return lacking


def test_the_excerpts_show_what_they_are_about(judged):
    alerts, _ = judged[""]
    assert len({kind for _, kind in alerts}) >= 9


@pytest.mark.parametrize("signal", COLUMNS)
def test_no_alert_appears_because_a_signal_is_missing(judged, signal):
    invented = judged[signal][0] - judged[""][0]
    assert {(place, kind) for place, kind in invented if kind not in TOLD_WITHOUT.get(signal, ())} == set()


@pytest.mark.parametrize("signal", COLUMNS)
def test_certainty_of_what_was_found_does_not_grow_when_a_signal_is_missing(judged, signal):
    alerts, full = judged[""]
    for place, kind in alerts:
        column = TYPES.index(kind)
        assert not judged[signal][1][place, column] > full[place, column] + 0.1


@pytest.mark.parametrize(("signal", "kind"), RESTS_ON.items(), ids=RESTS_ON)
def test_what_rests_on_a_missing_signal_is_unknown(judged, signal, kind):
    said = judged[signal][1][:, TYPES.index(kind)]
    assert not (said >= 0.5).any()
