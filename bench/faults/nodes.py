"""A second Ray node on the same machine."""

import asyncio
import contextlib
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import psutil

from bench.faults.victims import RAYLET, victims
from bench.stack import StackUnderTest
from fleet.errors import Unavailable

JOINS_WITHIN_S: Final = 30.0
LOOK_EVERY_S: Final = 0.5
OBJECT_STORE_BYTES: Final = 128 << 20


@contextlib.asynccontextmanager
async def second_node(stack: StackUnderTest) -> AsyncIterator[psutil.Process]:
    """The raylet of a node that joins the stack's Ray; SIGKILL, with all that runs on the node, at the end of the block.

    Raises:
        Unavailable: it does not join.
    """
    (first, *_) = victims(stack.home, RAYLET)
    node = await asyncio.to_thread(_start, stack, first.environ())
    try:
        yield await _raylet_of(node)
    finally:
        whole = psutil.Process(node.pid)
        for process in [*whole.children(recursive=True), whole]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        await asyncio.to_thread(node.wait)


def _start(stack: StackUnderTest, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    ray = shutil.which("ray", path=str(Path(sys.executable).parent)) or "ray"
    command = [
        ray, "start", "--block", f"--address={stack.settings.ray.address}", "--node-ip-address=127.0.0.1", "--num-cpus=2",
        f"--object-store-memory={OBJECT_STORE_BYTES}", "--include-log-monitor=false", "--disable-usage-stats",
    ]  # fmt: skip
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603


async def _raylet_of(node: "subprocess.Popen[bytes]") -> psutil.Process:
    deadline = time.monotonic() + JOINS_WITHIN_S
    while node.poll() is None and time.monotonic() < deadline:
        for child in psutil.Process(node.pid).children(recursive=True):
            if RAYLET in " ".join(child.cmdline()):
                return child
        await asyncio.sleep(LOOK_EVERY_S)
    raise Unavailable("The second Ray node does not start.")
