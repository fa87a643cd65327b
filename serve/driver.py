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

FOREST_FEATURES = (
    "accel_rms_60_ms2", "lateral_rms_60_ms2", "jerk_rms_60_ms3", "speed_std_60_kmh", "accel_rms_15_ms2", "lateral_rms_15_ms2",
    "weave_15_dps", "speed_std_15_kmh", "harsh_30", "harsh_per_km_30", "speeding_15",
)  # fmt: skip
STYLE_INPUTS = (
    "lstm_log_odds", "forest", "accel_rms_15_ms2", "lateral_rms_15_ms2", "accel_rms_60_ms2", "harsh_30", "harsh_per_km_30",
    "weave_15_dps", "yaw_jitter_60_dps", "speed_std_15_kmh", "speeding_15", "driving_min", "night",
)  # fmt: skip
STYLE_TYPES = (AlertType.AGGRESSIVE_DRIVING, AlertType.FATIGUE)
_KMH_PER_G_S = 35.3  # speed lost in one second of 1 g
_TURNING_DPS = 13.0  # yaw of a bend driven hard; below it a horizontal peak is braking or accelerating
_ALONG = 0.9  # share of a horizontal peak along the first axis that makes it an acceleration; few engines reach a harsh one
_NIGHT_WEIGHS = 0.1  # an hour driven at night tires like 66 minutes
_UNVERIFIED = 0.85  # certainty at most when nothing confirms the axes of an IMU
_STYLE_WORDS: dict[str, tuple[str, str, str]] = {  # input → signal, unit, words
    "lstm_log_odds": ("speed_kmh", "", "The rhythm of the last 30 seconds, as log-odds of this style, is"),
    "forest": ("speed_kmh", "", "How unlike the fleet's the driving of the last minutes is, from 0 to 1, is"),
    "accel_rms_15_ms2": ("accel_x_ms2", "m/s²", "Accelerating and braking over 15 minutes is"),
    "lateral_rms_15_ms2": ("accel_y_ms2", "m/s²", "Sideways motion over 15 minutes is"),
    "accel_rms_60_ms2": ("accel_x_ms2", "m/s²", "Accelerating and braking over a minute is"),
    "harsh_30": ("accel_x_ms2", "s", "Time of harsh motion within 30 minutes is"),
    "harsh_per_km_30": ("accel_x_ms2", "s/km", "Time of harsh motion per kilometre is"),
    "weave_15_dps": ("yaw_rate_dps", "°/s", "Weaving in the lane over 15 minutes is"),
    "yaw_jitter_60_dps": ("yaw_rate_dps", "°/s", "Small corrections of the wheel over a minute are"),
    "speed_std_15_kmh": ("speed_kmh", "km/h", "The unevenness of speed over 15 minutes is"),
    "speeding_15": ("speed_kmh", "", "The share of 15 minutes above the limit is"),
    "driving_min": ("speed_kmh", "min", "Time at the wheel without a rest is"),
    "night": ("speed_kmh", "", "Driving by night (1) or by day (0):"),
}


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
        """The model in a folder: `driver.json`, `forest.tl`, `lstm.pt`."""
        torch.set_num_threads(1)
        record = json.loads((folder / "driver.json").read_text())
        lstm = StyleLstm()
        lstm.load_state_dict(torch.load(folder / "lstm.pt", weights_only=True))
        styles = {kind: Logistic.from_json(record["styles"][kind]) for kind in STYLE_TYPES}
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

    def style_inputs(self, features: FeatureBatch) -> dict[AlertType, FloatArray]:
        """(n, len(STYLE_INPUTS)) of each style, NaN where silent; what the fusion is fitted on."""
        odds = log_odds(self._lstm, features.sequence)
        table = np.stack([features.column(n) if n in _FEATURE_INPUTS else odds[:, 0] for n in STYLE_INPUTS], axis=1)
        table[:, STYLE_INPUTS.index("forest")] = forest_score(self._forest, self._forest_centre, features)
        tired = table.copy()
        tired[:, 0] = odds[:, 1]
        return {AlertType.AGGRESSIVE_DRIVING: table, AlertType.FATIGUE: tired}

    def _harsh(self, features: FeatureBatch, claims: Claims) -> None:
        limits, kind = self._limits, features.column("vehicle_class").astype(np.intp)
        speed, brake = features.column("speed_kmh"), features.column("brake_peak_g")
        blind = features.column("speed_known") == 0
        slow = ~blind & (speed + _KMH_PER_G_S * np.nan_to_num(brake) < limits.harsh_min_kmh)
        turning = features.column("yaw_rms_5_dps") >= _TURNING_DPS
        horizontal = features.column("horizontal_peak_g")
        ahead = features.column("accel_peak_g") >= _ALONG * horizontal
        for name, alert, mine in (
            ("brake", AlertType.HARSH_BRAKING, ~turning & ~ahead),
            ("accel", AlertType.HARSH_ACCELERATION, ~turning & ahead),
            ("corner", AlertType.HARSH_CORNERING, turning),
        ):
            limit = getattr(limits, f"{name}_g")[kind]
            peak = np.where(blind, np.where(mine, horizontal, 0 * horizontal), features.column(f"{name}_peak_g"))
            ratio = np.where(slow, 0 * peak, peak) / limit
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
            return (Evidence("speed_kmh", "km/h", _number(speed[row]), limit, text, 1.0),)

        claims.put(AlertType.SPEEDING, probability, severity, reason)

    def _style(self, features: FeatureBatch, claims: Claims) -> None:
        driving = features.column("driving_min")
        known = ~np.isnan(features.column("accel_rms_15_ms2")) & (features.column("moving_15") >= 0.2)
        inputs = {kind: np.full((len(features), len(STYLE_INPUTS)), np.nan, np.float32) for kind in STYLE_TYPES}
        moving = np.flatnonzero(known)
        if len(moving):
            for kind, table in self.style_inputs(_rows(features, moving)).items():
                inputs[kind][moving] = table
        hours = driving * (1 + _NIGHT_WEIGHS * np.nan_to_num(features.column("night"))) / self._limits.driving_min
        rail = {AlertType.FATIGUE: np.where(driving > 0, beyond(hours, 40), np.nan)}
        for kind in STYLE_TYPES:
            model = self._styles[kind]
            probability = np.fmax(unless(known, model.probability(inputs[kind])), rail.get(kind, np.float32(np.nan)))
            severity = graded(probability, (0.8, Severity.MEDIUM), (0.97, Severity.HIGH))
            claims.put(kind, probability.astype(np.float32), severity, _style_reason(kind, model, inputs[kind], features))


_FEATURE_INPUTS = frozenset(STYLE_INPUTS) - {"lstm_log_odds", "forest"}


def forest_table(features: FeatureBatch, centre: FloatArray) -> FloatArray:
    """(n, len(FOREST_FEATURES)) with silence replaced by the fleet's median: a missing value is nothing unusual."""
    table = np.stack([features.column(name) for name in FOREST_FEATURES], axis=1)
    return np.where(np.isnan(table), centre, table).astype(np.float32)


def forest_score(forest: treelite.Model, centre: FloatArray, features: FeatureBatch) -> FloatArray:
    """(n,) how unlike the fleet's a row is, in [0, 1], about 0.5 for an ordinary one."""
    table = forest_table(features, centre)
    return treelite.gtil.predict(forest, table, nthread=1).reshape(len(table)).astype(np.float32)


def _rows(features: FeatureBatch, rows: NDArray[np.intp]) -> FeatureBatch:
    """Values and sequences of some rows; identity is not needed here."""
    return FeatureBatch((), features.at[rows], features.values[rows], features.sequence[rows], ())


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


def _style_reason(kind: AlertType, model: Logistic, inputs: FloatArray, features: FeatureBatch) -> Explain:
    def reason(row: int) -> tuple[Evidence, ...]:
        if kind is AlertType.FATIGUE and features.column("driving_min")[row] >= 0.75 * DEFAULT_LIMITS.driving_min:
            minutes = float(features.column("driving_min")[row])
            text = f"{minutes:.0f} minutes driven without a rest of 45 minutes."
            return (Evidence("speed_kmh", "min", minutes, DEFAULT_LIMITS.driving_min, text, 1.0),)
        terms = np.maximum(model.terms(inputs[row : row + 1])[0], 0)
        total = float(terms.sum()) or 1.0
        return tuple(
            Evidence(
                *_STYLE_WORDS[STYLE_INPUTS[place]][:2],
                _number(inputs[row, place]),
                float(model.centre[place]),
                _style_sentence(place, inputs[row, place], model.centre[place]),
                round(float(terms[place]) / total, 3),
            )
            for place in np.argsort(-terms)[:3]
            if terms[place] > 0
        )

    return reason


def _style_sentence(place: int, observed: float, usual: float) -> str:
    _, unit, words = _STYLE_WORDS[STYLE_INPUTS[place]]
    said, typical = (f"{value:.2g} {unit}".rstrip() for value in (observed, usual))
    return f"{words} {said}; the fleet's is {typical}."


def _number(value: np.floating) -> float | None:
    return None if np.isnan(value) else float(value)
