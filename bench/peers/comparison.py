"""The whole comparison: the path of a reading on the running stack, then the servers of models one by one."""

import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from bench.machine import Occasion
from bench.peers import serving, stream
from bench.peers.export import export
from bench.peers.exported import Exported
from bench.peers.plot import draw
from bench.peers.report import Comparison, page
from bench.peers.scoring import Scoring
from bench.peers.serving import SIZES, Effort
from bench.peers.wire import features_of
from bench.progress import Progress
from bench.stack import StackUnderTest

# The ingest actor is held while another consumer runs, and must not be for 90 s: the pipeline would give it up.
FULL: Final = Effort(3, 6.0, 2.0, (1, 8, 32), (100, 400, 1600, 3200), 20)
QUICK: Final = Effort(1, 2.0, 1.0, (1, 8, 32), (50, 200), 20)
BARE_CALLS: Final = 100


def compare(
    stack: Callable[[], AbstractContextManager[StackUnderTest]],
    occasion: Callable[[], Occasion],
    effort: Effort,
    progress: Progress,
) -> Comparison:
    """Measure everything; a throw-away stack is gone before the servers are measured.

    Raises:
        ModelUnavailable: a model has no champion.
        Unavailable: a part of the stack does not answer.
    """
    with tempfile.TemporaryDirectory(prefix="fleetguard-peers-") as folder:
        with stack() as running:
            when = occasion()
            exported = export(running, Path(folder), progress)
            streamed = stream.measure(running, exported, effort.rates, effort.stream_s, progress)
        served = serving.measure(exported, effort, progress)
        return Comparison(when, effort, exported.versions, bare_ms(exported), served, streamed)


def bare_ms(exported: Exported) -> dict[int, float]:
    """Mean ms of CPU that the models take in this process, without any server, by rows."""
    scoring, (rows, _) = Scoring(exported.models), exported.read()
    costs_ms = {}
    for size in SIZES:
        batch, began = features_of(rows[:size]), time.process_time()
        for _ in range(BARE_CALLS):
            scoring.score(batch)
        costs_ms[size] = (time.process_time() - began) / BARE_CALLS * 1e3
    return costs_ms


def write(run: Comparison, text: Path, picture: Path) -> None:
    """Write the page and its picture."""
    picture.parent.mkdir(parents=True, exist_ok=True)
    draw(run, picture)
    text.write_text(page(run, picture.relative_to(text.parent)))
