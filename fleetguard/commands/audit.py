"""`audit verify`, `audit export`: whether the record of deeds is whole, and a copy of it for elsewhere."""

import asyncio
import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetguard.commands.models import JsonOption

if TYPE_CHECKING:
    from uuid import UUID

    import asyncpg

    from fleet.stores.audit import Chain

TenantOption = Annotated[str | None, typer.Option(help="One tenant's short name; all where none is given.")]
ExpectOption = Annotated[
    str | None, typer.Option(help="A head that was noted earlier, NUMBER:HASH; needs --tenant. Shows a record that was cut off.")
]


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="The record of every change and sign-in: a chain of hashes per tenant.", no_args_is_help=True)
    for command in (verify, export):
        group.command()(command)
    app.add_typer(group, name="audit")


def verify(tenant: TenantOption = None, expect: ExpectOption = None, as_json: JsonOption = False) -> None:
    """Recompute every hash. Exit code 1 where a row was changed, removed or put in; note the heads it prints elsewhere."""
    if expect is not None and (tenant is None or not re.fullmatch(r"\d{1,18}:[0-9a-f]{64}", expect)):
        raise typer.BadParameter("--expect takes NUMBER:HASH as verify printed it, and --tenant")
    chains = asyncio.run(_chains(tenant, expect))
    if as_json:
        typer.echo(json.dumps([_shown(slug, chain) for slug, chain in chains.items()], indent=2))
    for slug, chain in chains.items() if not as_json else ():
        state = "whole" if chain.is_whole else f"broken at row {chain.broken_at}"
        typer.echo(f"{slug}: {state}, {chain.length} rows, head {chain.head}")
    raise typer.Exit(0 if all(chain.is_whole for chain in chains.values()) else 1)


def export(tenant: Annotated[str, typer.Option(help="Whose record; the tenant's short name.")]) -> None:
    """Print the record as JSON lines in the Elastic Common Schema, oldest first."""
    asyncio.run(_export(tenant))


async def _chains(tenant: str | None, expect: str | None) -> "dict[str, Chain]":
    from fleet.settings import load_settings
    from fleet.stores.audit import check
    from fleet.stores.postgres import connect_pool

    async with await connect_pool(load_settings().postgres) as pool:
        return {slug: await check(pool, owner, expect) for slug, owner in (await _tenants(pool, tenant)).items()}


async def _tenants(pool: "asyncpg.Pool", slug: str | None) -> "dict[str, UUID]":
    from fleet.errors import NotFound
    from fleet.stores.component_events import all_tenants

    tenants = await all_tenants(pool)
    if slug is not None and slug not in tenants:
        raise NotFound(f"There is no tenant {slug}.")
    return tenants if slug is None else {slug: tenants[slug]}


async def _export(tenant: str) -> None:
    from fleet.settings import load_settings
    from fleet.stores.audit import entries
    from fleet.stores.postgres import connect_pool

    async with await connect_pool(load_settings().postgres) as pool:
        (owner,) = (await _tenants(pool, tenant)).values()
        async for seq, entry, digest in entries(pool, owner):
            typer.echo(json.dumps(_ecs(tenant, seq, entry.at, entry, digest)))


def _ecs(tenant: str, seq: int, at: datetime, entry: Any, digest: bytes) -> dict[str, Any]:
    return {
        "@timestamp": at.isoformat(),
        "ecs": {"version": "8.11"},
        "event": {"kind": "event", "action": entry.action, "sequence": seq, "hash": digest.hex()},
        "organization": {"id": tenant},
        "user": {"id": entry.actor},
        "fleetguard": {"subject": entry.subject, "detail": dict(entry.detail)},
    }


def _shown(slug: str, chain: "Chain") -> dict[str, Any]:
    return {"tenant": slug, "whole": chain.is_whole, "rows": chain.length, "head": chain.head, "brokenAt": chain.broken_at}
