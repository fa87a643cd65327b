"""Keeps the Ray side running: deploys the graph, keeps the ingest actors, runs the periodic jobs. Ends when Ray is gone."""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import ray
import structlog
from ray import serve
from ray.exceptions import RayError

from fleet.errors import FleetError, Unavailable
from fleet.logs import configure_logging
from fleet.settings import Settings, load_settings
from fleet.stores.announcements import BUDGET_TRIALS, PROMOTIONS, announcements
from fleet.stores.ingest import IngestStore
from fleet.stores.postgres import connect_pool
from fleetguard.jobs import (
    close_old_alerts,
    materialise_features,
    promote_by_rule,
    refresh_forecasts,
    retrain_on_judgements,
    score_drivers,
    try_budgets,
    watch_drift,
)
from fleetguard.pulse import Pulse
from fleetguard.rota import Job, Rota
from ingest.actor import APP, NAMESPACE, start_actors
from serve.graph import MODELS, GraphArgs, build_app
from serve.rollout import roll_out

BEAT_S = 1.0
DEPLOY_WITHIN_S = 300.0
RAY_PATIENCE_S = 15.0  # without an answer from Ray for this long the process ends and its supervisor starts it anew
ACTOR_PATIENCE_S = 90.0  # an actor may be busy with a backlog for longer than Ray may be silent
JOB_NICENESS = 15
FORECASTS_EVERY_S = 900.0
MATERIALISE_EVERY_S = 1800.0
DRIVERS_EVERY_S = 1800.0
DRIFT_EVERY_S = 3600.0
TRIALS_EVERY_S = 600.0
CLOSE_EVERY_S = 3600.0
PROMOTE_EVERY_S = 86_400.0
LISTEN_AGAIN_S = 5.0

log = structlog.get_logger(__name__)


def deploy(settings: Settings) -> None:
    """Start Serve on loopback and run the graph.

    Raises:
        Unavailable: the graph does not come up; the message says what its replicas complained of.
    """
    serve.start(
        proxy_location="HeadOnly",
        http_options={"host": "127.0.0.1", "port": settings.serve.http_port, "request_timeout_s": 30},
        logging_config={"encoding": "JSON", "log_level": "WARNING", "enable_access_log": False},
    )
    args = GraphArgs(placement=settings.serve.placement, replicas=settings.serve.replicas, metrics_dir=settings.metrics_dir)
    try:
        serve.run(build_app(args), name=APP, route_prefix="/score")
    except RuntimeError as error:
        status = serve.status().applications.get(APP)
        detail = "; ".join(d.message for d in status.deployments.values() if d.message) if status else ""
        raise Unavailable(f"The serving graph does not start: {detail or error}") from error


class _RayTask:
    """A job that runs in a worker of Ray."""

    def __init__(self, reference: ray.ObjectRef) -> None:
        self._reference = reference

    def done(self) -> bool:
        return bool(ray.wait([self._reference], timeout=0)[0])

    def result(self) -> Any:
        try:
            return ray.get(self._reference)
        except RayError as error:
            raise Unavailable(str(error)[-500:]) from error


def _job(name: str, every_s: float, run: Callable[[Settings], Any], settings: Settings, apart: bool = False) -> Job:
    """A job in a Ray worker; one that runs apart has a process of its own, which ends with it."""
    own_workers = {"env_vars": {"FLEETGUARD_JOB": "1"}}  # their priority must not be inherited by an actor
    remote = ray.remote(num_cpus=0, max_retries=0, max_calls=int(apart), runtime_env=own_workers)(_aside)
    return Job(name, every_s, lambda: _RayTask(remote.remote(run, settings)), apart)


def _aside(run: Callable[[Settings], Any], settings: Settings) -> Any:
    """A job, behind whatever decides on readings."""
    os.setpriority(os.PRIO_PROCESS, 0, JOB_NICENESS)
    return run(settings)


async def keep(settings: Settings, pulse: Pulse) -> None:
    """Watch the actors and the graph, and say in the store that they live; for ever, or until Ray does not answer."""
    pool = await connect_pool(settings.postgres)
    store, actors = IngestStore(pool), start_actors(settings)
    forecasts = _job("forecasts", FORECASTS_EVERY_S, refresh_forecasts, settings)
    trials = _job("budget trials", TRIALS_EVERY_S, try_budgets, settings, apart=True)
    jobs = [
        forecasts,
        trials,
        _job("features", MATERIALISE_EVERY_S, materialise_features, settings),
        _job("drivers", DRIVERS_EVERY_S, score_drivers, settings),
        _job("drift", DRIFT_EVERY_S, watch_drift, settings),
        _job("closing", CLOSE_EVERY_S, close_old_alerts, settings),
        *([_job("promotion", PROMOTE_EVERY_S, promote_by_rule, settings)] if settings.promotion.auto else []),
    ]
    if settings.training.retrain_every_s > 0:
        jobs.append(_job("retrain", settings.training.retrain_every_s, retrain_on_judgements, settings, apart=True))
    rota = Rota(jobs)
    following = asyncio.create_task(_heed_words(settings, forecasts, trials))
    heard, beating = time.monotonic(), asyncio.create_task(_beat(store))
    while time.monotonic() - heard < ACTOR_PATIENCE_S:
        if not _on_a_living_node():
            raise Unavailable("Ray was started anew.")
        pulse.beat(RAY_PATIENCE_S)
        try:
            async with asyncio.timeout(5):
                await asyncio.gather(*(actor.ensure_running.remote() for actor in actors))
            heard = time.monotonic()
        except (RayError, TimeoutError) as error:
            log.warning("actor_silent", error=repr(error)[:200])
        rota.tick()
        if beating.done():  # a store that is slow must hold up neither the actors nor our pulse
            beating.result()
            beating = asyncio.create_task(_beat(store))
        await asyncio.sleep(BEAT_S)
    following.cancel()
    raise Unavailable(f"No ingest actor has answered for {ACTOR_PATIENCE_S:.0f} s.")


def _on_a_living_node() -> bool:
    """Whether this Ray still is the one we joined: a GCS that was started anew does not know our node."""
    own = ray.get_runtime_context().get_node_id()
    return any(node["NodeID"] == own and node["Alive"] for node in ray.nodes())


async def _heed_words(settings: Settings, forecasts: Job, trials: Job) -> None:
    """Bring each new champion to all replicas at once, and hasten what people wait for; a word that is lost costs a wait."""
    while True:
        try:
            async for channel, word in announcements(settings.postgres, PROMOTIONS, BUDGET_TRIALS):
                if channel == BUDGET_TRIALS:
                    trials.hasten()
                elif word in MODELS:
                    await roll_out(APP, word)
                else:
                    forecasts.hasten()
        except FleetError as error:
            log.warning("word_not_heeded", error=str(error))
        await asyncio.sleep(LISTEN_AGAIN_S)


async def _beat(store: IngestStore) -> None:
    try:
        application = serve.status().applications.get(APP)
    except RayError as error:  # one call may fail; whether Ray is gone is found out by the actors' silence
        log.warning("serve_silent", error=repr(error)[:200])
        return
    state = application.status if application else "NOT_STARTED"
    running = sum(d.replica_states.get("RUNNING", 0) > 0 for d in application.deployments.values()) if application else 0
    serving = application is not None and running == len(application.deployments)
    try:
        await store.beat("scoring", datetime.now(UTC), "ok" if serving else "down", "" if serving else f"graph is {state}")
    except FleetError as error:
        log.warning("heartbeat_failed", error=str(error))


def main() -> int:
    """Run until Ray is gone or a signal comes."""
    settings = load_settings()
    configure_logging(settings.log_format, settings.log_level)
    pulse = Pulse(DEPLOY_WITHIN_S)
    try:
        ray.init(address=settings.ray.address or "auto", namespace=NAMESPACE, log_to_driver=False)
        if settings.serve.deployed_by == "pipeline":  # a RayService's graph would leave the operator's sight
            deploy(settings)
            log.info("graph_deployed", placement=settings.serve.placement)
        pulse.beat(RAY_PATIENCE_S)
        asyncio.run(keep(settings, pulse))
    except (FleetError, ConnectionError, RayError) as error:
        log.error("pipeline_ends", error=str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
