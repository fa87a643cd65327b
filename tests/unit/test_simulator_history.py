"""A simulated bundle: deterministic, labelled, physically of one piece."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from fleet.history import History, load_history
from simulator.components import simulate_components
from simulator.faults import KINDS
from simulator.history import write_history
from simulator.vehicles import draw_vehicles


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    write_history(folder, 14, 1.0, 4, faults_per_vehicle_day=3.5)
    return folder


@pytest.fixture(scope="module")
def history(folder: Path) -> History:
    return load_history(folder)


def digest(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_the_same_seed_writes_the_same_bundle(tmp_path: Path) -> None:
    shares: list[float] = []
    for name in ("a", "b"):
        write_history(tmp_path / name, 2, 0.4, 8, shares.append)
    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    assert shares[-1] == 1.0


def test_a_bundle_is_read_without_complaint(history: History) -> None:
    assert history.unknown_columns == ()
    assert history.quarantined == {}
    assert set(history.vehicles.columns) == {"vehicle_id", "model", "age_years", "vehicle_class", "tank_l"}
    assert len(history.dtcs) > len(history.failures) > 10


def test_every_kind_of_fault_is_labelled_and_ordinary_trips_are_normal(history: History) -> None:
    assert set(history.labels["label"]) == {*KINDS, "NORMAL"}


def test_a_braking_label_is_a_braking(history: History) -> None:
    telemetry = history.telemetry.set_index("vehicle_id")
    for label in history.labels.query("label == 'HARSH_BRAKING'").itertuples():
        own = telemetry.loc[label.vehicle_id]
        speed = own[own["ts"].between(label.start, label.end)]["speed_kmh"].dropna()
        assert speed.iloc[0] - speed.min() > 8


def test_a_parked_tank_loses_nothing_unless_it_is_told(history: History) -> None:
    """Beyond the noise of the float, an hour and its end differ only for thefts, leaks, broken sensors and refuelling."""
    excused = history.labels[history.labels["label"].isin(["FUEL_THEFT", "FUEL_LEAK", "SENSOR_FAULT"])]
    honest = history.telemetry[~history.telemetry["vehicle_id"].isin(excused["vehicle_id"])]
    parked = honest[honest["ignition_on"] == 0]
    assert len(parked) > 500
    for _, rows in parked.groupby(["vehicle_id", honest["ignition_on"].cumsum()]):
        level = rows["fuel_level_pct"].dropna()[3:]  # slosh dies down first
        assert level.diff().min() > -3 or len(level) < 2


def test_odometer_and_place_go_on_where_the_last_trip_ended(history: History) -> None:
    for _, rows in history.telemetry.groupby("vehicle_id"):
        assert rows["odometer_km"].dropna().diff().min() > -0.2
        jumps = np.hypot(rows["latitude_deg"].dropna().diff(), rows["longitude_deg"].dropna().diff())
        assert jumps.max() < 0.01


def test_codes_come_before_failures_more_often_than_alone() -> None:
    rng = np.random.default_rng(6)
    vehicles, days = 40, 420
    events = simulate_components(draw_vehicles(vehicles, rng), days, rng)
    codes = {int(vehicle): rows["day"] for vehicle, rows in events.dtcs.groupby("vehicle")}
    warned = [
        ((codes[failure.vehicle] < failure.day) & (codes[failure.vehicle] > failure.day - 3)).any()
        for failure in events.failures.itertuples()
    ]
    by_chance = 1 - np.exp(-3 * len(events.dtcs) / (days * vehicles))
    assert len(warned) > 100
    assert by_chance * 1.5 < np.mean(warned) < 0.97


def test_a_noisier_history_drives_alike_and_reads_more_roughly(tmp_path: Path) -> None:
    trembles = []
    for noise in (1.0, 3.0):
        write_history(tmp_path / str(noise), 3, 0.5, 12, faults_per_vehicle_day=0, noise=noise)
        telemetry = load_history(tmp_path / str(noise), ("telemetry",)).telemetry
        trembles.append(
            telemetry.groupby("vehicle_id")["ambient_temp_c"].apply(lambda degrees: degrees.diff().abs().mean()).max()
        )
    assert trembles[1] > 1.5 * trembles[0]


def test_some_devices_repeat_the_value_before_where_others_read_anew(history: History) -> None:
    driving = history.telemetry[history.telemetry["speed_kmh"] > 20]
    repeated = driving.groupby("vehicle_id")["engine_rpm"].apply(lambda rpm: (rpm.diff() == 0).mean())
    assert repeated.min() < 0.1
    assert repeated.max() > 0.15
