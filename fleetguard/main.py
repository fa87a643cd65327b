"""The command line: `fleetguard`."""

import os
import sys

import typer

from fleet.errors import FleetError
from fleet.logs import configure_logging
from fleetguard.commands import REGISTRATIONS
from fleetguard.stack.home import home_of, join_ray_of

app = typer.Typer(
    no_args_is_help=True,
    help="FleetGuard: what is going wrong in your fleet, early and with reasons.",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for register in REGISTRATIONS:
    register(app)


def run() -> None:
    """One clear sentence and exit code 1 for what the user can mend; nothing else is caught."""
    configure_logging("console", "WARNING")
    join_ray_of(home_of(os.environ))
    try:
        app()
    except FleetError as error:
        typer.secho(str(error), fg=typer.colors.RED, err=True)
        sys.exit(1)
