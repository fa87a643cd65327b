"""Readings as the JSON that devices send."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from fleet import signals

MAX_BYTES: Final = 64 * 1024
MAX_SAMPLES: Final = 512
_KEYS: Final = tuple(signal.key for signal in signals.SIGNALS)
_IGNITION: Final = signals.INDEX["ignition_on"]
_DECIMALS: Final = {"latitude_deg": 6, "longitude_deg": 6, "yaw_rate_dps": 3, **{f"accel_{axis}_ms2": 3 for axis in "xyz"}}
_FACTOR: Final = np.array([10.0 ** _DECIMALS.get(column, 2) for column in signals.COLUMNS])
_ENCODE: Final = msgspec.json.Encoder().encode


def rows_of(values: NDArray[np.float32]) -> list[list[float]]:
    """(n, signal) readings as lists of short decimals."""
    rows: list[list[float]] = (np.rint(values.astype(np.float64) * _FACTOR) / _FACTOR).tolist()
    return rows


def timestamp(seconds: float) -> str:
    """RFC 3339, UTC, in microseconds where milliseconds do not say it all."""
    moment = datetime.fromtimestamp(round(seconds, 6), UTC)
    precision = "microseconds" if moment.microsecond % 1000 else "milliseconds"
    return moment.isoformat(timespec=precision).replace("+00:00", "Z")


def sample(at_s: float, row: Sequence[float], driver: str | None, seq: int) -> dict[str, Any]:
    """One sample; a NaN is a missing key."""
    content: dict[str, Any] = {"ts": timestamp(at_s)}
    content.update((key, value) for key, value in zip(_KEYS, row, strict=True) if value == value)
    if "ignition" in content:
        content["ignition"] = content["ignition"] > 0
    if driver is not None:
        content["driverId"] = driver
    content["seq"] = seq
    return content


def encode(samples: Sequence[dict[str, Any]]) -> bytes:
    """One sample as an object, several as an array."""
    return _ENCODE(samples[0] if len(samples) == 1 else samples)


def payloads(samples: Sequence[dict[str, Any]]) -> list[tuple[bytes, int]]:
    """As few payloads as the limits allow, each with its number of samples."""
    payload = encode(samples)
    if len(samples) == 1 or (len(payload) <= MAX_BYTES and len(samples) <= MAX_SAMPLES):
        return [(payload, len(samples))]
    half = len(samples) // 2
    return payloads(samples[:half]) + payloads(samples[half:])
