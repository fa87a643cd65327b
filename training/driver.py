"""Trains the driver model: an Isolation Forest, an LSTM through Ray Train, and the logistic fusion of both."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import treelite
from numpy.typing import NDArray
from scipy.stats import t as student
from sklearn.ensemble import IsolationForest
from sklearn.metrics import log_loss

from fleet.alerts import TYPES, AlertType
from fleet.features import SEQUENCE_CHANNELS
from fleet.telemetry import FloatArray
from serve.driver import DriverScorer
from serve.logistic import Logistic
from serve.lstm import STYLES, StyleLstm, sequence_inputs
from serve.style import FEW_INPUTS, FOREST_FEATURES, MINUTE_INPUTS, MORE_INPUTS, STYLE_TYPES, forest_table, style_table
from training.dataset import LabelledSet, require_examples, take
from training.fitting import balanced_weight, fit_logistic, sample_rows
from training.ray_train import Checkpoints, run_in_ray_train

EPOCHS = 5
FOLDS = 2
CHOICE_FOLDS = 10
CHOICE_ROWS = 20_000
BATCH = 256
LEARNING_RATE = 3e-3
ROWS_PER_STYLE = 4_000
FOREST_TREES = 60
FOREST_SAMPLE = 256
CONTAMINATION = 0.02
INPUT_SETS = {"minutes": MINUTE_INPUTS, "few": FEW_INPUTS, "more": MORE_INPUTS}
PENALTIES = (40.0, 400.0)  # in rows: what few drivers do together by chance must not outweigh the rest
STYLE_SHARE = 0.04  # of driving that is aggressive or tired, in a fleet
_LONG_MIN = 240.0
_MOTION = tuple(SEQUENCE_CHANNELS.index(name) for name in ("lateral_ms2", "yaw_rate_dps", "imu_x_ms2"))
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
    fused, choice = _fuse(learn, _learnt_unseen(learn, style, rng, ray_address))
    record = {"forest_centre": centre.tolist(), "styles": {kind: model.to_json() for kind, model in fused.items()}}
    (folder / "driver.json").write_text(json.dumps(record))
    parameters: dict[str, Any] = {
        "rows": len(learn), "epochs": EPOCHS, "learning_rate": LEARNING_RATE, "trees": FOREST_TREES,
        "forest_sample": FOREST_SAMPLE, "contamination": CONTAMINATION, "style_share": STYLE_SHARE, **choice,
    }  # fmt: skip
    for kind, model in fused.items():
        parameters |= {f"{kind.lower()}_{name}": round(float(w), 3) for name, w in zip(model.inputs, model.weights, strict=True)}
    return DriverScorer.load(folder, "new"), parameters, {}


def _styles(labelled: LabelledSet) -> NDArray[np.intp]:
    """(n,) position in STYLES, −1 where the row is neither clear."""
    style = np.full(len(labelled), -1)
    style[labelled.normal] = 0
    for position, kind in enumerate(STYLES[1:], start=1):
        style[labelled.positive[:, TYPES.index(AlertType(kind))] & ~_long_hours(labelled)] = position
    return style


def _long_hours(labelled: LabelledSet) -> NDArray[np.bool_]:
    """(n,) overdue for a rest by the clock, which a guard rail finds; it says nothing of the style."""
    return np.asarray(labelled.features.column("driving_min") >= _LONG_MIN)


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


def _learnt_unseen(learn: LabelledSet, style: NDArray[np.intp], rng: np.random.Generator, address: str) -> FloatArray:
    """(n, 3) what a forest and an LSTM that never saw a row's vehicle or driver say of it: what the fusion may trust."""
    learnt = np.zeros((len(learn), 1 + len(STYLE_TYPES)), np.float32)
    for fold in range(FOLDS):
        unseen = learn.group % FOLDS == fold
        seen = learn.rows(~unseen)
        draft = DriverScorer("draft", *_forest(seen, style[~unseen]), _lstm(seen, style[~unseen], rng, address), {})
        learnt[unseen] = draft.learnt(take(learn.features, np.flatnonzero(unseen)))
    return learnt


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


def _fuse(learn: LabelledSet, learnt: FloatArray) -> tuple[dict[AlertType, Logistic], dict[str, Any]]:
    """The fusion of each style, its inputs and penalty chosen by vehicles and drivers it was not fitted on."""
    fused: dict[AlertType, Logistic] = {}
    choice: dict[str, Any] = {}
    for kind in STYLE_TYPES:
        column = TYPES.index(kind)
        usable = ~np.isnan(learn.features.column("accel_rms_15_ms2")) & ~learn.unsettled[:, column]
        usable &= ~(learn.positive[:, column] & _long_hours(learn))
        if kind is AlertType.FATIGUE:  # scored as tired among those who do not hurry
            usable &= ~learn.positive[:, TYPES.index(AlertType.AGGRESSIVE_DRIVING)]
        rows = learn.rows(usable)
        positive = rows.positive[:, column]
        tables = {name: style_table(kind, inputs[kind], rows.features, learnt[usable]) for name, inputs in INPUT_SETS.items()}
        candidates = [
            _Candidate(name, INPUT_SETS[name][kind], table, rows.weight, penalty)
            for name, table in tables.items()
            for penalty in PENALTIES
        ]
        best = _simplest(candidates, positive, rows.group)
        fused[kind] = best.fit(positive, np.ones(len(positive), bool))
        choice |= {f"{kind.lower()}_inputs": best.name, f"{kind.lower()}_penalty": best.penalty}
    return fused, choice


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One way to fuse a style. `table`: (n, input). `importance`: (n,) of each row."""

    name: str
    inputs: tuple[str, ...]
    table: FloatArray
    importance: FloatArray
    penalty: float

    def thinned(self, rows: NDArray[np.intp]) -> "_Candidate":
        return replace(self, table=self.table[rows], importance=self.importance[rows])

    def fit(self, positive: NDArray[np.bool_], rows: NDArray[np.bool_]) -> Logistic:
        weight = balanced_weight(positive[rows], STYLE_SHARE, self.importance[rows])
        return fit_logistic(self.inputs, self.table[rows], positive[rows], weight, self.penalty)

    def losses(self, positive: NDArray[np.bool_], group: NDArray[np.intp]) -> list[float]:
        """Log loss on each fold of groups that were left out of the fit, both classes weighing as in a fleet."""
        found = []
        for fold in range(CHOICE_FOLDS):
            unseen = group % CHOICE_FOLDS == fold
            if all(part.any() and not part.all() for part in (positive[unseen], positive[~unseen])):
                said = self.fit(positive, ~unseen).probability(self.table[unseen])
                weight = balanced_weight(positive[unseen], STYLE_SHARE, self.importance[unseen])
                found.append(log_loss(positive[unseen], said, sample_weight=weight))
        return found


def _simplest(candidates: list[_Candidate], positive: NDArray[np.bool_], group: NDArray[np.intp]) -> _Candidate:
    """The first, and so the simplest, that no one-sided t-test over the folds shows to be worse than the best (5 %)."""
    some = np.arange(0, len(positive), 1 + len(positive) // CHOICE_ROWS)
    losses = np.array([each.thinned(some).losses(positive[some], group[some]) for each in candidates])
    if losses.shape[1] < 2:
        return candidates[0]
    best = losses[np.argmin(losses.mean(axis=1))]
    worse = losses - best
    folds = losses.shape[1]
    chance = student.ppf(0.95, folds - 1) * worse.std(axis=1, ddof=1) / np.sqrt(folds)
    return candidates[int(np.argmax(worse.mean(axis=1) <= chance))]
