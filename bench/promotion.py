"""Promotion and rollback under load: a graph of its own on a real Ray, scored without a pause while champions move."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Final

from fleet.errors import Unavailable
from serve.environment import SERVE_ENVIRONMENT

MODELS: Final = ("engine", "driver")  # whose champions move: trees, and trees with a network
CALLERS, ROWS, PAUSE_S = 4, 200, 0.02
MOVES_EACH, CALM_S, AFTER_S = 4, 3.0, 2.0
APP: Final = "promotion"
START_S: Final = 400.0


@dataclass(slots=True)
class Moved:
    """One promotion or rollback.

    Attributes:
        silence_ms: longest time without a successful answer, from the move until after the swap.
        followed_ms: from the move until the last answer by the version before.
        overlap_ms: between the first answer by the new version and the last by the old.
    """

    model: str
    version: str
    silence_ms: float
    followed_ms: float
    overlap_ms: float


@dataclass(slots=True)
class Outcome:
    """What the callers noticed. `calm_ms`: longest silence while nothing moves. `mixed`: answers by two versions at once."""

    placement: str
    replicas: int
    calls: int = 0
    failed: int = 0
    mixed: int = 0
    calm_ms: float = 0.0
    moves: list[Moved] = field(default_factory=list)


def measure(home: Path, placement: str, replicas: int) -> Outcome:
    """Move champions back and forth under load; in processes of their own.

    Args:
        home: an installation whose registry, a SQLite file, has champions, and previous ones of `MODELS`.

    Raises:
        Unavailable: the graph did not come up; the message ends with what was said.
    """
    uri = f"sqlite:///{home.resolve()}/mlflow.db"
    own = {name: value for name, value in os.environ.items() if not name.startswith(("FLEETGUARD_", "RAY_"))}
    environment = own | SERVE_ENVIRONMENT | {
        "FLEETGUARD_HOME": str(home), "FLEETGUARD_MLFLOW__TRACKING_URI": uri, "FLEETGUARD_SERVE__RELOAD_S": "3600",
        "RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0", "OMP_NUM_THREADS": "1",
    }  # fmt: skip
    command = [sys.executable, "-m", "bench.promotion", placement, str(replicas)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=START_S, check=False)  # noqa: S603
    if done.returncode:
        raise Unavailable(f"The graph under load failed: {done.stderr[-2000:]}")
    told = json.loads(done.stdout.splitlines()[-1])
    return Outcome(**told | {"moves": [Moved(**move) for move in told["moves"]]})


def register_again(home: Path) -> None:
    """Promote a second version of each of `MODELS`, with the champion's own files: it costs to load what a retrained one does."""
    import mlflow

    from serve.registry import REGISTERED, ModelRegistry, local_tracking_uri, models_cache
    from training.promote import TOLD_TWICE, promote

    registry = ModelRegistry(local_tracking_uri(home), models_cache(home))
    mlflow.set_tracking_uri(registry.tracking_uri)
    client = mlflow.MlflowClient()
    for name in MODELS:
        source = client.get_model_version(REGISTERED[name], str(registry.champion(name)))
        again = client.create_model_version(REGISTERED[name], source.source, source.run_id)
        promote(name, registry, str(again.version), insist=TOLD_TWICE)


class _Callers:
    """Score without a pause and remember when which version answered."""

    def __init__(self, handle: object) -> None:
        self._handle, self._ended = handle, asyncio.Event()
        self.answers: list[tuple[float, frozenset[str]]] = []
        self.failed = self.mixed = 0

    async def run(self) -> None:
        await asyncio.gather(*(self._call() for _ in range(CALLERS)))

    def end(self) -> None:
        self._ended.set()

    async def _call(self) -> None:
        from ray.exceptions import RayError

        from fleet.features import silent_vehicles

        batch = silent_vehicles(ROWS)
        while not self._ended.is_set():
            try:
                scores = await self._handle.score.remote(batch)  # type: ignore[attr-defined]
                spoken = frozenset(scores.versions) - {""}
                self.mixed += any(sum(version.startswith(f"{name}-") for version in spoken) > 1 for name in MODELS)
                self.answers.append((time.perf_counter(), spoken))
            except (RayError, OSError, RuntimeError):
                self.failed += 1
            await asyncio.sleep(PAUSE_S)

    def silence_ms(self, since: float) -> float:
        """Longest time between two answers, from a moment until now."""
        moments = [since, *(at for at, _ in self.answers if at >= since), time.perf_counter()]
        return max(later - earlier for earlier, later in pairwise(moments)) * 1e3


async def _under_load(placement: str, replicas: int) -> Outcome:
    from ray import serve

    from fleet.settings import load_settings
    from training.bootstrap import registry_of

    registry_of(load_settings()).champion(MODELS[0])  # the callers' own imports are no silence of the graph
    outcome = Outcome(placement, replicas)
    callers = _Callers(serve.get_app_handle(APP))
    running = asyncio.create_task(callers.run())
    await asyncio.sleep(CALM_S)
    began = time.perf_counter()
    await asyncio.sleep(CALM_S)
    outcome.calm_ms = callers.silence_ms(began)
    for name in MODELS * MOVES_EACH:
        outcome.moves.append(await _move(callers, name))
    callers.end()
    await running
    outcome.calls, outcome.failed, outcome.mixed = len(callers.answers) + callers.failed, callers.failed, callers.mixed
    return outcome


async def _move(callers: _Callers, name: str) -> Moved:
    """Roll back, which changes champion and previous: every second time it is the promotion again."""
    from fleet.settings import load_settings
    from serve.rollout import roll_out
    from training.bootstrap import registry_of
    from training.promote import rollback

    began = time.perf_counter()
    moved = await asyncio.to_thread(rollback, name, registry_of(load_settings()))
    await roll_out(APP, name)
    await asyncio.sleep(AFTER_S)
    since = [(at, f"{name}-{moved.version}" in spoken) for at, spoken in callers.answers if at >= began]
    first = min(at for at, new in since if new)
    last = max((at for at, new in since if not new), default=began)
    return Moved(name, moved.version, callers.silence_ms(began), (last - began) * 1e3, (last - first) * 1e3)


def main() -> None:
    """The process that starts the graph and calls it; prints the outcome as one line of JSON."""
    import ray
    from ray import serve

    from serve.graph import GraphArgs, build_app

    graph = GraphArgs.model_validate({"placement": sys.argv[1], "replicas": int(sys.argv[2])})
    with tempfile.TemporaryDirectory(prefix="fg-ray-") as folder:
        ray.init(num_cpus=8, include_dashboard=False, log_to_driver=False, _temp_dir=folder, object_store_memory=100_000_000)
        serve.start(proxy_location="Disabled", logging_config={"log_level": "WARNING", "enable_access_log": False})
        serve.run(build_app(graph), name=APP, route_prefix=None)
        outcome = asyncio.run(_under_load(graph.placement, graph.replicas))
        ray.shutdown()
    print(json.dumps(asdict(outcome)))


if __name__ == "__main__":
    main()
