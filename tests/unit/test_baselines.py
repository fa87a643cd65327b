"""Claims about what is called normal for a vehicle."""

import numpy as np
import pandas as pd
import pytest

from fleet.baselines import BASELINES, MINUTE_COLUMNS, hourly_consumption, vehicle_baselines
from pipelines.materialise import expected_consumption

START = pd.Timestamp("2026-03-01", tz="UTC")


def minutes(count: int = 120, key: str = "t/A", **columns: object) -> pd.DataFrame:
    normal = {
        "speed_kmh": 60.0, "engine_rpm": 1800.0, "engine_load_pct": 45.0, "coolant_temp_c": 90.0, "oil_pressure_kpa": 300.0,
        "battery_v": 14.1, "fuel_rate_lph": 6.0, "fuel_pct": 50.0, "air_ratio": 2.0, "running_share": 1.0, "tank_l": 50.0,
    }  # fmt: skip
    frame = pd.DataFrame({**normal, **columns}, index=range(count))
    frame["vehicle_key"], frame["minute"] = key, START + pd.to_timedelta(np.arange(count), unit="min")
    return frame[list(MINUTE_COLUMNS)]


def baseline(table: pd.DataFrame) -> pd.Series:
    return vehicle_baselines(table).iloc[0]


def test_normal_driving_is_the_baseline():
    found = baseline(minutes())
    assert found["coolant_normal_c"] == 90
    assert found["oil_pressure_normal_kpa"] == 300
    assert found["battery_running_v"] == pytest.approx(14.1)
    assert found["driving_lph"] == 6


def test_a_cold_start_and_an_overheated_hour_do_not_move_the_coolant_baseline():
    coolant = np.full(300, 90.0)
    coolant[:40], coolant[-60:] = np.linspace(10, 60, 40), 125
    assert baseline(minutes(300, coolant_temp_c=coolant))["coolant_normal_c"] == 90


def test_idling_and_driving_are_told_apart():
    speed = np.r_[np.zeros(60), np.full(60, 70.0)]
    found = baseline(minutes(speed_kmh=speed, fuel_rate_lph=np.where(speed == 0, 0.8, 7.0)))
    assert found["idle_lph"] == pytest.approx(0.8)
    assert found["driving_lph"] == pytest.approx(7)


def test_the_resting_battery_is_measured_at_rest_only():
    running = np.r_[np.ones(60), np.zeros(60)]
    speed = np.where(running > 0, 50.0, 0.0)
    found = baseline(minutes(running_share=running, speed_kmh=speed, battery_v=np.where(running > 0, 14.2, 12.6)))
    assert found["battery_rest_v"] == pytest.approx(12.6)
    assert found["battery_running_v"] == pytest.approx(14.2)


def test_too_little_driving_is_nan_and_not_a_guess():
    found = baseline(minutes(9))
    assert found[list(BASELINES)].isna().all()


@pytest.mark.parametrize("true_scale", [0.8, 1.0, 1.3])
def test_the_consumption_scale_is_what_the_level_lost_over_what_the_meter_counted(true_scale: float):
    count = 20 * 60
    level = 95 - true_scale * 6 / 60 * np.arange(count) / 50 * 100 % 60  # a refuel whenever 60 points are used
    noise = np.random.default_rng(1).normal(0, 0.8, count)
    found = baseline(minutes(count, fuel_pct=level + noise))["consumption_scale"]
    assert found == pytest.approx(true_scale, rel=0.08)


def test_a_meter_without_a_level_gives_no_scale():
    assert np.isnan(baseline(minutes(600, fuel_pct=np.nan))["consumption_scale"])


def test_vehicles_are_judged_apart():
    both = pd.concat([minutes(), minutes(key="t/B", coolant_temp_c=83.0)])
    assert vehicle_baselines(both)["coolant_normal_c"].tolist() == [90, 83]


def test_no_minutes_give_no_rows():
    assert vehicle_baselines(minutes(0)).empty


def test_prophet_expects_what_the_hour_of_day_brings_and_only_with_enough_history():
    count = 10 * 24 * 60
    hour = np.arange(count) // 60 % 24
    rate = np.where(hour < 12, 4.0, 8.0)
    hourly = hourly_consumption(minutes(count, fuel_rate_lph=rate))
    assert len(hourly) == 240
    at = (START + pd.Timedelta(days=10)).to_pydatetime()
    expected = expected_consumption(hourly, at)
    assert expected["expected_lph"].tolist() == pytest.approx([6.0], abs=0.5)
    assert expected_consumption(hourly[:40], at).empty
