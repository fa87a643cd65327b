"""A short soak on the whole stack; `make soak` is the long one, which also looks at what each part holds."""

import io

import pytest
from rich.console import Console

from bench.faults.soak import soak
from bench.ledger import unsound
from bench.progress import Progress
from bench.stack import StackUnderTest
from fleetguard.trial import Trial

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]


async def test_nothing_is_lost_while_one_process_dies_after_the_other(trial: Trial) -> None:
    stack = StackUnderTest(trial.home, trial.url, trial.settings)
    progress = Progress(Console(file=io.StringIO()))
    result = await soak(stack, vehicles=150, seconds=30, seed=3, progress=progress, kill_every_s=12.0)
    assert result.outcome.broken == ()
    assert list(unsound(result.verdict)) == []
    assert result.verdict.stored == result.verdict.acked == result.verdict.offered == 150 * result.seconds
    assert len(result.kills) >= 2
    assert result.looks[-1].usage["PostgreSQL"].descriptors > 0
