"""`simulate`, `simulate-history`, `replay`: vehicles that publish like real ones."""

import asyncio
import json
import logging
import signal
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from fleet.history import History
    from fleet.settings import Settings
    from simulator.device import Counters

T = TypeVar("T")
CredentialsOption = Annotated[
    Path | None, typer.Option(help="Broker and device credentials; by default demo.json in FLEETGUARD_HOME.", show_default=False)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")]


def register(app: typer.Typer) -> None:
    app.command()(simulate)
    app.command("simulate-history")(simulate_history)
    app.command()(replay)


def simulate(
    vehicles: Annotated[int, typer.Option(min=1, max=50_000, help="How many, in the order of the credentials.")] = 10,
    hz: Annotated[float, typer.Option(min=0.01, max=100, help="Samples a second; above 1, a message holds a second.")] = 1.0,
    seconds: Annotated[float, typer.Option(min=0, help="How long; 0 goes on until Ctrl-C.")] = 60.0,
    seed: Annotated[int, typer.Option(help="The same seed drives the same.")] = 1,
    faults: Annotated[
        str | None,
        typer.Option(
            help="What to inject: TYPE[:severity][@start_s][+duration_s][/vehicle], comma separated, random:RATE (events per "
            "vehicle hour), or none. Default: alerts within a minute, then a trickle.",
            show_default=False,
        ),
    ] = None,
    truth: Annotated[Path | None, typer.Option(help="Write a JSON line per event: vehicle_id, start, end, label.")] = None,
    tenant: Annotated[str | None, typer.Option(help="Use the devices of this tenant only.")] = None,
    credentials: CredentialsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Publish a simulated fleet over MQTT in real time, each vehicle with its own connection and credential."""
    from fleet.settings import load_settings
    from simulator.credentials import load_credentials
    from simulator.faults import parse_faults
    from simulator.live import DEFAULT_FAULTS
    from simulator.publish import Job, Summary, publish

    plan = parse_faults(DEFAULT_FAULTS if faults is None else faults)
    known = load_credentials(credentials or load_settings().home / "demo.json")
    job = Job(known.first(vehicles, tenant), hz, seconds, seed, plan, truth)

    async def run() -> Summary:
        with _progress("Driving", seconds or None) as advance:
            return await publish(known, job, _stop_event(), advance)

    summary = _run(run)
    print(json.dumps(summary.as_dict()) if as_json else summary)


def simulate_history(
    out: Annotated[Path, typer.Option(help="Folder of the bundle; made where missing.")],
    vehicles: Annotated[int, typer.Option(min=1, max=2_000, help="How many vehicles.")] = 40,
    days: Annotated[float, typer.Option(min=0.1, max=366, help="Days of telemetry; failures reach 420 days back.")] = 2.0,
    seed: Annotated[int, typer.Option(help="The same seed writes the same bundle.")] = 1,
    faults_per_vehicle_day: Annotated[float, typer.Option(min=0, max=20, help="Injected faults, all types about equally.")] = 1.5,
    resolution: Annotated[
        int | None,
        typer.Option(min=1, max=60, help="Seconds between readings of a moving vehicle; 1, or 5 for long ones."),
    ] = None,
    noise: Annotated[float, typer.Option(min=0, max=10, help="Noise of the sensors, as a multiple of the ordinary.")] = 1.0,
) -> None:
    """Write a history bundle of a simulated fleet: telemetry with ground truth, services, failures and fault codes."""
    from simulator.history import write_history

    with _progress("Driving", 1.0) as advance:
        write_history(
            out,
            vehicles,
            days,
            seed,
            lambda share: advance(share, None),
            faults_per_vehicle_day=faults_per_vehicle_day,
            resolution_s=resolution,
            noise=noise,
        )
    typer.echo(f"Wrote {vehicles} vehicles, {days:g} days, to {out}")


def replay(
    history: Annotated[Path, typer.Option(help="Folder of the bundle.")],
    speed: Annotated[float, typer.Option(min=1, max=1e6, help="How many times faster than real time to publish.")] = 1.0,
    tenant: Annotated[str, typer.Option(help="Whose vehicles they are.")] = "acme",
    credentials: CredentialsOption = None,
    provision: Annotated[bool, typer.Option(help="Create the vehicles and their device credentials where missing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Publish a bundle's telemetry over MQTT as its vehicles would.

    Times are shifted to now and keep their distances. At speed 1 the first reading is of now. Faster, the last reading is
    of the moment it is published, so nothing lies in the future. Readings more than 24 h old raise no alert: a bundle that
    lasts longer than that is played with its vehicles side by side, each from its first reading, and pauses are cut to 4 h,
    65 min or 20 min, the longest with which everything fits into 24 h; what still does not fit is published and said.
    """
    from fleet.history import load_history
    from fleet.settings import load_settings
    from simulator.credentials import load_credentials
    from simulator.replay import lay_out
    from simulator.replay import replay as publish_bundle

    settings = load_settings()
    path = credentials or settings.home / "demo.json"
    bundle = load_history(history, tables=("telemetry", "vehicles"), require=("telemetry",))
    _warn_unknown(bundle.unknown_columns)
    timeline = lay_out(bundle.telemetry, speed)
    names = [track.vehicle for track in timeline.tracks]
    if provision:
        asyncio.run(_provision(settings, path, tenant, names, bundle))
    known = load_credentials(path)
    devices = known.of_vehicles(names, tenant)
    if timeline.shortened_to_s is not None:
        typer.echo(f"Longer than a day: pauses are cut to {timeline.shortened_to_s:g} s.", err=True)
    if timeline.too_old(speed):
        typer.echo(f"{timeline.too_old(speed)} readings will be more than a day old and raise no alert.", err=True)

    async def run() -> "Counters":
        with _progress("Replaying", timeline.samples) as advance:
            return await publish_bundle(timeline, devices, known, speed, _stop_event(), advance)

    counters = _run(run)
    summary = {"vehicles": len(names), "samples": timeline.samples, **_as_dict(counters)}
    print(json.dumps(summary) if as_json else f"{len(names)} vehicles, {timeline.samples} samples: {counters}")


async def _provision(settings: "Settings", path: Path, tenant: str, vehicles: Sequence[str], bundle: "History") -> None:
    """Create what is missing in the database, and add the credentials to the file."""
    import asyncpg

    from fleet.errors import Unavailable
    from fleet.stores.provisioning import Vehicle, ensure_devices, ensure_tenant, ensure_vehicles
    from fleetguard.stack.home import write_private

    content: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    kept = [device for device in content.get("devices", []) if device["tenant"] != tenant or device["vehicle"] not in vehicles]
    mine = [device for device in content.get("devices", []) if device["tenant"] == tenant and device["vehicle"] in vehicles]
    secrets = {device["vehicle"]: device["password"] for device in mine}
    try:
        connection = await asyncpg.connect(settings.postgres.owner_url or None)
    except (OSError, asyncpg.PostgresError) as error:
        raise Unavailable(f"the database does not answer, so nothing can be provisioned: is the stack up? ({error})") from error
    try:
        tenant_id = await ensure_tenant(connection, tenant, tenant)
        await ensure_vehicles(connection, tenant_id, [Vehicle(name, **_master_data(bundle, name)) for name in vehicles])
        made = await ensure_devices(
            connection, tenant_id, vehicles, {name: secrets[name] for name in vehicles if name in secrets}
        )
    finally:
        await connection.close()
    content.setdefault("mqtt", {"host": settings.mqtt.host, "port": settings.mqtt.port})
    content["devices"] = kept + [
        {"tenant": tenant, "vehicle": device.vehicle, "username": device.username, "password": device.password} for device in made
    ]
    write_private(path, json.dumps(content, indent=2))


def _master_data(bundle: "History", vehicle: str) -> dict[str, Any]:
    rows = bundle.vehicles[bundle.vehicles["vehicle_id"] == vehicle]
    columns = [column for column in ("vehicle_class", "model", "age_years", "tank_l") if column in rows.columns]
    found = {} if rows.empty else rows.iloc[0][columns].dropna().to_dict()
    return {key: value if isinstance(value, str) else float(value) for key, value in found.items()}


def _warn_unknown(columns: Sequence[str]) -> None:
    if columns:
        typer.echo(f"Ignored, not in the signal table: {', '.join(columns)}", err=True)


def _as_dict(counters: "Counters") -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(counters)


def _run(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """The client's own warnings repeat what the counters say."""
    logging.getLogger("gmqtt").setLevel(logging.CRITICAL)
    logging.getLogger("simulator.gmqtt").setLevel(logging.CRITICAL)
    return asyncio.run(main())


def _stop_event() -> asyncio.Event:
    """Set on Ctrl-C and SIGTERM: devices say goodbye before the process ends."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


@contextmanager
def _progress(what: str, total: float | None) -> Iterator[Callable[[float, Any], None]]:
    """A bar on a terminal, nothing elsewhere; `advance(done, counters)` moves it."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    what_and_how_far = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    columns = (*what_and_how_far, TextColumn("{task.fields[note]}"))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=total, note="")

        def advance(done: float, counters: Any) -> None:
            note = "" if counters is None else f"{counters.acked} acked, {counters.dropped} dropped"
            bar.update(task, completed=done, note=note)

        yield advance
