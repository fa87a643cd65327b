"""The recurrent model of driving style: 30 seconds of motion to the style's log-odds."""

import numpy as np
import torch
from torch import nn

from fleet.features import SEQUENCE_CHANNELS
from fleet.telemetry import FloatArray

STYLES = ("NORMAL", "AGGRESSIVE_DRIVING", "FATIGUE")
HIDDEN = 32
_SCALE = np.array([60.0, 1.5, 1.5, 10.0, 40.0, 30.0, 1.5], np.float32)  # of SEQUENCE_CHANNELS, so that driving spans about ±1
_PRESENT = np.array([SEQUENCE_CHANNELS.index("speed_kmh"), SEQUENCE_CHANNELS.index("lateral_ms2")])
INPUTS = len(SEQUENCE_CHANNELS) + len(_PRESENT)


def sequence_inputs(sequence: FloatArray) -> FloatArray:
    """(n, time, INPUTS) scaled channels with silence as 0, and flags of whether speed and sideways motion were there."""
    present = (~np.isnan(sequence[:, :, _PRESENT])).astype(np.float32)
    return np.concatenate([np.nan_to_num(np.clip(sequence / _SCALE, -4, 4)), present], axis=2)


class StyleLstm(nn.Module):  # type: ignore[misc]
    """(n, time, INPUTS) → (n, len(STYLES)) logits."""

    def __init__(self) -> None:
        super().__init__()
        self.recurrent = nn.LSTM(INPUTS, HIDDEN, batch_first=True)
        self.head = nn.Linear(HIDDEN, len(STYLES))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        outputs, _ = self.recurrent(inputs)
        return self.head(outputs.mean(dim=1))


def log_odds(model: StyleLstm, sequence: FloatArray) -> FloatArray:
    """(n, 2) log-odds of aggressive and of tired against normal driving."""
    with torch.inference_mode():
        logits = model(torch.from_numpy(sequence_inputs(sequence))).numpy()
    return (logits[:, 1:] - logits[:, :1]).astype(np.float32)
