"""Faults put into the log of one real, healthy car: many placements, each with the trips before it as its history."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fleet.alerts import AlertType, EpisodeChange, VehicleId
from fleet.replay import Recording
from fleet.signals import INDEX
from fleet.telemetry import FloatArray, TimeArray
from pipelines.history import judge, read_history
from serve.parts import load_scorer

BEFORE: Final = 3  # trips of history in front of a fault
_GAP_S: Final = 600.0
_COOLANT, _RPM = INDEX["coolant_temp_c"], INDEX["engine_rpm"]
_WARM_C: Final = 80.0

Corrupt = Callable[[TimeArray, FloatArray, np.random.Generator], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """A way to break the car.

    Attributes:
        wanted: the alert that is to come. least_min: how long the rest of the trip must be. warm: whether it begins warm.
        corrupt: changes (n, signal) readings from the start of the fault on in place, given seconds since then.
    """

    name: str
    wanted: AlertType
    least_min: float
    warm: bool
    corrupt: Corrupt


@dataclass(frozen=True, slots=True)
class Placement:
    """One fault in one trip; the placement is a vehicle of its own in the recording."""

    fault: Fault
    start: float
    end: float


def _overheating(seconds: TimeArray, values: FloatArray, rng: np.random.Generator) -> None:
    """Up to 112–128 °C by 4–12 °C a minute, then it stays there."""
    top, pace = rng.uniform(112, 128), rng.uniform(4, 12)
    coolant = values[:, _COOLANT]
    hot = np.round(coolant[0] + pace * seconds / 60)
    values[:, _COOLANT] = np.maximum(coolant, np.minimum(hot, round(top)))


def _stuck(seconds: TimeArray, values: FloatArray, rng: np.random.Generator) -> None:
    values[:, _COOLANT] = values[0, _COOLANT]


def _drifting(side: int) -> Corrupt:
    """Off by 10–25 °C at the end of the trip, evenly from the start of the fault: 0.4–2.5 °C a minute."""

    def corrupt(seconds: TimeArray, values: FloatArray, rng: np.random.Generator) -> None:
        values[:, _COOLANT] = np.round(values[:, _COOLANT] + side * rng.uniform(10, 25) * seconds / seconds[-1])

    return corrupt


def _rough(seconds: TimeArray, values: FloatArray, rng: np.random.Generator) -> None:
    """Every reading is off by up to 50–150 rpm."""
    values[:, _RPM] += np.where(values[:, _RPM] > 300, rng.uniform(50, 150) * rng.uniform(-1, 1, len(values)), 0)


def _dips(seconds: TimeArray, values: FloatArray, rng: np.random.Generator) -> None:
    """Dips of 40–120 rpm, 0.3–0.6 s long, one every 1–3 s."""
    period, length, depth = rng.uniform(1, 3), rng.uniform(0.3, 0.6), rng.uniform(40, 120)
    jitter = rng.uniform(0, 0.3 * period, int(seconds[-1] / period) + 2)
    beat = (seconds / period).astype(np.intp)
    dipping = (seconds - beat * period >= jitter[beat]) & (seconds - beat * period < jitter[beat] + length)
    values[:, _RPM] -= np.where(dipping & (values[:, _RPM] > 300), depth, 0)


FAULTS: Final = (
    Fault("overheating", AlertType.ENGINE_OVERHEAT, 9, True, _overheating),
    Fault("coolant sensor stuck", AlertType.SENSOR_FAULT, 8, False, _stuck),
    Fault("coolant sensor drifting up", AlertType.SENSOR_FAULT, 10, True, _drifting(1)),
    Fault("coolant sensor drifting down", AlertType.SENSOR_FAULT, 10, True, _drifting(-1)),
    Fault("misfire, rough", AlertType.MISFIRE, 5, False, _rough),
    Fault("misfire, dips", AlertType.MISFIRE, 5, False, _dips),
)


def trips_of(recorded: Recording) -> list[tuple[int, int]]:
    """First and last reading + 1 of each trip of a one-vehicle recording."""
    begins = np.r_[0, np.flatnonzero(np.diff(recorded.event_time) > _GAP_S) + 1, len(recorded.event_time)]
    return [(int(first), int(after)) for first, after in pairwise(begins)]


def injected(recorded: Recording, fault: Fault, count: int, seed: int) -> tuple[Recording, list[Placement]]:
    """A recording with `count` copies of parts of the log, each with one fault in its last trip; vehicle i has placement i."""
    rng = np.random.default_rng(seed)
    trips = trips_of(recorded)
    starts = {last: rows for last in range(1, len(trips)) if len(rows := _starts(recorded, trips[last], fault))}
    chosen = rng.permutation(list(starts))[:count]
    parts, placements = [], []
    for last in chosen.tolist():
        first, after = trips[max(0, last - BEFORE)][0], trips[last][1]
        start = int(rng.choice(starts[last]))
        values, time = recorded.values[first:after].copy(), recorded.event_time[first:after]
        fault.corrupt(time[start - first :] - time[start - first], values[start - first :], rng)
        parts.append((time, values))
        placements.append(Placement(fault, float(time[start - first]), float(time[-1])))
    return _joined(recorded, parts), placements


def _starts(recorded: Recording, trip: tuple[int, int], fault: Fault) -> NDArray[np.intp]:
    """Readings of a trip at which the fault may begin: the engine runs, is warm where it must be, and runs long enough still."""
    rows = np.arange(*trip)
    long_enough = recorded.event_time[trip[1] - 1] - recorded.event_time[rows] >= 60 * fault.least_min
    runs = recorded.values[rows, _RPM] > 300
    warm = (recorded.values[rows, _COOLANT] >= _WARM_C) if fault.warm else True
    settled = recorded.event_time[rows] - recorded.event_time[trip[0]] > 60
    return rows[long_enough & runs & warm & settled]


def _joined(recorded: Recording, parts: list[tuple[TimeArray, FloatArray]]) -> Recording:
    lengths = [len(time) for time, _ in parts]
    return replace(
        recorded,
        vehicles=tuple(VehicleId("history", f"placement-{place:03d}") for place in range(len(parts))),
        starts=np.r_[0, np.cumsum(lengths)].astype(np.intp),
        event_time=np.concatenate([time for time, _ in parts]),
        values=np.concatenate([values for _, values in parts]),
        drivers=None,
        kinds=recorded.kinds * len(parts),
        tanks=recorded.tanks * len(parts),
    )


@dataclass(frozen=True, slots=True)
class Found:
    """What became of one placement.

    Attributes:
        delay_s: from its start to the alert that is wanted, None where none came. left_s: how long it lasted.
        others: other types raised after its start.
    """

    fault: str
    seed: int
    delay_s: float | None
    left_s: float
    others: tuple[str, ...]


def found(bundle: Path, model: Path, fault: Fault, count: int, seed: int) -> list[Found]:
    """Put a fault into many places of a bundle's log, and ask the engine model in a folder."""
    recording, placements = injected(read_history(bundle), fault, count, seed)
    events = judge(recording, [load_scorer("engine", model, "evaluated")]).events
    opened = [event for event in events if event.change is EpisodeChange.OPENED]
    return [
        _outcome(placement, seed, [(event.type, event.at.timestamp()) for event in opened if event.vehicle == vehicle])
        for vehicle, placement in zip(recording.vehicles, placements, strict=True)
    ]


def _outcome(placement: Placement, seed: int, raised: list[tuple[AlertType, float]]) -> Found:
    since = [(kind, at - placement.start) for kind, at in raised if at >= placement.start]
    wanted = [delay for kind, delay in since if kind is placement.fault.wanted]
    others = tuple(sorted({str(kind) for kind, _ in since if kind is not placement.fault.wanted}))
    return Found(placement.fault.name, seed, min(wanted, default=None), placement.end - placement.start, others)
