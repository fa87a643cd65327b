"""Bundles are read as they are meant, or refused in one sentence."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fleet.errors import InvalidHistory
from fleet.history import load_history


@pytest.fixture
def telemetry() -> pd.DataFrame:
    count = 200
    return pd.DataFrame(
        {
            "vehicle_id": ["VH-2", "VH-1"] * (count // 2),
            "ts": pd.date_range("2026-05-04", periods=count, freq="1s", tz="UTC"),
            "speed_kmh": np.linspace(0, 90, count),
            "coolant_temp_c": np.linspace(80, 95, count),
            "fuel_level_pct": np.linspace(60, 50, count),
            "oil_pressure_kpa": np.linspace(180, 400, count),
        }
    )


def bundle(folder: Path, telemetry: pd.DataFrame) -> Path:
    telemetry.to_parquet(folder / "telemetry.parquet")
    return folder


def test_telemetry_is_sorted_float32_and_utc(tmp_path: Path, telemetry: pd.DataFrame) -> None:
    history = load_history(bundle(tmp_path, telemetry))
    assert history.signals == ("speed_kmh", "coolant_temp_c", "oil_pressure_kpa", "fuel_level_pct")
    assert history.telemetry["vehicle_id"].is_monotonic_increasing
    assert history.telemetry["speed_kmh"].dtype == np.float32
    assert str(history.telemetry["ts"].dtype) == "datetime64[ns, UTC]"


def test_csv_reads_like_parquet(tmp_path: Path, telemetry: pd.DataFrame) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    telemetry.to_csv(tmp_path / "b" / "telemetry.csv", index=False)
    pd.testing.assert_frame_equal(
        load_history(bundle(tmp_path / "a", telemetry)).telemetry, load_history(tmp_path / "b").telemetry
    )


def test_absent_tables_are_empty_with_their_columns(tmp_path: Path, telemetry: pd.DataFrame) -> None:
    history = load_history(bundle(tmp_path, telemetry))
    assert list(history.failures.columns) == ["vehicle_id", "ts", "component"]
    assert history.failures.empty


def test_a_number_is_a_vehicle_id_too(tmp_path: Path) -> None:
    (tmp_path / "failures.csv").write_text("vehicle_id,ts,component\n007,2026-01-01T00:00:00Z,turbo\n")
    assert load_history(tmp_path).failures["vehicle_id"].tolist() == ["007"]


def test_times_without_a_zone_are_utc(tmp_path: Path) -> None:
    (tmp_path / "dtcs.csv").write_text("vehicle_id,ts,code\nA,2026-01-01 06:00:00,P0217\n")
    assert load_history(tmp_path).dtcs["ts"].iloc[0] == pd.Timestamp("2026-01-01T06:00:00Z")


def test_unknown_columns_are_told(tmp_path: Path, telemetry: pd.DataFrame) -> None:
    assert load_history(bundle(tmp_path, telemetry.assign(mood=1))).unknown_columns == ("telemetry.mood",)


def test_a_few_impossible_values_become_missing_and_are_counted(tmp_path: Path, telemetry: pd.DataFrame) -> None:
    telemetry.loc[3:5, "speed_kmh"] = 999
    history = load_history(bundle(tmp_path, telemetry))
    assert history.quarantined == {"speed_kmh": 3}
    assert history.telemetry["speed_kmh"].isna().sum() == 3


@pytest.mark.parametrize(
    ("column", "convert", "unit"),
    [
        pytest.param("coolant_temp_c", lambda c: c * 1.8 + 32, "Fahrenheit", id="Fahrenheit"),
        pytest.param("coolant_temp_c", lambda c: c + 273.15, "Kelvin", id="Kelvin"),
        pytest.param("fuel_level_pct", lambda p: p / 100, "a fraction of 1", id="fraction"),
        pytest.param("oil_pressure_kpa", lambda p: p / 100, "bar", id="bar"),
        pytest.param("oil_pressure_kpa", lambda p: p / 6.895, "psi", id="psi"),
        pytest.param("speed_kmh", lambda v: v * 1000, "in a wrong unit", id="beyond every range"),
    ],
)
def test_a_wrong_unit_is_refused_by_name(
    tmp_path: Path, telemetry: pd.DataFrame, column: str, convert: Callable[[pd.Series], pd.Series], unit: str
) -> None:
    telemetry[column] = convert(telemetry[column])
    with pytest.raises(InvalidHistory, match=f"{column} .*{unit}"):
        load_history(bundle(tmp_path, telemetry))


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        pytest.param("labels.csv", "vehicle_id,start,label\n", "labels.csv lacks the column end", id="column missing"),
        pytest.param("labels.csv", "", "labels.csv is empty", id="file empty"),
        pytest.param("telemetry.csv", "vehicle_id,ts,speed_kmh\n", "telemetry.csv holds no rows", id="no rows"),
        pytest.param("telemetry.parquet", "no parquet", "telemetry.parquet cannot be read as parquet", id="not parquet"),
        pytest.param(
            "dtcs.csv",
            "vehicle_id,ts,code\nA,2026-01-01,P1\nA,soon,P2\n",
            "1 times in ts cannot be read.*'soon' in row 2",
            id="time",
        ),
        pytest.param(
            "labels.csv",
            "vehicle_id,start,end,label\nA,2026-01-02,2026-01-01,FATIGUE\n",
            "the label in row 1 ends before it starts",
            id="reversed",
        ),
        pytest.param("vehicles.csv", "vehicle_id\nA\nA\n", "the vehicle A is listed twice", id="twice"),
        pytest.param(
            "telemetry.csv",
            "vehicle_id,ts,speed_kmh\nA,2026-01-01,fast\n",
            "speed_kmh is not a number in row 1: 'fast'",
            id="number",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(tmp_path: Path, name: str, text: str, sentence: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InvalidHistory, match=sentence):
        load_history(tmp_path)


def test_what_the_caller_needs_is_asked_for(tmp_path: Path, telemetry: pd.DataFrame) -> None:
    with pytest.raises(InvalidHistory, match=r"has no labels\.csv"):
        load_history(bundle(tmp_path, telemetry), require=("labels",))


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidHistory, match="is not a folder"):
        load_history(tmp_path / "nowhere")
    with pytest.raises(InvalidHistory, match="holds none of the files"):
        load_history(tmp_path)


EVALUATION_DATA = Path(os.environ.get("FLEETGUARD_EVALUATION_DATA", Path(__file__).parents[2].parent / "shared" / "data"))


@pytest.mark.skipif(not EVALUATION_DATA.is_dir(), reason="the evaluation bundles are not here")
@pytest.mark.parametrize("name", ["obd-normal", "harsh-manoeuvres", "driving-style", "component-failures", "truck-fuel-rate"])
def test_real_bundles_are_read_without_complaint(name: str) -> None:
    history = load_history(EVALUATION_DATA / name)
    assert len(history.telemetry) + len(history.failures) > 500
