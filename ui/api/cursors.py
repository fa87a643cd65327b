"""Opaque cursors: where the next page begins, so that new rows neither repeat nor hide others."""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any

from fleet.errors import InvalidInput


def encode(position: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(list(position), default=str).encode()).decode().rstrip("=")


def decode(cursor: str, kinds: Sequence[type]) -> list[Any]:
    """The position a cursor stands for.

    Args:
        kinds: the type of each part, made from its text or number.

    Raises:
        InvalidInput: not a cursor of this list.
    """
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return [_part(kind, part) for kind, part in zip(kinds, parts, strict=True)]
    except (ValueError, TypeError, AttributeError, binascii.Error) as error:
        raise InvalidInput("cursor: this is not a cursor of this list; start again without one.") from error


def _part(kind: type, part: Any) -> Any:
    return kind.fromisoformat(part) if hasattr(kind, "fromisoformat") else kind(part)
