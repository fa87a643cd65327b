"""The command line of the rig: `python -m bench`."""

import asyncio
import resource
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
import uvloop
from rich.console import Console

from bench import archive as long_past
from bench import archive_report, streams_report
from bench import consumers as consumer_costs
from bench import live as live_path
from bench import stages as stage_costs
from bench import streams as followed
from bench.live import LiveResult
from bench.machine import Occasion, occasion
from bench.plot import draw
from bench.progress import Progress
from bench.report import growth_text, live_text, page, stages_text
from bench.stack import HOME_HELP, StackUnderTest, described, stack_under_test
from bench.stages import StageCosts
from fleet.errors import FleetError

ROOT = Path(__file__).parents[1]
SCREENS_PAGE = ROOT / "docs" / "screens.md"
STREAMS_PAGE, ARCHIVE_PAGE = ROOT / "docs" / "streams.md", ROOT / "docs" / "archive.md"
PAGE, PICTURE = ROOT / "docs" / "benchmarks.md", ROOT / "docs" / "images" / "benchmarks.svg"
PEERS_PAGE, PEERS_PICTURE = ROOT / "docs" / "peers.md", ROOT / "docs" / "images" / "peers.svg"

HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        envvar="FLEETGUARD_TRIAL_HOME",
        help=HOME_HELP,
    ),
]
VehiclesOption = Annotated[int, typer.Option(min=1, max=25_000, help="How many vehicles publish.")]
GatewaysOption = Annotated[
    int, typer.Option(min=0, max=1000, help="Connections that carry them, at most 250 each; 0: each vehicle has its own.")
]
SecondsOption = Annotated[int, typer.Option(min=20, max=3600, help="For how long; latencies leave out the first ten seconds.")]

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, context_settings={"help_option_names": ["-h", "--help"]})


RatesOption = Annotated[str, typer.Option(help="Vehicles of each run of the growth, from few to many.")]
GROWTH: Final = "500,1000,2000,4000,7000,10000"
GROWTH_GATEWAYS: Final = 100
GROWTH_S: Final = 30
# Vehicles, seconds, gateways (0: each its own connection): as many as are asked for, for long; the same on their own; far more.
LIMITS: Final = ((10_000, 300, 100), (10_000, 60, 0), (25_000, 60, 100))


@app.callback(invoke_without_command=True)
def everything(
    context: typer.Context,
    home: HomeOption = None,
    vehicles: VehiclesOption = 500,
    seconds: SecondsOption = 60,
    gateways: GatewaysOption = 0,
    rates: RatesOption = GROWTH,
    limits: Annotated[
        bool, typer.Option(help="Also 10,000 vehicles for five minutes, on their own connections, and 25,000.")
    ] = True,
) -> None:
    """Measure the live path, its growth, its limits and the stages, and write docs/benchmarks.md: about half an hour."""
    if context.invoked_subcommand:
        _refuse_misplaced(context)
        return
    progress = Progress(Console(stderr=True))
    with stack_under_test(home) as stack:
        when = _occasion(home)
        result = uvloop.run(live_path.measure(stack, vehicles, seconds, progress, gateways))
        grown = _grow(stack, rates, GROWTH_S, GROWTH_GATEWAYS, progress)
        costs = asyncio.run(stage_costs.measure(stack, progress))
        pushed = [
            uvloop.run(live_path.measure(stack, many, for_s, progress, over)) for many, for_s, over in (LIMITS if limits else ())
        ]
    _write(when, result, grown, pushed, costs)
    for each in (result, *grown, *pushed):
        _fail_unless_clean(each)


def _refuse_misplaced(context: typer.Context) -> None:
    """An option before the subcommand would be silently ignored."""
    for name in context.params:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise typer.BadParameter(f"write --{name} behind {context.invoked_subcommand}")


@app.command()
def stages(home: HomeOption = None) -> None:
    """What one reading costs in each stage, in one process, and what the store's append takes."""
    progress = Progress(Console(stderr=True))
    with stack_under_test(home) as stack:
        print(stages_text(asyncio.run(stage_costs.measure(stack, progress))))


@app.command()
def live(
    home: HomeOption = None, vehicles: VehiclesOption = 500, seconds: SecondsOption = 60, gateways: GatewaysOption = 0
) -> None:
    """Vehicles that publish at 1 Hz and QoS 1: latencies, losses, CPU and memory."""
    progress = Progress(Console(stderr=True))
    with stack_under_test(home) as stack:
        result = uvloop.run(live_path.measure(stack, vehicles, seconds, progress, gateways))
    print(live_text(result))
    _fail_unless_clean(result)


@app.command()
def consumers(home: HomeOption = None) -> None:
    """What a message costs whoever receives and acks it: the client of ingest beside gmqtt."""
    with stack_under_test(home) as stack:
        costs = uvloop.run(consumer_costs.measure(stack, Progress(Console(stderr=True))))
    for name, cost_us in costs.items():
        print(f"{name}: {cost_us:.1f} µs of CPU per message")


@app.command()
def screens(
    home: Annotated[Path, typer.Option("--home", envvar="FLEETGUARD_TRIAL_HOME", help="FLEETGUARD_HOME of a demo that runs.")],
    chromium: Annotated[str, typer.Option(help="The browser that draws.")] = "/usr/bin/chromium",
) -> None:
    """Draw every page in three widths and three colour schemes; writes docs/screens.md."""
    from bench import screens as drawn  # needs playwright, which only development installs

    with stack_under_test(home) as stack:
        when = _occasion(home)
        sheets = asyncio.run(drawn.draw(stack, chromium, SCREENS_PAGE.parent / "screens", Progress(Console(stderr=True))))
    SCREENS_PAGE.write_text(drawn.page_of(when, sheets, SCREENS_PAGE.parent))
    print(f"Written: {SCREENS_PAGE}")


@app.command()
def streams(
    home: HomeOption = None,
    clients: Annotated[int, typer.Option(min=20, max=5000, help="Of Server-Sent Events, and as many of Socket.IO.")] = 500,
    seconds: SecondsOption = 60,
) -> None:
    """Many clients that follow the alerts, a third of them slow or reconnecting; writes docs/streams.md."""
    with stack_under_test(home) as stack:
        when = _occasion(home)
        result = uvloop.run(followed.measure(stack, clients, seconds, Progress(Console(stderr=True))))
    STREAMS_PAGE.write_text(streams_report.page(when, result))
    print(f"{streams_report.page(when, result)}\nWritten: {STREAMS_PAGE}")
    if result.torn or result.behind:
        raise Unsound(f"{len(result.torn)} clients have a gap or a repeat, {len(result.behind)} never heard the last change.")


@app.command()
def archive(
    readings: Annotated[int, typer.Option(min=100_000, max=1_000_000_000, help="How many lie in the store.")] = 50_000_000,
) -> None:
    """What the page's questions take over a long past, and what forgetting a day takes; writes docs/archive.md.

    Always on a throw-away stack: a day is forgotten for every tenant.
    """
    with stack_under_test(None) as stack:
        when = _occasion(None)
        result = asyncio.run(long_past.measure(stack, readings, Progress(Console(stderr=True))))
    ARCHIVE_PAGE.write_text(archive_report.page(when, result))
    print(f"{archive_report.page(when, result)}\nWritten: {ARCHIVE_PAGE}")


@app.command()
def growth(
    home: HomeOption = None,
    rates: RatesOption = GROWTH,
    seconds: SecondsOption = GROWTH_S,
    gateways: GatewaysOption = GROWTH_GATEWAYS,
) -> None:
    """The same run with more and more vehicles, until readings are lost or wait for longer than a run."""
    with stack_under_test(home) as stack:
        print(growth_text(_grow(stack, rates, seconds, gateways, Progress(Console(stderr=True)))))


@app.command()
def peers(
    home: HomeOption = None,
    quick: Annotated[bool, typer.Option("--quick", help="A few minutes instead of half an hour; figures are rough.")] = False,
) -> None:
    """FleetGuard beside other servers of models and other stream paths; writes docs/peers.md."""
    from bench.peers import comparison  # torch and the models: only where they are used

    progress = Progress(Console(stderr=True))
    effort = comparison.QUICK if quick else comparison.FULL
    run = comparison.compare(lambda: stack_under_test(home), lambda: _occasion(home), effort, progress)
    comparison.write(run, PEERS_PAGE, PEERS_PICTURE)
    print(f"Written: {PEERS_PAGE} and {PEERS_PICTURE}")


def _grow(stack: StackUnderTest, rates: str, seconds: int, gateways: int, progress: Progress) -> list[LiveResult]:
    results: list[LiveResult] = []
    for vehicles in map(int, rates.split(",")):
        results.append(uvloop.run(live_path.measure(stack, vehicles, seconds, progress, gateways)))
        if results[-1].verdict.missing or results[-1].drained_s > seconds:
            break
    return results


def _occasion(home: Path | None) -> Occasion:
    return occasion("python -m bench " + " ".join(sys.argv[1:]), described(home), datetime.now(UTC))


def _fail_unless_clean(result: LiveResult) -> None:
    verdict, stream = result.verdict, result.stream
    if not verdict.clean:
        raise Unsound(
            f"The audit is not clean: {len(verdict.missing)} readings missing, {len(verdict.doubled)} doubled, "
            f"{len(verdict.nobody_sent)} that nobody sent, for example {verdict.examples}."
        )
    if not stream.clean:
        raise Unsound(
            f"The live stream is not clean: changes {list(stream.missing)} not heard, {list(stream.doubled)} heard twice, "
            f"{list(stream.invented)} invented, {'in' if stream.in_order else 'out of'} order."
        )


def _write(when: Occasion, result: LiveResult, grown: list[LiveResult], pushed: list[LiveResult], costs: StageCosts) -> None:
    draw(result, PICTURE)
    PAGE.write_text(page(when, result, grown, pushed, costs, PICTURE.relative_to(PAGE.parent)))
    print(f"Written: {PAGE} and {PICTURE}")


class Unsound(FleetError):
    """The stack broke a promise while it was measured."""


def main() -> None:
    """Run; one clear sentence for what the user can mend."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # a connection per vehicle
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # a throw-away stack must not outlive us
    try:
        app(prog_name="python -m bench")
    except FleetError as error:
        typer.secho(str(error), fg=typer.colors.RED, err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
