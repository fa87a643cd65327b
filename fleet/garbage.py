"""Garbage collection without long pauses: what a process keeps for good is looked through once and not again.

The libraries of a scoring replica are 460,000 objects: a full collection stops it for a quarter of a second, in which no batch is
scored.
"""

import gc
import time
from typing import Final, Literal

LONG_S: Final = 0.01
YOUNG: Final = 10_000  # objects of a hundred batches or so; Python's own 700 are those of a few


class _Freeze:
    """Runs inside a collection: it may touch no lock that whoever was interrupted may hold, and so says and counts nothing."""

    def __init__(self) -> None:
        self._began = 0.0

    def __call__(self, phase: Literal["start", "stop"], info: dict[str, int]) -> None:
        if phase == "start":
            self._began = time.perf_counter()
        elif time.perf_counter() - self._began > LONG_S:
            gc.freeze()


def keep_pauses_short() -> None:
    """From now on, whatever survives a collection that took longer than `LONG_S` is left out of the next ones.

    What is loaded later makes one long collection more and is then left out too. Further calls do nothing.
    """
    if not any(isinstance(callback, _Freeze) for callback in gc.callbacks):
        gc.callbacks.append(_Freeze())
        gc.set_threshold(YOUNG, 20, 20)
        gc.collect()
