"""docs/soak.md and its picture."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from bench.faults.soak import GROWTH, GROWTH_BYTES, GROWTH_DESCRIPTORS, SLICE_S, SoakResult, thirds, typical
from bench.faults.trial import SETTLES_WITHIN_S
from bench.machine import Occasion
from bench.plot import COLOURS, picture
from bench.processes import RIG
from bench.report import table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DRAWN: Final = 6  # parts with most memory
DRAWN_COLOURS: Final = (*COLOURS, "#cc79a7", "#56b4e9", "#000000")


def summary(result: SoakResult) -> str:
    """A few sentences."""
    verdict, delays = result.verdict, result.delays
    if not len(delays.at_s):
        return f"{result.vehicles:,} vehicles: nothing is stored. BROKEN: " + "; ".join(result.broken) + "."
    kept = "No promise was broken." if not result.broken else "BROKEN: " + "; ".join(result.broken) + "."
    return (
        f"{result.vehicles:,} vehicles, {result.seconds / 60:.0f} minutes, {len(result.kills)} kills: {verdict.offered:,} "
        f"readings offered, {verdict.acked:,} acked, {verdict.stored:,} stored. {kept} The gateways lost "
        f"{result.lost_connections} connections; of the slices of {SLICE_S} s, the median p99 to the store is "
        f"{np.median(delays.p99):.2f} s, the longest delay of all {delays.longest.max():.1f} s; everything was stored "
        f"{result.drained_s:.1f} s after the last PUBACK."
    )


def page(when: Occasion, result: SoakResult, picture_path: Path) -> str:
    """The whole page."""
    kills = ", ".join(f"{kill.at_s / 60:.1f} {kill.name}" for kill in result.kills)
    return f"""# Soak

Written by `{when.command}` (also `make soak`).

- **Machine**: {when.machine}, load included; load average {when.load:.2f} before the run.
- **Stack**: {when.stack}. **When**: {when.at:%Y-%m-%d %H:%M} UTC, revision {when.revision}.

{summary(result)}

![The delay to the store over the soak, with the kills, and the memory of each part]({picture_path})

Simulated vehicles publish at 1 Hz and QoS 1 behind gateways that connect again and send again what was not acked. Every minute a
random process is killed with SIGKILL. Beside them runs the small fleet of [the faults](reliability.md), whose alerts are known
and whose stream somebody follows, and what is promised there is audited here too, when it has settled within
{SETTLES_WITHIN_S:.0f} s. A delay is from a reading's moment to the transaction that stores it. What waits
after a kill is caught up with as fast as the machine has cores beyond what keeps coming: the next kill meets it still waiting.

## What each part holds

Medians of the first, the middle and the last third. Flat means: in the last third not more than in the middle one by
{GROWTH:.0%} and {GROWTH_BYTES >> 20} MiB, or {GROWTH_DESCRIPTORS} descriptors. A killed process begins small again; the
database's share grows until its buffers are full.

{_parts_table(result)}

## The kills, in minutes

{kills}
"""


def _parts_table(result: SoakResult) -> str:
    parts = sorted({part for look in result.looks for part in look.usage} - {RIG})
    rows = []
    for part in parts:
        held = [typical(third, part) for third in thirds(result.looks, result.seconds)]
        rows.append([part, *(_figure(memory / 2**20) for memory, _ in held), *(_figure(count) for _, count in held)])
    head = [f"{what}, {third}" for what in ("MiB", "descriptors") for third in ("first", "middle", "last")]
    return table(["part", *head], rows)


def _figure(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.0f}"


def draw(result: SoakResult, path: Path) -> None:
    """Write the picture as SVG."""
    with picture(path, 2, 1, (10, 7)) as (above, below):
        _delays(above, result)
        _memory(below, result)


def _delays(axes: "Axes", result: SoakResult) -> None:
    minutes = result.delays.at_s / 60
    for values, label, colour in zip(
        (result.delays.median, result.delays.p99, result.delays.longest), ("median", "p99", "longest"), COLOURS, strict=True
    ):
        axes.step(minutes, values, where="post", label=label, color=colour)
    for kill in result.kills:
        axes.axvline(
            kill.at_s / 60, color="grey", linewidth=0.6, linestyle=":", label="kill" if kill is result.kills[0] else None
        )
    axes.set(yscale="log", ylabel="s until stored", title=f"{result.vehicles:,} vehicles at 1 Hz, {len(result.kills)} kills")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)


def _memory(axes: "Axes", result: SoakResult) -> None:
    parts = {part for look in result.looks for part in look.usage} - {RIG}
    largest = sorted(parts, key=lambda part: -np.nan_to_num(typical(result.looks, part)[0]))[:DRAWN]
    for part, colour in zip(largest, DRAWN_COLOURS, strict=False):
        seen = [(look.at_s / 60, look.usage[part].memory_bytes / 2**20) for look in result.looks if part in look.usage]
        axes.plot(*zip(*seen, strict=True), label=part, color=colour)
    axes.set(xlabel="minutes", ylabel="MiB", ylim=(0, None))
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
