"""Logistic models as plain numbers: stored as JSON, scored with numpy."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from fleet.telemetry import FloatArray
from fleet.thresholds import sigmoid

WORST = 2.0  # standard deviations above the centre
CLIP = 4.0  # standardised inputs beyond this are no further evidence: no extrapolation outside the training set


@dataclass(frozen=True, slots=True)
class Logistic:
    """A calibrated probability from a few inputs, every one oriented so that higher is worse.

    Attributes:
        inputs: their names.
        centre, scale: (input,) standardisation; a missing input counts as the centre, which lowers the certainty.
        weights: (input,) not negative. bias: logit of a row at the centre.
    """

    inputs: tuple[str, ...]
    centre: FloatArray
    scale: FloatArray
    weights: FloatArray
    bias: float

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Self:
        arrays = {name: np.array(record[name], np.float32) for name in ("centre", "scale", "weights")}
        return cls(inputs=tuple(record["inputs"]), bias=float(record["bias"]), **arrays)

    def to_json(self) -> dict[str, Any]:
        return {
            "inputs": list(self.inputs),
            "centre": self.centre.tolist(),
            "scale": self.scale.tolist(),
            "weights": self.weights.tolist(),
            "bias": self.bias,
        }

    def terms(self, values: FloatArray) -> FloatArray:
        """(n, input) what each input adds to the logit."""
        standard = np.clip((values - self.centre) / self.scale, -CLIP, CLIP)
        return np.nan_to_num(standard * self.weights).astype(np.float32)

    def at_worst(self, values: FloatArray) -> FloatArray:
        """(n,) the probability if what is missing were as bad as it is for one row in forty."""
        return self.probability(np.where(np.isnan(values), self.centre + WORST * self.scale, values).astype(np.float32))

    def probability(self, values: FloatArray) -> FloatArray:
        """(n,) from (n, input)."""
        return sigmoid(self.terms(values).sum(axis=1) + np.float32(self.bias))
