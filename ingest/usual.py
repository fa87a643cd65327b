"""The usual payload, read in one go: documented keys of the right types and nothing else. Any other is for `ingest.decode`."""

from typing import Any, Final

import msgspec
from msgspec.structs import astuple

from fleet import signals

Values = tuple[float | bool | None, ...]  # by position in `signals.SIGNALS`; None or NaN where nothing was sent

_FLAG: Final = "ignition"
_Sample: Final[Any] = msgspec.defstruct(
    "_Sample",
    [
        *((s.key, bool | float | None if s.key == _FLAG else float | None, float("nan")) for s in signals.SIGNALS),
        ("ts", str | int | float | None, None),
        ("driverId", str | None, None),
        ("seq", Any, None),
    ],
    forbid_unknown_fields=True,
)
_DECODER: Final = msgspec.json.Decoder(_Sample | list[_Sample])


def read(payload: bytes) -> list[tuple[str | float | None, str | None, Values]] | None:
    """(ts, driverId, values) of each sample, neither time nor range checked; None where the payload is not the usual one."""
    try:
        content = _DECODER.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    samples = content if isinstance(content, list) else [content]
    return [(sample.ts, sample.driverId, astuple(sample)[: signals.COUNT]) for sample in samples]
