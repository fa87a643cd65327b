"""Fuel model: mass balance of the level against consumption, calibrated; theft, leak and a failing sender told apart."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

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
_EMPTY_PCT = 3.0  # senders saturate near empty: no level change below this is believed
_STEP_PCT = 0.4  # one step of a sender that reports a byte: the error of a level at rest
_UNKNOWN_SWING_PCT = 6.0  # how far a sender's reading may be from the level where its usual swing is not known yet
_SIPHON_LPH = 8.0  # what leaves a parked vehicle faster than this is taken; slower, it leaks
_UNHEARD_SIPHON_LPH = 6.0  # the same, spread over hours in which nobody listened
_LEAK_REST_H = 0.5
_LEAK_MOST_LPH = 15.0  # what runs out faster is drained
_STUCK_SURPRISE = 3.5  # a run of unchanging minutes this unlikely, as −log10, is a stuck sender
_SILENT_MIN = 3.0
_CLIMB_PCT, _CLIMB_USUAL, _CLIMB_UNKNOWN_PCT = 9.0, 2.0, 20.0  # no fuel is filled in on the move
_FELL_BACK = 1.3  # times what the level had risen on the move, within which a fall only undoes that
_FLAT_BURNT_PCT = 2.5  # of a tank, burnt while the level stood still
_SATURATED_BURNT_PCT = 16.0  # where a float is at its end
_FLOAT_LOW_PCT, _FLOAT_HIGH_PCT = 10.0, 88.0
_CUT_PCT = 12.0  # a level that was higher than this a minute before it read 0 did not run out
_LEAP_PCT, _LEAP_USUAL = 20.0, 3.5  # a leap in motion: points of level, and times the usual of this sender
_OPEN_PCT, _LEAP_OPEN_PCT = 99.5, 25.0  # an open circuit reads full all of a sudden
_OPEN_CLIMB_PCT, _OPEN_BURNT_PCT = 5.0, 1.0  # near full it rises by little; then it stands still while so much is burnt
_LEAP_UNKNOWN_PCT = 45.0  # where the usual is not known yet: real senders swing 40 points within a trip
_SPREAD_USUAL = 5.0
_LEAST_DOUBT = 0.1  # of what was burnt in some minutes
_STILL_KMH = 5.0
_STILL_SHARE = 0.6
_CLEAR_LEAK = 2.0  # times the limit in litres, at which no calibration is needed
_CLEAR_SIGMA = 1.25  # times that in noise; no healthy vehicle of ten simulated fleets came beyond 0.7
_DRIVES_SIGMA = 3.5  # departure from the own usual: by chance one in 4,000 healthy drives goes so far
_PARKED_SHARE = 0.95
_PARKED_FLOOR = 0.35  # of the suspect amount: nothing sloshes in a vehicle that stands


@dataclass(frozen=True, slots=True)
class Balance:
    """What left the tank beyond consumption; all (n,), NaN where it is not known.

    Attributes:
        lost_l, error_l: unexplained litres within 15 min, or over a rest, and their standard error.
        still: share of that time at rest.
        suspect_l, critical_l: limits of this tank.
        leak_lph, leak_error_lph: unexplained litres per hour over the last `hours`, and their standard error.
    """

    lost_l: FloatArray
    error_l: FloatArray
    still: FloatArray
    suspect_l: FloatArray
    critical_l: FloatArray
    leak_lph: FloatArray
    leak_error_lph: FloatArray
    hours: FloatArray

    def inputs(self, kind: AlertType) -> FloatArray:
        """(n, input) of the calibration of one type."""
        columns = {
            "residual_ratio": np.log2(np.maximum(self.lost_l / self.suspect_l, 0.1)),
            "residual_sigma": np.log2(np.maximum(self.lost_l / self.error_l, 0.1)),
            "still": self.still,
            "leak_ratio": np.log2(np.maximum(self.leak_lph, 0.1)),
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
    hour = (features.at // 3600 + 72).astype(np.int64) % 168  # the epoch began on a Thursday
    by_class = expected[features.column("vehicle_class").astype(np.intp), hour]
    lph = np.where(np.isnan(slow[:, SLOW_FEATURE["expected_lph"]]), by_class, slow[:, SLOW_FEATURE["expected_lph"]])
    scale = np.nan_to_num(slow[:, SLOW_FEATURE["consumption_scale"]], nan=1.0)
    step = np.maximum(features.column("fuel_noise_pct"), 0.2) * litres
    lost = _clearer(*(_within(features, minutes, litres, step, lph, scale) for minutes in (15, 5)))
    rest = _over_rest(features, litres, step, lph)
    leak = _leaking(features, litres)
    return Balance(
        *_clearer(lost, rest),
        suspect_l=np.maximum(limits.theft_suspect_l, limits.theft_suspect_share * tank),
        critical_l=np.maximum(limits.theft_critical_l, limits.theft_critical_share * tank),
        **leak,
    )


class _Loss(NamedTuple):
    """(n,) litres that are gone, their standard error, and the share of time at rest."""

    lost_l: FloatArray
    error_l: FloatArray
    still: FloatArray


def _clearer(one: _Loss, other: _Loss) -> _Loss:
    """Row by row the loss that stands out further from its noise."""
    better = (other.lost_l / other.error_l > one.lost_l / one.error_l) | (np.isnan(one.lost_l) & ~np.isnan(other.lost_l))
    return _Loss(*(np.where(better, theirs, mine) for mine, theirs in zip(one, other, strict=True)))


def _within(
    features: FeatureBatch, minutes: int, litres: FloatArray, step: FloatArray, lph: FloatArray, scale: FloatArray
) -> _Loss:
    """What was lost within some minutes beyond consumption, as metered or expected, or as this hour of the week has it."""
    still = features.column(f"still_{minutes}")
    known = features.column(f"fuel_used_{minutes}_l") * scale
    used = np.where(np.isnan(known), lph * (1 - still) * minutes / 60, known)
    doubt = np.fmax(features.column("fuel_used_doubt"), _LEAST_DOUBT)
    return _Loss(features.column(f"fuel_drop_{minutes}_pct") * litres - used, np.hypot(step, doubt * used), still)


def _over_rest(features: FeatureBatch, litres: FloatArray, step: FloatArray, lph: FloatArray) -> _Loss:
    """What was lost while parked, beyond what a leak loses in that time; slow siphoning, and theft while nobody listened.

    Of a rest that was listened to only what is still being lost: the rest was told while it went.
    """
    minutes, since = features.column("fuel_rest_min"), features.column("fuel_since_rest_min")
    lost = features.column("fuel_rest_drop_pct") * litres - lph * since / 60
    recent = features.column("fuel_drop_60_pct") * litres
    heard = features.column("fuel_rest_heard") == 1
    lost = np.where((heard | (since == 0)) & (minutes > 60 + 5), np.fmin(lost, recent), lost)
    lately = features.column("fuel_drop_15_pct") * litres - lph * since / 60
    least = np.where(since == 0, _SIPHON_LPH * 15 / 60, lost) / 2
    lost = np.where(heard & (minutes > 15 + 5) & (lately < least), np.fmin(lost, 0), lost)
    hours = np.maximum(np.minimum(minutes, np.where(since == 0, 60, minutes)) / 60, 0.1)
    fast = lost / hours >= np.where(heard, _SIPHON_LPH, _UNHEARD_SIPHON_LPH)
    usual = features.column("fuel_step_usual_pct")
    swing = np.where(np.isnan(usual), _UNKNOWN_SWING_PCT, usual) * litres
    error = np.where(heard & (since == 0), _STEP_PCT * litres, np.hypot(np.hypot(step, swing), 0.3 * lph * since / 60))
    return _Loss(np.where(fast, lost, 0 * lost), error, np.where(heard, 1, _STILL_SHARE) + 0 * lost)


def _leaking(features: FeatureBatch, litres: FloatArray) -> dict[str, FloatArray]:
    """Litres per hour beyond consumption: over hours of metered driving, or from a parked vehicle, whichever is clearer."""
    slope = features.column("fuel_slope_lph")
    driving = {
        "leak_lph": np.where(_goes_on(features, slope / litres), slope, np.fmin(slope, 0)),
        "leak_error_lph": features.column("fuel_slope_error_lph"),
        "hours": features.column("fuel_hours"),
    }
    rest_h = features.column("fuel_rest_min") / 60
    lph = features.column("fuel_rest_steady_pct") * litres / rest_h
    lph = np.where(_goes_on(features, lph / litres), lph, np.fmin(lph, 0))
    settled = (features.column("fuel_since_rest_min") == 0) & (features.column("fuel_rest_heard") == 1) & (rest_h >= _LEAK_REST_H)
    parked = {
        "leak_lph": np.where(settled, lph, np.nan),
        "leak_error_lph": _STEP_PCT * litres / rest_h,
        "hours": np.maximum(rest_h, 1),
    }
    clear = parked["leak_lph"] / parked["leak_error_lph"] > np.nan_to_num(
        driving["leak_lph"] / driving["leak_error_lph"], nan=-np.inf
    )
    return {name: np.where(clear, parked[name], driving[name]) for name in driving}


def _goes_on(features: FeatureBatch, pct_per_h: FloatArray) -> NDArray[np.bool_]:
    """(n,) whether a parked vehicle still loses what it lost over the rest: what a thief took is over when he leaves."""
    going = np.ones(len(features), bool)
    for minutes in (15, 60):
        stopped = features.column(f"fuel_drop_{minutes}_pct") + _STEP_PCT < pct_per_h * minutes / 60 / 2
        going &= ~(stopped & (features.column("fuel_rest_min") >= minutes + 5))
    return going


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
        claims = Claims(features, f"fuel-{self.version}")
        with np.errstate(invalid="ignore", divide="ignore"):
            balance = fuel_balance(features, slow, self._expected, self._limits)
            failing = self._sender(features, claims)
            stolen = self._theft(features, balance, failing, claims)
            self._leak(features, balance, np.fmax(failing, stolen), claims)
        return claims.batch()

    def _theft(self, features: FeatureBatch, balance: Balance, failing: FloatArray, claims: Claims) -> FloatArray:
        sigma = balance.lost_l / balance.error_l
        resting = (balance.still >= _STILL_SHARE) & ~(features.column("speed_kmh") >= _STILL_KMH)
        ran_out = features.column("fuel_before_zero_pct") < _CUT_PCT
        climbed = features.column("fuel_climbed_pct")
        fell_back = (climbed >= _climb_limit(features)) & (
            balance.lost_l <= _FELL_BACK * climbed * features.column("tank_l") / 100
        )
        believed = resting & (failing < 0.5) & ~fell_back & ((features.column("fuel_pct") >= _EMPTY_PCT) | ran_out)
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
            text = f"{lost:.0f} ± {error:.0f} l left the tank at rest, beyond what the engine used."
            return (Evidence("fuel_level_l", "l", lost, 0.0, text, 1.0),)

        claims.put(AlertType.FUEL_THEFT, unless(known, probability), severity, reason)
        return unless(known, probability)

    def _leak(self, features: FeatureBatch, balance: Balance, otherwise: FloatArray, claims: Claims) -> None:
        sigma, excess = balance.leak_lph / balance.leak_error_lph, balance.leak_lph / self._limits.leak_lph
        level = features.column("fuel_pct")
        supported = (excess >= 1) & (balance.leak_lph <= _LEAK_MOST_LPH) & (sigma >= self._limits.sigmas) & (balance.hours >= 1)
        supported &= (otherwise < 0.5) & (level >= _EMPTY_PCT)  # a theft or a broken sender explains it
        model = self._calibration[AlertType.FUEL_LEAK].probability(balance.inputs(AlertType.FUEL_LEAK))
        probability = np.where(supported, model, np.minimum(model, SUPPORT_CAP))
        rail = beyond(np.minimum(excess / _CLEAR_LEAK, sigma / (_CLEAR_SIGMA * self._limits.sigmas)), 4)
        probability = np.where(supported, np.fmax(probability, rail), probability)
        over_drives = np.where((otherwise < 0.5) & (level >= _EMPTY_PCT), self._over_drives(features), np.nan)
        by_drives = over_drives > np.nan_to_num(probability)
        leak_lph, error_lph, hours = (
            np.where(by_drives, features.column(f"fuel_drives_{name}"), other)
            for name, other in (("lph", balance.leak_lph), ("error_lph", balance.leak_error_lph), ("hours", balance.hours))
        )
        severity = graded(leak_lph, (1.0, Severity.MEDIUM), (4.0, Severity.HIGH))

        def reason(row: int) -> tuple[Evidence, ...]:
            rate, error = float(leak_lph[row]), 1.96 * float(error_lph[row])
            beyond_what = "consumption and this sender's habit" if by_drives[row] else "consumption"
            text = f"{rate:.1f} ± {error:.1f} l/h vanish beyond {beyond_what}, over {hours[row]:.1f} hours."
            return (Evidence("fuel_level_l", "l/h", rate, 0.0, text, 1.0),)

        probability = np.fmax(unless(~np.isnan(balance.leak_lph), probability), over_drives)
        claims.put(AlertType.FUEL_LEAK, probability, severity, reason)

    def _over_drives(self, features: FeatureBatch) -> FloatArray:
        """(n,) probability of a leak from the newest drives of a vehicle that is silent between them; NaN where it is not."""
        lph = features.column("fuel_drives_lph")
        excess, sigma = lph / self._limits.leak_lph, lph / features.column("fuel_drives_error_lph")
        rail = beyond(np.minimum(excess, sigma / _DRIVES_SIGMA))
        return np.where((excess >= 1) & (sigma >= _DRIVES_SIGMA), rail, np.minimum(rail, SUPPORT_CAP))

    def _sender(self, features: FeatureBatch, claims: Claims) -> FloatArray:
        """Claims SENSOR_FAULT for a level that reads 0 or jumps; (n,) its probability with silence as 0."""
        zero, level, before = (features.column(f"fuel_{name}") for name in ("zero", "pct", "before_zero_pct"))
        leap, climb, usual = (features.column(f"fuel_{name}_pct") for name in ("step", "climb", "step_usual"))
        leap_limit = np.where(np.isnan(usual), _LEAP_UNKNOWN_PCT, np.maximum(_LEAP_PCT, _LEAP_USUAL * usual))
        leap_limit = np.where(level >= _OPEN_PCT, np.minimum(leap_limit, _LEAP_OPEN_PCT), leap_limit)
        stuck, silent = features.column("fuel_stuck"), features.column("fuel_silent_min")
        risen = features.column("fuel_climbed_pct") >= np.fmax(_OPEN_CLIMB_PCT, _CLIMB_USUAL * usual)
        opened = (level >= _OPEN_PCT) & risen  # no float is pushed to its end on the move
        at_its_end = ((level <= _FLOAT_LOW_PCT) | (level >= _FLOAT_HIGH_PCT)) & ~opened
        flat_limit = np.where(opened, _OPEN_BURNT_PCT, np.where(at_its_end, _SATURATED_BURNT_PCT, _FLAT_BURNT_PCT))
        flat_limit = flat_limit * (1 + features.column("fuel_used_doubt"))
        flat = features.column("fuel_flat_burnt_pct") / flat_limit
        signs = np.stack(
            [
                np.where((zero == 1) & (before >= _CUT_PCT), np.float32(0.9), np.float32(0.02)),
                beyond(leap / leap_limit, 8),
                beyond(features.column("fuel_spread_ratio") / _SPREAD_USUAL, 6),
                beyond(np.fmax(np.where(at_its_end, 0, stuck / _STUCK_SURPRISE), flat), 6),
                beyond(silent / _SILENT_MIN, 4),
                beyond(climb / _climb_limit(features), 8),
            ],
            axis=1,
        )
        known = ~(np.isnan(zero) & np.isnan(silent))
        probability = unless(known, np.fmax.reduce(signs, axis=1))

        def reason(row: int) -> tuple[Evidence, ...]:
            texts = (
                f"The fuel sender reads 0 after {before[row]:.0f} %: a power cut or a broken sender, not a theft.",
                f"The fuel level leapt by {leap[row]:.0f} points while driving; leaps of this sender stay below"
                f" {leap_limit[row]:.0f}.",
                "The fuel level swings several times as wildly as this sender's usual slosh.",
                "The fuel level has not changed by a single step, longer than this sender stands still or the fuel burnt allows.",
                f"The fuel sender has been silent for {silent[row]:.0f} minutes while other signals go on.",
                f"The fuel level rose by {climb[row]:.0f} points on the move, where nothing is filled in.",
            )
            text = texts[int(np.nanargmax(signs[row]))]
            return (Evidence("fuel_level_pct", "%", _number(level[row]), None, text, 1.0),)

        claims.put(AlertType.SENSOR_FAULT, probability, np.full(len(features), Severity.LOW, np.int8), reason)
        return np.nan_to_num(probability)


def _climb_limit(features: FeatureBatch) -> FloatArray:
    """(n,) points of level that no sender of this kind rises by on the move."""
    usual = features.column("fuel_step_usual_pct")
    return np.where(np.isnan(usual), _CLIMB_UNKNOWN_PCT, np.maximum(_CLIMB_PCT, _CLIMB_USUAL * usual))


def _number(value: np.floating) -> float | None:
    return None if np.isnan(value) else float(value)
