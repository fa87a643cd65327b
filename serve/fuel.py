"""Fuel model: mass balance of the level against consumption, calibrated; theft, leak and a failing sender told apart."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from fleet.alerts import AlertType, Evidence, Severity
from fleet.features import SLOW_FEATURE, FeatureBatch
from fleet.scores import ScoreBatch
from fleet.telemetry import FloatArray
from fleet.thresholds import DEFAULT_LIMITS, SUPPORT_CAP, Limits, beyond, graded
from serve.claims import Claims, unless
from serve.logistic import Logistic

BALANCE_INPUTS: dict[AlertType, tuple[str, ...]] = {
    AlertType.FUEL_THEFT: ("residual_ratio", "residual_sigma", "still"),
    AlertType.FUEL_LEAK: ("leak_ratio", "leak_sigma", "hours"),
}
_METERING_ERROR = 0.05  # share by which an uncalibrated fuel rate may be off; a leak must stand out from it
_INDEPENDENT_PER_H = 4  # readings of a sloshing tank within an hour that tell something new
_EMPTY_PCT = 3.0  # senders saturate near empty: no level change below this is believed
_WILD_JUMPS = 15  # of more than 8 points within an hour: a slack float jumps up to a dozen times
_STILL_KMH = 5.0
_STILL_SHARE = 0.6
_CLEAR_LEAK = 2.0  # times the limit, in litres and in noise, at which no calibration is needed
_PARKED_SHARE = 0.95
_PARKED_FLOOR = 0.5  # of the suspect amount: nothing sloshes in a vehicle that has stood for a quarter of an hour


@dataclass(frozen=True, slots=True)
class Balance:
    """What left the tank beyond consumption; all (n,), NaN where it is not known.

    Attributes:
        lost_l, error_l: unexplained litres within 15 min and their standard error.
        suspect_l, critical_l: limits of this tank.
        still: share of the last 15 min at rest.
        leak_lph, leak_error_lph: unexplained litres per hour over the last `hours`; `doubt_lph` is what a meter may hide.
    """

    lost_l: FloatArray
    error_l: FloatArray
    suspect_l: FloatArray
    critical_l: FloatArray
    still: FloatArray
    leak_lph: FloatArray
    leak_error_lph: FloatArray
    doubt_lph: FloatArray
    hours: FloatArray

    def inputs(self, kind: AlertType) -> FloatArray:
        """(n, input) of the calibration of one type."""
        columns = {
            "residual_ratio": np.log2(np.maximum(self.lost_l / self.suspect_l, 0.1)),
            "residual_sigma": np.log2(np.maximum(self.lost_l / self.error_l, 0.1)),
            "still": self.still,
            "leak_ratio": np.log2(np.maximum(self.leak_lph - self.doubt_lph, 0.1)),
            "leak_sigma": np.log2(np.maximum(self.leak_lph / self.leak_error_lph, 0.1)),
            "hours": np.log2(np.maximum(self.hours, 0.5)),
        }
        return np.stack([columns[name] for name in BALANCE_INPUTS[kind]], axis=1).astype(np.float32)


def fuel_balance(features: FeatureBatch, slow: FloatArray, expected: FloatArray, limits: Limits = DEFAULT_LIMITS) -> Balance:
    """Mass balance of every row.

    Args:
        slow: (n, len(SLOW_FEATURES)). expected: (class, hour of week) litres per driving hour, where nothing is metered.
    """
    tank = features.column("tank_l")
    litres = tank / 100
    still = features.column("still_15")
    hour = (features.at // 3600 + 72).astype(np.int64) % 168  # the epoch began on a Thursday
    by_class = expected[features.column("vehicle_class").astype(np.intp), hour]
    lph = np.where(np.isnan(slow[:, SLOW_FEATURE["expected_lph"]]), by_class, slow[:, SLOW_FEATURE["expected_lph"]])
    scale = slow[:, SLOW_FEATURE["consumption_scale"]]
    metered = features.column("fuel_used_15_l") * np.where(np.isnan(scale), 1, scale)
    used = np.where(np.isnan(metered), lph * (1 - still) / 4, metered)
    step = np.maximum(features.column("fuel_noise_pct"), 0.2) * litres
    doubt = _METERING_ERROR * np.nan_to_num(features.column("fuel_used_60_l"))
    hours = np.maximum(features.column("fuel_hours"), 0.25)
    slosh = step * np.sqrt(12 / _INDEPENDENT_PER_H / hours) / hours  # error of a slope through that many readings of this noise
    metering = features.column("fuel_unmetered_share")
    leak = np.where(metering > 0.05, np.nan, features.column("fuel_slope_lph"))
    return Balance(
        lost_l=features.column("fuel_drop_15_pct") * litres - used,
        error_l=np.hypot(step, 0.2 * used),
        suspect_l=np.maximum(limits.theft_suspect_l, limits.theft_suspect_share * tank),
        critical_l=np.maximum(limits.theft_critical_l, limits.theft_critical_share * tank),
        still=still,
        leak_lph=leak,
        leak_error_lph=np.hypot(features.column("fuel_slope_error_lph"), slosh),
        doubt_lph=doubt,
        hours=features.column("fuel_hours"),
    )


class FuelScorer:
    """Scores of FUEL_THEFT, FUEL_LEAK and, for the fuel sender, SENSOR_FAULT."""

    def __init__(
        self, version: str, calibration: dict[AlertType, Logistic], expected_lph: FloatArray, limits: Limits = DEFAULT_LIMITS
    ) -> None:
        self.version = version
        self._calibration, self._expected, self._limits = calibration, expected_lph, limits

    @classmethod
    def load(cls, folder: Path, version: str) -> Self:
        """The model in a folder: `fuel.json`."""
        record = json.loads((folder / "fuel.json").read_text())
        calibration = {kind: Logistic.from_json(record["calibration"][kind]) for kind in BALANCE_INPUTS}
        return cls(version, calibration, np.array(record["expected_lph"], np.float32))

    def score(self, features: FeatureBatch, slow: FloatArray) -> ScoreBatch:
        """(n) scores; NaN where no level was sent."""
        claims = Claims(features, self.version)
        with np.errstate(invalid="ignore", divide="ignore"):
            balance = fuel_balance(features, slow, self._expected, self._limits)
            failing = self._sender(features, claims)
            self._theft(features, balance, failing, claims)
            self._leak(features, balance, failing, claims)
        return claims.batch()

    def _theft(self, features: FeatureBatch, balance: Balance, failing: FloatArray, claims: Claims) -> None:
        sigma = balance.lost_l / balance.error_l
        resting = (balance.still >= _STILL_SHARE) & ~(features.column("speed_kmh") >= _STILL_KMH)
        believed = resting & (failing < 0.5) & (features.column("fuel_pct") >= _EMPTY_PCT)
        floor = np.where(balance.still >= _PARKED_SHARE, _PARKED_FLOOR, 1) * balance.suspect_l
        supported = believed & (balance.lost_l >= floor) & (sigma >= self._limits.sigmas)
        model = self._calibration[AlertType.FUEL_THEFT].probability(balance.inputs(AlertType.FUEL_THEFT))
        probability = np.where(supported, model, np.minimum(model, SUPPORT_CAP))
        rail = beyond(np.minimum(balance.lost_l / balance.critical_l, sigma / (2 * self._limits.sigmas)))
        probability = np.where(believed, np.fmax(probability, rail), probability)
        known = ~(np.isnan(balance.lost_l) | np.isnan(balance.still))
        severity = graded(balance.lost_l / balance.critical_l, (0.6, Severity.HIGH), (1.0, Severity.CRITICAL))
        severity = np.where(supported, np.maximum(severity, Severity.MEDIUM), severity)

        def reason(row: int) -> tuple[Evidence, ...]:
            lost, error = float(balance.lost_l[row]), 1.96 * float(balance.error_l[row])
            text = f"{lost:.0f} ± {error:.0f} l left the tank within 15 minutes at rest, beyond what the engine used."
            return (Evidence("fuel_level_pct", "l", lost, 0.0, text, 1.0),)

        claims.put(AlertType.FUEL_THEFT, unless(known, probability), severity, reason)

    def _leak(self, features: FeatureBatch, balance: Balance, failing: FloatArray, claims: Claims) -> None:
        sigma = balance.leak_lph / balance.leak_error_lph
        supported = (
            (balance.leak_lph - balance.doubt_lph >= self._limits.leak_lph)
            & (sigma >= self._limits.sigmas)
            & (balance.hours >= 1)
            & (failing < 0.5)
            & (features.column("fuel_pct") >= _EMPTY_PCT)
        )
        model = self._calibration[AlertType.FUEL_LEAK].probability(balance.inputs(AlertType.FUEL_LEAK))
        probability = np.where(supported, model, np.minimum(model, SUPPORT_CAP))
        excess = (balance.leak_lph - balance.doubt_lph) / self._limits.leak_lph
        rail = beyond(np.minimum(excess / _CLEAR_LEAK, sigma / (_CLEAR_LEAK * self._limits.sigmas)), 4)
        probability = np.where(supported, np.fmax(probability, rail), probability)
        severity = graded(balance.leak_lph, (1.0, Severity.MEDIUM), (4.0, Severity.HIGH))

        def reason(row: int) -> tuple[Evidence, ...]:
            rate = float(balance.leak_lph[row])
            error = 1.96 * float(np.hypot(balance.leak_error_lph[row], balance.doubt_lph[row]))
            text = f"{rate:.1f} ± {error:.1f} l/h vanish beyond consumption, over {balance.hours[row]:.1f} hours."
            return (Evidence("fuel_slope_lph", "l/h", rate, 0.0, text, 1.0),)

        claims.put(AlertType.FUEL_LEAK, unless(~np.isnan(balance.leak_lph), probability), severity, reason)

    def _sender(self, features: FeatureBatch, claims: Claims) -> FloatArray:
        """Claims SENSOR_FAULT for a level that reads 0 or jumps; (n,) its probability with silence as 0."""
        zero, jumps = features.column("fuel_zero"), features.column("fuel_jumps_60")
        before = features.column("fuel_pct") + np.fmax(features.column("fuel_drop_60_pct"), features.column("fuel_drop_15_pct"))
        cut = np.where((zero == 1) & (before >= 2 * _EMPTY_PCT), np.float32(0.9), np.float32(0.02))
        wild = beyond(jumps / _WILD_JUMPS, 6)
        probability = unless(~np.isnan(zero) | ~np.isnan(jumps), np.fmax(cut, wild))
        level = features.column("fuel_pct")

        def reason(row: int) -> tuple[Evidence, ...]:
            if cut[row] > 0.5:
                text = f"The fuel sender reads 0 after {before[row]:.0f} %: a power cut or a broken sender, not a theft."
                return (Evidence("fuel_level_pct", "%", 0.0, float(before[row]), text, 1.0),)
            text = f"The fuel level jumped {jumps[row]:.0f} times by more than 8 points within an hour."
            return (Evidence("fuel_level_pct", "%", float(level[row]), None, text, 1.0),)

        claims.put(AlertType.SENSOR_FAULT, probability, np.full(len(features), Severity.LOW, np.int8), reason)
        return np.nan_to_num(probability)
