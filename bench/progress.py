"""Progress bars on the terminal, one line per step."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

Advance = Callable[[int], None]  # so many more parts are done


class Progress:
    """What is being done and how far it is."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextmanager
    def step(self, what: str, total: int) -> Iterator[Advance]:
        """A step of so many parts; yields a function that counts parts as done."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Bars(*columns, console=self._console) as bars:
            task = bars.add_task(what, total=total)
            yield lambda parts: bars.advance(task, parts)
