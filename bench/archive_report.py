"""docs/archive.md: what the page's questions take over a long past. Pure."""

import numpy as np

from bench.archive import ASKED_TIMES, DAYS, VEHICLES, ArchiveResult
from bench.machine import Occasion
from bench.report import number, table


def page(when: Occasion, result: ArchiveResult) -> str:
    """The whole page."""
    return f"""# A store with a long past

Every figure on this page was produced by one run of `{when.command}`, which writes the page.

- **Machine**: {when.machine}; load average {when.load:.2f} before the run.
- **Stack**: {when.stack}. **When**: {when.at:%Y-%m-%d %H:%M} UTC, revision {when.revision}.

{result.readings:,} readings of {VEHICLES:,} vehicles in {DAYS} days, stored in the order in which they would arrive:
{result.bytes / 2**30:.1f} GiB with indexes, {result.bytes / result.readings:.0f} bytes each. Beside them {result.alerts:,}
alerts and {result.forecasts:,} forecasts of a month. Asked over HTTP as the page asks, {ASKED_TIMES} times each, of another
vehicle each time; *max* is mostly the first, which found the caches cold.

{_answers(result)}

Forgetting the oldest day, {result.forgotten_rows:,} readings: {number(result.forget_ms)} ms.
"""


def _answers(result: ArchiveResult) -> str:
    rows = [[answer.question, *(number(np.quantile(answer.ms, share)) for share in (0.5, 0.9, 1))] for answer in result.answers]
    return table(["ms", "p50", "p90", "max"], rows)
