"""docs/reliability.md: which fault broke which promise. Pure."""

from collections.abc import Mapping, Sequence

from bench.faults.catalogue import FAULTS, HELD_S, LOAD_S
from bench.faults.fleet import OVERHEATING, STEADY
from bench.faults.questions import ANSWERED_WITHIN_S
from bench.faults.trial import Outcome
from bench.machine import Occasion
from bench.report import table

Outcomes = Mapping[str, Sequence[Outcome]]


def outcome_line(name: str, outcome: Outcome) -> str:
    """One trial on the terminal."""
    named = ", ".join(sorted(outcome.named)) or "nothing"
    verdict = "held" if not outcome.broken else "BROKEN: " + "; ".join(outcome.broken)
    return f"{name}, seed {outcome.seed}: {verdict}. Longest delay {outcome.longest_s:.1f} s; /ready named {named}."


def fault_table(outcomes: Outcomes) -> str:
    """A row per fault."""
    rows = [
        [
            fault.name,
            fault.guarantee,
            f"{sum(not outcome.broken for outcome in tried)} of {len(tried)}",
            f"{max(outcome.longest_s for outcome in tried):.1f}",
            ", ".join(sorted(frozenset().union(*(outcome.named for outcome in tried)))) or "–",
        ]
        for fault in FAULTS
        if (tried := outcomes.get(fault.name))
    ]
    return table(["fault", "guarantee", "held", "longest delay, s", "`/ready` named"], rows)


def page(when: Occasion, outcomes: Outcomes) -> str:
    """The whole page."""
    untried = [fault.name for fault in FAULTS if fault.name not in outcomes]
    left_out = f"\n- Not tried, for want of a stack that is made for it: {'; '.join(untried)}." if untried else ""
    broken = [outcome_line(name, one) for name, tried in outcomes.items() for one in tried if one.broken]
    wrong = "\n".join(f"- {line}" for line in broken) or "No promise was broken."
    return f"""# Reliability

Every line of the table was produced by one run of `{when.command}` (also `make faults`), which writes the page.

- **Machine**: {when.machine}; load average {when.load:.2f} before the run.
- **Stack**: {when.stack}. **When**: {when.at:%Y-%m-%d %H:%M} UTC, revision {when.revision}.

{STEADY + OVERHEATING} vehicles publish once a second for {LOAD_S} s, in some trials longer, QoS 1, from devices that keep what
is not acked; the engines of {OVERHEATING} overheat meanwhile. The fault comes at a random moment of it (a seed each).
Afterwards the auditor (`bench/ledger.py`) compares what was sent with the tenant's tables and with what somebody heard who
follows the alerts. Every acked reading is stored once, and nothing that nobody sent; each unreadable payload is a dead letter;
each overheating engine is exactly one alert; the stream's numbers have no gap, each change was heard once and in order and has
one audit row, and the chain is unbroken; no row of another tenant can be seen. All of it must hold, and `/ready` be green
again, within two minutes.

{fault_table(outcomes)}

- *longest delay*: from a steady vehicle's reading to the transaction that stores it, the longest of all seeds: how long the path
  stood still. *held* processes get SIGSTOP and, {HELD_S:.0f} s later, SIGCONT.
- While the database is locked, slow or out of connections, people ask the API for the alerts: each is answered within
  {ANSWERED_WITHIN_S:.0f} s, with the list or with a 503 that says when to ask again.
- Ray's calls fail by its own `RAY_testing_rpc_failure`, in a stack that is started with it.{left_out}
- Two replicas and two actors run in a stack of their own, started with the settings for it; the second Ray node is on the same
  machine ([decisions/0013](decisions/0013-one-replica-unless-seconds-matter.md)).
- A reading that kills the scorer is tried in `tests/faults/test_poison.py`: it ends one scorer with its batch and one copy of it
  alone, and then is a dead letter.

## What did not hold

{wrong}
"""
