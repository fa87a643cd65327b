"""A process that must go on or end: a call into a Ray that is gone may never return, and then nobody restarts anything."""

import os
import threading
import time

import structlog

LOOK_EVERY_S = 0.5

log = structlog.get_logger(__name__)


class Pulse:
    """Ends the process when a beat does not come in time; whoever supervises it starts it anew."""

    def __init__(self, within_s: float) -> None:
        self._due = time.monotonic() + within_s
        threading.Thread(target=self._watch, daemon=True, name="pulse").start()

    def beat(self, next_within_s: float) -> None:
        """All is well; say so again within this time."""
        self._due = time.monotonic() + next_within_s

    def _watch(self) -> None:
        while time.monotonic() < self._due:
            time.sleep(LOOK_EVERY_S)
        log.error("no_pulse")
        os._exit(1)
