"""Rows and answers as every server in the comparison is sent them: base64 in JSON, because rows hold NaN and JSON has none."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fleet.alerts import TYPES, VehicleId
from fleet.features import FEATURES, SEQUENCE_CHANNELS, SEQUENCE_S, FeatureBatch
from fleet.telemetry import FloatArray

ROW: Final = np.dtype([
    ("at", "<f8"), ("values", "<f4", (len(FEATURES),)), ("sequence", "<f4", (SEQUENCE_S, len(SEQUENCE_CHANNELS))),
])  # fmt: skip
Rows = NDArray[np.void]  # of `ROW`


def rows_of(features: FeatureBatch) -> Rows:
    """(n,) what the models look at."""
    rows = np.empty(len(features), ROW)
    rows["at"], rows["values"], rows["sequence"] = features.at, features.values, features.sequence
    return rows


def features_of(rows: Rows) -> FeatureBatch:
    """The batch of `rows`; whose they are is not known."""
    count = len(rows)
    values, sequence = np.ascontiguousarray(rows["values"]), np.ascontiguousarray(rows["sequence"])
    return FeatureBatch((VehicleId("-", "-"),) * count, rows["at"].copy(), values, sequence, (None,) * count)


def packed(rows: Rows) -> str:
    """Rows as text."""
    return base64.b64encode(rows.tobytes()).decode()


def unpacked(text: str) -> Rows:
    """The rows that `packed` made into text.

    Raises:
        ValueError: it is no such text.
    """
    return np.frombuffer(base64.b64decode(text), ROW)


def packed_answer(probability: FloatArray) -> str:
    """(n, len(TYPES)) as text."""
    return base64.b64encode(np.ascontiguousarray(probability, "<f4").tobytes()).decode()


def unpacked_answer(text: str) -> FloatArray:
    """(n, len(TYPES)) that `packed_answer` made into text."""
    return np.frombuffer(base64.b64decode(text), "<f4").reshape(-1, len(TYPES))


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a server wants the text of the rows wrapped, and where its answer has the text of the probabilities."""

    path: str
    asks: Callable[[str], dict[str, Any]]
    tells: Callable[[Any], str]

    def body(self, rows: Rows) -> bytes:
        """The body of a request."""
        return json.dumps(self.asks(packed(rows))).encode()

    def probability(self, body: bytes) -> FloatArray:
        """(n, len(TYPES)) of an answer.

        Raises:
            LookupError: the answer has another form.
        """
        return unpacked_answer(self.tells(json.loads(body)))


def _tensor(text: str) -> dict[str, Any]:
    """The Open Inference Protocol: one element of bytes, so that a batch of requests is a batch of elements."""
    return {
        "inputs": [{"name": "rows", "shape": [1], "datatype": "BYTES", "parameters": {"content_type": "str"}, "data": [text]}]
    }


PLAIN: Final = Dialect("/score", lambda text: {"rows": text}, lambda answer: answer["probability"])
LIST: Final = Dialect("/score", lambda text: {"requests": [text]}, lambda answer: answer[0])
TENSOR: Final = Dialect("/v2/models/fleet/infer", _tensor, lambda answer: answer["outputs"][0]["data"][0])
DIALECTS: Final = {"plain": PLAIN, "list": LIST, "tensor": TENSOR}
