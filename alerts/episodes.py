"""From probabilities to episodes: hysteresis, minimum duration, cooldown. Pure: the only clock is the readings'."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fleet.alerts import TYPES, AlertType, EpisodeChange, EpisodeEvent, Severity
from fleet.features import FeatureBatch
from fleet.scores import ScoreBatch
from fleet.telemetry import FloatArray, TimeArray


@dataclass(frozen=True, slots=True)
class Rule:
    """When a probability becomes an episode, and when it ends.

    Attributes:
        on, off: probabilities; between them nothing changes.
        hold_s: how long it must stay on before people hear of it.
        clear_s: how long it must stay off before it counts as over.
        cooldown_s: what comes back within this time after the end is the same episode.
        adds_up: the first reason's number is an amount that grows while the episode lasts; what was told is kept up with it.
    """

    on: float = 0.7
    off: float = 0.4
    hold_s: float = 0.0
    clear_s: float = 60.0
    cooldown_s: float = 300.0
    adds_up: bool = False


_BEND = Rule(on=0.66, clear_s=5, cooldown_s=5)  # from the limit on; domain.md: merge within 5 s
_PUSH = replace(_BEND, on=0.68)  # a hundredth above it: drivers who stay at the limit are many
RULES: dict[AlertType, Rule] = {
    AlertType.HARSH_BRAKING: _PUSH,
    AlertType.HARSH_ACCELERATION: _PUSH,
    AlertType.HARSH_CORNERING: _BEND,
    AlertType.SPEEDING: Rule(on=0.7, clear_s=10, cooldown_s=60),  # 5 % below the limit: speeds are rounded
    AlertType.FATIGUE: Rule(on=0.6, hold_s=120, clear_s=600, cooldown_s=1800),  # what lasts: minutes of hurry sway too
    AlertType.AGGRESSIVE_DRIVING: Rule(on=0.6, hold_s=60, clear_s=300, cooldown_s=900),
    AlertType.FUEL_THEFT: Rule(clear_s=900, cooldown_s=900, adds_up=True),  # domain.md: re-arm 15 min
    AlertType.FUEL_LEAK: Rule(hold_s=300, clear_s=1800, cooldown_s=3600, adds_up=True),
    AlertType.ENGINE_OVERHEAT: Rule(off=0.5, hold_s=5, clear_s=60, cooldown_s=300),
    AlertType.MISFIRE: Rule(hold_s=10, clear_s=60, cooldown_s=600),
    AlertType.LOW_OIL_PRESSURE: Rule(hold_s=5, clear_s=30, cooldown_s=300),
    AlertType.BATTERY_FAILURE: Rule(hold_s=60, clear_s=300, cooldown_s=3600),
    AlertType.SENSOR_FAULT: Rule(hold_s=60, clear_s=300, cooldown_s=1800),
    AlertType.COMPONENT_FAILURE_RISK: Rule(on=0.5, off=0.3, clear_s=3600, cooldown_s=86_400),
}

USUAL: Final[dict[AlertType, float]] = {kind: rule.on for kind, rule in RULES.items()}  # of a fleet without its own

SILENCE_S = 600.0  # after this long without a reading a probability that was on must prove itself again
_MORE = 1.1  # times the amount that was told: from here on it is told anew
IDLE, PENDING, OPEN = 0, 1, 2

STATE = np.dtype([
    ("seen", "f8"),                       # event time of the newest judgement
    ("phase", "i1", len(TYPES)),
    ("severity", "i1", len(TYPES)),
    ("since", "f8", len(TYPES)),          # on since, while pending or open
    ("started", "f8", len(TYPES)),        # start of the newest episode
    ("off_since", "f8", len(TYPES)),      # NaN while on
    ("ended", "f8", len(TYPES)),          # NaN before the first end
    ("told", "f8", len(TYPES)),           # the amount of the newest episode that was told last, NaN where there is none
])  # fmt: skip
LAYOUT = f"{','.join(TYPES)}/2"
EARLIER_LAYOUT = f"{LAYOUT[:-1]}1"  # without `told`, the last field
_NOTHING_TOLD = np.full(len(TYPES), np.nan).tobytes()


class Episodes:
    """Episode state of many vehicles, addressed by slot; a row is a snapshot, like those of `fleet.windows`."""

    def __init__(self, rules: dict[AlertType, Rule] = RULES, capacity: int = 64) -> None:
        ordered = [rules[kind] for kind in TYPES]
        self._usual, self._off, self._hold, self._clear, self._cooldown = (
            np.array([getattr(rule, name) for rule in ordered]) for name in ("on", "off", "hold_s", "clear_s", "cooldown_s")
        )
        self._adds_up = {kind for kind, rule in enumerate(ordered) if rule.adds_up}
        self.rows = np.empty(0, STATE)
        self._on = np.empty((0, len(TYPES)))
        self.ensure(capacity)

    def ensure(self, slots: int) -> None:
        """Grow to hold at least this many slots."""
        if slots > len(self.rows):
            old = len(self.rows)
            self.rows = np.concatenate([self.rows, np.empty(max(slots - old, old), STATE)])
            self._on = np.concatenate([self._on, np.tile(self._usual, (len(self.rows) - old, 1))])
            self.clear(np.arange(old, len(self.rows)))

    def clear(self, slots: NDArray[np.intp]) -> None:
        """Forget these vehicles' episodes."""
        blank = np.zeros(1, STATE)
        for name in ("seen", "since", "started", "off_since", "ended", "told"):
            blank[name] = np.nan
        self.rows[slots] = blank

    def heed(self, slots: NDArray[np.intp], thresholds: Mapping[AlertType, float]) -> None:
        """Let these vehicles' episodes begin at other thresholds than the usual ones, where one is given."""
        self._on[slots] = [thresholds.get(kind, usual) for kind, usual in zip(TYPES, self._usual.tolist(), strict=True)]

    def snapshot(self, slot: int) -> bytes:
        """All episode state of one vehicle."""
        return self.rows[slot].tobytes()

    def restore(self, slot: int, state: bytes) -> None:
        """Take up where `snapshot` left off; one of `EARLIER_LAYOUT` does not know what amounts were told.

        Raises:
            ValueError: the snapshot has another layout.
        """
        if len(state) == STATE.itemsize - len(_NOTHING_TOLD):
            state += _NOTHING_TOLD
        self.rows[slot] = np.frombuffer(state, STATE)[0]

    def update(self, slots: NDArray[np.intp], features: FeatureBatch, scores: ScoreBatch) -> list[EpisodeEvent]:
        """What the scores change.

        Args:
            slots: (n,) slot of each row; rows of one slot are in time order.
            features: (n) the rows that were scored. scores: (n) their scores.

        Returns:
            The changes, in the order of the rows. A NaN probability changes nothing: unknown is not normal.
        """
        events: list[EpisodeEvent] = []
        amounts = self._amounts(scores)
        order = np.argsort(slots, kind="stable")
        starts = np.flatnonzero(np.r_[True, slots[order][1:] != slots[order][:-1]]) if len(slots) else np.empty(0, np.intp)
        turn = np.empty(len(slots), np.intp)
        turn[order] = np.arange(len(slots)) - np.repeat(starts, np.diff(np.r_[starts, len(slots)]))
        for step in range(int(turn.max(initial=-1)) + 1):
            rows = np.flatnonzero(turn == step)
            for row, kind, change in self._step(slots[rows], features.at[rows], scores, amounts, rows):
                events.append(self._event(int(slots[row]), row, kind, change, features, scores))
        return events

    def _amounts(self, scores: ScoreBatch) -> FloatArray:
        """(n, len(TYPES)) the amount that each row's first reason observed, NaN where none adds up."""
        amounts = np.full_like(scores.probability, np.nan)
        for (row, kind), reasons in scores.evidence.items():
            if kind in self._adds_up and reasons and reasons[0].observed is not None:
                amounts[row, kind] = reasons[0].observed
        return amounts

    def _step(
        self, slots: NDArray[np.intp], at: TimeArray, scores: ScoreBatch, amounts: FloatArray, rows: NDArray[np.intp]
    ) -> list[tuple[int, int, EpisodeChange]]:
        """One row of each vehicle: moves the state, returns (row, type, change)."""
        state = self.rows[slots]
        probability, severity, amount, now = scores.probability[rows], scores.severity[rows], amounts[rows], at[:, None]
        on, off = probability >= self._on[slots], probability < self._off
        silent = (at - state["seen"] > SILENCE_S)[:, None]
        phase, since, off_since, ended = state["phase"], state["since"], state["off_since"], state["ended"]

        phase = np.where((phase == PENDING) & (off | silent), IDLE, phase)
        begins = (phase == IDLE) & on
        since = np.where(begins, now, since)
        phase = np.where(begins, PENDING, phase)
        opens = (phase == PENDING) & on & (now - since >= self._hold)
        again = opens & (since - ended <= self._cooldown)
        started = np.where(opens & ~again, since, state["started"])
        worse = (phase == OPEN) & on & (severity > state["severity"])
        more = (phase == OPEN) & on & ~worse & (amount >= _MORE * np.nan_to_num(state["told"], nan=-np.inf))
        off_since = np.where((phase == OPEN) & off, np.fmin(np.where(np.isnan(off_since), now, off_since), now), off_since)
        off_since = np.where(on | opens, np.nan, off_since)
        clears = (phase == OPEN) & off & (now - off_since >= self._clear)

        state["phase"] = np.where(opens, OPEN, np.where(clears, IDLE, phase))
        state["severity"] = np.where(opens | worse, np.maximum(severity, Severity.LOW), state["severity"])
        state["told"] = np.where(opens | worse | more, amount, state["told"])
        state["since"], state["started"], state["off_since"] = since, started, np.where(clears, np.nan, off_since)
        state["ended"] = np.where(clears, now, ended)
        state["seen"] = at
        self.rows[slots] = state
        changes = (
            (opens, EpisodeChange.OPENED),
            (worse, EpisodeChange.ESCALATED),
            (more, EpisodeChange.REVISED),
            (clears, EpisodeChange.CLEARED),
        )
        return [(int(rows[i]), int(kind), change) for mask, change in changes for i, kind in np.argwhere(mask)]

    def _event(
        self, slot: int, row: int, kind: int, change: EpisodeChange, features: FeatureBatch, scores: ScoreBatch
    ) -> EpisodeEvent:
        state, confidence = self.rows[slot], float(scores.probability[row, kind])
        return EpisodeEvent(
            vehicle=features.vehicles[row],
            type=TYPES[kind],
            change=change,
            severity=Severity(int(state["severity"][kind])),
            started_at=datetime.fromtimestamp(state["started"][kind], UTC),
            at=datetime.fromtimestamp(features.at[row], UTC),
            confidence=confidence,
            model_version=scores.versions[kind],
            driver_id=features.drivers[row],
            evidence=scores.evidence.get((row, kind), ()),
        )
