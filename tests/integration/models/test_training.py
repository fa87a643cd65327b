"""The life of a model, on a real MLflow registry: trained, judged, promoted, rolled back, used."""

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from bench.promotion import measure, register_again
from fleet.errors import Conflict, InvalidHistory, NotFound
from fleet.scores import MODEL_TYPES
from pipelines.history import champions, read_history, score_history
from pipelines.training_sets import training_set
from serve.parts import load_scorer
from serve.registry import CHALLENGER, PREVIOUS
from simulator.history import write_history
from training.dataset import is_held_out
from training.evaluate import evaluate
from training.promote import promote, rollback
from training.train import ROW_MODELS, train_row_model

pytestmark = pytest.mark.timeout(600)
EVALUATION_DATA = Path(os.environ.get("FLEETGUARD_EVALUATION_DATA", Path(__file__).parents[4] / "shared" / "data"))


def fleetguard(home, *arguments):
    command = [sys.executable, "-c", "from fleetguard.main import run; run()", *arguments]
    environment = os.environ | {"FLEETGUARD_HOME": str(home)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)


def test_a_trained_model_is_challenger_and_nothing_is_champion_yet(trained_registry):
    assert all(trained_registry.version(name, CHALLENGER) == "1" for name in ROW_MODELS)


def test_no_vehicle_is_both_trained_on_and_judged(labelled):
    held = {labelled.vehicle_ids[vehicle] for vehicle in labelled.vehicle[labelled.held_out]}
    assert held
    assert all(is_held_out(vehicle) for vehicle in held)


LEAST = [("driver", 0.5), ("fuel", 0.1), ("engine", 0.5)]


@pytest.mark.parametrize(("name", "least"), LEAST)
def test_a_first_model_was_measured_on_vehicles_that_it_had_not_seen_by_then(trained_registry, name, least):
    client = trained_registry._client()
    run = client.get_run(client.get_model_version(f"fleetguard-{name}", "1").run_id)
    assert run.data.metrics["score"] >= least


@pytest.mark.parametrize(("name", "least"), LEAST)
def test_the_version_that_then_learnt_from_all_vehicles_finds_their_faults(trained_registry, labelled, name, least):
    folder = trained_registry.fetch(name, trained_registry.version(name, CHALLENGER))
    result = evaluate(load_scorer(name, folder, "1"), labelled.rows(labelled.held_out), MODEL_TYPES[name])
    assert result["score"] >= least
    assert max(metrics["false_positive_rate"] for metrics in result["types"].values()) < 0.05


def test_promotion_and_rollback_move_the_aliases(trained_registry, labelled):
    first = promote("fuel", trained_registry)
    assert (first.version, first.previous) == ("1", None)
    with pytest.raises(NotFound):
        rollback("fuel", trained_registry)
    train_row_model("fuel", labelled, trained_registry, "simulated")
    assert promote("fuel", trained_registry).previous == "1"
    assert trained_registry.version("fuel", PREVIOUS) == "1"
    back = rollback("fuel", trained_registry)
    assert (back.version, back.previous) == ("1", "2")
    assert trained_registry.champion("fuel") == "1"
    with pytest.raises(Conflict):
        promote("fuel", trained_registry, "1")


def test_a_worse_model_is_promoted_only_when_told_twice(trained_registry):
    client = trained_registry._client()
    promote("engine", trained_registry)
    source = client.get_model_version("fleetguard-engine", "1")
    run = client.create_run(client.get_run(source.run_id).info.experiment_id)
    client.log_metric(run.info.run_id, "score", 0.01)
    worse = client.create_model_version("fleetguard-engine", source.source, run.info.run_id)
    with pytest.raises(Conflict, match="worse"):
        promote("engine", trained_registry, str(worse.version), insist=1)
    assert promote("engine", trained_registry, str(worse.version), insist=2).version == str(worse.version)
    rollback("engine", trained_registry)


@pytest.fixture
def small_bundle(tmp_path):
    """A short morning of vehicles that no model has learnt from; 25 of them drive."""
    write_history(tmp_path / "small", 80, 0.3, 9, faults_per_vehicle_day=6.0)
    return tmp_path / "small"


def test_the_command_line_evaluates_and_scores(trained_registry, small_bundle, trained_home, tmp_path):
    for name in ROW_MODELS:
        if trained_registry.champion(name) is None:
            promote(name, trained_registry)
    judged = fleetguard(trained_home, "evaluate", "engine", "--history", str(small_bundle), "--json")
    assert judged.returncode == 0, judged.stderr
    champion = json.loads(judged.stdout)["champion"]
    assert champion["types"]["ENGINE_OVERHEAT"]["auc"] > 0.9
    low, high = champion["intervals"]["types"]["ENGINE_OVERHEAT"]["average_precision"]
    assert low <= champion["types"]["ENGINE_OVERHEAT"]["average_precision"] <= high
    scored = fleetguard(trained_home, "score", "--history", str(small_bundle), "--out", str(tmp_path / "out"), "--json")
    assert scored.returncode == 0, scored.stderr
    scores = pd.read_parquet(tmp_path / "out" / "scores.parquet")
    assert json.loads(scored.stdout)["vehicles"] == scores["vehicle_id"].nunique() > 20


@pytest.mark.parametrize("placement", ["colocated", "split"])
def test_promotions_and_rollbacks_under_load_fail_no_scoring(trained_registry, trained_home, placement):
    for name in ROW_MODELS:
        if trained_registry.champion(name) is None:
            promote(name, trained_registry)
    register_again(trained_home)
    outcome = measure(trained_home, placement, replicas=2)
    assert (outcome.failed, outcome.mixed) == (0, 0)
    assert outcome.calls > 200
    assert all(first.version != second.version for first, second in pairwise(m for m in outcome.moves if m.model == "engine"))
    assert max(move.silence_ms for move in outcome.moves) < 2000  # two busy cores; the card has the figure of a quiet machine


def test_bad_input_is_one_sentence_and_a_non_zero_exit(trained_home, tmp_path):
    (tmp_path / "telemetry.csv").write_text("vehicle_id,speed_kmh\nv,5\n")
    outcome = fleetguard(trained_home, "train", "engine", "--history", str(tmp_path))
    assert outcome.returncode == 1
    assert "telemetry.csv lacks the column ts" in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_labels_that_meet_no_telemetry_are_refused(tmp_path):
    (tmp_path / "telemetry.csv").write_text("vehicle_id,ts,speed_kmh\nv,2026-01-01T00:00:00Z,5\nv,2026-01-01T00:00:01Z,6\n")
    (tmp_path / "labels.csv").write_text("vehicle_id,start,end,label\nw,2026-01-01,2026-01-02,SPEEDING\n")
    with pytest.raises(InvalidHistory, match="none of the labels"):
        training_set(tmp_path)


@pytest.mark.skipif(not EVALUATION_DATA.is_dir(), reason="no evaluation data beside the repository")
def test_a_real_cars_normal_log_stays_nearly_silent_and_real_manoeuvres_are_found(trained_registry, tmp_path):
    for name in ROW_MODELS:
        if trained_registry.champion(name) is None:
            promote(name, trained_registry)
    scorers = list(champions(trained_registry).values())
    commute = score_history(read_history(EVALUATION_DATA / "obd-normal"), tmp_path / "commute", scorers)
    assert sum(commute.alerts.values()) <= 1
    manoeuvres = score_history(read_history(EVALUATION_DATA / "harsh-manoeuvres"), tmp_path / "manoeuvres", scorers)
    assert manoeuvres.alerts["HARSH_CORNERING"] >= 8
    assert manoeuvres.alerts["HARSH_BRAKING"] >= 4
