"""`demo`: the whole product with a simulated fleet."""

import os
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    app.command()(demo)


def demo(
    vehicles: Annotated[int, typer.Option(min=1, max=20_000, help="How many simulated vehicles.")] = 25,
    minutes: Annotated[float | None, typer.Option(min=0.1, help="Stop by itself after this time.")] = None,
) -> None:
    """Start the stack and a simulated fleet; Ctrl-C stops everything."""
    from rich.console import Console

    from fleetguard.demonstration import run_demo

    run_demo(Console(stderr=True), os.environ, vehicles, minutes)
