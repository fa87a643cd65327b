"""The engine model's card: unseen simulated fleets, a real log without faults, and faults put into it."""

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np

from bench.evaluation.card import Card, Figure, Section
from bench.evaluation.engine_injection import FAULTS, Found, found
from bench.evaluation.engine_pictures import draw_delays
from bench.evaluation.reliability import reliability_section
from bench.evaluation.simulated import simulated_section
from bench.evaluation.trial import TEST_SEEDS, Trial
from fleet.alerts import EpisodeChange
from fleet.scores import MODEL_TYPES
from pipelines.history import judge, read_history

TYPES: Final = MODEL_TYPES["engine"]
PLACEMENTS: Final = 8
LOG: Final = "obd-normal"
_EVENTS: Final = (
    "An event is what the vehicle shows, whoever caused it: beside the faults that were put in, a coolant above 110 °C, oil "
    "pressure below what the engine speed needs (60 kPa at 700 rpm, 138 kPa from 1,300 rpm on) as when heat has thinned the oil, "
    "and a battery that rests below 12.4 V as after a trip without charging. The label of an overheating begins at 103 °C, or 15 "
    "°C above the thermostat: an alert of the two minutes before, in which the coolant climbs there, is early and not false. One "
    "in an overheating that never gets so hot is false. Trips in which a part has failed unseen are no trips without events."
)


def card(trial: Trial) -> Card:
    """Judge the engine model."""
    return Card(
        "engine",
        "Finds engines that overheat, misfire, lose oil pressure or do not charge, and sensors that stand still, drift, fall "
        "silent or read what cannot be, seconds to minutes after it begins.",
        "Engine speed, coolant, oil pressure, battery voltage, load, throttle, manifold pressure, air flow, intake and ambient "
        "temperature, each as often as the vehicle sends it; windows of a minute, trends of an hour, and how all of it stands "
        "against the vehicle's own last six hours. Any of them may be missing: a type whose own signal is silent is unknown.",
        "A simulated fleet of 66 vehicles, labelled by what they showed; 30 % of the vehicles are held out. XGBoost in Ray "
        "Train, its depth, rounds and leaf weight searched over folds of vehicles; one temperature calibrates it. Physics stands "
        "on both sides: what it forbids is raised whatever the trees say, and what it cannot support stays below an alert.",
        [
            simulated_section(trial, TYPES, _EVENTS),
            _baseline(trial),
            reliability_section(trial, "engine"),
            *([] if trial.data is None else [_healthy(trial), _injected(trial)]),
        ],
        (
            "A drift that stays within the band in which the thermostat and the fan move the coolant (about 8 °C in the log) is "
            "not told from ordinary driving.",
            "A coolant sensor that sticks while a warm engine idles is believed for eight to ten minutes: the healthy sensor of "
            "the log stands still for six and a half. One that sticks in the last minutes of a trip is missed.",
            "A misfire is judged from engine speed alone. While driving, below about ±50 rpm it drowns in what pedals and gears "
            "do; from a sender polled every second or two it takes three to five minutes. Dips of a moment are told at "
            "idle; on the move shallow and rare ones drown in the changes of gear.",
            "A coolant that rises slower than 3 °C a minute is called a sensor's drift until it reaches 108 °C. Where the band "
            "is not known, which takes 16 warm minutes within six hours, a drift upwards is called an overheating. A rise up to "
            "88 °C is taken for an engine that warms up.",
            "A parked vehicle's battery is called failing below 12.4 V, the median of its rest: healthy ones rest from 12.54 V, "
            "and a sender that reads a tenth of a volt too little makes one of them fail.",
            "Air at a steady speed keeps its temperature for twenty minutes: an intake sensor that sticks for ten is not told "
            "from it. A drift of a diesel's manifold pressure hides in what its turbocharger does for as long.",
            "The simulated faults are of our own making; the only real log is one healthy car.",
        ),
    )


def _baseline(trial: Trial) -> Section:
    metrics = trial.metrics("engine")
    names = {"XGBoost": "xgboost_balanced_accuracy", "Random Forest": "random_forest_balanced_accuracy"}
    figures = [Figure(f"{name}, balanced accuracy of single rows", (metrics[key],)) for name, key in names.items()]
    text = (
        "The trees alone, without the physics around them, on single rows of vehicles that are held out, beside a Random Forest "
        "on the same rows, neither weighing its classes. XGBoost learns with signals taken away at random, so that any may be "
        "missing; the forest does not. A row seconds after a fault began counts as well: no row can show what has not yet come "
        "to pass."
    )
    search = [{"candidate": key.removeprefix("search."), "log loss": value} for key, value in metrics.items() if "search." in key]
    return Section("Against a Random Forest", text, figures, search)


def _healthy(trial: Trial) -> Section:
    recorded = read_history(trial.bundle(LOG))
    judged = judge(recorded, [trial.scorers()["engine"]])
    opened = [event for event in judged.events if event.change is EpisodeChange.OPENED]
    said = np.fmax.reduce(judged.scores.probability, axis=1)
    hours = len(judged.vehicle) / 3600
    text = f"One real car, {hours:.0f} h of commuting and idling with nothing wrong, polled about twice a second."
    figures = [
        Figure("alerts in the whole log", (float(len(opened)),), 1.0, direction="at most"),
        Figure("seconds with a probability of 0.7 or more", (float(np.mean(said >= 0.7)),), 0.02, direction="at most"),
    ]
    table = [{"raised at": f"{event.at:%m-%d %H:%M}", "type": str(event.type), "why": _why(event.evidence)} for event in opened]
    return Section("A healthy real car", text, figures, table)


def _why(evidence: Sequence[object]) -> str:
    return str(getattr(evidence[0], "text", "")) if evidence else ""


def _injected(trial: Trial) -> Section:
    folder, bundle = trial.trained()["engine"], trial.bundle(LOG)
    jobs = [(bundle, folder, position, seed) for position in range(len(FAULTS)) for seed in TEST_SEEDS]
    trial.say(f"{len(jobs) * PLACEMENTS} faults in the real log")
    with ProcessPoolExecutor(min(2, os.cpu_count() or 1), mp_context=multiprocessing.get_context("spawn")) as pool:
        results = [result for part in pool.map(_search, *zip(*jobs, strict=True)) for result in part]
    picture = trial.picture("engine-delays")
    draw_delays(results, picture)
    text = (
        f"The same log with one fault in it, {PLACEMENTS} places by each of {len(TEST_SEEDS)} seeds: each place is a trip with "
        "up to three healthy trips before it. Overheating climbs by 4–12 °C a minute to 112–128 °C; a stuck sensor stays at its "
        "value to the end of the trip; a drifting one is off by 10–25 °C then; a misfire moves every reading by up to ±50–150 "
        "rpm, or dips by 40–120 rpm every one to three seconds. Found means: the right type is raised before the trip ends."
    )
    figures = [
        Figure(f"recall, {fault.name}", tuple(_recall(results, fault.name, seed) for seed in TEST_SEEDS), 0.9) for fault in FAULTS
    ]
    return Section("Faults in the real log", text, figures, _delays(results), [(picture, "How long each fault stays unseen")])


def _search(bundle: Path, folder: Path, position: int, seed: int) -> list[Found]:
    return found(bundle, folder, FAULTS[position], PLACEMENTS, seed)


def _recall(results: list[Found], name: str, seed: int) -> float:
    mine = [result.delay_s is not None for result in results if result.fault == name and result.seed == seed]
    return float(np.mean(mine)) if mine else float("nan")


def _delays(results: list[Found]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for fault in FAULTS:
        mine = [result for result in results if result.fault == fault.name]
        minutes = [result.delay_s / 60 for result in mine if result.delay_s is not None]
        rows.append(
            {
                "fault": fault.name,
                "places": len(mine),
                "found": len(minutes),
                "median delay, min": float(np.median(minutes)) if minutes else None,
                "nine in ten within, min": float(np.quantile(minutes, 0.9)) if minutes else None,
                "places with another type too": sum(bool(result.others) for result in mine),
            }
        )
    return rows
