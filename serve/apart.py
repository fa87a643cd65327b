"""Rows tried in a copy of this process, which may end of them while the process itself goes on."""

import asyncio
import gc
import mmap
import os
import resource
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final, NoReturn

import numpy as np
import structlog

from fleet.errors import Unavailable
from fleet.features import FeatureBatch, silent_vehicles
from fleet.telemetry import FloatArray

CPU_S: Final = 0.5  # a row takes some milliseconds: one that computes for so long never ends
STALLED_S: Final = 3.0  # without the next row, and not for want of an end: a lock that some thread held when the copy was made
THREADS: Final = "/proc/self/task"
# Of a process that is to be copied: gRPC would start its threads anew in the copy.
ENVIRONMENT: Final = {"GRPC_ENABLE_FORK_SUPPORT": "0"}
_POSITION_BYTES: Final = 8

log = structlog.get_logger(__name__)


class NoVerdict(Unavailable):
    """The copy stood still, or could not even score a silent vehicle: that says nothing of any row."""


async def fatal_rows(score: Callable[[FeatureBatch, FloatArray], object], features: FeatureBatch, slow: FloatArray) -> list[int]:
    """Rows that end a process which scores them, or that the model fails on; of each vehicle the first: later ones hold it too.

    What else goes on in this process has no part in it: the copy has one thread, which scores row by row, and what ends it is the
    row that it had reached. A copy that was killed may have been killed by anybody, most of all for want of memory: that row is
    tried in another one. Where this process is killed there is no answer, and so no verdict.

    Args:
        score: pure computation, without locks, sockets and event loop.
        slow: (n, slow feature).

    Raises:
        NoVerdict: nothing can be said.
    """
    fatal: list[int] = []
    killed: int | None = None
    remaining = list(range(len(features)))
    while remaining:
        steps = [partial(score, features.rows(row, row + 1), slow[row : row + 1]) for row in remaining]
        reached, code = await _walked([partial(score, silent_vehicles(1), np.full_like(slow[:1], np.nan)), *steps])
        if reached > len(remaining):
            break
        if reached == 0:
            raise NoVerdict("The copy cannot score a silent vehicle.")
        row = remaining[reached - 1]
        if code == -signal.SIGKILL and row != killed:
            killed, remaining = row, remaining[reached - 1 :]
            continue
        fatal.append(row)
        remaining = [later for later in remaining[reached:] if features.vehicles[later] != features.vehicles[row]]
    return fatal


async def _walked(steps: Sequence[Callable[[], object]]) -> tuple[int, int]:
    """The step at which a copy of this process ended, or how many there are; and its exit code, negative for a signal."""
    with mmap.mmap(-1, _POSITION_BYTES) as reached:
        copy = os.fork()
        if not copy:
            _walk(steps, reached)
        code = await _exit_code(copy, reached)
        position = int.from_bytes(reached[:], "little")
    if position < len(steps):
        log.warning("copy_ended", step=position, exit_code=code)
    return position, code


async def _exit_code(copy: int, reached: mmap.mmap) -> int:
    ending = asyncio.ensure_future(asyncio.to_thread(os.waitpid, copy, 0))
    try:
        while not ending.done():
            before = reached[:]
            await asyncio.wait([ending], timeout=STALLED_S)
            if not ending.done() and reached[:] == before:
                raise NoVerdict("The copy stands still.")
    finally:
        if not ending.done():
            os.kill(copy, signal.SIGKILL)
    return os.waitstatus_to_exitcode(ending.result()[1])


def _walk(steps: Sequence[Callable[[], object]], reached: mmap.mmap) -> NoReturn:
    """In the copy: one step after the other, and out, without any of what the original does when it ends."""
    try:
        _let_go()
        for position, step in enumerate(steps):
            reached[:] = position.to_bytes(_POSITION_BYTES, "little")
            signal.setitimer(signal.ITIMER_VIRTUAL, CPU_S)
            step()
        reached[:] = len(steps).to_bytes(_POSITION_BYTES, "little")
    finally:
        os._exit(0)


def _let_go() -> None:
    """Hold no connection open that the original's death must close, and be the one that goes when memory runs out.

    Raises:
        RuntimeError: there is another thread already, of a library that starts its own anew in a copy: it may end the copy too.
    """
    with suppress(OSError):
        if len(os.listdir(THREADS)) > 1:
            raise RuntimeError("a copy has one thread")
    os.closerange(3, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    gc.disable()
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
