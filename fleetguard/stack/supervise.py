"""Runs supervisord so that a full disk does not end it.

A line that it cannot log it reports to its standard error, which is a log on the same disk: it died of that, and no program was
brought back any more.
"""

import contextlib
import os
import sys
from typing import TextIO, cast

STANDARD_ERROR = 2


class _Lossy:
    """What cannot be written is lost."""

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            os.write(STANDARD_ERROR, text.encode(errors="replace"))
        return len(text)

    def flush(self) -> None:
        """Nothing is kept back."""


if __name__ == "__main__":
    sys.stderr = cast(TextIO, _Lossy())  # before supervisord keeps a reference to it
    from supervisor import supervisord

    supervisord.main()
