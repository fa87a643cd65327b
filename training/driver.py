"""Trains the driver model: an Isolation Forest, an LSTM through Ray Train, and the logistic fusion of both."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
import treelite
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest

from fleet.alerts import TYPES, AlertType
from fleet.features import SEQUENCE_CHANNELS
from fleet.telemetry import FloatArray
from serve.driver import FOREST_FEATURES, STYLE_INPUTS, STYLE_TYPES, DriverScorer, forest_table
from serve.logistic import Logistic
from serve.lstm import STYLES, StyleLstm, log_odds, sequence_inputs
from training.dataset import LabelledSet, require_examples, take
from training.fitting import balanced_weight, fit_logistic, sample_rows
from training.ray_train import Checkpoints, run_in_ray_train

EPOCHS = 5
FOLDS = 2
BATCH = 256
LEARNING_RATE = 3e-3
ROWS_PER_STYLE = 4_000
FOREST_TREES = 60
FOREST_SAMPLE = 256
CONTAMINATION = 0.02
PENALTY = 40.0  # in rows: what few drivers do together by chance must not outweigh the rest
STYLE_SHARE = 0.04  # of driving that is aggressive or tired, in a fleet
_LONG_MIN = 240.0
_MOTION = tuple(SEQUENCE_CHANNELS.index(name) for name in ("lateral_ms2", "yaw_rate_dps"))
_PEDALS = tuple(SEQUENCE_CHANNELS.index(name) for name in ("throttle_pct", "brake_pct"))


def fit(labelled: LabelledSet, folder: Path, ray_address: str = "") -> tuple[DriverScorer, dict[str, Any], dict[str, float]]:
    """Train on the vehicles that are not held out; writes `driver.json`, `forest.tl` and `lstm.pt` into `folder`."""
    require_examples(labelled, STYLE_TYPES)
    learn = labelled.rows(~labelled.held_out & (labelled.features.column("moving_15") >= 0.2))
    style = _styles(learn)
    rng = np.random.default_rng(11)
    forest, centre = _forest(learn, style)
    lstm = _lstm(learn, style, rng, ray_address)
    torch.save(lstm.state_dict(), folder / "lstm.pt")
    forest.serialize(str(folder / "forest.tl"))
    draft = DriverScorer("new", forest, centre, lstm, {})
    fused = _fuse(draft, learn, _unseen_log_odds(learn, style, rng, ray_address))
    record = {"forest_centre": centre.tolist(), "styles": {kind: model.to_json() for kind, model in fused.items()}}
    (folder / "driver.json").write_text(json.dumps(record))
    parameters: dict[str, Any] = {
        "rows": len(learn), "epochs": EPOCHS, "learning_rate": LEARNING_RATE, "trees": FOREST_TREES,
        "forest_sample": FOREST_SAMPLE, "contamination": CONTAMINATION, "style_share": STYLE_SHARE,
    }  # fmt: skip
    for kind, model in fused.items():
        parameters |= {f"{kind.lower()}_{name}": round(float(w), 3) for name, w in zip(model.inputs, model.weights, strict=True)}
    return DriverScorer.load(folder, "new"), parameters, {}


def _styles(labelled: LabelledSet) -> NDArray[np.intp]:
    """(n,) position in STYLES, −1 where the row is neither clear."""
    style = np.full(len(labelled), -1)
    style[labelled.normal] = 0
    hours = labelled.features.column("driving_min") >= _LONG_MIN  # overdue for a rest by the clock, whatever the style
    for position, kind in enumerate(STYLES[1:], start=1):
        style[labelled.positive[:, TYPES.index(AlertType(kind))] & ~hours] = position
    return style


def _forest(learn: LabelledSet, style: NDArray[np.intp]) -> tuple[treelite.Model, FloatArray]:
    """Trained on normal driving alone: what it isolates quickly is unlike the fleet."""
    table = np.stack([learn.features.column(name) for name in FOREST_FEATURES], axis=1)
    normal = table[style == 0]
    heard = ~np.isnan(normal).all(axis=0)
    centre = np.zeros(len(FOREST_FEATURES), np.float32)
    centre[heard] = np.nanmedian(normal[:, heard], axis=0)
    filled = forest_table(take(learn.features, np.flatnonzero(style == 0)), centre)
    forest = IsolationForest(
        n_estimators=FOREST_TREES, max_samples=min(FOREST_SAMPLE, len(filled)), contamination=CONTAMINATION, random_state=11
    )
    return treelite.sklearn.import_model(forest.fit(filled)), centre


def _lstm(learn: LabelledSet, style: NDArray[np.intp], rng: np.random.Generator, address: str) -> StyleLstm:
    chosen = [sample_rows(np.flatnonzero(style == s), learn, ROWS_PER_STYLE, rng) for s in range(len(STYLES))]
    rows, weight = (np.concatenate(column) for column in zip(*chosen, strict=True))
    sequence = _mute(learn.features.sequence[rows], rng)
    data = {"inputs": sequence_inputs(sequence), "target": style[rows].astype(np.int64), "weight": weight}
    state = run_in_ray_train("torch", _learn, data, address)
    lstm = StyleLstm()
    lstm.load_state_dict(state["model"])
    return lstm.eval()


def _unseen_log_odds(learn: LabelledSet, style: NDArray[np.intp], rng: np.random.Generator, address: str) -> FloatArray:
    """(n, 2) log-odds of every row by an LSTM that never saw its vehicle: what the fusion may trust."""
    odds = np.zeros((len(learn), 2), np.float32)
    ordinal = np.unique(learn.vehicle, return_inverse=True)[1]
    for fold in range(FOLDS):
        unseen = ordinal % FOLDS == fold
        lstm = _lstm(learn.rows(~unseen), style[~unseen], rng, address)
        odds[unseen] = log_odds(lstm, learn.features.sequence[unseen])
    return odds


def _learn(data: dict[str, Any], checkpoints: Checkpoints) -> None:
    torch.manual_seed(11)
    model = StyleLstm()
    inputs, target, weight = (torch.from_numpy(data[name]) for name in ("inputs", "target", "weight"))
    counts = torch.bincount(target, weight, minlength=len(STYLES)).clamp(min=1)
    loss = torch.nn.CrossEntropyLoss(counts.sum() / counts / len(STYLES), label_smoothing=0.05, reduction="none")
    optimiser = torch.optim.AdamW(model.parameters(), LEARNING_RATE, weight_decay=1e-2)
    begun = checkpoints.restore() or {"epochs": 0}
    if begun["epochs"]:
        model.load_state_dict(begun["model"])
        optimiser.load_state_dict(begun["optimiser"])
    for epoch in range(begun["epochs"], EPOCHS):
        total = 0.0
        for batch in torch.randperm(len(target)).split(BATCH):
            optimiser.zero_grad()
            mean = loss(model(inputs[batch]), target[batch]) @ weight[batch] / weight[batch].sum()
            mean.backward()
            optimiser.step()
            total += mean.item() * len(batch) / len(target)
        state = {"epochs": epoch + 1, "model": model.state_dict(), "optimiser": optimiser.state_dict()}
        checkpoints.save(state, {"epoch": epoch + 1, "loss": total})


def _mute(sequence: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Some rows without an IMU, some without pedals: fleets have both."""
    muted = sequence.copy()
    for channels, share in ((_MOTION, 0.25), (_PEDALS, 0.25)):
        rows = rng.random(len(muted)) < share
        muted[np.ix_(np.flatnonzero(rows), np.arange(muted.shape[1]), np.array(channels))] = np.nan
    return muted


def _fuse(draft: DriverScorer, learn: LabelledSet, odds: FloatArray) -> dict[AlertType, Logistic]:
    inputs = draft.style_inputs(learn.features)
    fused = {}
    for position, kind in enumerate(STYLE_TYPES):
        inputs[kind][:, STYLE_INPUTS.index("lstm_log_odds")] = odds[:, position]
        column = TYPES.index(kind)
        usable = ~np.isnan(learn.features.column("accel_rms_15_ms2")) & ~learn.unsettled[:, column]
        positive = learn.positive[usable, column]
        weight = balanced_weight(positive, STYLE_SHARE, learn.weight[usable])
        fused[kind] = fit_logistic(STYLE_INPUTS, inputs[kind][usable], positive, weight, PENALTY)
    return fused
