"""Becomes a program of the stack, after ending what a killed predecessor left: its orphans would hold its ports."""

import os
import sys

import psutil

from fleetguard.stack.processes import PROGRAM_MARK, STACK_MARK, marked_processes


def launch(command: list[str]) -> None:
    """Replace this process by `command`; whose orphans these are is told by the marks in our environment."""
    orphans = marked_processes({mark: os.environ[mark] for mark in (STACK_MARK, PROGRAM_MARK)})
    for orphan in orphans:
        orphan.kill()
    psutil.wait_procs(orphans, timeout=5)
    os.execv(command[0], command)  # noqa: S606 - replaces this process, no shell


if __name__ == "__main__":
    launch(sys.argv[1:])
