"""What the models see of a vehicle at one second. The same functions serve live scoring, history and training.

Names end with their unit. Everything is NaN where its signals are silent: the models decide what that means.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fleet.alerts import VehicleId
from fleet.channels import MINUTE, SECOND
from fleet.fuel_drives import latest_drive, vanishing
from fleet.fuel_level import Burnt, burnt, rest_drop, sender_habits, unexplained_slope, whole_minutes
from fleet.minutes import roughness
from fleet.series import (
    REPORT_MIN,
    carried,
    covered_sum,
    held_throughout,
    mean,
    median,
    middle,
    newest,
    slope,
    spread,
    trailing_true,
)
from fleet.telemetry import FloatArray, TimeArray
from fleet.vitals import VITALS, vitals
from fleet.windows import WindowState

G_MS2 = 9.80665
_MANNER = (  # what minutes say of a manner of driving, its unit, and over how many of them it is told
    ("surge", "ms2", (5,)), ("brake_power", "m2s3", (5,)), ("pull_power", "m2s3", (5,)), ("lateral_jitter", "ms3", (5, 15)),
    ("sway", "ms2", (5, 15)), ("wander", "dps", (15,)), ("heading_wander", "deg", (15,)),
)  # fmt: skip
_LOSS_MIN = 18  # over which a loss is told, with the three minutes that make a level
_FEWEST_MIN = 3  # of minutes, from which on one that is out of the ordinary is told

SECOND_FEATURES = (
    "speed_kmh", "speed_std_60_kmh", "accel_peak_g", "brake_peak_g", "corner_peak_g", "horizontal_peak_g", "sustained_peak_g",
    "accel_rms_60_ms2",
    "lateral_rms_60_ms2", "jerk_rms_60_ms3", "brake_max_5_pct", "throttle_std_60_pct", "yaw_rms_5_dps", "speed_known",
    "over_limit_10_kmh", "over_limit_30_kmh", "over_limit_10_ratio", "over_limit_30_ratio",
    "engine_rpm", "rpm_rough_30", "engine_load_pct", "throttle_pct", "map_kpa", "air_ratio", "coolant_temp_c",
    "coolant_min_10_c", "coolant_slope_c_min", "coolant_step_c", "intake_temp_c", "ambient_temp_c", "oil_temp_c",
    "oil_pressure_max_10_kpa", "battery_v", "battery_max_10_v", "battery_max_60_v", "engine_on", "engine_on_60",
    "rpm_min_10", "yaw_jitter_60_dps", "speed_max_6_kmh", "speed_min_6_kmh", "rough_60_rpm",
)  # fmt: skip
MINUTE_FEATURES = (
    "driving_min", "night", "harsh_30", "harsh_per_km_30", "accel_rms_15_ms2", "lateral_rms_15_ms2", "speed_std_15_kmh",
    "speeding_15", "moving_15", "surge_5_ms2", "brake_power_5_m2s3", "pull_power_5_m2s3", "lateral_jitter_5_ms3",
    "lateral_jitter_15_ms3", "sway_5_ms2", "sway_15_ms2", "wander_5_dps", "wander_15_dps", "heading_wander_15_deg",
    "yaw_jitter_15_dps",
    "coolant_mean_15_c", "coolant_rise_15_c", "coolant_flat_min",
    "load_flat_std_pct",
    "coolant_jitter_15_c", "battery_on_15_v", "battery_off_v", "battery_off_drop_v", "oil_pressure_15_kpa",
    "fuel_pct", "fuel_drop_5_pct", "fuel_drop_15_pct", "fuel_drop_60_pct", "fuel_used_5_l", "fuel_used_15_l", "fuel_used_doubt",
    "fuel_noise_pct", "fuel_zero", "fuel_climb_pct", "fuel_climbed_pct", "fuel_flat_burnt_pct", "fuel_before_zero_pct",
    "fuel_slope_lph",
    "fuel_slope_error_lph", "fuel_hours", "fuel_drives_lph", "fuel_drives_error_lph", "fuel_drives_hours", "still_5", "still_15",
    "fuel_rest_drop_pct", "fuel_rest_steady_pct", "fuel_rest_min", "fuel_rest_heard", "fuel_since_rest_min", *VITALS,
)  # fmt: skip
FEATURES = SECOND_FEATURES + MINUTE_FEATURES + ("vehicle_class", "tank_l")
FEATURE = {name: position for position, name in enumerate(FEATURES)}

# What hours and weeks say of a vehicle: kept in Feast, looked up by the graph, NaN where not known yet.
SLOW_FEATURES = (
    "coolant_normal_c", "coolant_spread_c", "oil_pressure_normal_kpa", "battery_running_v", "battery_rest_v", "air_ratio_normal",
    "idle_lph", "driving_lph", "consumption_scale", "expected_lph", "service_age_days", "alerts_30d",
)  # fmt: skip
SLOW_FEATURE = {name: position for position, name in enumerate(SLOW_FEATURES)}

SEQUENCE_S = 30
SEQUENCE_CHANNELS = ("speed_kmh", "accel_ms2", "lateral_ms2", "yaw_rate_dps", "throttle_pct", "brake_pct", "imu_x_ms2")
_SEQUENCE = np.array([SECOND[name] for name in SEQUENCE_CHANNELS])


@dataclass(frozen=True, slots=True)
class FeatureBatch:
    """One row per vehicle and second to be judged; what goes over the handle.

    Attributes:
        vehicles: (n) identity of each row.
        at: (n,) event time, seconds since the epoch.
        values: (n, len(FEATURES)) float32.
        sequence: (n, SEQUENCE_S, len(SEQUENCE_CHANNELS)) float32, oldest first.
        drivers: (n) driver ids, None where unknown.
    """

    vehicles: tuple[VehicleId, ...]
    at: TimeArray
    values: FloatArray
    sequence: FloatArray
    drivers: tuple[str | None, ...]

    def __len__(self) -> int:
        return len(self.at)

    def rows(self, begin: int, end: int) -> "FeatureBatch":
        """Some consecutive rows."""
        part = slice(begin, end)
        return FeatureBatch(self.vehicles[part], self.at[part], self.values[part], self.sequence[part], self.drivers[part])

    def take(self, rows: NDArray[np.intp]) -> "FeatureBatch":
        """The given rows, in the given order."""
        vehicles = tuple(self.vehicles[row] for row in rows.tolist())
        drivers = tuple(self.drivers[row] for row in rows.tolist())
        return FeatureBatch(vehicles, self.at[rows], self.values[rows], self.sequence[rows], drivers)

    def column(self, name: str) -> FloatArray:
        """(n,) one feature."""
        return self.values[:, FEATURE[name]]


def silent_vehicles(rows: int) -> FeatureBatch:
    """Vehicles of which nothing is known but their class and tank."""
    values = np.full((rows, len(FEATURES)), np.nan, np.float32)
    values[:, FEATURE["vehicle_class"]], values[:, FEATURE["tank_l"]] = 0.0, 50.0
    sequence = np.full((rows, SEQUENCE_S, len(SEQUENCE_CHANNELS)), np.nan, np.float32)
    return FeatureBatch((VehicleId("-", "-"),) * rows, np.zeros(rows), values, sequence, (None,) * rows)


def concatenate(batches: list[FeatureBatch]) -> FeatureBatch:
    """All rows of several batches, in their order."""
    if len(batches) == 1:
        return batches[0]
    return FeatureBatch(
        tuple(vehicle for batch in batches for vehicle in batch.vehicles),
        np.concatenate([batch.at for batch in batches]) if batches else np.empty(0),
        np.concatenate([batch.values for batch in batches]) if batches else np.empty((0, len(FEATURES)), np.float32),
        np.concatenate([batch.sequence for batch in batches])
        if batches
        else np.empty((0, SEQUENCE_S, len(SEQUENCE_CHANNELS)), np.float32),
        tuple(driver for batch in batches for driver in batch.drivers),
    )


class Moment(NamedTuple):
    """(n, seconds, channel) window, newest last; (n, minute feature); (n, 2) class and tank."""

    window: FloatArray
    minute: FloatArray
    own: FloatArray


def features_of(moment: Moment) -> tuple[FloatArray, FloatArray]:
    """(n, feature) and (n, SEQUENCE_S, channel)."""
    values = np.concatenate([second_features(moment.window), moment.minute, moment.own], axis=1)
    return values, np.ascontiguousarray(moment.window[:, -SEQUENCE_S:, _SEQUENCE])


class FeatureState:
    """Minute features change by the minute: they are kept per slot and computed only when a minute settles."""

    def __init__(self, windows: WindowState) -> None:
        self._windows = windows
        self._minute = np.full((len(windows.rows), len(MINUTE_FEATURES)), np.nan, np.float32)

    def forget(self, slots: NDArray[np.intp]) -> None:
        """Drop what was kept for these slots; the next reading computes it anew."""
        self._grow()
        self._minute[slots] = np.nan

    def refresh(self, slots: NDArray[np.intp]) -> None:
        """Recompute the minute features of vehicles whose minutes changed, or that were restored."""
        self._grow()
        if len(slots):
            rows = self._windows.rows
            minute, driven_min, tank_l = (rows[name][slots] for name in ("minute", "driven_min", "tank_l"))
            window, drives = self._windows.minute_windows(slots), self._windows.drives[slots]
            self._minute[slots] = minute_features(window, minute, driven_min, tank_l, drives)

    def features(self, slots: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
        """(n, feature) and (n, SEQUENCE_S, channel) of these vehicles as of their newest second."""
        return features_of(self.moment(slots))

    def moment(self, slots: NDArray[np.intp]) -> "Moment":
        """What the features of these vehicles rest on as of their newest second."""
        self._grow()
        rows = self._windows.rows
        own = np.stack([rows["vehicle_class"][slots], rows["tank_l"][slots]], axis=1).astype(np.float32)
        return Moment(self._windows.second_windows(slots), self._minute[slots], own)

    def _grow(self) -> None:
        if len(self._minute) < len(self._windows.rows):
            more = len(self._windows.rows) - len(self._minute)
            self._minute = np.concatenate([self._minute, np.full((more, len(MINUTE_FEATURES)), np.nan, np.float32)])


def second_features(window: FloatArray) -> FloatArray:
    """(n, second feature) from (n, seconds, channel), newest last."""
    out = np.full((len(window), len(SECOND_FEATURES)), np.nan, np.float32)
    place = {name: position for position, name in enumerate(SECOND_FEATURES)}

    def put(name: str, value: FloatArray) -> None:
        out[:, place[name]] = value

    def last(name: str, seconds: int) -> FloatArray:
        return window[:, -seconds:, SECOND[name]]

    _driving(put, last)
    _engine(put, last)
    return out


def _driving(put, last) -> None:  # type: ignore[no-untyped-def]
    put("speed_kmh", newest(last("speed_kmh", 3)))
    recent = last("speed_kmh", 6)
    put("speed_max_6_kmh", np.fmax.reduce(recent, axis=1))
    put("speed_min_6_kmh", np.fmin.reduce(recent, axis=1))
    put("speed_known", (~np.isnan(last("speed_kmh", 5))).any(axis=1))
    put("speed_std_60_kmh", spread(last("speed_kmh", 60)))
    for kind in ("accel", "brake", "corner", "horizontal", "sustained"):
        put(f"{kind}_peak_g", newest(last(f"peak_{kind}_ms2", 1)) / G_MS2)
    accel = last("accel_ms2", 60)
    put("accel_rms_60_ms2", np.sqrt(mean(accel**2)))
    put("lateral_rms_60_ms2", np.sqrt(mean(last("lateral_ms2", 60) ** 2)))
    put("jerk_rms_60_ms3", np.sqrt(mean(np.diff(accel, axis=1) ** 2)))
    put("brake_max_5_pct", np.fmax.reduce(last("brake_pct", 5), axis=1))
    put("throttle_std_60_pct", spread(last("throttle_pct", 60)))
    put("yaw_rms_5_dps", np.sqrt(mean(last("yaw_rate_dps", 5) ** 2)))
    straight = np.where(last("speed_kmh", 60) > 30, last("yaw_rate_dps", 60), np.nan)
    put("yaw_jitter_60_dps", np.sqrt(mean(np.diff(straight, axis=1) ** 2)))
    for seconds in (10, 30):
        speed, limit = last("speed_kmh", seconds), last("speed_limit_kmh", seconds)
        excess = speed - limit
        known = (~np.isnan(excess)).mean(axis=1) >= 0.7
        put(f"over_limit_{seconds}_kmh", np.where(known, held_throughout(excess), np.nan))
        put(f"over_limit_{seconds}_ratio", np.where(known, held_throughout(speed / limit - 1), np.nan))


def _engine(put, last) -> None:  # type: ignore[no-untyped-def]
    rpm = last("engine_rpm", 60)
    running = np.where(np.isnan(rpm), last("ignition_on", 60), (rpm > 300) + 0 * rpm)
    put("engine_rpm", newest(rpm[:, -3:]))
    put("engine_on", newest(running[:, -5:]))
    put("engine_on_60", mean(running))
    put("rpm_min_10", np.fmin.reduce(rpm[:, -10:], axis=1))
    put("rpm_rough_30", np.sqrt(mean(np.diff(rpm[:, -30:], n=2, axis=1) ** 2)))
    put("rough_60_rpm", roughness(rpm, last("speed_kmh", 60)))
    for name in ("engine_load_pct", "throttle_pct", "map_kpa", "coolant_temp_c", "battery_v"):
        put(name, newest(last(name, 5)))
    for name in ("intake_temp_c", "ambient_temp_c", "oil_temp_c"):
        put(name, newest(last(name, 60)))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = last("maf_gps", 10) / (last("map_kpa", 10) * rpm[:, -10:])
    put("air_ratio", 1e4 * mean(np.where(np.isfinite(ratio), ratio, np.nan)))
    coolant = last("coolant_temp_c", 60)
    put("coolant_min_10_c", np.fmin.reduce(coolant[:, -10:], axis=1))
    put("coolant_slope_c_min", 60 * slope(coolant))
    put("coolant_step_c", np.fmax.reduce(np.abs(np.diff(coolant[:, -10:], axis=1)), axis=1))
    put("oil_pressure_max_10_kpa", np.fmax.reduce(last("oil_pressure_kpa", 10), axis=1))
    battery = last("battery_v", 60)
    put("battery_max_10_v", np.fmax.reduce(battery[:, -10:], axis=1))
    put("battery_max_60_v", np.fmax.reduce(battery, axis=1))


def minute_features(
    window: FloatArray, minute: NDArray[np.int64], driven_min: FloatArray, tank_l: FloatArray, drives: NDArray[np.void]
) -> FloatArray:
    """(n, minute feature) from (n, minutes, minute channel), newest last.

    Args:
        minute: (n,) absolute number of the newest one. driven_min: (n,) since the last rest. tank_l: (n,).
        drives: (n,) `fleet.fuel_drives.DRIVES`, what earlier drives have told.
    """
    out = np.full((len(window), len(MINUTE_FEATURES)), np.nan, np.float32)
    place = {name: position for position, name in enumerate(MINUTE_FEATURES)}

    def put(name: str, value: FloatArray) -> None:
        out[:, place[name]] = value

    def last(name: str, minutes: int) -> FloatArray:
        return window[:, -minutes:, MINUTE[name]]

    put("driving_min", np.where(np.isnan(last("moving", 360)).all(axis=1), np.nan, driven_min))
    _stamina(put, last, minute)
    _engine_trends(put, last)
    _fuel(put, last, tank_l, drives)
    for name, value in vitals(window).items():
        put(name, value)
    return out


def _stamina(put, last, minute) -> None:  # type: ignore[no-untyped-def]
    hour = (minute // 60) % 24
    put("night", (hour < 6).astype(np.float32))
    harsh, distance = last("harsh_s", 30), last("distance_km", 30)
    total = np.where(np.isnan(harsh).all(axis=1), np.nan, np.nansum(harsh, axis=1))
    put("harsh_30", total)
    put("harsh_per_km_30", total / np.maximum(np.nansum(distance, axis=1), 1))
    for source, name in (("accel_rms_ms2", "accel_rms_15_ms2"), ("lateral_rms_ms2", "lateral_rms_15_ms2")):
        put(name, np.sqrt(mean(np.where(last("moving", 15) > 0.5, last(source, 15) ** 2, np.nan))))
    for name, unit, windows in _MANNER:
        for minutes in windows:  # roots: one hard minute is no manner
            put(f"{name}_{minutes}_{unit}", mean(np.sqrt(last(f"{name}_{unit}", minutes))) ** 2)
    put("wander_5_dps", _without_bends(last("wander_dps", 5)))
    put("yaw_jitter_15_dps", mean(last("yaw_jitter_dps", 15)))
    put("speed_std_15_kmh", spread(last("speed_kmh", 15)))
    # Of a quarter of an hour, however short the drive is yet: one spell above the limit is no manner of driving.
    speeding = carried(last("speeding", 15), REPORT_MIN)
    put("speeding_15", np.where(np.isnan(speeding).all(axis=1), np.nan, np.nansum(speeding, axis=1) / 15))
    put("moving_15", mean(last("moving", 15)))


def _without_bends(wander: FloatArray) -> FloatArray:
    """(n,) wander of a few minutes, from (n, minutes), none counting for more than twice the typical one: most of a minute spent
    in a bend looks like wandering too. NaN below three minutes, which do not tell the typical one.
    """
    capped = np.minimum(wander, 2 * median(wander)[:, None])
    return np.where((~np.isnan(wander)).sum(axis=1) >= _FEWEST_MIN, mean(np.sqrt(capped)) ** 2, np.nan)


def _engine_trends(put, last) -> None:  # type: ignore[no-untyped-def]
    coolant = last("coolant_temp_c", 30)
    put("coolant_mean_15_c", mean(coolant[:, 15:]))
    put("coolant_rise_15_c", mean(coolant[:, -2:]) - mean(coolant[:, -16:-13]))
    running = last("engine_on", 60) > 0.9
    flat = (last("coolant_range_c", 60) == 0) & running
    put("coolant_flat_min", np.where(np.isnan(last("coolant_range_c", 2)).all(axis=1), np.nan, trailing_true(flat[:, :-1])))
    put("load_flat_std_pct", spread(last("engine_load_pct", 20)))
    put("coolant_jitter_15_c", mean(np.abs(np.diff(coolant[:, 14:], n=2, axis=1))))
    put("battery_on_15_v", mean(last("battery_on_v", 15)))
    resting = last("battery_off_v", 360)
    rests_at = _resting_v(resting[:, -30:], last("engine_on", 30) > 0)
    put("battery_off_v", rests_at)
    put("battery_off_drop_v", np.fmax.reduce(resting, axis=1) - rests_at)
    put("oil_pressure_15_kpa", mean(last("oil_pressure_kpa", 15)))


def _resting_v(read: FloatArray, ran: NDArray[np.bool_]) -> FloatArray:
    """(n,) V of the newest rest, the median over its minutes: a parked device reads seldom, and one reading is noisy.

    Args:
        read: (n, minutes) with the engine off, newest last, NaN where nothing was read. ran: (n, minutes) the engine ran.
    """
    rest = np.cumsum(ran, axis=1)  # alike within a rest
    newest_rest = np.max(np.where(np.isnan(read), -1, rest), axis=1)
    return median(np.where(rest == newest_rest[:, None], read, np.nan))


def _fuel_noise(level: FloatArray, spread_pct: FloatArray, moves: NDArray[np.bool_]) -> FloatArray:
    """(n,) points by which a level may be off, from (n, 60 minutes) and what each of them swings by, (n, minutes).

    Of a vehicle that has moved within the time over which a loss is told, it is the noise of driving: the quiet minutes since
    then say nothing of the level before.
    """
    steps = np.abs(np.diff(level, axis=1))
    noise = np.maximum(mean(steps), mean(spread_pct))
    stirred = mean(np.where(moves[:, 1:] & moves[:, :-1], steps, np.nan))
    return np.where(moves[:, -_LOSS_MIN:].any(axis=1), np.fmax(noise, stirred), noise)


def _fuel(put, last, tank_l, drives) -> None:  # type: ignore[no-untyped-def]
    raw = whole_minutes(last("fuel_pct", 360), last("samples", 360), last("moving", 360))
    level = carried(raw)
    now = middle(level, 0)
    put("fuel_pct", now)
    for minutes in (5, 15, 60):
        before = middle(level, minutes)
        put(f"fuel_drop_{minutes}_pct", before - now)
    used = burnt(last("fuel_l", 360), last("expected_l", 360), last("engine_on", 360))
    put("fuel_used_5_l", covered_sum(used.litres[:, -5:]))
    put("fuel_used_15_l", covered_sum(used.litres[:, -15:]))
    put("fuel_used_doubt", used.doubt)
    put("fuel_noise_pct", _fuel_noise(level[:, -60:], last("fuel_spread_pct", 30), last("moving", 60) > 0.1))
    put("fuel_zero", newest((raw == 0).astype(np.float32) + 0 * raw))
    for name, value in sender_habits(raw, last("moving", 360) > 0.05, used, tank_l).items():
        put(f"fuel_{name}", value)
    leaving = unexplained_slope(level, used, tank_l)
    put("fuel_slope_lph", leaving.lph)
    put("fuel_slope_error_lph", leaving.error_lph)
    put("fuel_hours", leaving.hours)
    known = np.flatnonzero(drives["kept"])
    if len(known):
        heard, shares = ~np.isnan(last("samples", 360)[known]), last("moving", 360)[known]
        drive = latest_drive(level[known], Burnt(used.litres[known], used.doubt[known]), heard, shares, tank_l[known])
        beyond = np.full((len(level), 3), np.nan, np.float32)
        beyond[known] = np.stack(vanishing(drives[known], drive, tank_l[known]), axis=1)
        for name, value in zip(("lph", "error_lph", "hours"), beyond.T, strict=True):
            put(f"fuel_drives_{name}", value)
    parked = (np.nan_to_num(last("engine_on", 360)) < 0.5) & ~(last("moving", 360) > 0.1)
    parked[:, -1] = np.where(np.isnan(last("samples", 1)[:, 0]), parked[:, -2], parked[:, -1])  # a minute that has just begun
    rest = rest_drop(level, ~np.isnan(raw), parked)
    for name, value in rest._asdict().items():
        put(f"fuel_rest_{name}", value)
    put("fuel_since_rest_min", trailing_true(~parked))
    moving = last("moving", 15)
    still = np.where(np.isnan(moving), last("engine_on", 15) > 0.5, moving > 0.1) + 0 * last("samples", 15)
    put("still_5", 1 - mean(still[:, -6:]))
    put("still_15", 1 - mean(still))
