"""What long work shows while it lasts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[float], None]


@contextmanager
def progress(label: str, measurable: bool = True) -> Iterator[Advance]:
    """A progress bar on stderr, so that `--json` on stdout stays clean."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(label, total=1.0 if measurable else None)
        yield lambda share: progress.update(task, completed=share)
        progress.update(task, total=1.0, completed=1.0)
