"""docs/streams.md: what those heard who follow the alerts. Pure."""

import numpy as np

from bench.machine import Occasion
from bench.report import number, table
from bench.streams import CATCH_UP_S, CHANGES_PER_S, LINE_LASTS_S, Follower, StreamsResult


def page(when: Occasion, result: StreamsResult) -> str:
    """The whole page."""
    start, middle, end = (f"{moment / 2**20:,.0f}" for moment in result.memory)
    return f"""# A thousand who follow the alerts

Every figure on this page was produced by one run of `{when.command}`, which writes the page.

- **Machine**: {when.machine}; load average {when.load:.2f} before the run. The clients run on the same cores, in one process.
- **Stack**: {when.stack}. **When**: {when.at:%Y-%m-%d %H:%M} UTC, revision {when.revision}.

{result.changes} alerts opened at an even pace of {CHANGES_PER_S:g} a second, committed as detection commits them. A sixth of
the clients takes half of what comes, another sixth gives its line up every {LINE_LASTS_S[0]:g} to {LINE_LASTS_S[1]:g} s and
resumes with the last number it heard.

{streams_table(result)}

- *torn*: a number between a client's first and last is missing, doubled or out of order. *behind*: not slow, and without the
  last change {CATCH_UP_S:g} s after it. *late*: from the change's moment to the client that has read it, of clients that are
  neither slow nor resuming.
- The API's process used {result.api_cores:.2f} cores; its resident memory with everybody on the line, halfway and at the end:
  {start}, {middle} and {end} MiB.
"""


def streams_table(result: StreamsResult) -> str:
    """A row per kind of client."""
    head = ["clients", "all", "slow", "reconnecting", "lines", "torn", "behind", "late p50, ms", "late p99, ms", "late max, ms"]
    rows = []
    for kind, late_s in result.late_s.items():
        counts = _counts(result, [one for one in result.followers if one.kind == kind])
        rows.append([kind, *counts, *(number(np.quantile(late_s, share) * 1e3) for share in (0.5, 0.99, 1))])
    return table(head, rows)


def _counts(result: StreamsResult, followers: list[Follower]) -> list[str]:
    counts = (
        len(followers),
        sum(one.manner == "slow" for one in followers),
        sum(one.manner == "reconnecting" for one in followers),
        sum(one.lines for one in followers),
        sum(one in result.torn for one in followers),
        sum(one in result.behind for one in followers),
    )
    return [f"{count:,}" for count in counts]
