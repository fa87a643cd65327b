"""Fuel losses in a real log of normal driving: what is found, how late, and what is raised without any."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from bench.evaluation.card import Figure, Section
from bench.evaluation.fuel_injection import DRAIN_S, Loss, inject, level_before, standing_starts, trip_starts
from bench.evaluation.fuel_pictures import new_figure, save
from bench.evaluation.trial import TEST_SEEDS, Trial
from bench.plot import COLOURS
from fleet.alerts import TYPE_INDEX, AlertType, EpisodeChange, EpisodeEvent
from fleet.replay import WARM_UP_S, Recording
from fleet.signals import INDEX
from fleet.telemetry import FloatArray
from pipelines.history import judge, read_history
from serve.parts import ModelScorer

DRAINS, LEAKS = 8, 4  # per seed
DRAIN_SHARES: Final = (0.10, 0.40)
DAY_S: Final = 86_400.0
PAST_S: Final = 2.5 * DAY_S  # some 25 drives
TANK_L: Final = 50.0
HISTORY: Final = "obd-normal"
LEFT_PCT: Final = 10.0  # what a loss leaves in the tank at least
CLAIMED: Final = 0.7


class Leak(NamedTuple):
    """A kind of leak that is put in; without an aim where the figure shows a limit."""

    lph: float
    hours: float
    parked: bool = False
    aim: float | None = None

    @property
    def name(self) -> str:
        return f"{self.lph:g} l/h for {self.hours:g} h{', parked too' if self.parked else ''}"


LEAK_KINDS: Final = (Leak(3, 6, aim=0.9), Leak(10, 6, aim=0.9), Leak(5, 12), Leak(3, 48), Leak(10, 6, parked=True))


@dataclass(frozen=True, slots=True)
class Found:
    """A loss and what came of it. `delay_s`: from its start to the first alert of its type, NaN where there was none."""

    loss: Loss
    delay_s: float
    others: int


def losses_section(trial: Trial) -> Section:
    """Drains and leaks put into the log, every seed with placements of its own, and the log as it is."""
    scorer = trial.scorers()["fuel"]
    recorded = read_history(trial.bundle(HISTORY))
    plain = judge(recorded, [scorer])
    opened = [event for event in plain.events if event.change is EpisodeChange.OPENED]
    drains = _tried(recorded, [_drains(recorded, seed) for seed in TEST_SEEDS], AlertType.FUEL_THEFT, scorer, WARM_UP_S)
    leaks = {
        leak: _tried(recorded, [_leaks(recorded, leak, seed) for seed in TEST_SEEDS], AlertType.FUEL_LEAK, scorer, PAST_S)
        for leak in LEAK_KINDS
    }
    figures = [
        Figure("fuel alerts in the whole log", (float(len(opened)),), 1.0, "at most"),
        Figure("windows with a fuel claim", (_claimed(plain.scores.probability),), 0.02, "at most"),
        Figure("recall of drains", tuple(map(_recall, drains)), 0.9),
        Figure("median delay of a drain, min", tuple(map(_delay_min, drains))),
        *(Figure(f"recall of leaks, {leak.name}", tuple(map(_recall, found)), leak.aim) for leak, found in leaks.items()),
        *(Figure(f"median delay of leaks, {leak.name}, min", tuple(map(_delay_min, found))) for leak, found in leaks.items()),
        Figure("other fuel alerts per loss", tuple(float(np.mean([one.others for one in found])) for found in drains)),
    ]
    text = (
        f"`{HISTORY}` is the log of one real car, all normal. Each seed puts {DRAINS} drains of {DRAIN_SHARES[0]:.0%} to "
        f"{DRAIN_SHARES[1]:.0%} of the tank into it, over five minutes in which the car stands, and {LEAKS} leaks of each kind, "
        "for hours by the clock; six hours of it are three drives. A leak begins after the log's first day, in which the "
        "sender's habit shows, and runs while the car does; one kind goes on while it stands, until the float is at its end. "
        f"Readings go on, and what is lost stays lost. The {PAST_S / DAY_S:g} days before a leak are known. Found means an alert "
        "of the right type raised within the loss or ten minutes after."
    )
    picture = _draw(trial, recorded, [one for found in drains for one in found])
    return Section("Losses in a real log", text, figures, pictures=[(picture, "Delay of each drain by its size")])


def _claimed(probability: FloatArray) -> float:
    kinds = [TYPE_INDEX[kind] for kind in (AlertType.FUEL_THEFT, AlertType.FUEL_LEAK, AlertType.SENSOR_FAULT)]
    return float((np.fmax.reduce(probability[:, kinds], axis=1) >= CLAIMED).mean())


def _drains(recorded: Recording, seed: int) -> list[Loss]:
    rng = np.random.default_rng(seed)
    starts = standing_starts(recorded)
    level = level_before(recorded, starts)
    losses = []
    for share in rng.uniform(*DRAIN_SHARES, DRAINS).tolist():
        start = float(rng.choice(starts[level > 100 * share + LEFT_PCT]))
        losses.append(Loss(start, start + DRAIN_S, share=share))
    return losses


def _leaks(recorded: Recording, leak: Leak, seed: int) -> list[Loss]:
    rng = np.random.default_rng(seed)
    starts = trip_starts(recorded)
    lasting_s = leak.hours * 3600
    full = level_before(recorded, starts) > 100 * leak.lph / TANK_L + LEFT_PCT
    usable = starts[full & (starts >= starts[0] + DAY_S) & (starts < starts[-1] - lasting_s)]
    chosen = rng.choice(usable, LEAKS, replace=False).tolist()
    return [Loss(start, start + lasting_s, lph=leak.lph, parked=leak.parked) for start in chosen]


def _tried(
    recorded: Recording, by_seed: list[list[Loss]], kind: AlertType, scorer: ModelScorer, past_s: float
) -> list[list[Found]]:
    losses = [loss for losses in by_seed for loss in losses]
    altered = inject(recorded, losses, TANK_L, past_s)
    since = np.array([loss.start - WARM_UP_S for loss in losses])
    events = [event for event in judge(altered, [scorer], since=since).events if event.change is EpisodeChange.OPENED]
    found = iter([_found(loss, [event for event in events if event.vehicle == name], kind)
                  for loss, name in zip(losses, altered.vehicles, strict=True)])  # fmt: skip
    return [list(islice(found, len(losses))) for losses in by_seed]


def _found(loss: Loss, events: list[EpisodeEvent], kind: AlertType) -> Found:
    delays = [event.at.timestamp() - loss.start for event in events if event.type is kind]
    mine = [delay for delay in delays if delay >= 0]
    return Found(loss, min(mine, default=float("nan")), len(events) - bool(mine))


def _recall(found: Sequence[Found]) -> float:
    return float(np.mean([one.delay_s == one.delay_s for one in found]))


def _delay_min(found: Sequence[Found]) -> float:
    delays = [one.delay_s / 60 for one in found if one.delay_s == one.delay_s]
    return float(np.median(delays)) if delays else float("nan")


def _draw(trial: Trial, recorded: Recording, drains: Sequence[Found]) -> Path:
    figure, (left, right) = new_figure(1, 2, (10, 3.6))
    seen = [one for one in drains if one.delay_s == one.delay_s]
    left.scatter([100 * one.loss.share for one in seen], [one.delay_s / 60 for one in seen], color=COLOURS[0])
    left.set(xlabel="drained within five minutes, % of the tank", ylabel="minutes until the alert", ylim=(0, None))
    left.set_title(f"{len(seen)} of {len(drains)} drains found")
    example = max(drains, key=lambda one: one.loss.share).loss
    altered = inject(recorded, [example], TANK_L)
    shown = altered.event_time > example.start - 900
    minutes = (altered.event_time[shown] - example.start) / 60
    right.plot(minutes, altered.values[shown, INDEX["fuel_level_pct"]], color=COLOURS[0], linewidth=0.8)
    right.set(xlabel="minutes after the drain begins", ylabel="level as sent, %", ylim=(0, 100))
    right.set_title("The largest drain")
    return save(figure, trial.picture("fuel-losses"))
