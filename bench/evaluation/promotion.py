"""The card of a promotion: what scoring notices when a champion is replaced under load."""

from pathlib import Path
from typing import Final

from bench.evaluation.card import Card, Figure, Section
from bench.evaluation.trial import Trial
from bench.promotion import CALLERS, MODELS, MOVES_EACH, ROWS, Outcome, measure, register_again
from fleet.errors import Unavailable
from pipelines.training_sets import training_set
from serve.registry import ModelRegistry, local_tracking_uri, models_cache
from training.promote import TOLD_TWICE, promote
from training.train import ROW_MODELS, train_row_model

SEED: Final = 8001
VEHICLES, DAYS = 24, 0.6
REPLICAS: Final = 2


def card(trial: Trial) -> Card:
    """Measure both placements of the graph."""
    home = _installation(trial)
    outcomes = []
    for placement in ("colocated", "split"):
        trial.say(f"promotions and rollbacks under load, graph {placement}")
        outcomes.append(measure(home, placement, REPLICAS))
    return Card(
        name="promotion",
        purpose="Replace a champion, forward or back, while its replicas score: `fleetguard promote` and `fleetguard rollback`.",
        inputs="The MLflow alias `champion`; every replica loads and warms the new version beside the old one in a thread, then "
        "all replicas change one reference at the same word.",
        training=f"{VEHICLES} simulated vehicles; each second version has the files of the first, which costs as much to load.",
        sections=[_section(outcome) for outcome in outcomes],
        limits=[
            "Callers, Ray and replicas share the machine: a silence holds the scheduler's own pauses, so the silence while "
            "nothing moves stands beside it.",
            "A replica that is started later loads the champion before it serves; its start is not measured here.",
        ],
    )


def _installation(trial: Trial) -> Path:
    def train() -> Path:
        home = trial.scratch / "promotion"
        registry = ModelRegistry(local_tracking_uri(home), models_cache(home))
        home.mkdir()
        labelled = training_set(trial.simulated(SEED, VEHICLES, DAYS, faults_per_vehicle_day=8.0))
        for name in ROW_MODELS:
            train_row_model(name, labelled, registry, "simulated")
            promote(name, registry, insist=TOLD_TWICE)
        register_again(home)
        return home

    return trial.once("small champions to promote and roll back", train)


def _section(outcome: Outcome) -> Section:
    if not outcome.moves:
        raise Unavailable(f"no champion moved in the {outcome.placement} graph")
    silence = {name: tuple(move.silence_ms for move in outcome.moves if move.model == name) for name in MODELS}
    return Section(
        f"Graph {outcome.placement}, {outcome.replicas} replicas",
        f"{CALLERS} callers score batches of {ROWS} rows without a pause, {outcome.calls:,} calls; the champions of "
        f"{' and '.join(MODELS)} move {MOVES_EACH} times each, half of them back.",
        figures=[
            Figure("failed scorings", (float(outcome.failed),), 0, "at most"),
            Figure("answers by two versions of one model", (float(outcome.mixed),), 0, "at most"),
            *(
                Figure(f"longest silence around a move of the {name} model, ms", values, 500, "at most")
                for name, values in silence.items()
            ),
            Figure("longest silence of all moves, ms", (max(max(values) for values in silence.values()),), 500, "at most"),
            Figure("longest silence in 3 s without a move, ms", (outcome.calm_ms,)),
            Figure("from the command to the last answer by the old version, ms", tuple(m.followed_ms for m in outcome.moves)),
            Figure("old version's last answer after the new one's first, ms", tuple(m.overlap_ms for m in outcome.moves)),
        ],
    )
