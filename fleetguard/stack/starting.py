"""The whole start, part by part, with its progress on the screen."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from fleetguard.stack.home import home_of
from fleetguard.stack.stack import Stack, forget_heartbeats, prepare, prepare_database, start


def start_everything(
    console: Console,
    environ: Mapping[str, str],
    demo_vehicles: int = 0,
    before_pipeline: Callable[[Stack], None] = lambda _: None,
) -> Stack:
    """Start what does not run yet, in order, each part once the one before it answers.

    `before_pipeline` runs when the servers are up and nothing scores yet.

    Raises:
        ConfigurationError, Unavailable: the message says what failed and what to do.
    """
    home = home_of(environ)
    home.make()
    with home.locked("start", "Another `fleetguard` command is starting this stack: wait for it."):
        with _step(console, "preparing"):
            stack = prepare(home, environ, demo_vehicles)
        for notice in stack.plan.notices:
            console.print(notice, style="yellow", highlight=False)
        names = [program.name for program in stack.programs if program.name != "simulator"]
        if "postgres" in names:
            _start(console, stack, "postgres")
        _ready_database(console, stack)
        for name in names:
            if name == "pipeline":
                before_pipeline(stack)
            if name != "postgres":
                _start(console, stack, name)
    return stack


def _ready_database(console: Console, stack: Stack) -> None:
    cold = stack.supervisor.states().get("api", {}).get("statename") == "STOPPED"
    with _step(console, "database"):
        prepare_database(stack)
        if cold:
            forget_heartbeats(stack.settings)


def _start(console: Console, stack: Stack, name: str) -> None:
    with _step(console, name):
        start(stack, name)


@contextmanager
def _step(console: Console, name: str) -> Iterator[None]:
    """A line that spins while the step lasts, and stays with the time it took."""
    columns = (SpinnerColumn(finished_text="[green]✓[/]"), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(name, total=1)
        yield
        progress.update(task, completed=1)
