"""How minutes were driven: the inputs of the two styles, what is unlike the fleet, and the reasons told to people."""

from collections.abc import Sequence

import numpy as np
import treelite
from numpy.typing import NDArray

from fleet.alerts import AlertType, Evidence
from fleet.features import FeatureBatch
from fleet.telemetry import FloatArray
from fleet.thresholds import DEFAULT_LIMITS
from serve.claims import Explain
from serve.logistic import Logistic

STYLE_TYPES = (AlertType.AGGRESSIVE_DRIVING, AlertType.FATIGUE)
FOREST_FEATURES = (
    "accel_rms_60_ms2", "lateral_rms_60_ms2", "jerk_rms_60_ms3", "speed_std_60_kmh", "accel_rms_15_ms2", "lateral_rms_15_ms2",
    "wander_5_dps", "speed_std_15_kmh", "harsh_30", "harsh_per_km_30", "speeding_15", "surge_5_ms2", "brake_power_5_m2s3",
    "pull_power_5_m2s3", "lateral_jitter_5_ms3", "sway_5_ms2",
)  # fmt: skip
MINUTE_INPUTS: dict[AlertType, tuple[str, ...]] = {  # what carries from a few drivers to others
    AlertType.AGGRESSIVE_DRIVING: ("surge_5_ms2", "brake_power_5_m2s3", "speeding_beyond_15"),
    AlertType.FATIGUE: (
        "lateral_jitter_5_ms3", "lateral_jitter_15_ms3", "yaw_jitter_15_dps", "wander_15_dps", "heading_wander_15_deg",
    ),
}  # fmt: skip
_SWAYING = ("lateral_jitter_5_ms3", "lateral_jitter_15_ms3", "yaw_jitter_15_dps", "wander_5_dps", "wander_15_dps")
FEW_INPUTS = {kind: ("lstm_log_odds", "forest", *inputs) for kind, inputs in MINUTE_INPUTS.items()}
MORE_INPUTS: dict[AlertType, tuple[str, ...]] = {
    AlertType.AGGRESSIVE_DRIVING: (
        *FEW_INPUTS[AlertType.AGGRESSIVE_DRIVING], "pull_power_5_m2s3", "accel_rms_60_ms2", "accel_rms_15_ms2",
        "lateral_rms_60_ms2", "harsh_30", "harsh_per_km_30", "speed_std_15_kmh", "sway_5_ms2", "yaw_jitter_15_dps",
        "heading_wander_15_deg",
    ),
    AlertType.FATIGUE: (*FEW_INPUTS[AlertType.FATIGUE], "wander_5_dps", "sway_15_ms2", "yaw_jitter_60_dps", "night"),
}  # fmt: skip
_WORDS: dict[str, tuple[str, str, str]] = {  # input → signal, unit, words
    "lstm_log_odds": ("speed_kmh", "", "The rhythm of the last 30 seconds, as log-odds of this style, is"),
    "forest": ("speed_kmh", "", "How unlike the fleet's the driving of the last minutes is, from 0 to 1, is"),
    "surge_5_ms2": ("accel_x_ms2", "m/s²", "The hardest push and pull of a minute, over 5 minutes, is"),
    "brake_power_5_m2s3": ("speed_kmh", "m²/s³", "Speed times deceleration in the hardest seconds of 5 minutes is"),
    "pull_power_5_m2s3": ("speed_kmh", "m²/s³", "Speed times acceleration in the hardest seconds of 5 minutes is"),
    "lateral_jitter_5_ms3": ("accel_y_ms2", "m/s³", "Small sideways corrections over 5 minutes are"),
    "lateral_jitter_15_ms3": ("accel_y_ms2", "m/s³", "Small sideways corrections over 15 minutes are"),
    "sway_5_ms2": ("accel_y_ms2", "m/s²", "Swaying within the lane over 5 minutes is"),
    "sway_15_ms2": ("accel_y_ms2", "m/s²", "Swaying within the lane over 15 minutes is"),
    "wander_5_dps": ("yaw_rate_dps", "°/s", "Wandering in the lane over 5 minutes is"),
    "wander_15_dps": ("yaw_rate_dps", "°/s", "Wandering in the lane over 15 minutes is"),
    "heading_wander_15_deg": ("heading_deg", "°", "Wandering of the course over 15 minutes is"),
    "yaw_jitter_15_dps": ("yaw_rate_dps", "°/s", "Small corrections of the wheel over 15 minutes are"),
    "accel_rms_15_ms2": ("accel_x_ms2", "m/s²", "Accelerating and braking over 15 minutes is"),
    "lateral_rms_60_ms2": ("accel_y_ms2", "m/s²", "Sideways motion over a minute is"),
    "accel_rms_60_ms2": ("accel_x_ms2", "m/s²", "Accelerating and braking over a minute is"),
    "harsh_30": ("accel_x_ms2", "s", "Time of harsh motion within 30 minutes is"),
    "harsh_per_km_30": ("accel_x_ms2", "s/km", "Time of harsh motion per kilometre is"),
    "yaw_jitter_60_dps": ("yaw_rate_dps", "°/s", "Small corrections of the wheel over a minute are"),
    "speed_std_15_kmh": ("speed_kmh", "km/h", "The unevenness of speed over 15 minutes is"),
    "speeding_15": ("speed_kmh", "", "The share of 15 minutes above the limit is"),  # of champions from before 30 Nov 2026
    "speeding_beyond_15": ("speed_kmh", "", "The share of 15 minutes above the limit, two of them set aside, is"),
    "night": ("speed_kmh", "", "Driving by night (1) or by day (0):"),
}


_SHARES = {"speeding_15", "speeding_beyond_15"}
_ONE_SPELL = 2 / 15  # of a quarter of an hour: who overtakes, or misses one sign, speeds and drives as before


def forest_table(features: FeatureBatch, centre: FloatArray) -> FloatArray:
    """(n, len(FOREST_FEATURES)) with silence replaced by the fleet's median: a missing value is nothing unusual."""
    table = np.stack([features.column(name) for name in FOREST_FEATURES], axis=1)
    return np.where(np.isnan(table), centre, table).astype(np.float32)


def forest_score(forest: treelite.Model, centre: FloatArray, features: FeatureBatch) -> FloatArray:
    """(n,) how unlike the fleet's a row is, in [0, 1], about 0.5 for an ordinary one."""
    table = forest_table(features, centre)
    return treelite.gtil.predict(forest, table, nthread=1).reshape(len(table)).astype(np.float32)


def require_known(inputs: Sequence[str]) -> None:
    """Hold a model's inputs against what this program can say of them, before its first alert has to be explained.

    Raises:
        LookupError: an input that is not known here.
    """
    if unknown := [name for name in inputs if name not in _WORDS]:
        raise LookupError(f"inputs that this program does not know: {', '.join(unknown)}")


def style_table(kind: AlertType, inputs: tuple[str, ...], features: FeatureBatch, learnt: FloatArray) -> FloatArray:
    """(n, input) of a style, NaN where silent. `learnt`: (n, 3) as `serve.driver.DriverScorer.learnt` says it."""
    said = {
        "forest": learnt[:, 0],
        "lstm_log_odds": learnt[:, 1 + STYLE_TYPES.index(kind)],
        "speeding_beyond_15": np.maximum(features.column("speeding_15") - _ONE_SPELL, 0),
    }
    return np.stack([said[name] if name in said else features.column(name) for name in inputs], axis=1)


def swaying_known(features: FeatureBatch) -> NDArray[np.bool_]:
    """(n,) whether something felt the vehicle sway: a course over ground is too coarse to tell tired from awake."""
    return np.asarray((~np.isnan(np.stack([features.column(name) for name in _SWAYING], axis=1))).any(axis=1))


def style_reason(kind: AlertType, model: Logistic, inputs: FloatArray, features: FeatureBatch) -> Explain:
    def reason(row: int) -> tuple[Evidence, ...]:
        if kind is AlertType.FATIGUE and features.column("driving_min")[row] >= 0.75 * DEFAULT_LIMITS.driving_min:
            minutes = float(features.column("driving_min")[row])
            text = f"{minutes:.0f} minutes driven without a rest of 45 minutes."
            return (Evidence("speed_kmh", "min", minutes, DEFAULT_LIMITS.driving_min, text, 1.0),)
        terms = np.maximum(model.terms(inputs[row : row + 1])[0], 0)
        total = float(terms.sum()) or 1.0
        return tuple(
            Evidence(
                *_WORDS[model.inputs[place]][:2],
                number(inputs[row, place]),
                float(model.centre[place]),
                _sentence(model.inputs[place], inputs[row, place], model.centre[place]),
                round(float(terms[place]) / total, 3),
            )
            for place in np.argsort(-terms)[:3]
            if terms[place] > 0
        )

    return reason


def _sentence(name: str, observed: float, usual: float) -> str:
    _, unit, words = _WORDS[name]
    said, typical = (f"{value:.0%}" if name in _SHARES else f"{value:.2g} {unit}".rstrip() for value in (observed, usual))
    return f"{words} {said}; the fleet's is {typical}."


def number(value: np.floating) -> float | None:
    return None if np.isnan(value) else float(value)
