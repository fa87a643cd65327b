"""A second Ray node on the same machine."""

import asyncio
import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from typing import IO, Final

import psutil

from bench.faults.victims import RAYLET, victims
from bench.stack import StackUnderTest
from fleet.errors import Unavailable

JOINS_WITHIN_S: Final = 30.0
LOOK_EVERY_S: Final = 0.5


@contextlib.asynccontextmanager
async def second_node(stack: StackUnderTest) -> AsyncIterator[psutil.Process]:
    """The raylet of a node that joins the stack's Ray; SIGKILL, with all that runs on the node, at the end of the block.

    Raises:
        Unavailable: it does not join.
    """
    (first, *_) = victims(stack.home, RAYLET)
    with tempfile.TemporaryFile() as told:
        node = await asyncio.to_thread(_start, stack, first.environ(), told)
        try:
            yield await _raylet_of(node, told)
        finally:
            _kill_with_children(node.pid)
            await asyncio.to_thread(node.wait)


def _kill_with_children(pid: int) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        whole = psutil.Process(pid)
        for process in [*whole.children(recursive=True), whole]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


def _start(stack: StackUnderTest, environment: dict[str, str], told: IO[bytes]) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "bench.faults.ray_node", stack.settings.ray.address]
    return subprocess.Popen(command, env=environment, stdout=told, stderr=subprocess.STDOUT)  # noqa: S603 - our own arguments


async def _raylet_of(node: "subprocess.Popen[bytes]", told: IO[bytes]) -> psutil.Process:
    deadline = time.monotonic() + JOINS_WITHIN_S
    while node.poll() is None and time.monotonic() < deadline:
        for child in psutil.Process(node.pid).children(recursive=True):
            if RAYLET in " ".join(child.cmdline()):
                return child
        await asyncio.sleep(LOOK_EVERY_S)
    told.seek(0)
    raise Unavailable(f"The second Ray node does not start: {told.read().decode(errors='replace')[-500:]}")
