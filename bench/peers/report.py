"""docs/peers.md. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from bench.machine import Occasion
from bench.peers.contenders import CONTENDERS, GATHERED, OURS, PROXY
from bench.peers.figures import Level, middle, outdone, ratios
from bench.peers.serving import SIZES, Effort, Served
from bench.peers.stream import MODULES, SATURATED_MS, Streamed, StreamLevel
from bench.peers.stream import OURS as OUR_PATH
from bench.report import number, table

PEERS: Final = tuple(contender for contender in CONTENDERS if contender.name not in (OURS, GATHERED, PROXY))


@dataclass(frozen=True, slots=True)
class Comparison:
    """One run of everything. `models`: version by name. `bare_ms`: CPU of the models without any server, by rows."""

    when: Occasion
    effort: Effort
    models: dict[str, str]
    bare_ms: dict[int, float]
    served: Served
    streamed: Streamed

    def level(self, name: str, place: int) -> Level:
        """The median over the rounds of a contender's level."""
        return middle([levels[place] for levels in self.served.levels[name]])

    def levels(self, name: str) -> list[Level]:
        """All levels of a contender; none where it was not measured."""
        return [self.level(name, place) for place in range(len(self.effort.levels))] if self.served.levels.get(name) else []


def page(run: Comparison, picture: Path) -> str:
    """docs/peers.md."""
    versions = ", ".join(f"{name} {own}" for name, own in _versions(run).items())
    return f"""# Beside other servers and engines

Every figure on this page was produced by one run of `{run.when.command}` (`make peers`), which writes the page:
the same models, the same rows, the same load, on the same machine.

- **Machine**: {run.when.machine}; load average {run.when.load:.2f} before the run. Whoever calls runs on the same cores.
- **When and what**: {run.when.at:%Y-%m-%d %H:%M} UTC, revision {run.when.revision}. Stack: {run.when.stack}.
- **Versions**: {versions}. Models: {", ".join(f"{name} {own}" for name, own in run.models.items())}.

![Throughput and latency]({picture.as_posix()})

## Scoring

{scoring_text(run)}

## The path of a reading

{stream_text(run)}
"""


def _versions(run: Comparison) -> dict[str, str]:
    return run.when.versions | run.served.versions | run.streamed.versions


def scoring_text(run: Comparison) -> str:
    """Tables of the scoring graph beside the servers, and where it is not ahead."""
    effort = run.effort
    setups = "\n".join(f"- **{contender.name}**: {contender.advice}." for contender in CONTENDERS)
    tables = "\n\n".join(_table(run, size) for size in SIZES)
    return f"""Each server runs alone and scores the same {max(SIZES)} rows of a simulated fleet with the driver, fuel and engine
champions in one process. First it must answer the probabilities that the models give (to 1e-5), for each row alone and for all
at once. Then so many callers ask, each waiting for its answer before it asks again: {effort.rounds} round(s) of
{effort.seconds:g} s a level, the servers in turn, every second round in reverse order. Figures are medians over the rounds;
the last two columns are our requests per second as a multiple, compared within a round (median, range).

{setups}

Rows hold NaN, which JSON has not: arrays travel as base64 of float32 in JSON, the same for all, and pickled over the
handle. The product's own HTTP route takes readings and computes features first, so it is not comparable; *{PROXY}* is a
route made for this page. The graph also looks up slow features and forecasts, watches drift and gives evidence back: the peers
only give probabilities. Without any server the models take {_bare(run)} of CPU.

{tables}

{_failures(run.served.failures)}{verdict_text(run)}"""


def _table(run: Comparison, size: int) -> str:
    head = [
        f"{size} row{'s' if size > 1 else ''} a request", "callers", "requests/s", "p50, ms", "p95, ms", "p99, ms",
        "server CPU, ms per request", f"{OURS} answers ×", f"{GATHERED}, ×",
    ]  # fmt: skip
    rows = [
        [
            contender.name, f"{callers}", *map(number, (one.per_s, one.p50_ms, one.p95_ms, one.p99_ms, one.cpu_ms)),
            _ratio(run, OURS, contender.name, place), _ratio(run, GATHERED, contender.name, place),
        ]
        for place, (rows, callers) in enumerate(run.effort.levels)
        if rows == size
        for contender in CONTENDERS
        if run.served.levels.get(contender.name)
        for one in [run.level(contender.name, place)]
    ]  # fmt: skip
    return table(head, rows)


def _ratio(run: Comparison, own: str, name: str, place: int) -> str:
    """Median and range over the rounds."""
    ours, theirs = run.served.levels.get(own, []), run.served.levels[name]
    if name == own or len(ours) != len(theirs):
        return "–"
    typical, least, most = ratios([levels[place] for levels in ours], [levels[place] for levels in theirs])
    return f"{typical:.2f}" if least == most else f"{typical:.2f} ({least:.2f}–{most:.2f})"


def verdict_text(run: Comparison) -> str:
    """Whom the graph is ahead of, and where it is not, and why."""
    behind = list(_behind(run))
    if not run.levels(OURS):
        return "The graph was not measured."
    rows = [[f"{name}, {size} row{'s' if size > 1 else ''}", *cells] for name, size, *cells in _ahead(run)]
    return f"""*Ahead* of a peer's level means: at one of its own levels FleetGuard answers at least as many requests a second
at no higher p99, and one of the two is better. Levels at which it is ahead, of {len(run.effort.callers)}:

{table(["peer", f"{OURS}", f"{GATHERED}"], rows)}

{_why(behind)}"""


def _ahead(run: Comparison) -> Iterator[tuple[str, int, str, str]]:
    for peer in PEERS:
        for size in SIZES:
            theirs = [one for one in run.levels(peer.name) if one.rows == size]
            if theirs:
                single, gathered = (sum(outdone(one, run.levels(own)) for one in theirs) for own in (OURS, GATHERED))
                yield peer.name, size, f"{single}", f"{gathered}"


def _behind(run: Comparison) -> Iterator[str]:
    """The peers' levels that neither way of calling the graph is ahead of."""
    ours = [*run.levels(OURS), *run.levels(GATHERED)]
    for peer in PEERS:
        for one in run.levels(peer.name):
            if not outdone(one, ours):
                yield f"{peer.name} at {one.rows} × {one.callers} ({number(one.per_s)}/s, p99 {number(one.p99_ms)} ms)"


def _bare(run: Comparison) -> str:
    return " and ".join(f"{number(ms)} ms for {size} row{'s' if size > 1 else ''}" for size, ms in run.bare_ms.items())


def _why(behind: Sequence[str]) -> str:
    if not behind:
        return "One of the two is ahead at every level of every peer."
    return f"""**Not ahead** (rows × callers): {"; ".join(behind)}.

Why: a handle call goes to another process. The batch is pickled, sent over gRPC, routed and scored, and the whole answer
(probabilities, severities, evidence, versions) comes back; that hop is what buys replicas that are swapped, killed and added
without a lost request. FastAPI scores in the very process that took the request; the others gather waiting requests into one
pass of the models, which costs little more than a single row. FleetGuard gathers before the call instead: ingest never calls
per row, and *{GATHERED}* is that."""


def stream_text(run: Comparison) -> str:
    """Table of the path of a reading beside a script and an engine."""
    head = ["readings/s", "consumer", "not stored", "committed p50, ms", "committed p99, ms", "drained, s", "CPU µs per reading"]
    rows = [
        [
            f"{one.vehicles:,}", name, f"{one.unstored}", number(one.p50_ms), number(one.p99_ms), f"{one.drained_s:.1f}",
            number(one.cpu_us),
        ]
        for vehicles in dict.fromkeys(one.vehicles for levels in run.streamed.levels.values() for one in levels)
        for name, levels in run.streamed.levels.items()
        for one in levels
        if one.vehicles == vehicles
    ]  # fmt: skip
    return f"""Simulated vehicles publish once a second for {run.effort.stream_s} s, QoS 1, to the stack's broker; each consumer
decodes, keeps windows, computes features, scores with the same models, writes into the same table of the same PostgreSQL, and
acks. The first 10 s do not count. A consumer that is saturated (p99 above {SATURATED_MS / 1e3:g} s, or something not stored) is
not asked for more; *not stored* is what the broker had acked and nobody had written when no new row had come for 10 s.

- **{OUR_PATH}**: the stack as it runs: ingest actor, scoring graph, alerts with evidence, snapshots; batches of up to 20 ms.
- **plain script**: one process, paho-mqtt, each reading scored, inserted, committed and acked before the next.
- **Bytewax**: one worker; a source that drains paho-mqtt every 20 ms and a sink that scores, inserts and acks a batch. Bytewax
  ships no MQTT source, and its recovery needs offsets, which MQTT has not: what is not acked comes again from the broker.

The script and the Bytewax dataflow decide nothing: no alerts, no evidence, no snapshots; a restart loses their windows.
The stack's ingest actor is held while they run; the rest of the stack idles beside all three. CPU: the consumer (of FleetGuard
the actor, the replica, Ray and the pipeline), the broker and PostgreSQL; at low rates what idles weighs most.

{table(head, rows)}

{_failures(run.streamed.failures)}{_stream_verdict(run)}"""


def _stream_verdict(run: Comparison) -> str:
    held = {name: max((one.vehicles for one in levels if _held(one)), default=0) for name, levels in run.streamed.levels.items()}
    told = ", ".join(f"{name} {rate:,}" for name, rate in held.items())
    limit = f"everything was stored and p99 stayed below {SATURATED_MS / 1e3:g} s"
    verdict = f"Highest rate tried at which {limit}: {told} readings/s."
    if sooner := list(_sooner(run)):
        verdict += (
            f" **Not ahead** of: {'; '.join(sooner)}. They score in their own process, without the hop to a replica, and skip "
            "alerts and snapshots."
        )
    return verdict


def _sooner(run: Comparison) -> Iterator[str]:
    """The others' levels at which they hold a rate that FleetGuard does not, or have a p99 that is not higher."""
    ours = {one.vehicles: one.p99_ms for one in run.streamed.levels.get(OUR_PATH, []) if _held(one)}
    for name in MODULES:
        for one in run.streamed.levels.get(name, []):
            own_ms = ours.get(one.vehicles, np.inf)
            if _held(one) and one.p99_ms <= own_ms:
                yield f"{name} at {one.vehicles:,}/s (p99 {number(one.p99_ms)} ms, {OUR_PATH} {number(own_ms)} ms)"


def _held(one: StreamLevel) -> bool:
    return not one.unstored and one.p99_ms <= SATURATED_MS


def _failures(failures: dict[str, str]) -> str:
    lines = [f"- **{name}** was not measured: {' '.join(reason.split())}" for name, reason in failures.items()]
    return "\n".join(lines) + "\n\n" if lines else ""
