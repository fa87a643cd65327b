"""The hazard of one component: a Cox regression on two boosted log hazards, one shared by all components and one its own.

What it says for 72 hours is calibrated on the newer half of the record; for nearer horizons the baseline's shape holds.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray

from fleet.components import HORIZON_H
from serve.kinship import Traits

Array = NDArray[np.float64]
Matrix = NDArray[np.float32]
Z_90: Final = 1.645  # two-sided 90 % of a normal distribution


def log_cumulative_hazard(probability: Array) -> Array:
    """The complementary log-log of a probability, in which the survival model is linear."""
    return np.asarray(np.log(-np.log1p(-np.clip(probability, 1e-6, 1 - 1e-6))))


def probability_of(log_hazard: Array) -> Array:
    """Its inverse: 1 − exp(−H)."""
    return np.asarray(-np.expm1(-np.exp(np.minimum(log_hazard, 5.0))))


def calibrated(probability: Array, calibration: Array) -> Array:
    """Beta calibration (Kull 2017): log odds = a · ln p − b · ln(1 − p) + c; (1, 1, 0) changes nothing."""
    certain = np.clip(probability, 1e-6, 1 - 1e-6)
    log_odds = calibration[0] * np.log(certain) - calibration[1] * np.log1p(-certain) + calibration[2]
    return np.asarray(1 / (1 + np.exp(-log_odds)))


def boosted_risk(booster: xgb.Booster, inputs: Matrix) -> Array:
    """(n,) log cumulative hazard over 72 hours by one booster."""
    return log_cumulative_hazard(booster.inplace_predict(inputs, missing=np.nan))


@dataclass(frozen=True, slots=True)
class Ensemble:
    """One booster fitted on all vehicles, and one per fold of vehicles, each fitted on all others."""

    whole: xgb.Booster
    folds: tuple[xgb.Booster, ...]

    def risks(self, inputs: Matrix) -> Array:
        """(1 + fold, n) log hazards: of the whole, then of each fold."""
        return np.stack([boosted_risk(booster, inputs) for booster in (self.whole, *self.folds)])


@dataclass(frozen=True, slots=True)
class ComponentHazard:
    """A Cox model of one component: hazard = baseline(t) · exp(slopes · (risks − centre)).

    Attributes:
        traits: how the shared risk sees the component.
        slopes, covariance, centre: (2,), (2, 2), (2,) of the Cox regression on the cross-fitted shared and own risk.
        hours, cumulative_hazard: the baseline, from the moment of the forecast on.
        baseline_variance: of the log baseline: one over the failures it rests on.
        calibration: (3,) of the probability within 72 hours, see `calibrated`.
        own: the boosted risk of this component alone.
    """

    name: str
    traits: Traits
    slopes: Array
    covariance: Array
    centre: Array
    hours: Array
    cumulative_hazard: Array
    baseline_variance: float
    calibration: Array
    own: Ensemble

    def forecast(self, shared: Array, own: Array, horizon_h: float) -> tuple[Array, Array, Array]:
        """(n,) probability, lower, upper.

        Args:
            shared, own: (1 + fold, n) log hazards; how the folds disagree counts as a delete-a-group jackknife.
        """
        offset = np.stack([shared[0], own[0]], axis=1) - self.centre
        centre = np.log(np.interp(HORIZON_H, self.hours, self.cumulative_hazard)) + offset @ self.slopes
        folds = self.slopes[0] * shared[1:] + self.slopes[1] * own[1:]
        jackknife = (len(folds) - 1) / len(folds) * ((folds - folds.mean(axis=0)) ** 2).sum(axis=0)
        fitted = np.einsum("ni,ij,nj->n", offset, self.covariance, offset)
        error = np.sqrt(fitted + self.baseline_variance + jackknife)
        likely, lower, upper = (self._within(centre + z * error, horizon_h) for z in (0.0, -Z_90, Z_90))
        return likely, lower, upper

    def _within(self, log_hazard: Array, horizon_h: float) -> Array:
        """Calibrated probability within a horizon, of log hazards over 72 hours."""
        near, far = np.interp((horizon_h, HORIZON_H), self.hours, self.cumulative_hazard)
        survival = 1 - calibrated(probability_of(log_hazard), self.calibration)
        return np.asarray(1 - survival ** (near / far))
