"""Scores a history bundle with the live features, models and episodes: what would have been raised."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alerts.episodes import Episodes
from fleet.alerts import TYPES, EpisodeChange, EpisodeEvent, Evidence
from fleet.errors import InvalidInput, ModelUnavailable
from fleet.features import SLOW_FEATURES, FeatureBatch
from fleet.history import load_history
from fleet.replay import Recording, recording, replay_features
from fleet.scores import MODEL_TYPES, ScoreBatch, merge
from fleet.telemetry import FloatArray, TimeArray
from serve.parts import ModelScorer, load_scorer
from serve.registry import ModelRegistry

ROW_MODELS: Final = ("driver", "fuel", "engine")
_COLUMNS: Final = {name: [TYPES.index(kind) for kind in MODEL_TYPES[name]] for name in ROW_MODELS}


@dataclass(frozen=True, slots=True)
class HistoryScores:
    """What scoring a bundle found: rows judged, alerts by type, and where the files are."""

    rows: int
    vehicles: int
    alerts: dict[str, int]
    alerts_file: Path
    scores_file: Path


def champions(registry: ModelRegistry) -> dict[str, ModelScorer]:
    """The scorers of the row models that have a champion; what the others would say stays unknown.

    Raises:
        ModelUnavailable: none of them has.
    """
    versions = {name: registry.champion(name) for name in ROW_MODELS}
    if not any(versions.values()):
        raise ModelUnavailable("No model has a champion yet: run `fleetguard train all` and promote them, or `fleetguard up`.")
    return {name: load_scorer(name, registry.fetch(name, version), version) for name, version in versions.items() if version}


def read_history(history: Path) -> Recording:
    """The readings of a bundle.

    Raises:
        InvalidHistory: the bundle cannot be used.
    """
    return recording(load_history(history, ("telemetry", "vehicles"), require=("telemetry",)))


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the models say of a recording: (n) rows by vehicle and time, their scores, and the episodes these make.

    Attributes:
        vehicle: (n,) position in the recording's vehicles. features: identity and time only.
    """

    vehicle: NDArray[np.intp]
    features: FeatureBatch
    scores: ScoreBatch
    events: list[EpisodeEvent]


def judge(
    recorded: Recording,
    scorers: list[ModelScorer],
    progress: Callable[[float], None] | None = None,
    since: TimeArray | None = None,
) -> Judgement:
    """Score every second of a recording as it would have been scored live, with nothing known of the vehicles' past.

    Args:
        since: (vehicle,) times from which on rows are judged; what comes before them is their past.
    """
    select = None if since is None else lambda vehicles, at: at >= since[vehicles]
    judged = [(vehicle, _judge(scorers, features)) for vehicle, features in replay_features(recorded, select, progress)]
    features, vehicle, scores = _in_order(judged)
    return Judgement(vehicle, features, scores, _episodes(recorded, vehicle, features, scores))


def score_history(
    recorded: Recording, out: Path, scorers: list[ModelScorer], progress: Callable[[float], None] | None = None
) -> HistoryScores:
    """Write `alerts.jsonl` and `scores.parquet` of a bundle into a folder.

    A row of scores is a vehicle and a second: the worst probability of each model, and that of every alert type by its name.

    Raises:
        InvalidInput: the folder cannot be written.
    """
    return _write(out, recorded, judge(recorded, scorers, progress))


def _judge(scorers: list[ModelScorer], features: FeatureBatch) -> tuple[FeatureBatch, ScoreBatch]:
    slow = np.full((len(features), len(SLOW_FEATURES)), np.nan, np.float32)
    scores = merge([scorer.score(features, slow) for scorer in scorers], len(features))
    identity = FeatureBatch(features.vehicles, features.at, features.values[:, :0], features.sequence[:, :0], features.drivers)
    return identity, scores  # the features themselves are not needed any more: a long history would not fit


def _in_order(
    judged: list[tuple[NDArray[np.intp], tuple[FeatureBatch, ScoreBatch]]],
) -> tuple[FeatureBatch, NDArray[np.intp], ScoreBatch]:
    """All rows of all batches, by vehicle and time."""
    vehicle = np.concatenate([vehicles for vehicles, _ in judged])
    time = np.concatenate([features.at for _, (features, _) in judged])
    order = np.lexsort((time, vehicle))
    position = np.empty(len(order), np.intp)
    position[order] = np.arange(len(order))
    evidence: dict[tuple[int, int], tuple[Evidence, ...]] = {}
    offset = 0
    for _, (_, scores) in judged:
        evidence |= {(int(position[offset + row]), kind): reasons for (row, kind), reasons in scores.evidence.items()}
        offset += len(scores.probability)
    probability = np.concatenate([scores.probability for _, (_, scores) in judged])[order]
    severity = np.concatenate([scores.severity for _, (_, scores) in judged])[order]
    names = [name for _, (features, _) in judged for name in features.vehicles]
    drivers = [driver for _, (features, _) in judged for driver in features.drivers]
    rows = order.tolist()
    nothing = np.empty((len(rows), 0), np.float32)
    features = FeatureBatch(tuple(names[row] for row in rows), time[order], nothing, nothing, tuple(drivers[row] for row in rows))
    return features, vehicle[order], ScoreBatch(probability, severity, evidence, judged[0][1][1].versions)


def _episodes(recorded: Recording, vehicle: NDArray[np.intp], features: FeatureBatch, scores: ScoreBatch) -> list[EpisodeEvent]:
    episodes = Episodes(capacity=max(len(recorded.vehicles), 1))
    return sorted(episodes.update(vehicle, features, scores), key=lambda event: event.at)


def _write(out: Path, recorded: Recording, judged: Judgement) -> HistoryScores:
    vehicle, features, scores = judged.vehicle, judged.features, judged.scores
    try:
        out.mkdir(parents=True, exist_ok=True)
        alerts = _alerts(judged.events)
        (out / "alerts.jsonl").write_text("".join(json.dumps(alert) + "\n" for alert in alerts))
        ids = np.array([identity.vehicle for identity in recorded.vehicles], object)
        table = {"vehicle_id": ids[vehicle], "ts": pd.to_datetime((features.at * 1e6).astype(np.int64), unit="us", utc=True)}
        table |= {name: _worst(scores.probability[:, columns]) for name, columns in _COLUMNS.items()}
        table |= {str(TYPES[column]): scores.probability[:, column] for column in sorted(set(chain(*_COLUMNS.values())))}
        pd.DataFrame(table).to_parquet(out / "scores.parquet", index=False)
    except OSError as error:
        raise InvalidInput(f"{out} cannot be written: {error.strerror}") from error
    counts = pd.Series([alert["type"] for alert in alerts], dtype=object).value_counts().to_dict()
    return HistoryScores(len(features), len(recorded.vehicles), counts, out / "alerts.jsonl", out / "scores.parquet")


def _worst(probability: FloatArray) -> FloatArray:
    """(n,) the highest probability of a model's types, NaN where it knows none."""
    return np.fmax.reduce(probability, axis=1)


def _alerts(events: list[EpisodeEvent]) -> list[dict[str, Any]]:
    """One record per episode, with its end and worst severity."""
    alerts: dict[tuple[str, str, datetime], dict[str, Any]] = {}
    for event in events:
        key = (event.vehicle.vehicle, str(event.type), event.started_at)
        alert = alerts.setdefault(key, _alert(event))
        if event.change is EpisodeChange.CLEARED:
            alert["ended_at"] = _text(event.at)
        elif event.change in (EpisodeChange.ESCALATED, EpisodeChange.REVISED):
            alert |= {"severity": event.severity.name, "confidence": round(event.confidence, 4)}
            alert["evidence"] = [asdict(reason) for reason in event.evidence]
        else:
            alert["occurrences"] += 1
    return sorted(alerts.values(), key=lambda alert: (alert["started_at"], alert["vehicle_id"], alert["type"]))


def _alert(event: EpisodeEvent) -> dict[str, Any]:
    return {
        "vehicle_id": event.vehicle.vehicle,
        "driver_id": event.driver_id,
        "type": str(event.type),
        "severity": event.severity.name,
        "confidence": round(event.confidence, 4),
        "started_at": _text(event.started_at),
        "raised_at": _text(event.at),
        "ended_at": None,
        "occurrences": 0,
        "model_version": event.model_version,
        "evidence": [asdict(reason) for reason in event.evidence],
    }


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
