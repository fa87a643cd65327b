"""Learning from people: rows of judged alerts beside a base history, weighed so that they are heard and do not shout."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fleet.alerts import TYPES, AlertType
from fleet.errors import InvalidHistory
from fleet.features import concatenate
from fleet.history import History, load_history
from fleet.telemetry import FloatArray, TimeArray
from training.dataset import GroundTruth, LabelledSet, fingerprint, labelled_rows, read_ground_truth

ALERT_WORTH: Final = 50.0  # rows of the base history that one judged alert weighs at most
DISMISSED_SHARE: Final = 0.1  # most that dismissed alerts together weigh, beside all that is normal in the base history
CONFIRMED_SHARE: Final = 0.5  # most that confirmed alerts of a type weigh, beside the rows of that type there
ROWS_PER_ALERT: Final = 60
_LATE_S = 1.0  # a row belongs to an alert that ended within its second


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """Rows of judged alerts.

    Attributes:
        rows: labelled by the judgements. alert: (n,) position of each row's alert in `alerts`.
        alerts: vehicle position, start, end (s since the epoch), type position, confirmed.
    """

    rows: LabelledSet
    alert: NDArray[np.intp]
    alerts: pd.DataFrame


class _JudgedTruth(GroundTruth):
    """Wants a few rows of every judged alert, evenly spread over its readings, and no others: nobody judged those."""

    def __init__(self, truth: GroundTruth, alerts: pd.DataFrame, history: History) -> None:
        super().__init__(truth.events, truth.vehicle_ids, truth.normal)
        times = history.telemetry.groupby("vehicle_id")["ts"]
        seconds = {str(name): mine.astype("int64").to_numpy() // 1_000_000_000 for name, mine in times}
        silent = np.empty(0, np.int64)
        chosen = [self._seconds(alert, seconds.get(self.vehicle_ids[alert.vehicle], silent)) for alert in alerts.itertuples()]
        self._chosen = np.unique(np.concatenate(chosen))

    def _seconds(self, alert: Any, seconds: NDArray[np.int64]) -> TimeArray:
        mine = _spread(seconds, alert.start, alert.end)
        return self._key(np.full(len(mine), alert.vehicle, np.intp), mine)

    def wanted(self, vehicle: NDArray[np.intp], at: TimeArray) -> NDArray[np.bool_]:
        """(n,) rows worth computing features for."""
        return np.isin(self._key(vehicle, np.floor(at)), self._chosen)


def _spread(seconds: NDArray[np.int64], start: float, end: float) -> TimeArray:
    mine = np.unique(seconds[(seconds >= np.floor(start)) & (seconds <= end)]).astype(np.float64)
    return mine[np.unique(np.linspace(0, len(mine) - 1, ROWS_PER_ALERT).astype(np.intp))] if len(mine) else mine


def judged_set(folder: Path, progress: Callable[[float], None] | None = None) -> JudgedSet:
    """The rows of a bundle of judged alerts.

    Raises:
        InvalidHistory: it is no such bundle, or no judgement meets any telemetry.
    """
    history = load_history(folder, ("telemetry", "labels", "vehicles"), require=("telemetry", "labels"))
    ids = tuple(sorted(str(name) for name in history.telemetry["vehicle_id"].unique()))
    alerts = _alerts(history, ids)
    truth = _JudgedTruth(read_ground_truth(folder, ids), alerts, history)
    vehicle, features = labelled_rows(history, truth, progress)
    if not len(features):
        raise InvalidHistory(f"{folder}: none of the judged alerts lies where there is telemetry")
    positive, unsettled = truth.of(vehicle, features.at)
    everybody = np.ones(len(features), bool)
    rows = LabelledSet(
        features, vehicle, ids, positive, unsettled, truth.events, fingerprint(folder), everybody.astype(np.float32), everybody
    )
    alert = _alert_of(vehicle, features.at, alerts)
    return JudgedSet(rows.rows(alert >= 0), alert[alert >= 0], alerts)


def _alerts(history: History, ids: tuple[str, ...]) -> pd.DataFrame:
    if "alert" not in history.labels.columns:
        raise InvalidHistory(f"{history.folder}: labels.csv lacks the column alert, so it holds no judged alerts")
    position = {name: place for place, name in enumerate(ids)}
    labels = history.labels[history.labels["vehicle_id"].isin(position) & history.labels["alert"].isin(list(TYPES))]
    if labels.empty:
        raise InvalidHistory(f"{history.folder}: labels.csv names no judged alert of a vehicle that has telemetry")
    return pd.DataFrame(
        {
            "vehicle": labels["vehicle_id"].map(position).to_numpy(np.int64),
            "start": labels["start"].astype("int64").to_numpy() / 1e9,
            "end": labels["end"].astype("int64").to_numpy() / 1e9,
            "type": [TYPES.index(AlertType(alert)) for alert in labels["alert"]],
            "confirmed": (labels["label"] == labels["alert"]).to_numpy(),
        }
    )


def _alert_of(vehicle: NDArray[np.intp], at: TimeArray, alerts: pd.DataFrame) -> NDArray[np.intp]:
    """(n,) position of the alert that each row belongs to, −1 of none; of several the one that is listed last."""
    belongs = np.full(len(at), -1, np.intp)
    for position, alert in enumerate(alerts.itertuples()):
        belongs[(vehicle == alert.vehicle) & (at >= np.floor(alert.start)) & (at <= alert.end + _LATE_S)] = position
    return belongs


def joined(base: LabelledSet, judged: Sequence[JudgedSet]) -> LabelledSet:
    """One training set of a base history and judged alerts, the judged ones weighed beside the base."""
    sets = [base] + [replace(each.rows, weight=weight) for each, weight in zip(judged, _weights(base, judged), strict=True)]
    first = np.cumsum([0] + [len(each.vehicle_ids) for each in sets[:-1]])
    events = [each.events.assign(vehicle=each.events["vehicle"] + offset) for each, offset in zip(sets, first, strict=True)]
    return LabelledSet(
        concatenate([each.features for each in sets]),
        np.concatenate([each.vehicle + offset for each, offset in zip(sets, first, strict=True)]),
        tuple(name for each in sets for name in each.vehicle_ids),
        np.concatenate([each.positive for each in sets]),
        np.concatenate([each.unsettled for each in sets]),
        pd.concat(events, ignore_index=True),
        hashlib.sha256("".join(each.fingerprint for each in sets).encode()).hexdigest()[:16],
        np.concatenate([each.weight for each in sets]),
        np.concatenate([each.judged for each in sets]),
    )


def _weights(base: LabelledSet, judged: Sequence[JudgedSet]) -> list[FloatArray]:
    """(n,) weights of each set's rows: the rows of an alert share what the alert is worth."""
    known = pd.concat([each.alerts for each in judged], ignore_index=True)
    dismissed = int((~known["confirmed"]).sum())
    worth = {-1: _worth(DISMISSED_SHARE * base.normal.sum(), dismissed)}
    for column in range(len(TYPES)):
        confirmed = int((known["confirmed"] & (known["type"] == column)).sum())
        worth[column] = _worth(CONFIRMED_SHARE * base.positive[:, column].sum(), confirmed)
    weights = []
    for each in judged:
        kind = np.where(each.alerts["confirmed"], each.alerts["type"], -1)
        rows = np.maximum(np.bincount(each.alert, minlength=len(kind)), 1)
        weights.append((np.array([worth[k] for k in kind]) / rows)[each.alert].astype(np.float32))
    return weights


def _worth(limit: float, alerts: int) -> float:
    """Of one alert, in rows of the base history; where that has none of its kind, each alert counts in full."""
    return min(ALERT_WORTH, limit / alerts) if limit and alerts else ALERT_WORTH
