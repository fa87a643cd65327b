"""`python -m bench.evaluation`: judges the models and writes their cards."""

import importlib
import tempfile
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from bench.evaluation.card import Card, write
from bench.evaluation.trial import Trial, evaluation_data
from bench.machine import occasion
from fleet.errors import FleetError

ROOT: Final = Path(__file__).parents[2]


class Model(StrEnum):
    """What has a card: the models, and how they are replaced."""

    DRIVER = "driver"
    FUEL = "fuel"
    ENGINE = "engine"
    FORECASTER = "forecaster"
    PROMOTION = "promotion"


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, context_settings={"help_option_names": ["-h", "--help"]})


@app.command()
def evaluate(
    models: Annotated[
        list[Model] | None, typer.Argument(help="Which models; all of them by default.", show_default=False)
    ] = None,
    cards: Annotated[Path, typer.Option(help="Folder the cards are written into.")] = ROOT / "docs" / "models",
) -> None:
    """Judge the models on vehicles, drivers, seeds and months they have never seen, and write their cards."""
    from training.bootstrap import quiet_libraries

    quiet_libraries()
    console = Console(stderr=True)
    command = f"make evaluate{'' if not models else ' MODELS=' + chr(34) + ' '.join(models) + chr(34)}"
    when = occasion(command, "", datetime.now(UTC))
    with tempfile.TemporaryDirectory(prefix="fleetguard-evaluation-") as scratch:
        trial = Trial(cards, Path(scratch), evaluation_data(ROOT), lambda text: console.log(text))
        judged = [_card(name, trial) for name in models or list(Model)]
    for card in judged:
        typer.echo(write(card, cards, when))
    for missed in (missed for card in judged for missed in card.missed):
        typer.secho(f"not reached: {missed}", fg="yellow")


def _card(name: Model, trial: Trial) -> Card:
    trial.say(f"the {name} model")
    return importlib.import_module(f"bench.evaluation.{name}").card(trial)


def main() -> int:
    """Run the command line; a foreseen failure is one sentence and exit code 1."""
    try:
        app()
    except FleetError as error:
        typer.secho(str(error), fg="red", err=True)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
