"""Jobs that come round: each when it is due, one at a time, but for those that run apart."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from fleet.errors import FleetError

TURN_S = 300.0  # a job that runs for longer holds up the others no more
RETRY_S = 60.0  # after which one that failed is due again, where it does not come round sooner

log = structlog.get_logger(__name__)


class Task(Protocol):
    """A run of a job that goes on elsewhere."""

    def done(self) -> bool:
        """Whether `result` has an answer; does not wait."""

    def result(self) -> Any:
        """What came of it.

        Raises:
            FleetError: it failed.
        """


@dataclass(slots=True)
class Job:
    """What to do, and how often.

    Attributes:
        start: begins a run. apart: runs beside the others: it takes long, or somebody waits for it.
        due_at, began_at: by the clock of its rota; a new job is due at once.
    """

    name: str
    every_s: float
    start: Callable[[], Task]
    apart: bool = False
    due_at: float = field(default=float("-inf"))
    began_at: float = field(default=float("-inf"))
    running: Task | None = None

    def hasten(self) -> None:
        """Be due now, before those that are due already."""
        self.due_at = float("-inf")


class Rota:
    """Starts jobs and tells the log what came of them. None runs twice at a time.

    Whatever is due after a start would otherwise take both cores from the readings that wait, and a process each.
    """

    def __init__(self, jobs: Sequence[Job], clock: Callable[[], float] = time.monotonic) -> None:
        self._jobs, self._clock = jobs, clock

    def tick(self) -> None:
        """Collect what is done and start what may begin; call it about once a second."""
        for job in self._jobs:
            if job.running is not None and job.running.done():
                if not _succeeded(job.name, job.running):
                    job.due_at = min(job.due_at, self._clock() + RETRY_S)
                job.running = None
        now = self._clock()
        for job in sorted(self._jobs, key=lambda job: job.due_at):
            if job.running is None and job.due_at <= now and (job.apart or not self._one_runs(now)):
                job.began_at, job.due_at = now, now + job.every_s
                job.running = job.start()

    def _one_runs(self, now: float) -> bool:
        return any(job.running is not None and not job.apart and now - job.began_at < TURN_S for job in self._jobs)


def _succeeded(name: str, task: Task) -> bool:
    try:
        log.info("job_done", job=name, result=task.result())
    except FleetError as error:
        log.error("job_failed", job=name, error=str(error))
        return False
    return True
