"""Trains the fuel model: calibrates the mass balance, and fits what a class burns by hour of the week with Prophet."""

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fleet.alerts import TYPES, AlertType
from fleet.features import SLOW_FEATURES
from fleet.telemetry import FloatArray
from fleet.windows import VEHICLE_CLASSES
from serve.fuel import BALANCE_INPUTS, FuelScorer, fuel_balance
from training.dataset import LabelledSet, require_examples
from training.fitting import balanced_weight, fit_logistic

HOURS = 168
_TYPICAL_LPH = (4.0, 7.0, 22.0)  # a driving hour per class, where nothing was metered
_FAULT_SHARE = 0.03
_FEW_HOURS = 12


def fit(labelled: LabelledSet, folder: Path, ray_address: str = "") -> tuple[FuelScorer, dict[str, Any], dict[str, float]]:
    """Train on the vehicles that are not held out; writes `fuel.json` into `folder`. Nothing here needs Ray."""
    require_examples(labelled, (AlertType.FUEL_THEFT, AlertType.FUEL_LEAK))
    learn = labelled.rows(~labelled.held_out)
    expected = expected_consumption(learn)
    slow = np.full((len(learn), len(SLOW_FEATURES)), np.nan, np.float32)
    with np.errstate(invalid="ignore", divide="ignore"):
        balance = fuel_balance(learn.features, slow, expected)
    calibration = {}
    for kind, inputs in BALANCE_INPUTS.items():
        column = TYPES.index(kind)
        values = balance.inputs(kind)
        usable = ~np.isnan(values[:, 0]) & ~learn.unsettled[:, column]
        positive = learn.positive[usable, column]
        calibration[kind] = fit_logistic(
            inputs, values[usable], positive, balanced_weight(positive, _FAULT_SHARE, learn.weight[usable])
        )
    record = {
        "calibration": {kind: model.to_json() for kind, model in calibration.items()},
        "expected_lph": [[round(float(value), 3) for value in row] for row in expected],
    }
    (folder / "fuel.json").write_text(json.dumps(record))
    parameters: dict[str, Any] = {"rows": len(learn), "fault_share": _FAULT_SHARE}
    for kind, model in calibration.items():
        parameters |= {f"{kind.lower()}_{name}": round(float(w), 3) for name, w in zip(model.inputs, model.weights, strict=True)}
    return FuelScorer.load(folder, "new"), parameters, {}


def expected_consumption(labelled: LabelledSet) -> FloatArray:
    """(class, hour of week) litres per driving hour in normal driving, by Prophet's weekly and daily seasons."""
    features = labelled.features
    used, moving = features.column("fuel_used_15_l"), features.column("moving_15")
    good = labelled.normal & ~np.isnan(used) & (moving > 0.5)
    kinds = features.column("vehicle_class").astype(np.intp)
    table = np.empty((len(VEHICLE_CLASSES), HOURS), np.float32)
    for kind, typical in enumerate(_TYPICAL_LPH):
        rows = good & (kinds == kind)
        table[kind] = _season(features.at[rows], 4 * used[rows] / moving[rows], typical)
    return table


def _season(at: FloatArray, lph: FloatArray, typical: float) -> FloatArray:
    frame = pd.DataFrame({"ds": pd.to_datetime(at, unit="s").floor("h"), "y": lph}).groupby("ds", as_index=False).median()
    if len(frame) < _FEW_HOURS:
        return np.full(HOURS, float(frame["y"].median()) if len(frame) else typical, np.float32)
    level = float(frame["y"].median())
    if frame["ds"].max() - frame["ds"].min() < pd.Timedelta(days=2):
        return np.full(HOURS, level, np.float32)
    forecast = _prophet(frame)
    return np.clip(forecast, 0.5 * level, 2 * level).astype(np.float32)


def _prophet(frame: pd.DataFrame) -> FloatArray:
    from prophet import Prophet

    logging.getLogger("cmdstanpy").setLevel(logging.WARNING)
    weekly = frame["ds"].max() - frame["ds"].min() >= pd.Timedelta(days=14)
    model = Prophet(
        growth="flat", daily_seasonality=3, weekly_seasonality=weekly, yearly_seasonality=False, uncertainty_samples=0
    )
    model.fit(frame)
    monday = pd.Timestamp("2026-01-05")
    week = pd.DataFrame({"ds": pd.date_range(monday, periods=HOURS, freq="h")})
    return model.predict(week)["yhat"].to_numpy(np.float32)
