"""`up`, `down`, `status`, `doctor`, `migrate`: the local stack."""

import json
import os
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from fleetguard.stack.doctor import Finding

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    for command in (up, down, status, doctor, migrate):
        app.command()(command)


def up() -> None:
    """Start the stack: whatever of it does not run yet; the first time it trains the models, which takes minutes."""
    from fleetguard.stack.first_models import train_first_models
    from fleetguard.stack.starting import start_everything

    stack = start_everything(_console(), os.environ, before_pipeline=train_first_models)
    typer.echo(f"FleetGuard runs at {stack.url}. See `fleetguard status`; stop it with `fleetguard down`.")


def down() -> None:
    """Stop the stack, all of it."""
    from fleetguard.stack.home import home_of
    from fleetguard.stack.stack import stop

    console = _console()
    with console.status("Stopping") as line:
        ran = stop(home_of(os.environ), os.environ, lambda what: line.update(f"Stopping {what}"))
    typer.echo("Stopped." if ran else "Nothing was running.")


def status(as_json: JsonOption = False) -> None:
    """What runs, since when, what it uses, and what engineers should look at. Exit code 1 when a part is not ready."""
    from fleetguard.stack.home import home_of
    from fleetguard.stack.status import notices, parts

    found = parts(home_of(os.environ), os.environ)
    told = notices()
    if as_json:
        typer.echo(json.dumps({"parts": [part.as_json() for part in found], "notices": told}, indent=2))
    else:
        from fleetguard.stack.status import table

        _console(err=False).print(table(found))
        for notice in told:
            typer.echo(f"{notice['model']} {notice['version']}, {notice['subject']}: {notice['detail']}")
    raise typer.Exit(0 if all(part.ready for part in found) else 1)


def doctor(as_json: JsonOption = False) -> None:
    """What is wrong, and how to mend it. Exit code 1 when something is."""
    from fleetguard.stack.doctor import examine
    from fleetguard.stack.home import home_of

    findings = examine(home_of(os.environ), os.environ)
    if as_json:
        typer.echo(json.dumps({"findings": [finding.as_json() for finding in findings]}, indent=2))
    else:
        _print_findings(findings)
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)


def _print_findings(findings: "list[Finding]") -> None:
    console = _console(err=False)
    for finding in findings:
        mark = "[green]ok  [/]" if finding.ok else "[red]bad [/]"
        console.print(f"{mark} {finding.name}: {finding.detail}", highlight=False)
        if finding.mend:
            console.print(f"       → {finding.mend}", highlight=False)


def migrate() -> None:
    """Bring the database's schema up to date."""
    from fleet.settings import load_settings
    from fleetguard.stack.stack import migrate_database

    applied = migrate_database(load_settings())
    typer.echo(f"Applied: {', '.join(applied)}." if applied else "The schema is up to date.")


def _console(err: bool = True) -> "Console":
    from rich.console import Console

    return Console(stderr=err)
