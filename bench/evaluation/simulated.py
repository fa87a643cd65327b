"""Simulated fleets that no model has seen: every second scored as `fleetguard score` does, and held against the truth."""

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from bench.evaluation.card import Figure, Section
from bench.evaluation.trial import TEST_SEEDS, Trial
from bench.evaluation.verdicts import Truth, Verdicts, verdicts
from fleet.alerts import AlertType
from fleet.history import load_history
from fleet.replay import recording
from pipelines.history import judge
from serve.parts import ModelScorer, load_scorer

NOISES: Final = (1.0, 2.0)
VEHICLES, DAYS, FAULTS_PER_VEHICLE_DAY = 16, 1.0, 3.0
_ALL: Final = "all"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found in one fleet."""

    seed: int
    noise: float
    verdicts: Verdicts


def simulated_outcomes(trial: Trial) -> list[Outcome]:
    """Every test seed at every noise level, judged by the three row models together; made once."""
    return trial.once("unseen simulated fleets", lambda: _outcomes(trial))


def simulated_section(trial: Trial, types: Sequence[AlertType], note: str = "") -> Section:
    """How a model's types fare on unseen fleets: figures over seeds and noise levels, a table by type.

    Args:
        note: what a reader must know of these types' events beyond what holds for all.
    """
    outcomes = simulated_outcomes(trial)
    text = (
        f"{len(TEST_SEEDS)} seeds at {len(NOISES)} levels of sensor noise, {VEHICLES} vehicles for {DAYS:g} day each; vehicles, "
        "drivers and routes are new. Each fleet goes through the path of `fleetguard score`. An event is found when an alert of "
        "its type stands during it or is raised shortly after; a second alert for the same event is not false. Accuracy is over "
        "labelled events and trips without any: an event is right when its type is raised, a trip when nothing is. Events that "
        "no signal of the vehicle shows are counted apart, under `unseen`."
    )
    return Section("Simulated fleets", f"{text} {note}".rstrip(), _figures(outcomes, types), _table(outcomes, types))


def _figures(outcomes: list[Outcome], types: Sequence[AlertType]) -> list[Figure]:
    figures = []
    for noise in NOISES:
        mine = [outcome.verdicts for outcome in outcomes if outcome.noise == noise]
        level = "ordinary noise" if noise == 1 else f"{noise:g} times the noise"
        figures += [
            Figure(f"event recall, {level}", tuple(v.recall(types) for v in mine), 0.95),
            Figure(f"accuracy over types, {level}", tuple(v.accuracy(types) for v in mine), 0.95),
            Figure(
                f"normal minutes with an alert, {level}", tuple(v.false_share(types) for v in mine), 0.02, direction="at most"
            ),
            Figure(
                f"false alerts per 100 vehicle hours, {level}",
                tuple(100 * v.false_alerts(types) / v.hours for v in mine),
                1.0,
                direction="at most",
            ),
        ]
    return figures


def _table(outcomes: list[Outcome], types: Sequence[AlertType]) -> list[dict[str, object]]:
    parts = [outcome.verdicts for outcome in outcomes]
    hours, driven = sum(v.hours for v in parts), sum(v.driven_hours for v in parts)
    return [_row(parts, (kind,), kind, hours, driven) for kind in types] + [_row(parts, tuple(types), _ALL, hours, driven)]


def _row(parts: list[Verdicts], types: tuple[AlertType, ...], name: str, hours: float, driven: float) -> dict[str, object]:
    events = pd.concat([part.events[part.events["type"].isin(types)] for part in parts])
    known = events[events["known"]]
    false = sum(part.false_alerts(types) for part in parts)
    instead = known[~known["found"]]["instead"]
    return {
        "type": name,
        "events": len(known),
        "found": float(known["found"].mean()) if len(known) else float("nan"),
        "median delay, s": float(known["delay_s"].median()),
        "false alerts": false,
        "per 100 vehicle hours": 100 * false / hours,
        "per 100 driven hours": 100 * false / driven,
        "normal minutes with one": float(np.mean([part.false_share(types) for part in parts])),
        "unseen": len(events) - len(known),
        "raised instead": ", ".join(f"{kind} {count}" for kind, count in instead[instead != ""].value_counts().items()),
    }


def _outcomes(trial: Trial) -> list[Outcome]:
    models = tuple((name, str(folder)) for name, folder in sorted(trial.trained().items()))
    jobs = [(seed, noise) for noise in NOISES for seed in TEST_SEEDS]
    folders = [
        trial.simulated(seed, VEHICLES, DAYS, noise=noise, faults_per_vehicle_day=FAULTS_PER_VEHICLE_DAY) for seed, noise in jobs
    ]
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(2, os.cpu_count() or 1), mp_context=spawn) as pool:
        found = list(pool.map(_judged, folders, [models] * len(folders)))
    return [Outcome(seed, noise, part) for (seed, noise), part in zip(jobs, found, strict=True)]


def _judged(folder: Path, models: tuple[tuple[str, str], ...]) -> Verdicts:
    history = load_history(folder, ("telemetry", "labels", "vehicles"), require=("telemetry", "labels"))
    recorded = recording(history)
    return verdicts(Truth.of(history.labels, recorded), judge(recorded, list(_loaded(models))))


@cache
def _loaded(models: tuple[tuple[str, str], ...]) -> tuple[ModelScorer, ...]:
    import torch

    torch.set_num_threads(1)
    return tuple(load_scorer(name, Path(folder), "evaluated") for name, folder in models)
