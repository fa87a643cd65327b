"""Trains challengers on a base history and what people judged, and records how the judged alerts moved."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fleet.alerts import TYPES
from fleet.errors import ModelUnavailable
from fleet.scores import MODEL_TYPES
from serve.parts import load_scorer
from serve.registry import REGISTERED, ModelRegistry
from training.dataset import LabelledSet
from training.evaluate import Scorer, score_rows
from training.feedback import JudgedSet, joined
from training.train import train_row_model

JUDGED_UNTIL = "judged_until"  # tag of a version: the moment up to which judgements were known when it was trained


@dataclass(frozen=True, slots=True)
class Retrained:
    """A challenger: how many judged alerts of its types it learnt from, and its figures about them."""

    version: str
    alerts: int
    figures: dict[str, float]


def train_on_judgements(
    name: str,
    base: LabelledSet,
    judged: Sequence[JudgedSet],
    registry: ModelRegistry,
    history: str,
    until: datetime,
    ray_address: str = "",
) -> Retrained:
    """Fit driver, fuel or engine on a base history and judged alerts; registers the challenger.

    Its run carries, beside the usual, `judged.<verdict>.<champion|challenger>`: the mean probability that each said of the
    judged alerts' own types. The challenger has learnt from these very rows; on unseen ones expect less.
    """
    version = train_row_model(name, joined(base, judged), registry, history, ray_address)
    mine = sum(int(each.alerts["type"].isin(_columns(name)).sum()) for each in judged)
    figures = _figures(name, version, judged, registry)
    client = _client(registry)
    run = client.get_model_version(REGISTERED[name], version).run_id
    for key, value in figures.items():
        client.log_metric(run, key, value)
    client.set_model_version_tag(REGISTERED[name], version, JUDGED_UNTIL, until.astimezone(UTC).isoformat())
    client.set_model_version_tag(REGISTERED[name], version, "judged_alerts", str(mine))
    return Retrained(version, mine, figures)


def judged_until(name: str, registry: ModelRegistry) -> datetime:
    """Up to when judgements were known to the newest version that learnt from any; long ago where there is none."""
    from mlflow.exceptions import MlflowException

    try:
        versions = _client(registry).search_model_versions(f"name = '{REGISTERED[name]}'")
    except MlflowException as error:
        raise ModelUnavailable(f"the model registry at {registry.tracking_uri} does not answer: {error.message}") from error
    known = [datetime.fromisoformat(v.tags[JUDGED_UNTIL]) for v in versions if JUDGED_UNTIL in v.tags]
    return max(known, default=datetime(1970, 1, 1, tzinfo=UTC))


def alert_probability(scorer: Scorer, judged: JudgedSet) -> NDArray[np.float64]:
    """(alert,) mean probability of each judged alert's own type over its rows, NaN where the scorer says nothing of it."""
    probability = score_rows([scorer], judged.rows.features)
    said = probability[np.arange(len(judged.alert)), judged.alerts["type"].to_numpy()[judged.alert]]
    known = ~np.isnan(said)
    count = np.bincount(judged.alert[known], minlength=len(judged.alerts))
    total = np.bincount(judged.alert[known], said[known], minlength=len(judged.alerts))
    return np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)


def _figures(name: str, version: str, judged: Sequence[JudgedSet], registry: ModelRegistry) -> dict[str, float]:
    scorers = {"challenger": load_scorer(name, registry.fetch(name, version), version)}
    if (champion := registry.champion(name)) is not None:
        with suppress(ModelUnavailable):  # of another program: there is nothing to compare with
            scorers["champion"] = load_scorer(name, registry.fetch(name, champion), champion)
    figures = {}
    for alias, scorer in scorers.items():
        said = np.concatenate([alert_probability(scorer, each) for each in judged])
        confirmed = np.concatenate([each.alerts["confirmed"].to_numpy() for each in judged])
        for verdict, chosen in (("confirmed", confirmed), ("dismissed", ~confirmed)):
            if (known := said[chosen & ~np.isnan(said)]).size:
                figures[f"judged.{verdict}.{alias}"] = float(known.mean())
    return figures


def _columns(name: str) -> list[int]:
    return [TYPES.index(kind) for kind in MODEL_TYPES[name]]


def _client(registry: ModelRegistry) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=registry.tracking_uri, registry_uri=registry.tracking_uri)
