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
import uvloop
from rich.console import Console

from bench.faults import soak_report
from bench.faults.catalogue import FAULTS, Fault
from bench.faults.report import outcome_line, page
from bench.faults.soak import soak
from bench.faults.trial import Outcome, try_fault
from bench.machine import occasion
from bench.progress import Progress
from bench.stack import HOME_HELP, StackUnderTest, described, stack_under_test
from fleet.errors import FleetError

DOCS = Path(__file__).parents[2] / "docs"
PAGE, SOAK_PAGE, SOAK_PICTURE = DOCS / "reliability.md", DOCS / "soak.md", DOCS / "images" / "soak.svg"

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, context_settings={"help_option_names": ["-h", "--help"]})


HomeOption = Annotated[Path | None, typer.Option("--home", envvar="FLEETGUARD_TRIAL_HOME", help=HOME_HELP)]


@app.command("soak")
def soaked(
    home: HomeOption = None,
    vehicles: Annotated[int, typer.Option(min=100, max=20_000, help="How many publish, at 1 Hz.")] = 5000,
    minutes: Annotated[float, typer.Option(min=0.5, max=120, help="For how long.")] = 30,
    seed: Annotated[int, typer.Option(help="Which processes, in which order.")] = 1,
) -> None:
    """Kill a random process each minute while a fleet publishes, audit, and write docs/soak.md."""
    with stack_under_test(home) as stack:
        when = occasion("python -m bench.faults " + " ".join(sys.argv[1:]), described(home), datetime.now(UTC))
        result = uvloop.run(soak(stack, vehicles, round(60 * minutes), seed, Progress(Console(stderr=True))))
    soak_report.draw(result, SOAK_PICTURE)
    SOAK_PAGE.write_text(soak_report.page(when, result, SOAK_PICTURE.relative_to(DOCS)))
    print(f"{soak_report.summary(result)}\nWritten: {SOAK_PAGE} and {SOAK_PICTURE}")
    sys.exit(bool(result.broken))


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
