"""Moments of a record with what was known then and what came after: the forecaster's training and test rows.

Landmarking (van Houwelingen 2007): every 9 hours of every vehicle is a moment with the covariates known then, followed
for 72 hours or until the record ends. So time-varying covariates, repeated failures and right-censoring are all kept.
Nine hours and not twelve: the moments fall on every third hour of the day in turn, so what is learnt holds at any clock.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fleet.components import HORIZON_H, ComponentHistory, Covariates, Vocabulary, component_covariates, event_times, milliseconds
from fleet.errors import InvalidHistory
from fleet.visits import HOUR_MS

CADENCE_H: Final = 9
MOST: Final = 120_000  # landmarks of a training set: a larger fleet is looked at less often

Flags = NDArray[np.bool_]
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Moments with what was known then and what came after.

    Attributes:
        covariates: (n) rows.
        vehicle: (n,) number of the vehicle.
        follow_up_h: (n, component) hours to the failure, at most 72 and never beyond the end of the record.
        failed: (n, component) whether the follow-up ended in a failure.
        complete: (n,) whether the record reaches 72 hours on.
        components: of the columns.
    """

    covariates: Covariates
    vehicle: NDArray[np.int64]
    follow_up_h: Array
    failed: Flags
    complete: Flags
    components: tuple[str, ...]

    def rows(self, keep: Flags) -> "Landmarks":
        """The rows that a mask keeps."""
        own = self.covariates
        ids = tuple(np.array(own.vehicle_ids, object)[keep])
        kept = Covariates(ids, own.at_ms[keep], own.values[keep], own.names)
        return Landmarks(
            kept, self.vehicle[keep], self.follow_up_h[keep], self.failed[keep], self.complete[keep], self.components
        )


def observed_span(history: ComponentHistory) -> tuple[int, int]:
    """First and last ms of the record of codes and failures; earlier maintenance only dates the components.

    Raises:
        InvalidHistory: nothing failed.
    """
    if history.failures.empty:
        raise InvalidHistory("failures.csv holds no failure: a forecaster has nothing to learn from")
    recorded = pd.concat([history.codes["ts"], history.failures["ts"]])
    every = pd.concat([recorded, history.maintenance["ts"]])
    return int(milliseconds([recorded.min()])[0]), int(milliseconds([every.max()])[0])


def landmarks(
    history: ComponentHistory,
    vocabulary: Vocabulary,
    start_ms: int,
    end_ms: int,
    most: int = MOST,
    every_h: int = CADENCE_H,
    shift_h: int = 0,
) -> Landmarks:
    """A moment every so many hours (fewer in a very large fleet) of every vehicle, in a record that ends at `end_ms`.

    What happened until a moment and at it is known; the failures ahead are those after it: (at, at + 72 h].
    `shift_h`: hours after the multiples of `every_h` since the epoch, UTC.
    """
    vehicles = history.vehicle_ids()
    step = every_h * HOUR_MS
    moments = np.arange((start_ms // step + 1) * step + shift_h * HOUR_MS, end_ms, step)
    moments = moments[:: _thinning(len(moments) * len(vehicles), most)]
    vehicle, at_ms = np.repeat(np.arange(len(vehicles)), len(moments)), np.tile(moments, len(vehicles))
    covariates = component_covariates(history, vocabulary, [vehicles[place] for place in vehicle], at_ms)
    places = {name: place for place, name in enumerate(vehicles)}
    remaining = (end_ms - at_ms) / HOUR_MS
    until = np.stack(
        [
            event_times(history.failures[history.failures["component"] == name], places).hours_until(vehicle, at_ms)
            for name in vocabulary.components
        ],
        axis=1,
    ).astype(float)
    failed = until <= np.minimum(HORIZON_H, remaining)[:, None]
    follow_up = np.where(failed, until, np.minimum(HORIZON_H, remaining)[:, None])
    return Landmarks(covariates, vehicle, follow_up, failed, remaining >= HORIZON_H, vocabulary.components)


def _thinning(rows: int, most: int) -> int:
    """Keep every how manyth moment: an odd number, so that those kept still fall on all hours in turn."""
    return -(-rows // most) // 2 * 2 + 1 if rows > most else 1


def distinct_failures(marks: Landmarks, place: int) -> int:
    """Failures behind the landmarks of one component: each is seen from up to eight of them."""
    rows = np.flatnonzero(marks.failed[:, place])
    moments = marks.covariates.at_ms[rows] + np.round(marks.follow_up_h[rows, place] * HOUR_MS).astype(np.int64)
    return len({(vehicle, int(at) // HOUR_MS) for vehicle, at in zip(marks.vehicle[rows], moments, strict=True)})
