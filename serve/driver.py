"""Driver model: physics for single events, Isolation Forest and LSTM fused for the style of minutes."""

import json
from pathlib import Path
from typing import Self

import numpy as np
import torch
import treelite
from numpy.typing import NDArray

from fleet.alerts import AlertType, Evidence, Severity
from fleet.features import G_MS2, FeatureBatch
from fleet.scores import ScoreBatch
from fleet.telemetry import FloatArray
from fleet.thresholds import DEFAULT_LIMITS, HARSH_AT_LIMIT, HARSH_STEEPNESS, Limits, beyond, graded
from serve.claims import Claims, Explain, unless
from serve.logistic import Logistic
from serve.lstm import StyleLstm, log_odds
from serve.style import STYLE_TYPES, forest_score, number, require_known, style_reason, style_table, swaying_known

_KMH_PER_G_S = 35.3  # speed lost in one second of 1 g
_TURNING_DPS = 13.0  # yaw of a bend driven hard; below it a horizontal peak is braking or accelerating
_FASTEST_MS = 45.0  # a bend that would need more speed is none
_NEWEST = 5**0.5  # times the yaw's root mean square over 5 s: what it may be now, where the bend has just begun
_ALONG = 0.9  # share of a horizontal peak along the first axis that makes it an acceleration; few engines reach a harsh one
_ALONG_OWN = 0.8  # the same, and for a bend, of a vehicle's own unit, read once a second; a fast IMU may lie in any direction
_STRAIGHT_BONUS, _STRAIGHT_DPS = 0.5, 4.0  # engines push less than tyres hold: straight on, the same peak is harder driving
_BELOW_LIMIT = 0.85  # of a limit: below it seconds of an IMU with unknown axes are ranked by feel, which never raises an alert
_NIGHT_WEIGHS = 0.1  # an hour overdue at night tires like 66 minutes
_OVERDUE_STEEPNESS, _OVERDUE_AT_LIMIT = 40.0, 0.0  # an alert at a hundredth beyond: every trip's ends are known to half a minute
_AT_REST = 0.01  # of a vehicle that has stood for a quarter of an hour: whoever sits in it drives neither tired nor hard
_UNVERIFIED = 0.85  # certainty at most when nothing confirms the axes of an IMU


class DriverScorer:
    """Scores of HARSH_*, SPEEDING, FATIGUE and AGGRESSIVE_DRIVING."""

    def __init__(
        self,
        version: str,
        forest: treelite.Model,
        forest_centre: FloatArray,
        lstm: StyleLstm,
        styles: dict[AlertType, Logistic],
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self.version = version
        self._forest, self._forest_centre, self._lstm = forest, forest_centre, lstm.eval()
        self._styles, self._limits = styles, limits

    @classmethod
    def load(cls, folder: Path, version: str) -> Self:
        """The model in a folder: `driver.json`, `forest.tl`, `lstm.pt`.

        Raises:
            LookupError: it rests on inputs that this program does not know.
        """
        torch.set_num_threads(1)
        record = json.loads((folder / "driver.json").read_text())
        lstm = StyleLstm()
        lstm.load_state_dict(torch.load(folder / "lstm.pt", weights_only=True))
        styles = {kind: Logistic.from_json(record["styles"][kind]) for kind in STYLE_TYPES}
        for style in styles.values():
            require_known(style.inputs)
        forest = treelite.Model.deserialize(str(folder / "forest.tl"))
        return cls(version, forest, np.array(record["forest_centre"], np.float32), lstm, styles)

    def score(self, features: FeatureBatch, slow: FloatArray) -> ScoreBatch:
        """(n) scores; `slow` is not used: an event is judged by physics, a style against the fleet."""
        claims = Claims(features, f"driver-{self.version}")
        with np.errstate(invalid="ignore"):
            self._harsh(features, claims)
            self._speeding(features, claims)
            self._style(features, claims)
        return claims.batch()

    def learnt(self, features: FeatureBatch) -> FloatArray:
        """(n, 3) how unlike the fleet a row is, and the sequence's log-odds of each style."""
        unlike = forest_score(self._forest, self._forest_centre, features)
        return np.concatenate([unlike[:, None], log_odds(self._lstm, features.sequence)], axis=1)

    def _harsh(self, features: FeatureBatch, claims: Claims) -> None:
        limits, kind = self._limits, features.column("vehicle_class").astype(np.intp)
        speed, brake = features.column("speed_kmh"), features.column("brake_peak_g")
        blind = features.column("speed_known") == 0
        slow = ~blind & (speed + _KMH_PER_G_S * np.nan_to_num(brake) < limits.harsh_min_kmh)
        yaw, horizontal = features.column("yaw_rms_5_dps"), features.column("horizontal_peak_g")
        own_axes = features.column("sustained_peak_g") == horizontal  # one reading a second: no mean over 300 or 500 ms differs
        along = np.where(own_axes, _ALONG_OWN, _ALONG)
        sideways = own_axes & (features.column("corner_peak_g") >= along * horizontal)
        turning = (yaw >= _TURNING_DPS) | (sideways & (np.radians(_NEWEST * yaw) * _FASTEST_MS >= horizontal * G_MS2))
        felt = _felt_g(horizontal, features.column("sustained_peak_g"), yaw)
        ahead = features.column("accel_peak_g") >= along * horizontal
        for name, alert, mine in (
            ("brake", AlertType.HARSH_BRAKING, ~turning & ~ahead),
            ("accel", AlertType.HARSH_ACCELERATION, ~turning & ahead),
            ("corner", AlertType.HARSH_CORNERING, turning),
        ):
            limit = getattr(limits, f"{name}_g")[kind]
            peak = np.where(blind, np.where(mine, horizontal, 0 * horizontal), features.column(f"{name}_peak_g"))
            ratio = np.where(slow, 0 * peak, peak) / limit
            ranked = blind & mine & ~(ratio >= _BELOW_LIMIT) & ~np.isnan(felt)
            ratio = np.where(ranked, np.minimum(felt / limits.brake_g[kind], _BELOW_LIMIT), ratio)
            probability = np.minimum(beyond(ratio, HARSH_STEEPNESS, HARSH_AT_LIMIT), np.where(blind, _UNVERIFIED, 1))
            severity = graded(ratio, (1.0, Severity.MEDIUM), (1.25, Severity.HIGH), (1.6, Severity.CRITICAL))
            claims.put(alert, probability.astype(np.float32), severity, _harsh_reason(name, peak, limit, features, blind))

    def _speeding(self, features: FeatureBatch, claims: Claims) -> None:
        light, moderate, severe = zip(self._limits.speeding_kmh, self._limits.speeding_ratio, strict=True)
        long_kmh, long_ratio = features.column("over_limit_30_kmh"), features.column("over_limit_30_ratio")
        short_kmh, short_ratio = features.column("over_limit_10_kmh"), features.column("over_limit_10_ratio")
        over = np.minimum(long_kmh / light[0], long_ratio / light[1])
        probability = np.fmax(beyond(over), beyond(np.minimum(short_kmh / severe[0], short_ratio / severe[1])))
        severity = np.full(len(features), Severity.LOW, np.int8)
        severity[(long_kmh > moderate[0]) & (long_ratio > moderate[1])] = Severity.MEDIUM
        severity[(short_kmh > severe[0]) & (short_ratio > severe[1])] = Severity.HIGH
        speed = features.column("speed_kmh")

        def reason(row: int) -> tuple[Evidence, ...]:
            excess = float(np.fmax(long_kmh[row], short_kmh[row]))
            limit = float(excess / np.fmax(long_ratio[row], short_ratio[row])) if excess > 0 else None
            text = f"At least {excess:.0f} km/h above the limit without a break."
            return (Evidence("speed_kmh", "km/h", number(speed[row]), limit, text, 1.0),)

        claims.put(AlertType.SPEEDING, probability, severity, reason)

    def _style(self, features: FeatureBatch, claims: Claims) -> None:
        known = ~np.isnan(features.column("accel_rms_15_ms2")) & (features.column("moving_15") >= 0.2)
        inputs = {kind: np.full((len(features), len(self._styles[kind].inputs)), np.nan, np.float32) for kind in STYLE_TYPES}
        moving = np.flatnonzero(known)
        if len(moving):
            rows = _rows(features, moving)
            learnt = self.learnt(rows)
            for kind in STYLE_TYPES:
                inputs[kind][moving] = style_table(kind, self._styles[kind].inputs, rows, learnt)
        stands = np.where(features.column("moving_15") == 0, _AT_REST, np.float32(np.nan))
        rail = {AlertType.FATIGUE: np.fmax(self._overdue(features), stands), AlertType.AGGRESSIVE_DRIVING: stands}
        said = {kind: unless(known, self._styles[kind].probability(inputs[kind])) for kind in STYLE_TYPES}
        said[AlertType.FATIGUE] = unless(swaying_known(features), said[AlertType.FATIGUE])
        # Learnt among those who do not hurry: where a signal is missing that would show it, they may.
        said[AlertType.FATIGUE] *= 1 - self._styles[AlertType.AGGRESSIVE_DRIVING].at_worst(inputs[AlertType.AGGRESSIVE_DRIVING])
        for kind in STYLE_TYPES:
            model, probability = self._styles[kind], np.fmax(said[kind], rail[kind])
            severity = graded(probability, (0.8, Severity.MEDIUM), (0.97, Severity.HIGH))
            claims.put(kind, probability.astype(np.float32), severity, style_reason(kind, model, inputs[kind], features))

    def _overdue(self, features: FeatureBatch) -> FloatArray:
        """(n,) probability that a driver goes on who should rest: unknown for who may yet be tired, and for who stands."""
        hours = features.column("driving_min") / self._limits.driving_min
        night = 1 + _NIGHT_WEIGHS * np.nan_to_num(features.column("night"))
        overdue = beyond(hours * night, _OVERDUE_STEEPNESS, _OVERDUE_AT_LIMIT)
        return unless((hours >= 1) & (features.column("moving_15") > 0), overdue)


def _rows(features: FeatureBatch, rows: NDArray[np.intp]) -> FeatureBatch:
    """Values and sequences of some rows; identity is not needed here."""
    return FeatureBatch((), features.at[rows], features.values[rows], features.sequence[rows], ())


def _felt_g(peak: FloatArray, sustained: FloatArray, yaw_dps: FloatArray) -> FloatArray:
    """(n,) how hard a second feels, in g: its peaks over 300 and 500 ms, more where the vehicle goes straight on."""
    straight = np.nan_to_num(np.exp(-((yaw_dps / _STRAIGHT_DPS) ** 2)))
    return np.sqrt(peak * sustained) * (1 + _STRAIGHT_BONUS * straight)


_HARSH = {  # words, the signal that shows it, and the feature with the speed at which it began
    "brake": ("Braking", "accel_x_ms2", "speed_max_6_kmh", "from"),
    "accel": ("Acceleration", "accel_x_ms2", "speed_min_6_kmh", "from"),
    "corner": ("Cornering", "accel_y_ms2", "speed_kmh", "at"),
}


def _harsh_reason(name: str, peak: FloatArray, limit: FloatArray, features: FeatureBatch, blind: NDArray[np.bool_]) -> Explain:
    words, signal, began, preposition = _HARSH[name]
    speed = features.column(began)

    def reason(row: int) -> tuple[Evidence, ...]:
        where = f"{preposition} {speed[row]:.0f} km/h" if not blind[row] else "with no speed to confirm the direction"
        if np.isnan(speed[row]) and not blind[row]:
            where = "at an unknown speed"
        text = f"{words} of {peak[row]:.2f} g {where}; the limit for this class is {limit[row]:.2f} g."
        observed, expected = float(peak[row]) * G_MS2, float(limit[row]) * G_MS2
        return (Evidence(signal, "m/s²", round(observed, 3), round(expected, 3), text, 1.0),)

    return reason
