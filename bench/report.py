"""Figures as text: tables for the terminal and for docs/benchmarks.md. Pure."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.commits import POLL_S
from bench.live import WARM_UP_S, WATCHED, LiveResult
from bench.machine import Occasion
from bench.processes import INGEST, MODELS, POSTGRES, RIG
from bench.stages import APPENDED_ROWS, ROWS, STAGES, StageCosts

SHARES: Final = (0.5, 0.95, 0.99, 0.999)
LAG: Final = "fleetguard_reading_lag_seconds"
STAGE: Final = "fleetguard_stage_seconds"
TARGET_MS: Final = 50.0
KEPT_UP_S: Final = 1.0  # within which the last reading must be stored
SCALES: Final = {
    INGEST: "`FLEETGUARD_INGEST__ACTORS`, up to one for each of the 16 partitions, on any node",
    MODELS: "`FLEETGUARD_SERVE__REPLICAS`, on any node; on KubeRay the Serve config",
    "broker": "one server, several cores",
    POSTGRES: "one server, several cores",
}
LIVE_STAGES: Final = ("decode", "features", "score", "store", "alerts")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, the others are figures."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def stages_text(costs: StageCosts) -> str:
    """Cost per reading of every stage, and the append."""
    rows = [[stage, *(number(costs.per_reading_us[size][stage]) for size in ROWS)] for stage in STAGES]
    rows.append(["**sum**", *(f"**{number(sum(costs.per_reading_us[size].values()))}**" for size in ROWS)])
    quantiles = ", ".join(f"p{share * 100:g} {number(np.quantile(costs.append_ms, share))} ms" for share in (0.5, 0.95))
    return "\n\n".join(
        (
            table(["µs per reading", *(f"{size:,} rows" for size in ROWS)], rows),
            f"Append of {APPENDED_ROWS} rows: {quantiles} ({len(costs.append_ms)} appends one after the other, the store's own "
            f"durability). Models: {', '.join(f'{name} {version}' for name, version in costs.versions.items())}.",
        )
    )


def live_text(result: LiveResult) -> str:
    """Everything about one run."""
    return "\n\n".join((_audit_text(result), _latency_table(result), _ingest_text(result), _cost_table(result)))


def _connections(result: LiveResult) -> str:
    return f"over the connections of {result.gateways} gateways" if result.gateways else "each on a connection of its own"


def growth_text(results: Sequence[LiveResult]) -> str:
    """A row per rate: what it cost, what was lost and how late it was."""
    head = [
        "vehicles at 1 Hz", "gateways", "lost", "written p50, ms", "written p99, ms", "committed p99, ms", "readings per batch",
        "cores, stack", "CPU µs per reading", "ingest, MiB", "drained, s",
    ]  # fmt: skip
    held = held_rate(results, TARGET_MS / 1e3)
    verdict = f"Nothing lost and p99 to the commit below {TARGET_MS:.0f} ms: " + (
        f"up to {held:,} vehicles." if held else "at none of these rates."
    )
    return table(head, [_growth_row(result) for result in results]) + f"\n\n{verdict}"


def _growth_row(result: LiveResult) -> list[str]:
    growth, usage, written = result.costs.growth, result.costs.usage, result.latencies.written
    stored = growth.total("fleetguard_readings_total", outcome="stored")
    batches = growth.total(f"{STAGE}_count", stage="decode")
    cpu_s = sum(part.cpu_s for name, part in usage.items() if name != RIG)
    return [
        f"{result.vehicles:,}",
        f"{result.gateways or '–'}",
        f"{len(result.verdict.missing)}",
        *(number(np.quantile(written, share) * 1e3) if len(written) else "–" for share in (0.5, 0.99)),
        number(np.quantile(result.latencies.committed, 0.99) * 1e3) if len(result.latencies.committed) else "–",
        number(stored / batches) if batches else "–",
        f"{cpu_s / result.costs.seconds:.2f}",
        number(cpu_s / stored * 1e6) if stored else "–",
        f"{usage[INGEST].memory_bytes / 2**20:,.0f}" if INGEST in usage else "–",
        f"{result.drained_s:.1f}",
    ]


def profile_text(results: Sequence[LiveResult]) -> str:
    """Where the time of a batch and the cores go, a row per rate."""
    stages = ["vehicles at 1 Hz", "batches/s", *(f"{stage}, ms" for stage in LIVE_STAGES)]
    parts = [RIG, "broker", INGEST, MODELS, POSTGRES, "Ray"]
    times, cores = [], []
    for result in results:
        growth, usage, seconds = result.costs.growth, result.costs.usage, result.costs.seconds
        batches = growth.total(f"{STAGE}_count", stage="decode") / seconds
        means = (growth.mean_s(STAGE, stage=stage) * 1e3 for stage in LIVE_STAGES)
        times.append([f"{result.vehicles:,}", number(batches), *map(number, means)])
        own = [usage[part].cpu_s / seconds if part in usage else float("nan") for part in parts]
        every = sum(part.cpu_s for part in usage.values()) / seconds
        cores.append([f"{result.vehicles:,}", *(f"{value:.2f}" for value in own), f"{every:.2f}"])
    return table(stages, times) + "\n\n" + table(["cores, of vehicles at 1 Hz", *parts, "all"], cores)


def limits_text(results: Sequence[LiveResult]) -> str:
    """A row per run: what was lost, how late it was, what it held in memory."""
    head = [
        "vehicles at 1 Hz", "seconds", "connections", "acked", "missing", "doubled", "committed/s", "written p50, s",
        "written p99, s", "committed p99, s", "alert heard p99, s", "drained, s", "ingest, MiB", "broker, MiB",
        "connections lost",
    ]  # fmt: skip
    return table(head, [_limit_row(result) for result in results])


def _limit_row(result: LiveResult) -> list[str]:
    latencies, usage, verdict = result.latencies, result.costs.usage, result.verdict
    rate = result.costs.growth.total("fleetguard_readings_total", outcome="stored") / result.costs.seconds
    quantiles = (
        (latencies.written, 0.5), (latencies.written, 0.99), (latencies.committed, 0.99), (latencies.heard, 0.99)
    )  # fmt: skip
    return [
        f"{result.vehicles:,}",
        f"{result.seconds}",
        f"{result.gateways or result.vehicles:,}",
        f"{verdict.acked:,}",
        f"{len(verdict.missing)}",
        f"{len(verdict.doubled)}",
        f"{rate:,.0f}",
        *(f"{np.quantile(values, share):.2f}" if len(values) else "–" for values, share in quantiles),
        f"{result.drained_s:.1f}",
        *(f"{usage[part].memory_bytes / 2**20:,.0f}" if part in usage else "–" for part in (INGEST, "broker")),
        f"{result.lost_connections}",
    ]


def scaling_text(results: Sequence[LiveResult], readings: int = 10_000) -> str:
    """What each part costs at the highest rate that the machine kept up with, and what so many readings a second would take."""
    result = _kept_up(results)
    if result is None:
        return "The machine kept up with none of these rates."
    stored = result.costs.growth.total("fleetguard_readings_total", outcome="stored")
    rows = []
    for part, more in SCALES.items():
        cost_us = result.costs.usage[part].cpu_s / stored * 1e6 if part in result.costs.usage else float("nan")
        rows.append([part, number(cost_us), number(cost_us * readings / 1e6), more])
    head = [f"part, at {result.vehicles:,} vehicles", "CPU µs per reading", f"cores for {readings:,} readings/s", "more of it"]
    return table(head, rows)


def _kept_up(results: Sequence[LiveResult]) -> LiveResult | None:
    """The run with the most vehicles of those that the machine kept up with."""
    kept = (result for result in results if result.drained_s < KEPT_UP_S and not result.verdict.missing)
    return max(kept, key=lambda result: result.vehicles, default=None)


def held_rate(results: Sequence[LiveResult], p99_s: float) -> int:
    """The highest rate up to which nothing was lost and the 99th percentile of the commits stayed below `p99_s`; 0: none."""
    held = 0
    for result in sorted(results, key=lambda result: result.vehicles):
        committed = result.latencies.committed
        if result.verdict.missing or not len(committed) or np.quantile(committed, 0.99) >= p99_s:
            break
        held = result.vehicles
    return held


def _audit_text(result: LiveResult) -> str:
    verdict, stream, growth = result.verdict, result.stream, result.costs.growth
    rate = growth.total("fleetguard_readings_total", outcome="stored") / result.costs.seconds
    rows = [
        ["offered by the rig", f"{verdict.offered:,}"],
        ["acked by the broker", f"{verdict.acked:,}"],
        ["in the store", f"{verdict.stored:,}"],
        ["acked and **missing**", f"{len(verdict.missing)}"],
        ["stored **twice**", f"{len(verdict.doubled)}"],
        ["stored and **sent by nobody**", f"{len(verdict.nobody_sent)}"],
        ["neither acked nor stored", f"{verdict.unpromised}"],
        ["delivered to ingest more than once", f"{growth.total('fleetguard_readings_total', outcome='duplicate'):.0f}"],
        ["batches that failed and came again", f"{growth.total('fleetguard_batch_failures_total'):.0f}"],
        ["connections lost", f"{result.lost_connections}"],
        ["committed per second", f"{rate:,.0f}"],
        ["last commit after the last reading", f"{result.drained_s:.1f} s"],
        ["changes of alerts, all heard once and in order" if stream.clean else "changes of alerts", f"{stream.logged}"],
        [
            "changes of alerts **not heard**, **heard twice**, **invented**",
            f"{len(stream.missing)}, {len(stream.doubled)}, {len(stream.invented)}",
        ],
    ]
    return table(["readings", f"{result.vehicles:,} vehicles × {result.seconds} s"], rows)


def _latency_table(result: LiveResult) -> str:
    latencies, watched = result.latencies, min(WATCHED, result.vehicles)
    rows = [
        _quantiles("published → PUBACK", latencies.puback),
        _quantiles("published → begin of the storing transaction", latencies.written),
        _quantiles(f"published → committed, seen by another session ({watched} vehicles)", latencies.committed),
        _quantiles("published → change of an alert heard by somebody who follows", latencies.heard),
        _quantiles("the rig behind its schedule", latencies.late),
    ]
    lag = result.costs.growth.quantiles_s(LAG, SHARES)
    count = result.costs.growth.total(f"{LAG}_count")
    rows.append(
        ["arrival at ingest → decision committed, per batch", f"{count:,.0f}", *(number(value * 1e3) for value in lag), "–"]
    )
    return table(["ms", "n", *(f"p{share * 100:g}" for share in SHARES), "max"], rows)


def _quantiles(name: str, seconds: NDArray[np.float64]) -> list[str]:
    if not len(seconds):
        return [name, "0", *["–"] * (len(SHARES) + 1)]
    values = [*np.quantile(seconds, SHARES), seconds.max()]
    return [name, f"{len(seconds):,}", *(number(value * 1e3) for value in values)]


def _ingest_text(result: LiveResult) -> str:
    growth = result.costs.growth
    batches = growth.total(f"{STAGE}_count", stage="decode")
    stored = growth.total("fleetguard_readings_total", outcome="stored")
    means = ", ".join(f"{stage} {number(growth.mean_s(STAGE, stage=stage) * 1e3)}" for stage in LIVE_STAGES)
    return f"Mean ms per batch inside ingest: {means}; {stored / batches if batches else float('nan'):.1f} readings per batch."


def _cost_table(result: LiveResult) -> str:
    seconds = result.costs.seconds
    readings = result.costs.growth.total("fleetguard_readings_total", outcome="stored")
    rows = [
        [
            part,
            f"{usage.processes}",
            f"{usage.cpu_s / seconds:.3f}",
            number(usage.cpu_s / readings * 1e6) if readings else "–",
            f"{usage.memory_bytes / 2**20:,.0f}",
        ]
        for part, usage in result.costs.usage.items()
    ]
    every = result.costs.usage.values()
    total_cpu_s = sum(usage.cpu_s for usage in every)
    rows.append([
        "**all**", f"{sum(usage.processes for usage in every)}", f"**{total_cpu_s / seconds:.3f}**",
        f"**{number(total_cpu_s / readings * 1e6)}**" if readings else "–",
        f"**{sum(usage.memory_bytes for usage in every) / 2**20:,.0f}**",
    ])  # fmt: skip
    return table(["part", "processes", "cores", "CPU µs per reading", "memory, MiB"], rows)


def page(
    when: Occasion, result: LiveResult, grown: list[LiveResult], pushed: list[LiveResult], costs: StageCosts, picture: Path
) -> str:
    """docs/benchmarks.md."""
    versions = ", ".join(f"{name} {version}" for name, version in when.versions.items())
    return f"""# Benchmarks

Every figure on this page was produced by one run of `{when.command}` (also `make bench`), which writes the page.
What other servers of models and other stream paths do on one machine: [peers.md](peers.md).

- **Machine**: {when.machine}; load average {when.load:.2f} before the run. The load rig runs on the same cores.
- **Stack**: {when.stack}.
- **When and what**: {when.at:%Y-%m-%d %H:%M} UTC, revision {when.revision}.
- **Versions**: {versions}.

## The whole path

{result.vehicles:,} simulated vehicles publish once a second for {result.seconds} s, QoS 1,
{result.payload_bytes:.0f} bytes a payload, {_connections(result)}, each at its own moment of the second. The schedule
never waits for the system. The demo's own vehicle runs beside them.

![Latency and cores]({picture.as_posix()})

{live_text(result)}

How to read it:

- *published* is the moment at which the rig hands the message to its socket; it is the reading's event time too. Clocks are all
  the same machine's. A run begins when the stack rests: one that has just started has its jobs to do. Latencies and costs leave
  out the first {WARM_UP_S} s, in which ingest takes the vehicles in; the counts of the first table do not, but for those that are
  the stack's own counters: delivered more than once, failed batches, committed per second.
- *begin of the storing transaction* is exact for every reading (`received_at`), and says nothing of the insert and the commit.
- *committed, seen by another session* is measured from outside, on a few vehicles, by a process and session of its own that
  looks every {POLL_S * 1e3:.0f} ms: it is up to that much, and the look itself, too long. It is the reading's commit; the alerts
  of its batch are committed by the stage `alerts` that follows.
- *arrival at ingest → decision committed* is the stack's own histogram, the longest-waiting reading of each batch, interpolated
  between bucket bounds. It holds the alerts too, and not the broker.
- *heard by somebody who follows* ends where a client that is signed in has read the event from `/sse/anomalies`; the page's own
  rendering comes on top. There are as many as the injected faults make: read the high percentiles as the maximum.
- Not measured here: whether each injected fault became an alert, and what happens when a process dies.
- Memory is the proportional set size. The rig's cores are in the table; its looks into the store count as the rig's.
  Processes are those that lived when publishing began; what a later one costs is not counted.

## More and more vehicles behind gateways

The same run over the connections of gateways, {grown[0].seconds} s each, until readings are lost or wait for longer than a run.
Above what the machine can do the delay grows and nothing is dropped.

{growth_text(grown)}

Where the time of a batch goes, from decoding to the alerts (the store is written while the scores are waited for), and which
part takes the cores:

{profile_text(grown)}

{_limits(pushed)}## What more cores would give

A reading costs less the more come at once (the table above), so that these are upper bounds. That actors and replicas
on another node take work over, and that nothing is lost when it dies, is shown in [reliability.md](reliability.md).

{scaling_text(grown)}

## What one reading costs in each stage

CPU time of the same code and champions in one process: no broker, no Ray call, no waiting. A batch holds one reading of each
vehicle, and the batches of a minute are timed, so that the minute features are in the mean. Nothing is wrong with these vehicles
(evidence for an alert costs extra), and slow features are unknown (NaN).

{stages_text(costs)}

{_ratio_text([result, kept] if (kept := _kept_up(grown)) else [result], costs)}
"""


def _limits(pushed: list[LiveResult]) -> str:
    if not pushed:
        return ""
    return f"""## At the limit and beyond it

As many vehicles as one small machine was meant for, for minutes, behind gateways and each on a connection of its own; and far
more than it can do. What is offered beyond what it can do waits at the broker, on disk; the memory of ingest is bounded by what
it may hold unacked.

{limits_text(pushed)}

"""


def _ratio_text(results: Sequence[LiveResult], costs: StageCosts) -> str:
    """What the stack costs beyond the bare stages, at the lowest and the highest rate it kept up with: the figure to improve."""
    bare_us = {rows: sum(costs.per_reading_us[rows].values()) for rows in ROWS}
    sentences = []
    for result in results:
        readings = result.costs.growth.total("fleetguard_readings_total", outcome="stored")
        batches = result.costs.growth.total(f"{STAGE}_count", stage="decode")
        stack_us = sum(usage.cpu_s for part, usage in result.costs.usage.items() if part != RIG) / max(readings, 1) * 1e6
        rows = min(ROWS, key=lambda rows: abs(np.log(rows) - np.log(max(readings, 1) / max(batches, 1))))
        sentences.append(
            f"At {result.vehicles:,} vehicles the whole stack spent {number(stack_us)} µs per reading, load rig left out: "
            f"{number(stack_us / bare_us[rows])} times the bare stages in batches of {rows:,}."
        )
    return " ".join([*sentences, "At 10,000 readings a second 100 µs per reading are one whole core."])


def number(value: float) -> str:
    """Three digits, no more."""
    if not np.isfinite(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
