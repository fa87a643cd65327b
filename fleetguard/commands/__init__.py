"""The commands, a module each; a module's heavy imports happen inside its functions."""

from collections.abc import Callable
from typing import Final

import typer

from fleetguard.commands import audit, demo, feedback, life, models, simulate, stack

REGISTRATIONS: Final[list[Callable[[typer.Typer], None]]] = [
    demo.register,
    stack.register,
    simulate.register,
    models.register,
    life.register,
    feedback.register,
    audit.register,
]
