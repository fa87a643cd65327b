"""Moves the alias `champion`: forward when the challenger is no worse, back by one step when people want it."""

from dataclasses import dataclass
from typing import Any

from fleet.errors import Conflict, NotFound
from serve.registry import CHALLENGER, CHAMPION, PREVIOUS, REGISTERED, ModelRegistry

DECIDING = {"forecaster": "any.average_precision"}  # the metric that decides; of all other models `score`
TOLERANCE = 0.01
TOLD_TWICE = 2


@dataclass(frozen=True, slots=True)
class Promotion:
    """What moved. `version` is champion now, `previous` was before; the scores are of the deciding metric, None unknown."""

    model: str
    version: str
    previous: str | None
    score: float | None = None
    champion_score: float | None = None


def promote(name: str, registry: ModelRegistry, version: str | None = None, insist: int = 0) -> Promotion:
    """Make a version champion; the old champion becomes `previous`.

    Args:
        version: by default the challenger.
        insist: how often the caller said that a worse one is wanted; twice is needed.

    Raises:
        NotFound: no such version, or no challenger. Conflict: it is champion already, or worse.
    """
    chosen = version or registry.version(name, CHALLENGER)
    if chosen is None:
        raise NotFound(f"There is no challenger of the {name} model: run `fleetguard train {name}` first.")
    champion = registry.champion(name)
    if chosen == champion:
        raise Conflict(f"Version {chosen} is the champion of the {name} model already.")
    score, present = _scores(name, registry, chosen, champion)
    if score is not None and present is not None and score < present - TOLERANCE and insist < TOLD_TWICE:
        raise Conflict(
            f"Version {chosen} of the {name} model is worse than champion {champion} ({score:.3f} against {present:.3f}): "
            "give --force twice to promote it all the same."
        )
    _move(name, registry, chosen, champion)
    return Promotion(name, chosen, champion, score, present)


def rollback(name: str, registry: ModelRegistry) -> Promotion:
    """Make `previous` champion again; the two change places, so a second call undoes the first.

    Raises:
        NotFound: there is no previous champion.
    """
    previous, champion = registry.version(name, PREVIOUS), registry.champion(name)
    if previous is None:
        raise NotFound(f"The {name} model has no previous champion to go back to.")
    _move(name, registry, previous, champion)
    return Promotion(name, previous, champion)


def _move(name: str, registry: ModelRegistry, version: str, champion: str | None) -> None:
    client = _client(registry)
    if champion is not None:
        client.set_registered_model_alias(REGISTERED[name], PREVIOUS, champion)
    client.set_registered_model_alias(REGISTERED[name], CHAMPION, version)
    if registry.version(name, CHALLENGER) == version:
        client.delete_registered_model_alias(REGISTERED[name], CHALLENGER)


def _scores(name: str, registry: ModelRegistry, version: str, champion: str | None) -> tuple[float | None, float | None]:
    """The deciding metric of a version and of the champion, on the same rows where the run compared them."""
    metric = DECIDING.get(name, "score")
    mine = _metrics(name, registry, version)
    if champion is None:
        return mine.get(metric), None
    return mine.get(metric), mine.get("champion_score", _metrics(name, registry, champion).get(metric))


def _metrics(name: str, registry: ModelRegistry, version: str) -> dict[str, float]:
    from mlflow.exceptions import MlflowException

    client = _client(registry)
    try:
        run = client.get_model_version(REGISTERED[name], version).run_id
    except MlflowException as error:
        raise NotFound(f"There is no version {version} of the {name} model.") from error
    return dict(client.get_run(run).data.metrics) if run else {}


def _client(registry: ModelRegistry) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=registry.tracking_uri, registry_uri=registry.tracking_uri)
