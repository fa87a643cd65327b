"""Alerts held against what really happened: which events were found, how late, and which alerts were false."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fleet.alerts import TYPES, AlertType, EpisodeChange
from fleet.replay import Recording
from fleet.signals import INDEX
from pipelines.history import Judgement

EARLY_S: Final = 10.0  # clocks and windows of a second or two
LATE_S: Final = 120.0  # after its end an event still counts as found in time
_EARLY_S: Final[dict[AlertType, float]] = {
    AlertType.ENGINE_OVERHEAT: 120.0,  # the cooling has failed minutes before the coolant is as hot as a label demands
}
_LATE_S: Final[dict[AlertType, float]] = {
    AlertType.FUEL_THEFT: 1800.0,
    AlertType.FUEL_LEAK: 3600.0,
    AlertType.FATIGUE: 600.0,
    AlertType.BATTERY_FAILURE: 600.0,
    AlertType.SENSOR_FAULT: 600.0,
}
_ECHO_S: Final = 1800.0  # a minute this close after an event is neither normal nor part of it
_GAP_S: Final = 600.0  # a longer silence is no time watched
_RUNNING_RPM: Final = 300.0


@dataclass(frozen=True, slots=True)
class Span:
    """An event, a trip or an alert."""

    vehicle: int
    type: str
    start: float
    end: float

    @property
    def early_s(self) -> float:
        return _EARLY_S.get(AlertType(self.type), EARLY_S)

    @property
    def late_s(self) -> float:
        return _LATE_S.get(AlertType(self.type), LATE_S)


def spans(frame: pd.DataFrame) -> list[Span]:
    """The rows of a table of events."""
    columns = (frame[name].tolist() for name in ("vehicle", "type", "start", "end"))
    return [Span(*row) for row in zip(*columns, strict=True)]


@dataclass(frozen=True, slots=True)
class Truth:
    """Labelled events and trips without any. Vehicles are positions in the recording, times seconds since the epoch.

    Attributes:
        events, ordinary: vehicle, type, start, end. hours: watched; driven_hours: with the engine running.
    """

    events: pd.DataFrame
    ordinary: pd.DataFrame
    hours: float
    driven_hours: float

    @classmethod
    def of(cls, labels: pd.DataFrame, recorded: Recording) -> Self:
        """The truth of a bundle's `labels.csv`."""
        position = {identity.vehicle: place for place, identity in enumerate(recorded.vehicles)}
        known = labels[labels["vehicle_id"].isin(position)]
        frame = pd.DataFrame(
            {
                "vehicle": known["vehicle_id"].map(position).to_numpy(np.intp),
                "type": known["label"].astype(str).to_numpy(),
                "start": known["start"].astype("int64").to_numpy() / 1e9,
                "end": known["end"].astype("int64").to_numpy() / 1e9,
            }
        )
        normal = frame["type"] == "NORMAL"
        step = np.diff(recorded.event_time, append=np.nan)
        step[recorded.starts[1:] - 1] = 0
        watched = np.where(step < _GAP_S, step, 0)
        driven = watched[recorded.values[:, INDEX["engine_rpm"]] > _RUNNING_RPM]
        return cls(
            frame[~normal].reset_index(drop=True),
            frame[normal].reset_index(drop=True),
            float(watched.sum()) / 3600,
            float(driven.sum()) / 3600,
        )


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What the alerts of one recording are worth.

    Attributes:
        events: of the truth, with known (some signal shows it), found, delay_s and what was raised instead.
        ordinary: trips without an event, with the set of types raised in them.
        alerts: vehicle, type, start (raised), end (cleared), true. minutes: the set of types that stood in each normal minute.
    """

    events: pd.DataFrame
    ordinary: pd.DataFrame
    alerts: pd.DataFrame
    minutes: list[frozenset[str]]
    hours: float
    driven_hours: float

    def recall(self, types: Sequence[AlertType]) -> float:
        """Share of the events of some types that were found, among those a signal shows."""
        mine = self.events[self.events["type"].isin(types) & self.events["known"]]
        return float(mine["found"].mean()) if len(mine) else float("nan")

    def accuracy(self, types: Sequence[AlertType]) -> float:
        """Share of events whose type was raised and of ordinary trips in which none of these types was."""
        mine = self.events[self.events["type"].isin(types) & self.events["known"]]
        silent = [not raised & set(types) for raised in self.ordinary["raised"]]
        return float(np.mean([*mine["found"], *silent]))

    def false_alerts(self, types: Sequence[AlertType]) -> int:
        """Alerts of some types with no event of their type."""
        return int((self.alerts["type"].isin(types) & ~self.alerts["true"]).sum())

    def false_share(self, types: Sequence[AlertType]) -> float:
        """Share of normal minutes in which an alert of some types stood."""
        return float(np.mean([bool(standing & set(types)) for standing in self.minutes]))


def verdicts(truth: Truth, judged: Judgement) -> Verdicts:
    """Hold the alerts of a recording against its truth."""
    alerts, events = _alerts(judged), spans(truth.events)
    standing = [_belonging(alerts, event) & (alerts["type"] == event.type).to_numpy() for event in events]
    raised = alerts["start"].to_numpy()
    true, delay = np.zeros(len(alerts), bool), []
    for event, mine in zip(events, standing, strict=True):
        true |= mine & (raised >= event.start - event.early_s)
        delay.append(max(float(raised[mine].min()) - event.start, 0.0) if mine.any() else np.nan)
    table = truth.events.assign(
        known=_known(events, judged),
        found=[bool(mine.any()) for mine in standing],
        delay_s=delay,
        instead=[_instead(event, alerts) for event in events],
    )
    ordinary = truth.ordinary.assign(raised=[_types(alerts, _standing(alerts, trip, 0.0)) for trip in spans(truth.ordinary)])
    minutes = _normal_minutes(events, spans(alerts), judged)
    return Verdicts(table, ordinary, alerts.assign(true=true), minutes, truth.hours, truth.driven_hours)


def _alerts(judged: Judgement) -> pd.DataFrame:
    position = {identity: int(place) for identity, place in zip(judged.features.vehicles, judged.vehicle, strict=True)}
    open_at: dict[tuple[int, str], list[object]] = {}
    rows: list[list[object]] = []
    for event in judged.events:
        key = (position[event.vehicle], str(event.type))
        if event.change is EpisodeChange.OPENED:
            open_at[key] = [*key, event.at.timestamp(), np.inf]
            rows.append(open_at[key])
        elif event.change is EpisodeChange.CLEARED and key in open_at:
            open_at.pop(key)[3] = event.at.timestamp()
    return pd.DataFrame(rows, columns=["vehicle", "type", "start", "end"]).astype({"start": float, "end": float})


def _standing(alerts: pd.DataFrame, span: Span, late_s: float) -> NDArray[np.bool_]:
    """(alert,) whether it stands at some time of the span, or is raised soon after."""
    mine = (alerts["vehicle"] == span.vehicle) & (alerts["start"] <= span.end + late_s) & (alerts["end"] >= span.start)
    return mine.to_numpy(bool)


def _belonging(alerts: pd.DataFrame, event: Span) -> NDArray[np.bool_]:
    """(alert,) whether it stands during the event, is raised soon after, or as shortly before as its cause may be seen."""
    early = (alerts["start"] >= event.start - event.early_s) & (alerts["start"] <= event.start)
    return _standing(alerts, event, event.late_s) | (early & (alerts["vehicle"] == event.vehicle)).to_numpy(bool)


def _types(alerts: pd.DataFrame, rows: NDArray[np.bool_]) -> set[str]:
    return set(alerts["type"][rows])


def _instead(event: Span, alerts: pd.DataFrame) -> str:
    """Another type raised during the event, the first one; empty where none was."""
    begun = _standing(alerts, event, event.late_s) & (alerts["start"] >= event.start - event.early_s).to_numpy()
    others = alerts[begun & (alerts["type"] != event.type).to_numpy()]
    return str(others.sort_values("start")["type"].iloc[0]) if len(others) else ""


def _known(events: list[Span], judged: Judgement) -> list[bool]:
    """Whether some second of each event has a probability of its type at all."""
    starts = np.searchsorted(judged.vehicle, np.arange(int(judged.vehicle[-1]) + 2))
    known = []
    for event in events:
        first, after = starts[event.vehicle], starts[event.vehicle + 1]
        begin, end = first + np.searchsorted(judged.features.at[first:after], [event.start, event.end + event.late_s])
        said = judged.scores.probability[begin:end, TYPES.index(AlertType(event.type))]
        known.append(bool((~np.isnan(said)).any()))
    return known


def _normal_minutes(events: list[Span], alerts: list[Span], judged: Judgement) -> list[frozenset[str]]:
    """The types that stood in each minute with readings and without any event in it or shortly before."""
    minutes = set(zip(judged.vehicle.tolist(), (judged.features.at // 60).astype(np.int64).tolist(), strict=True))
    for event in events:
        minutes -= {(event.vehicle, minute) for minute in _minutes(event.start, event.end + _ECHO_S)}
    standing: dict[tuple[int, int], set[str]] = {}
    newest = float(judged.features.at.max())
    for alert in alerts:
        for minute in _minutes(alert.start, min(alert.end, newest)):
            standing.setdefault((alert.vehicle, minute), set()).add(alert.type)
    return [frozenset(standing.get(place, ())) for place in minutes]


def _minutes(start: float, end: float) -> range:
    return range(int(start // 60), int(end // 60) + 1)
