"""Judges the consumption model on trucks it has not seen: fitted on the others, calibrated on line."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.evaluation.card import Figure, Section
from bench.evaluation.fuel_pictures import new_figure, save
from bench.evaluation.trial import Trial
from bench.plot import COLOURS
from fleet import signals
from fleet.consumption import Calibration, Consumption, effort
from fleet.errors import InvalidInput
from fleet.replay import Recording
from fleet.telemetry import FloatArray
from pipelines.history import read_history

BLOCK_MIN: Final = 10  # what is predicted at once, from what came before
_SCALE_MIN: Final = 60
_COLUMNS: Final = ("speed_kmh", "engine_rpm", "altitude_m", "fuel_rate_lph")


@dataclass(frozen=True, slots=True)
class Drive:
    """One vehicle's minutes. `seconds`: (minute, 60, speed, rpm, altitude, rate)."""

    name: str
    seconds: FloatArray

    @property
    def terms(self) -> FloatArray:
        return effort(*(self.seconds[:, :, column] for column in range(3)))

    @property
    def lph(self) -> FloatArray:
        """(minute,) as metered."""
        return np.nanmean(self.seconds[:, :, 3], axis=1)


def drives(recorded: Recording) -> list[Drive]:
    """The vehicles of a recording with a fuel rate every second, whole minutes only."""
    found = []
    for vehicle, name in enumerate(recorded.vehicles):
        rows = slice(int(recorded.starts[vehicle]), int(recorded.starts[vehicle + 1]))
        values = recorded.values[rows][:, [signals.INDEX[column] for column in _COLUMNS]]
        whole = len(values) // 60 * 60
        found.append(Drive(name.vehicle, values[:whole].reshape(-1, 60, len(_COLUMNS))))
    return found


def on_line(model: Consumption, drive: Drive) -> FloatArray:
    """(minute,) litres per hour, every ten minutes predicted with what was metered before them."""
    expected, metered = model.lph(drive.terms), drive.lph
    calibration = Calibration(1)
    predicted = np.empty_like(expected)
    for begin in range(0, len(expected), BLOCK_MIN):
        block = slice(begin, begin + BLOCK_MIN)
        predicted[block] = calibration.lph(expected[None, block])[0]
        for minute in range(begin, min(begin + BLOCK_MIN, len(expected))):
            calibration.learn(expected[[minute]], metered[[minute]])
    return predicted


def boosted(others: list[Drive], drive: Drive) -> FloatArray:
    """(minute,) the rival: boosted trees over seconds, scaled to the hour before each ten minutes."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    train = np.concatenate([_second_rows(other) for other in others])
    model = HistGradientBoostingRegressor(max_iter=200, random_state=0)
    model.fit(train[:, :-1], train[:, -1])
    expected = model.predict(_second_rows(drive)[:, :-1]).reshape(-1, 60).mean(axis=1)
    metered, predicted = drive.lph, expected.copy()
    for begin in range(BLOCK_MIN, len(expected), BLOCK_MIN):
        past = slice(max(0, begin - _SCALE_MIN), begin)
        predicted[begin : begin + BLOCK_MIN] *= metered[past].mean() / expected[past].mean()
    return predicted


def _second_rows(drive: Drive) -> FloatArray:
    """(second, speed, rpm, acceleration, climb, rate)."""
    speed, rpm, altitude, rate = drive.seconds.reshape(-1, len(_COLUMNS)).T
    accel = np.gradient(_running_mean(speed / 3.6, 3))
    climb = np.gradient(_running_mean(_running_mean(altitude, 15), 10))
    return np.stack([speed, rpm, accel, climb, rate], axis=1)


def _running_mean(values: FloatArray, length: int) -> NDArray[np.float64]:
    return np.convolve(np.pad(values, (length // 2, (length - 1) // 2), "edge"), np.full(length, 1 / length), "valid")


@dataclass(frozen=True, slots=True)
class Score:
    """Over the second half of a drive: R² of minutes, error of the total, mean error of hours (shares)."""

    r2: float
    total: float
    hourly: float


def score(predicted: FloatArray, metered: FloatArray) -> Score:
    half = len(metered) // 2
    said, true = predicted[half:], metered[half:]
    hours = len(true) // 60
    by_hour = [values[: 60 * hours].reshape(-1, 60).mean(axis=1) for values in (said, true)]
    return Score(
        r2=float(1 - ((said - true) ** 2).sum() / ((true - true.mean()) ** 2).sum()),
        total=float(abs(said.sum() / true.sum() - 1)),
        hourly=float(np.abs(by_hour[0] / by_hour[1] - 1).mean()),
    )


def section(trial: Trial) -> Section:
    """Every truck judged by a model fitted on the others, beside the rival in the same run."""
    trucks = drives(read_history(trial.bundle("truck-fuel-rate")))
    if len(trucks) < 2:
        raise InvalidInput("truck-fuel-rate holds one vehicle only: a consumption model cannot be fitted on another")
    ours, rivals, carried = [], [], []
    for truck in trucks:
        others = [other for other in trucks if other is not truck]
        terms, metered = (np.concatenate(parts) for parts in zip(*((other.terms, other.lph) for other in others), strict=True))
        model = Consumption.fit(terms, metered)
        carried.append((truck, model.lph(truck.terms), on_line(model, truck)))
        ours.append(score(carried[-1][2], truck.lph))
        rivals.append(score(boosted(others, truck), truck.lph))
    figures = [
        Figure("error of the total, second half", tuple(one.total for one in ours), 0.05, "at most"),
        Figure("R² of minutes", tuple(one.r2 for one in ours), float(np.mean([one.r2 for one in rivals])), "at least"),
        Figure("error of an hour", tuple(one.hourly for one in ours), float(np.mean([one.hourly for one in rivals])), "at most"),
        Figure("R² without calibration", tuple(score(raw, truck.lph).r2 for truck, raw, _ in carried)),
        Figure("rival: R² of minutes", tuple(one.r2 for one in rivals)),
        Figure("rival: error of an hour", tuple(one.hourly for one in rivals)),
        Figure("rival: error of the total", tuple(one.total for one in rivals)),
    ]
    text = (
        f"{len(trucks)} real trucks at 1 Hz, each predicted by a model fitted on the others (speed, engine speed and climb; a "
        "Willans line) and calibrated on line: every ten minutes are predicted from what came before. The rival is gradient "
        "boosting over seconds with the same signals, scaled to the hour before. The aims of the second and third row are the "
        "rival's means."
    )
    return Section(
        "Consumption of trucks", text, figures, pictures=[(_draw(trial, carried), "Litres per hour, metered and predicted")]
    )


def _draw(trial: Trial, carried: list[tuple[Drive, FloatArray, FloatArray]]) -> Path:
    figure, axes = new_figure(len(carried), 1, (10, 2.8 * len(carried)))
    for axis, (truck, raw, predicted) in zip(axes, carried, strict=True):
        lines = {"metered": truck.lph, "calibrated on line": predicted, "as carried over from the others": raw}
        for (label, values), colour in zip(lines.items(), COLOURS, strict=True):
            smooth = values[: len(values) // BLOCK_MIN * BLOCK_MIN].reshape(-1, BLOCK_MIN).mean(axis=1)
            axis.plot((np.arange(len(smooth)) + 0.5) * BLOCK_MIN / 60, smooth, label=label, color=colour)
        axis.set(title=truck.name, ylabel="l/h, means of 10 minutes", ylim=(0, None))
    axes[-1].set_xlabel("hours driven")
    axes[0].legend(frameon=False, ncols=3)
    return save(figure, trial.picture("fuel-consumption"))
