"""`export-judged`, `retrain`: people's judgements of alerts into labels, and into challengers."""

import asyncio
import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from fleetguard.commands.progress import progress

JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
_MODELS = ("driver", "fuel", "engine")


def register(app: typer.Typer) -> None:
    app.command("export-judged")(export_judged)
    app.command()(retrain)


def export_judged(
    tenant: Annotated[str, typer.Option(help="Short name of the tenant.")],
    out: Annotated[Path, typer.Option(help="Folder for the history bundle.")],
    since: Annotated[datetime | None, typer.Option("--from", help="By default a year back (UTC).", show_default=False)] = None,
    until: Annotated[datetime | None, typer.Option("--to", help="By default now (UTC).", show_default=False)] = None,
    as_json: JsonOption = False,
) -> None:
    """Write the alerts that people confirmed or dismissed, and the telemetry around them, as a labelled history bundle."""
    from datetime import UTC

    from pipelines.retraining import LOOK_BACK

    end = until.replace(tzinfo=UTC) if until else datetime.now(UTC)
    begin = since.replace(tzinfo=UTC) if since else end - LOOK_BACK
    labels = asyncio.run(_export(tenant, begin, end, out))
    typer.echo(json.dumps({"labels": labels, "out": str(out)}) if as_json else f"{labels} labels of judged alerts: {out}")


def retrain(
    model: Annotated[str, typer.Argument(help="driver, fuel, engine, or all of them.")],
    history: Annotated[
        Path | None, typer.Option(help="Labelled base history; a simulated one where none is given.", show_default=False)
    ] = None,
    judged: Annotated[
        list[Path] | None,
        typer.Option(help="Bundle that export-judged wrote; may repeat. By default every tenant's judgements in the database."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Train on a base history and on what people judged, and register as challenger in MLflow."""
    from datetime import UTC

    from fleet.settings import load_settings
    from pipelines.retraining import retrain as train
    from training.bootstrap import quiet_libraries, registry_of

    if model not in (*_MODELS, "all"):
        raise typer.BadParameter(f"{model} does not learn from judgements: give {', '.join(_MODELS)} or all")
    quiet_libraries()
    settings = load_settings()
    names = [name for name in _MODELS if model in (name, "all")]
    with progress("Learning from judged alerts") as advance:
        trained = train(names, settings, registry_of(settings), datetime.now(UTC), history, judged or (), advance)
    if as_json:
        typer.echo(json.dumps({name: {"version": t.version, "alerts": t.alerts} | t.figures for name, t in trained.items()}))
        return
    for name, each in trained.items():
        typer.echo(f"{name}: version {each.version} is the challenger; it learnt from {each.alerts} judged alerts.")
        for verdict in ("confirmed", "dismissed"):
            _tell(verdict, each.figures)


def _tell(verdict: str, figures: dict[str, float]) -> None:
    now = figures.get(f"judged.{verdict}.challenger")
    before = figures.get(f"judged.{verdict}.champion")
    if now is not None:
        was = "" if before is None else f", the champion {before:.2f}"
        typer.echo(f"  {verdict} alerts: it says {now:.2f} on average{was}")


async def _export(tenant: str, since: datetime, until: datetime, out: Path) -> int:
    from fleet.errors import NotFound
    from fleet.settings import load_settings
    from fleet.stores.postgres import connect_pool, tenant_ids
    from pipelines.judged import export_judged as export

    async with await connect_pool(load_settings().postgres) as pool:
        known = await tenant_ids(pool, [tenant])
        if tenant not in known:
            raise NotFound(f"There is no tenant {tenant}.")
        with progress("Reading the telemetry around judged alerts") as advance:
            return await export(pool, known[tenant], since, until, out, advance)
