"""`train`, `evaluate`, `promote`, `rollback`, `score`, `forecast`: the life of the models."""

import json
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetguard.commands.progress import progress

if TYPE_CHECKING:
    from serve.registry import ModelRegistry
    from training.dataset import LabelledSet

JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
HistoryOption = Annotated[Path, typer.Option("--history", help="Folder of a history bundle.")]


class ModelName(StrEnum):
    """Models by name."""

    DRIVER = "driver"
    FUEL = "fuel"
    ENGINE = "engine"
    FORECASTER = "forecaster"


class TrainTarget(StrEnum):
    """What can be trained."""

    DRIVER = "driver"
    FUEL = "fuel"
    ENGINE = "engine"
    FORECASTER = "forecaster"
    ALL = "all"


def register(app: typer.Typer) -> None:
    for command in (train, evaluate, promote, rollback, score, forecast):
        app.command()(command)


def train(
    model: Annotated[TrainTarget, typer.Argument(help="Which model, or all of them.")],
    history: Annotated[
        Path | None, typer.Option(help="Labelled history to learn from; a simulated one where none is given.", show_default=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Train, evaluate on vehicles that are held out, and register as challenger in MLflow."""
    import tempfile

    from training.bootstrap import quiet_libraries, simulate_training_history

    quiet_libraries()
    names = [name for name in ModelName if model.value in (name.value, TrainTarget.ALL.value)]
    versions: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="fleetguard-train-") as scratch:
        if history is None:
            history = Path(scratch) / "simulated"
            with progress("Simulating a fleet to learn from", measurable=False):
                simulate_training_history(history)
        versions = _train(names, history)
    for name, version in versions.items():
        _say(as_json, f"{name}: version {version} is the challenger; `fleetguard promote {name}` makes it champion.")
    if as_json:
        typer.echo(json.dumps({"versions": versions}))


def evaluate(model: ModelName, history: HistoryOption, as_json: JsonOption = False) -> None:
    """Metrics of champion and challenger on the same labelled history, with 95 % intervals over vehicles."""
    from fleet.errors import ModelUnavailable
    from serve.registry import CHALLENGER, CHAMPION
    from training.bootstrap import quiet_libraries
    from training.train import evaluate_versions

    quiet_libraries()
    registry = _registry()
    versions = {alias: version for alias in (CHAMPION, CHALLENGER) if (version := registry.version(model, alias)) is not None}
    if not versions:
        raise ModelUnavailable(f"There is neither champion nor challenger of the {model} model: run `fleetguard train {model}`.")
    labelled = None if model is ModelName.FORECASTER else _labelled(history)
    results = evaluate_versions(model, versions, registry, history, labelled)
    typer.echo(json.dumps({"model": model.value, **results}, default=float)) if as_json else _tables(model, results)


def promote(
    model: ModelName,
    version: Annotated[str | None, typer.Option(help="By default the challenger.", show_default=False)] = None,
    force: Annotated[int, typer.Option("--force", count=True, help="Give it twice to promote a worse model.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Make the challenger champion; running replicas follow. A worse one is refused."""
    from dataclasses import asdict

    from training.promote import promote as move

    moved = move(model, _registry(), version, force)
    _announce(model)
    before = f" in place of {moved.previous}" if moved.previous else ""
    _say(as_json, f"Version {moved.version} is the champion of the {model} model{before}.")
    if as_json:
        typer.echo(json.dumps(asdict(moved)))


def rollback(model: ModelName, as_json: JsonOption = False) -> None:
    """Make the champion before this one champion again."""
    from dataclasses import asdict

    from training.promote import rollback as move_back

    moved = move_back(model, _registry())
    _announce(model)
    _say(as_json, f"Version {moved.version} is the champion of the {model} model again, in place of {moved.previous}.")
    if as_json:
        typer.echo(json.dumps(asdict(moved)))


def score(
    history: HistoryOption,
    out: Annotated[Path, typer.Option(help="Folder for alerts.jsonl and scores.parquet.")],
    as_json: JsonOption = False,
) -> None:
    """Run history through the live features, models and episodes."""
    from pipelines.history import ROW_MODELS, champions, read_history, score_history
    from training.bootstrap import quiet_libraries

    quiet_libraries()
    recorded = read_history(history)
    scorers = champions(_registry())
    for name in ROW_MODELS:
        if name not in scorers:
            typer.secho(f"The {name} model has no champion: what it would say stays unknown.", fg="yellow", err=True)
    with progress("Scoring") as advance:
        found = score_history(recorded, out, list(scorers.values()), advance)
    if as_json:
        record = {"rows": found.rows, "vehicles": found.vehicles, "alerts": found.alerts}
        typer.echo(json.dumps(record | {"alertsFile": str(found.alerts_file), "scoresFile": str(found.scores_file)}))
        return
    total = sum(found.alerts.values())
    typer.echo(f"{found.rows} seconds of {found.vehicles} vehicles judged, {total} alerts: {found.alerts_file}")
    for kind, count in found.alerts.items():
        typer.echo(f"  {kind}: {count}")


def forecast(
    history: HistoryOption,
    at: Annotated[list[str], typer.Option("--at", help="RFC 3339 time; only what was known then is used. May repeat.")],
    out: Annotated[Path, typer.Option(help="CSV file to write.")],
    as_json: JsonOption = False,
) -> None:
    """72-hour failure risks per vehicle and component, as they would have been told at a time."""
    from pipelines.forecasts import forecast_history
    from training.bootstrap import quiet_libraries

    quiet_libraries()
    moments = [_moment(text) for text in at]
    with progress("Forecasting") as advance:
        forecast_history(history, moments, out, _registry(), advance)
    _say(as_json, f"Forecasts for {len(moments)} moments: {out}")
    if as_json:
        typer.echo(json.dumps({"out": str(out), "moments": [moment.isoformat() for moment in moments]}))


def _train(names: list[ModelName], history: Path) -> dict[str, str]:
    from fleet.settings import load_settings
    from training.train import train_forecaster, train_row_model

    registry, versions, labelled = _registry(), {}, None
    for name in names:
        if name is ModelName.FORECASTER:
            with progress("Training the forecaster model") as advance:
                versions[name.value] = train_forecaster(history, registry, advance)
            continue
        labelled = labelled or _labelled(history)
        with progress(f"Training the {name} model", measurable=False):
            versions[name.value] = train_row_model(name, labelled, registry, history.name, load_settings().ray.address)
    return versions


def _labelled(history: Path) -> "LabelledSet":
    from fleet.settings import load_settings
    from pipelines.training_sets import training_set

    with progress("Turning readings into features") as advance:
        return training_set(history, advance, load_settings().ray.address)


def _registry() -> "ModelRegistry":
    from fleet.settings import load_settings
    from training.bootstrap import registry_of

    return registry_of(load_settings())


def _announce(model: ModelName) -> None:
    """Tell the running stack, so that all replicas swap together; without the word they follow on their cadence."""
    import asyncio

    from fleet.errors import FleetError
    from fleet.settings import load_settings
    from fleet.stores.announcements import PROMOTIONS, announce

    settings = load_settings()
    if not settings.postgres.url:
        return
    try:
        asyncio.run(announce(settings.postgres, PROMOTIONS, model))
    except FleetError:
        wait = f"Running replicas follow within {settings.serve.reload_s:.0f} s."
        typer.secho(f"The stack could not be told. {wait}", fg="yellow", err=True)


def _moment(text: str) -> datetime:
    from datetime import UTC

    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text} is not an RFC 3339 time such as 2026-11-24T12:00:00Z") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _tables(model: ModelName, results: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    difference = results.pop("difference", None)
    for alias, result in results.items():
        known = result.get("intervals", {"score": None, "types": {}})
        title = f"{model} {alias}, version {result['version']}: score {result['score']:.3f}"
        table = Table("", *_METRICS, title=title)
        for kind, metrics in result["types"].items():
            of_type = known["types"].get(kind, {})
            table.add_row(kind, *(_with(metrics[name], of_type.get(name)) if name in metrics else "" for name in _METRICS))
        Console().print(table)
    if difference:
        table = Table("", "average_precision", title="challenger minus champion, the same vehicles drawn for both")
        table.add_row("score", _with(difference["score"], difference["interval"]))
        for kind, change in difference["types"].items():
            table.add_row(kind, _with(change["average_precision"], change["interval"]))
        Console().print(table)


def _with(value: float, interval: tuple[float, float] | None) -> str:
    return f"{value:.3f}" if interval is None else f"{value:.3f}\n{interval[0]:.3f} – {interval[1]:.3f}"


_METRICS = ("average_precision", "auc", "precision", "recall", "false_positive_rate", "brier", "ece", "event_recall")


def _say(as_json: bool, sentence: str) -> None:
    if not as_json:
        typer.echo(sentence)
