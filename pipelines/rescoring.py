"""Stored telemetry judged anew: what versions of the models would make of a past time, at any threshold."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg
import numpy as np
import pandas as pd

from alerts.potentials import FLOOR, Potential, potentials
from fleet.alerts import TYPES
from fleet.features import SLOW_FEATURES
from fleet.history import History
from fleet.replay import WARM_UP_S, Recording, recording, replay_features
from fleet.scores import MODEL_TYPES, merge
from fleet.stores.past_alerts import reporting_vehicles
from fleet.stores.telemetry_export import readings_of, vehicle_table
from fleet.telemetry import FloatArray, TimeArray
from serve.parts import ModelScorer

_PIECE: Final = timedelta(hours=24)  # of one vehicle in memory at a time
_WARM_UP: Final = timedelta(seconds=WARM_UP_S)
_JUDGED: Final = sorted({TYPES.index(kind) for name in ("driver", "fuel", "engine") for kind in MODEL_TYPES[name]})

Span = tuple[datetime, datetime]
Crossings = tuple[TimeArray, FloatArray, np.ndarray]


@dataclass(slots=True)
class Rescored:
    """What was judged, and by name of a set of scorers what each would raise.

    Attributes:
        classes: class of each vehicle that was judged, out of `reporting` many. weeks: vehicle weeks they cover.
    """

    reporting: int
    weeks: float
    classes: dict[str, str]
    potentials: dict[str, list[Potential]] = field(default_factory=dict)


async def rescore(
    pool: asyncpg.Pool,
    tenant: UUID,
    span: Span,
    scorers: Mapping[str, Sequence[ModelScorer]],
    most_vehicles: int,
    first: Collection[str] = (),
    progress: Callable[[float], None] | None = None,
) -> Rescored:
    """Judge a tenant's stored readings of a time with several sets of scorers, over the same features.

    Args:
        most_vehicles: of more vehicles than these a sample is taken, the same one each time.
        first: vehicles that belong to the sample before all others.

    Raises:
        Unavailable: the store does not answer.
    """
    reporting = await reporting_vehicles(pool, tenant, *span)
    chosen = sorted(reporting, key=lambda name: (name not in first, hashlib.sha256(name.encode()).digest()))[:most_vehicles]
    known = (await vehicle_table(pool, tenant, chosen)).set_index("vehicle_id")
    covered = sum((reporting[name][1] - reporting[name][0]).total_seconds() for name in chosen)
    weeks = covered / timedelta(weeks=1).total_seconds()
    classes = {vehicle: str(known.loc[vehicle, "vehicle_class"]) for vehicle in chosen}
    result = Rescored(len(reporting), weeks, classes, {name: [] for name in scorers})
    for done, vehicle in enumerate(chosen, start=1):
        crossings: dict[str, dict[int, list[Crossings]]] = {name: {} for name in scorers}
        for begin, end in _pieces(*reporting[vehicle]):
            frame = await readings_of(pool, tenant, vehicle, begin - _WARM_UP, end)
            if len(frame):
                _judge(_recording(frame, known.loc[[vehicle]].reset_index()), begin, end, scorers, crossings)
        for name, by_type in crossings.items():
            result.potentials[name] += _potentials(vehicle, classes[vehicle], by_type)
        if progress:
            progress(done / len(chosen))
    return result


def _judge(
    recorded: Recording,
    begin: datetime,
    end: datetime,
    scorers: Mapping[str, Sequence[ModelScorer]],
    crossings: dict[str, dict[int, list[Crossings]]],
) -> None:
    """Keep the rows that could be part of an alert at some threshold."""
    first, last = begin.timestamp(), end.timestamp()
    for _, features in replay_features(recorded, lambda _, at: (at >= first) & (at < last)):
        slow = np.full((len(features), len(SLOW_FEATURES)), np.nan, np.float32)
        for name, judges in scorers.items():
            scores = merge([judge.score(features, slow) for judge in judges], len(features))
            for column in _JUDGED:
                rows = np.flatnonzero(scores.probability[:, column] >= FLOOR)
                if len(rows):
                    kept = (features.at[rows], scores.probability[rows, column], scores.severity[rows, column])
                    crossings[name].setdefault(column, []).append(kept)


def _potentials(vehicle: str, vehicle_class: str, by_type: dict[int, list[Crossings]]) -> list[Potential]:
    found = []
    for column, parts in by_type.items():
        at, probability, severity = (np.concatenate(part) for part in zip(*parts, strict=True))
        order = np.argsort(at, kind="stable")
        found += potentials(vehicle, vehicle_class, TYPES[column], at[order], probability[order], severity[order])
    return found


def _recording(frame: pd.DataFrame, vehicle: pd.DataFrame) -> Recording:
    nothing, frame = pd.DataFrame(), frame.astype({"ts": "datetime64[ns, UTC]"})
    return recording(History(Path(), frame, nothing, vehicle, nothing, nothing, nothing))


def _pieces(first: datetime, last: datetime) -> Iterator[Span]:
    """Spans that cover both ends, which `rescore` reads with a warm-up before each."""
    begin = first
    while begin <= last:
        yield begin, begin + _PIECE
        begin += _PIECE
