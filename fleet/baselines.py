"""What is normal for a vehicle, from days of minutes: robust, vectorised, no I/O.

A baseline rests on normal driving only: warm and under load for the coolant, in a band of engine speed for the oil
pressure, with the engine running or at rest for the battery. Below `MIN_MINUTES` of it a baseline is NaN.
"""

from typing import Final

import numpy as np
import pandas as pd

from fleet.series import MAD_TO_SIGMA
from fleet.telemetry import FloatArray

MIN_MINUTES: Final = 10
MIN_FUEL_SPAN_L: Final = 5.0  # a level that fell less says little against its own noise
_REFUEL_PCT: Final = 4.0

# Columns of a minute; each NaN where its signals were silent.
MINUTE_COLUMNS: Final = (
    "vehicle_key", "minute", "speed_kmh", "engine_rpm", "engine_load_pct", "coolant_temp_c", "oil_pressure_kpa",
    "battery_v", "fuel_rate_lph", "fuel_pct", "air_ratio", "running_share", "tank_l",
)  # fmt: skip
BASELINES: Final = (
    "coolant_normal_c", "coolant_spread_c", "oil_pressure_normal_kpa", "battery_running_v", "battery_rest_v", "air_ratio_normal",
    "idle_lph", "driving_lph", "consumption_scale",
)  # fmt: skip


def vehicle_baselines(minutes: pd.DataFrame) -> pd.DataFrame:
    """One row per vehicle_key with `BASELINES`.

    Args:
        minutes: `MINUTE_COLUMNS`, one row per vehicle and minute, `minute` in UTC.
    """
    if minutes.empty:
        return pd.DataFrame(columns=["vehicle_key", *BASELINES])
    running = minutes["running_share"] > 0.9
    moving = minutes["speed_kmh"] > 8
    warm = running & (minutes["coolant_temp_c"] > 60)
    loaded = warm & moving & ~(minutes["engine_load_pct"] < 15)
    cruising = warm & minutes["engine_rpm"].between(1200, 2600)
    resting = (minutes["running_share"] == 0) & ~moving
    columns = {
        "coolant_normal_c": _median(minutes, "coolant_temp_c", loaded),
        "coolant_spread_c": _spread(minutes, "coolant_temp_c", loaded),
        "oil_pressure_normal_kpa": _median(minutes, "oil_pressure_kpa", cruising),
        "battery_running_v": _median(minutes, "battery_v", running),
        "battery_rest_v": _median(minutes, "battery_v", resting),
        "air_ratio_normal": _median(minutes, "air_ratio", loaded),
        "idle_lph": _median(minutes, "fuel_rate_lph", warm & (minutes["speed_kmh"] < 2)),
        "driving_lph": _mean(minutes, "fuel_rate_lph", running & moving),
        "consumption_scale": consumption_scale(minutes),
    }
    keys = pd.Index(sorted(minutes["vehicle_key"].unique()), name="vehicle_key")
    return pd.DataFrame(columns, index=keys).astype(np.float32).reset_index()


def consumption_scale(minutes: pd.DataFrame) -> pd.Series:
    """Litres the level lost over litres the meter counted, by vehicle, refuels left out; NaN where too little was used.

    The level is read as the median of an hour, so that slosh does not count; hours in which it rises by 4 points are refuels.
    """
    hourly = (
        minutes.assign(hour=minutes["minute"].dt.floor("h"), metered=minutes["fuel_rate_lph"] / 60)
        .groupby(["vehicle_key", "hour"], sort=True)
        .agg(level=("fuel_pct", "median"), metered=("metered", "sum"), tank=("tank_l", "first"))
        .dropna(subset=["level"])
        .reset_index()
    )
    drop = -hourly.groupby("vehicle_key")["level"].diff() * hourly["tank"] / 100
    # The level of an hour is that of its middle: half of what this hour and the one before metered lies between two levels.
    between = (hourly["metered"] + hourly.groupby("vehicle_key")["metered"].shift()) / 2
    refuel = drop < -_REFUEL_PCT * hourly["tank"] / 100
    near = refuel | refuel.shift(1, fill_value=False) | refuel.shift(-1, fill_value=False)  # its hour's median lies anywhere
    driven = drop.notna() & ~near & (between > 0)
    lost, used = (values.where(driven).groupby(hourly["vehicle_key"]).sum() for values in (drop, between))
    return (lost / used).where((used >= MIN_FUEL_SPAN_L) & (lost > 0)).clip(0.5, 2.0)


def hourly_consumption(minutes: pd.DataFrame) -> pd.DataFrame:
    """vehicle_key, ds, y: litres per driving hour in each hour with at least ten minutes of metered driving."""
    driving = minutes[(minutes["speed_kmh"] > 8) & minutes["fuel_rate_lph"].notna()]
    hours = driving.assign(ds=driving["minute"].dt.floor("h")).groupby(["vehicle_key", "ds"], sort=True)["fuel_rate_lph"]
    table = hours.agg(["mean", "size"]).reset_index()
    return table[table["size"] >= MIN_MINUTES].rename(columns={"mean": "y"})[["vehicle_key", "ds", "y"]]


def robust_spread(values: FloatArray) -> float:
    """Median absolute deviation as a standard deviation; NaN of nothing."""
    return float(MAD_TO_SIGMA * np.median(np.abs(values - np.median(values)))) if len(values) else float("nan")


def _of(minutes: pd.DataFrame, column: str, where: pd.Series) -> pd.core.groupby.SeriesGroupBy:
    return minutes[column].where(where).groupby(minutes["vehicle_key"])


def _median(minutes: pd.DataFrame, column: str, where: pd.Series) -> pd.Series:
    groups = _of(minutes, column, where)
    return groups.median().where(groups.count() >= MIN_MINUTES)


def _mean(minutes: pd.DataFrame, column: str, where: pd.Series) -> pd.Series:
    groups = _of(minutes, column, where)
    return groups.mean().where(groups.count() >= MIN_MINUTES)


def _spread(minutes: pd.DataFrame, column: str, where: pd.Series) -> pd.Series:
    groups = _of(minutes, column, where)
    return groups.agg(lambda values: robust_spread(values.dropna().to_numpy())).where(groups.count() >= MIN_MINUTES)
