"""The command line."""

import typer

app = typer.Typer(no_args_is_help=True, help="FleetGuard: what is going wrong in your fleet, early and with reasons.")
