"""`compare`, `budget`: what a challenger, or other thresholds, would change."""

import asyncio
import json
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetguard.commands.models import JsonOption, ModelName, _registry
from fleetguard.commands.progress import progress

if TYPE_CHECKING:
    from uuid import UUID

    from fleet.own_thresholds import OwnThresholds
    from training.challenge import Challenge

DaysOption = Annotated[float, typer.Option(min=0.01, max=366, help="How much of the past is judged anew.")]
VehiclesOption = Annotated[int, typer.Option(min=1, help="Of more vehicles than these a sample is judged.")]


def register(app: typer.Typer) -> None:
    for command in (compare, budget):
        app.command()(command)


def compare(model: ModelName, days: DaysOption = 30.0, vehicles: VehiclesOption = 50, as_json: JsonOption = False) -> None:
    """What the challenger would change: live rows in shadow, past alerts, expected volume, precision by people's judgement."""
    from fleet.settings import load_settings
    from pipelines.challenge import challenge_of
    from training.bootstrap import quiet_libraries
    from training.challenge import objections

    quiet_libraries()
    settings = load_settings()

    async def gather(advance: Any) -> "Challenge":
        from fleet.stores.postgres import connect_pool

        async with await connect_pool(settings.postgres) as pool:
            return await challenge_of(pool, _registry(), model.value, _span(days), vehicles, advance)

    with progress("Judging the past anew") as advance:
        challenge = asyncio.run(gather(advance))
    against = objections(challenge, settings.promotion)
    if as_json:
        typer.echo(json.dumps(challenge.as_json() | {"rule": {"promotes": not against, "objections": against}}))
    else:
        _show(challenge, against)


def budget(
    tenant: Annotated[str, typer.Option(help="Whose alerts; the tenant's short name.")],
    per_vehicle_week: Annotated[
        float | None, typer.Option(min=0, help="Alerts per vehicle and week to aim at.", show_default=False)
    ] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Go back to the product's own thresholds.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and save nothing.")] = False,
    days: DaysOption = 30.0,
    vehicles: VehiclesOption = 50,
    as_json: JsonOption = False,
) -> None:
    """Fit a tenant's alert thresholds to a number of alerts per vehicle and week, tried on the past first."""
    from fleet.own_thresholds import OwnThresholds
    from fleet.stores.budget_trials import chosen_of
    from training.bootstrap import quiet_libraries

    if (per_vehicle_week is None) == (not reset):
        raise typer.BadParameter("give either --per-vehicle-week or --reset")
    quiet_libraries()
    if per_vehicle_week is None:
        asyncio.run(_save(tenant, OwnThresholds()))
        typer.echo(f"{tenant} has the product's own thresholds again.")
        return
    with progress("Judging the past anew") as advance:
        outcome = asyncio.run(_fit(tenant, per_vehicle_week, days, vehicles, advance))
    if not dry_run:
        asyncio.run(_save(tenant, chosen_of(outcome)))
    if as_json:
        typer.echo(json.dumps(outcome | {"saved": not dry_run}))
    else:
        _show_budget(outcome, dry_run)


async def _fit(tenant: str, per_vehicle_week: float, days: float, vehicles: int, advance: Any) -> dict[str, Any]:
    from fleet.settings import load_settings
    from fleet.stores.postgres import connect_pool
    from pipelines.budget import try_out
    from pipelines.history import champions

    async with await connect_pool(load_settings().postgres) as pool:
        owner = await _owner(pool, tenant)
        scorers = list(champions(_registry()).values())
        return await try_out(pool, scorers, owner, per_vehicle_week, days, vehicles, advance)


async def _save(tenant: str, chosen: "OwnThresholds") -> None:
    from fleet.settings import load_settings
    from fleet.stores import alert_rules
    from fleet.stores.postgres import connect_pool

    async with await connect_pool(load_settings().postgres) as pool:
        owner = await _owner(pool, tenant)
        await alert_rules.save(pool, owner, chosen, f"system:{os.environ.get('USER', 'operator')}", datetime.now(UTC))


async def _owner(pool: Any, tenant: str) -> "UUID":
    from fleet.errors import NotFound
    from fleet.stores.postgres import tenant_ids

    owner = (await tenant_ids(pool, [tenant])).get(tenant)
    if owner is None:
        raise NotFound(f"There is no tenant {tenant}.")
    return owner


def _span(days: float) -> tuple[datetime, datetime]:
    now = datetime.now(UTC)
    return now - timedelta(days=days), now


def _show_budget(outcome: dict[str, Any], dry_run: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    nothing, rate = {"before": 0, "after": 0}, outcome["perVehicleWeek"]
    table = Table("type", "threshold", "alerts before", "after", box=None)
    for kind, threshold in outcome["thresholds"].items():
        counted = outcome["alerts"].get(kind, nothing)
        table.add_row(kind, f"{threshold:.2f}", str(counted["before"]), str(counted["after"]))
    Console().print(table)
    typer.echo(
        f"{outcome['vehicles']} of {outcome['vehiclesReporting']} vehicles, {outcome['vehicleWeeks']:.2f} vehicle weeks: "
        f"{rate['before']:.2f} alerts per vehicle and week before, {rate['after']:.2f} after. "
        + ("Nothing was saved." if dry_run else "Saved; ingest heeds it within 30 s.")
    )


def _show(challenge: "Challenge", against: list[str]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("", *challenge.volumes, box=None)
    shown = {alias: volume.as_json() for alias, volume in challenge.volumes.items()}
    table.add_row("version", *(challenge.versions[alias] for alias in shown))
    table.add_row(
        "alerts per vehicle and week", *(_rate(s["perVehicleWeek"], s["perVehicleWeekInterval"]) for s in shown.values())
    )
    table.add_row("precision of judged alerts", *(_rate(s["precision"], s["precisionInterval"]) for s in shown.values()))
    Console().print(table)
    typer.echo(f"Past alerts: {challenge.kept} stay, {len(challenge.vanished)} would vanish, {challenge.added} would be new.")
    for kind, seen in challenge.shadow.items():
        typer.echo(f"In shadow, {kind}: {seen.both_known} rows, {seen.only_champion} on for the champion alone, "
                   f"{seen.only_challenger} for the challenger alone.")  # fmt: skip
    typer.echo("The rule would promote it." if not against else f"The rule would not promote it: {'; '.join(against)}.")


def _rate(value: float | None, interval: tuple[float, float] | None) -> str:
    return "unknown" if value is None or interval is None else f"{value:.3f} ({interval[0]:.3f} – {interval[1]:.3f})"
