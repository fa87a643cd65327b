"""History scoring: the same windows as live, in pieces that change nothing, and files people can read."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import fleet.replay
from fleet.alerts import TYPE_INDEX, AlertType, Severity
from fleet.errors import InvalidHistory
from fleet.history import load_history
from fleet.replay import recording, replay_features
from fleet.scores import ScoreBatch
from pipelines.history import read_history, score_history

START = pd.Timestamp("2026-11-24T08:00:00Z")


def drive(vehicle, seconds, coolant):
    """A second-by-second drive whose coolant follows `coolant`."""
    ts = START + pd.to_timedelta(np.arange(seconds), unit="s")
    speed = 50 + 10 * np.sin(np.arange(seconds) / 40)
    return pd.DataFrame(
        {
            "vehicle_id": vehicle,
            "ts": ts,
            "speed_kmh": speed,
            "engine_rpm": 30 * speed,
            "coolant_temp_c": coolant,
            "driver_id": "d-1",
        }
    )


@pytest.fixture
def bundle(tmp_path):
    folder = tmp_path / "bundle"
    folder.mkdir()
    hot = np.clip(np.linspace(88, 132, 900), None, 128)
    pd.concat([drive("hot", 900, hot), drive("cool", 900, 90.0)]).to_parquet(folder / "telemetry.parquet")
    return folder


class HotScorer:
    """Coolant above 110 °C is an overheat; nothing else is known."""

    version = "test"

    def score(self, features, slow):
        scores, column = ScoreBatch.unknown(len(features)), TYPE_INDEX[AlertType.ENGINE_OVERHEAT]
        coolant = features.column("coolant_temp_c")
        scores.probability[:, column] = np.where(coolant > 110, 0.95, 0.05)
        scores.severity[:, column] = np.where(coolant > 125, Severity.CRITICAL, np.where(coolant > 110, Severity.HIGH, 0))
        versions = tuple(self.version if position == column else "" for position in range(len(scores.versions)))
        return replace(scores, versions=versions)


def test_one_climb_is_one_alert_with_its_worst_severity(bundle, tmp_path):
    found = score_history(read_history(bundle), tmp_path / "out", [HotScorer()])
    alerts = [json.loads(line) for line in found.alerts_file.read_text().splitlines()]
    assert [(alert["vehicle_id"], alert["type"], alert["severity"]) for alert in alerts] == [
        ("hot", "ENGINE_OVERHEAT", "CRITICAL")
    ]
    assert found.rows == 1800


def test_scores_are_null_where_a_model_knows_nothing(bundle, tmp_path):
    found = score_history(read_history(bundle), tmp_path / "out", [HotScorer()])
    scores = pd.read_parquet(found.scores_file)
    assert list(scores.columns[:5]) == ["vehicle_id", "ts", "driver", "fuel", "engine"]
    assert "AGGRESSIVE_DRIVING" in scores.columns
    assert scores["driver"].isna().all()
    assert scores["engine"].between(0, 1).all()
    assert scores.sort_values(["vehicle_id", "ts"]).index.equals(scores.index)


def test_cutting_a_long_history_into_pieces_changes_no_feature(tmp_path, monkeypatch):
    folder = tmp_path / "long"
    folder.mkdir()
    sparse = drive("v", 9 * 360, 90.0).assign(ts=START + pd.to_timedelta(10 * np.arange(9 * 360), unit="s"))
    sparse.to_parquet(folder / "telemetry.parquet")
    recorded = recording(load_history(folder))

    def features():
        parts = [batch for _, batch in replay_features(recorded)]
        at, values = np.concatenate([part.at for part in parts]), np.concatenate([part.values for part in parts])
        order = np.argsort(at)
        return at[order], values[order]

    monkeypatch.setattr(fleet.replay, "PIECE_ROWS", 10**9)
    whole_at, whole = features()
    monkeypatch.setattr(fleet.replay, "PIECE_ROWS", 500)
    cut_at, cut = features()
    np.testing.assert_array_equal(whole_at, cut_at)
    np.testing.assert_allclose(whole, cut, rtol=1e-3, atol=1e-3)


def test_every_piece_knows_what_all_drives_before_it_have_told(tmp_path, monkeypatch):
    folder = tmp_path / "drives"
    folder.mkdir()
    level = 60 - np.arange(30) / 10
    drives = [
        drive("v", 30, 90.0).assign(
            ts=START + pd.to_timedelta(3 * 3600 * number + 20 * np.arange(30), unit="s"),
            fuel_level_pct=level + number % 3,
            engine_load_pct=30.0,
        )
        for number in range(24)
    ]
    pd.concat(drives).to_parquet(folder / "telemetry.parquet")
    recorded = recording(load_history(folder))

    def beyond_habit():
        parts = [batch for _, batch in replay_features(recorded)]
        at, lph = (np.concatenate(column) for column in zip(*((p.at, p.column("fuel_drives_lph")) for p in parts), strict=True))
        return lph[np.argsort(at)]

    monkeypatch.setattr(fleet.replay, "PIECE_ROWS", 10**9)
    whole = beyond_habit()
    assert np.isfinite(whole[60:]).all()
    for rows in (100, 110):
        monkeypatch.setattr(fleet.replay, "PIECE_ROWS", rows)
        np.testing.assert_allclose(beyond_habit(), whole, rtol=1e-4)


def test_a_bundle_without_telemetry_is_refused_in_one_sentence(tmp_path):
    (tmp_path / "labels.csv").write_text("vehicle_id,start,end,label\nv,2026-01-01,2026-01-02,NORMAL\n")
    with pytest.raises(InvalidHistory, match="has no telemetry"):
        score_history(read_history(tmp_path), tmp_path / "out", [HotScorer()])
