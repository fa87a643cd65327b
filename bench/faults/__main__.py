"""The command line of the faults: `python -m bench.faults`."""

import asyncio
import signal
import sys
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bench.faults.catalogue import FAULTS, Fault, soak
from bench.faults.report import outcome_line, page
from bench.faults.trial import LOAD_S, Outcome, try_fault
from bench.machine import occasion
from bench.stack import HOME_HELP, StackUnderTest, described, stack_under_test
from fleet.errors import FleetError

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, context_settings={"help_option_names": ["-h", "--help"]})


HomeOption = Annotated[Path | None, typer.Option("--home", envvar="FLEETGUARD_TRIAL_HOME", help=HOME_HELP)]


@app.command("soak")
def soaked(
    home: HomeOption = None,
    minutes: Annotated[float, typer.Option(min=0.5, max=120, help="For how long.")] = 2,
    seed: Annotated[int, typer.Option(help="Which processes, in which order.")] = 1,
) -> None:
    """Kill a process every half minute while the fleet publishes, and audit."""
    fault = soak(60 * minutes)
    with stack_under_test(home) as stack:
        outcome = asyncio.run(try_fault(stack, fault, seed, load_s=round(60 * minutes) + LOAD_S))
    print(outcome_line(fault.name, outcome))
    sys.exit(bool(outcome.broken))


@app.callback(invoke_without_command=True)
def faults(
    context: typer.Context,
    home: HomeOption = None,
    seeds: Annotated[int, typer.Option(min=1, max=100, help="How often each fault is done.")] = 5,
    only: Annotated[str, typer.Option(help="Only faults whose name holds this; the page is not written then.")] = "",
) -> None:
    """Do every fault, audit, and write docs/reliability.md."""
    if context.invoked_subcommand:
        return
    chosen = [fault for fault in FAULTS if only in fault.name]
    if not chosen:
        raise typer.BadParameter(f"no fault is called {only!r}: " + "; ".join(fault.name for fault in FAULTS))
    outcomes: dict[str, list[Outcome]] = defaultdict(list)
    when = occasion("python -m bench.faults " + " ".join(sys.argv[1:]), described(home), datetime.now(UTC))
    for environment, fitting in by_environment(chosen, home):
        with stack_under_test(home, own_disk=True, environment=environment) as stack:
            for seed in range(1, seeds + 1):
                _try_all(stack, [fault for fault in fitting if fault.possible(stack)], seed, outcomes)
                if not only:
                    PAGE.write_text(page(when, outcomes))
    for fault in chosen:
        if fault.name not in outcomes:
            print(f"{fault.name}: not tried, this stack is not made for it.")
    if any(outcome.broken for tried in outcomes.values() for outcome in tried):
        sys.exit(1)


def by_environment(chosen: list[Fault], home: Path | None) -> list[tuple[Mapping[str, str], list[Fault]]]:
    """The faults that one stack serves for; a stack that runs already is the only one."""
    if home is not None:
        return [({}, chosen)]
    environments = [dict(pairs) for pairs in dict.fromkeys(tuple(fault.environment.items()) for fault in chosen)]
    return [(environment, [f for f in chosen if f.environment == environment]) for environment in environments]


def _try_all(stack: StackUnderTest, faults: list[Fault], seed: int, outcomes: dict[str, list[Outcome]]) -> None:
    for fault in faults:
        outcome = asyncio.run(try_fault(stack, fault, seed))
        outcomes[fault.name].append(outcome)
        print(outcome_line(fault.name, outcome), flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # a throw-away stack must not outlive us
    try:
        app(prog_name="python -m bench.faults")
    except FleetError as error:
        typer.secho(str(error), fg=typer.colors.RED, err=True)
        sys.exit(1)
