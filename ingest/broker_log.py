"""What the broker refused, counted from its log: it acks and drops a denied publish, so nothing else tells."""

import asyncio
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from fleet.metrics import BROKER_REFUSED

_REASONS: Final = (
    (re.compile(r"Publish Violation"), "foreign_topic"),
    (re.compile(r"Subscription Violation"), "foreign_subscription"),
    (re.compile(r"maximum payload exceeded", re.IGNORECASE), "oversized"),
    (re.compile(r"invalid character in client ID"), "bad_client_id"),
)
_POLL_S: Final = 0.5
_CHUNK_BYTES: Final = 1 << 20


def refusals(lines: Iterable[str]) -> list[str]:
    """The reason of each line that reports a refusal."""
    return [reason for line in lines for pattern, reason in _REASONS if pattern.search(line)]


class LogTail:
    """Lines appended to a file since the last look; follows the file when it is rotated."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._inode, self._offset = self._identity()
        self._rest = b""

    def _identity(self) -> tuple[int, int]:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return 0, 0
        return status.st_ino, status.st_size

    def new_lines(self) -> list[str]:
        """Complete lines that came since; at most one chunk of them."""
        inode, size = self._identity()
        if inode != self._inode or size < self._offset:
            self._inode, self._offset, self._rest = inode, 0, b""
        if size == self._offset:
            return []
        with self._path.open("rb") as log:
            log.seek(self._offset)
            chunk = log.read(_CHUNK_BYTES)
        self._offset += len(chunk)
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        return [line.decode(errors="replace") for line in lines]


async def count_refusals(path: Path) -> None:
    """Count what the broker refuses from now on, until cancelled."""
    tail = LogTail(path)
    while True:
        for reason in refusals(await asyncio.to_thread(tail.new_lines)):
            BROKER_REFUSED.labels(reason).inc()
        await asyncio.sleep(_POLL_S)
