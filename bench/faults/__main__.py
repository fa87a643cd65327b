"""The command line of the faults: `python -m bench.faults`."""

import asyncio
import signal
import sys
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bench.faults.catalogue import FAULTS, soak
from bench.faults.report import outcome_line, page
from bench.faults.trial import LOAD_S, Outcome, try_fault
from bench.machine import occasion
from bench.stack import HOME_HELP, described, stack_under_test
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
    with stack_under_test(home, own_disk=True) as stack:
        when = occasion("python -m bench.faults " + " ".join(sys.argv[1:]), described(home), datetime.now(UTC))
        possible = [fault for fault in chosen if fault.possible(stack)]
        impossible = [fault for fault in chosen if fault not in possible]
        for fault in impossible:
            print(f"{fault.name}: not tried, this stack's home is not alone on a small disk.", flush=True)
        for seed in range(1, seeds + 1):
            for fault in possible:
                outcome = asyncio.run(try_fault(stack, fault, seed))
                outcomes[fault.name].append(outcome)
                print(outcome_line(fault.name, outcome), flush=True)
            if not only:
                PAGE.write_text(page(when, outcomes, [fault.name for fault in impossible]))
    if any(outcome.broken for tried in outcomes.values() for outcome in tried):
        sys.exit(1)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # a throw-away stack must not outlive us
    try:
        app(prog_name="python -m bench.faults")
    except FleetError as error:
        typer.secho(str(error), fg=typer.colors.RED, err=True)
        sys.exit(1)
