"""The Ray actor of one partition group: composes the path and reports that it lives."""

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import ray
import structlog
from ray import serve

from alerts.sink import AlertSink
from fleet.errors import FleetError
from fleet.garbage import keep_pauses_short
from fleet.logs import configure_logging
from fleet.settings import Influx, Settings
from fleet.stores.heartbeats import heartbeats
from fleet.stores.influx import influx_store
from fleet.stores.ingest import IngestStore
from fleet.stores.postgres import connect_pool
from fleet.stores.telemetry import PostgresTelemetryStore
from fleet.stores.tenants import TenantDirectory
from fleet.telemetry import TelemetryStore
from ingest.batches import Batcher
from ingest.isolation import Isolation
from ingest.process import Processor
from ingest.scoring import ServeScorer
from ingest.sessions import client_id, former_sessions, require_partitions, sessions, taken_over
from ingest.subscriber import Receiver, Subscriber

APP = "fleetguard"
NAMESPACE = "fleetguard"
NAME = "ingest"
BEAT_S = 2.0
LATE_S = 5.0  # batches that wait for so long to be committed are told of
PARTITIONS_EVERY_S = 3600.0

log = structlog.get_logger(__name__)


class IngestActor:
    """One of `actors` consumers; `run` is started once after each (re)start and never returns."""

    def __init__(self, settings: Settings, index: int) -> None:
        configure_logging(settings.log_format, settings.log_level)
        keep_pauses_short()
        self._settings, self._index = settings, index
        self._name = f"{NAME}-{index}"
        self._running: asyncio.Task[None] | None = None
        self._subscribers: list[Subscriber] = []

    async def ensure_running(self) -> bool:
        """Start if not started, or started and failed; True while the broker is connected."""
        if self._running is None or self._running.done():
            if self._running is not None and not self._running.cancelled() and (error := self._running.exception()):
                log.error("ingest_restarts", error=str(error))
            self._running = asyncio.create_task(self._run())
        return self._connected

    @property
    def _connected(self) -> bool:
        return bool(self._subscribers) and all(subscriber.connected for subscriber in self._subscribers)

    async def _run(self) -> None:
        async with await connect_pool(self._settings.postgres) as pool, telemetry_store(self._settings.influx, pool) as telemetry:
            await self._consume(pool, telemetry)

    async def _consume(self, pool: asyncpg.Pool, telemetry: TelemetryStore) -> None:
        settings = self._settings
        store, days = IngestStore(pool), PostgresTelemetryStore(pool)
        handle = serve.get_app_handle(APP)
        scoring = Isolation(ServeScorer(handle, settings.serve.timeout_s))
        processor = Processor(TenantDirectory(pool), store, telemetry, scoring, AlertSink(pool), settings.ingest.snapshot_s)
        batcher = Batcher(processor.process, settings.ingest.batch_ms / 1000, settings.ingest.batch_rows, self._name)
        await days.ensure_partitions(datetime.now(UTC))
        own = sessions(settings.mqtt.partitions, self._index, settings.ingest.actors)
        self._subscribers = [Subscriber(settings.mqtt, client_id(topics), topics, batcher.add) for topics in own]
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(batcher.run())
                for subscriber in self._subscribers:
                    await subscriber.start()
                tasks.create_task(self._beat(store, batcher))
                tasks.create_task(self._keep_days(days))
                if self._index == 0:
                    tasks.create_task(self._take_over_former_sessions(pool, batcher.add))
        finally:
            for subscriber in self._subscribers:
                await subscriber.stop()
            self._subscribers = []
            await processor.settle()

    async def _beat(self, store: IngestStore, batcher: Batcher) -> None:
        while True:
            try:
                await store.beat(self._name, datetime.now(UTC), *self._state(batcher))
            except FleetError as error:
                log.warning("heartbeat_failed", error=str(error))
            await asyncio.sleep(BEAT_S)

    def _state(self, batcher: Batcher) -> tuple[str, str]:
        if not self._connected:
            return "down", "no connection to the broker"
        if batcher.waits_s > LATE_S:
            return "degraded", f"no reading could be committed for {batcher.waits_s:.0f} s"
        return "ok", ""

    async def _take_over_former_sessions(self, pool: asyncpg.Pool, receive: Receiver) -> None:
        """Those of another number of actors, once the sessions of all the present ones stand."""
        actors, began = self._settings.ingest.actors, time.monotonic()
        while True:
            try:  # what was said before we began may be a predecessor's word
                heard = [beat for beat in await heartbeats(pool) if beat.age_s < time.monotonic() - began]
                working = {beat.part for beat in heard if beat.state != "down"}
                if working >= {f"{NAME}-{index}" for index in range(actors)}:
                    break
            except FleetError as error:
                log.warning("former_sessions_wait", error=str(error))
            await asyncio.sleep(BEAT_S)
        mqtt = self._settings.mqtt
        await asyncio.gather(*(taken_over(mqtt, topics, receive) for topics in former_sessions(mqtt.partitions, actors)))

    async def _keep_days(self, telemetry: PostgresTelemetryStore) -> None:
        """Partitions for the days that come; those that are old enough go. In InfluxDB the bucket's retention does this."""
        kept = timedelta(days=self._settings.ingest.retention_days)
        while True:
            try:
                await telemetry.ensure_partitions(datetime.now(UTC))
                if kept and (forgotten := await telemetry.forget_before(datetime.now(UTC) - kept)):
                    log.info("days_forgotten", days=forgotten)
            except FleetError as error:
                log.warning("days_not_kept", error=str(error))
            await asyncio.sleep(PARTITIONS_EVERY_S)


@asynccontextmanager
async def telemetry_store(influx: Influx, pool: asyncpg.Pool) -> AsyncIterator[TelemetryStore]:
    """InfluxDB where its URL is set, PostgreSQL otherwise."""
    if influx.url:
        log.info("readings_go_to_influxdb", bucket=influx.bucket)
        async with influx_store(influx) as store:
            yield store
    else:
        yield PostgresTelemetryStore(pool)


def _fingerprint(settings: Settings) -> str:
    plain = json.dumps(settings.model_dump(), default=lambda value: getattr(value, "get_secret_value", value.__str__)())
    return hashlib.sha256(plain.encode()).hexdigest()[:12]


def start_actors(settings: Settings) -> list[Any]:
    """The ingest actors, made where they are missing. They outlive the caller and are restarted by Ray.

    Those that were made with other settings are ended first: they would hold the sessions of their successors.

    Raises:
        ConfigurationError: more of them than the broker has partitions.
    """
    require_partitions(settings.mqtt.partitions, settings.ingest.actors)
    environment = {"PROMETHEUS_MULTIPROC_DIR": settings.metrics_dir} if settings.metrics_dir else {}
    made_with = _fingerprint(settings)
    names = [f"{NAME}-{index}-{made_with}" for index in range(settings.ingest.actors)]
    for name in ray.util.list_named_actors():
        if name.startswith(f"{NAME}-") and name not in names:
            ray.kill(ray.get_actor(name))
            log.info("actor_of_other_settings_ended", actor=name)
    remote = ray.remote(IngestActor)
    return [
        remote.options(
            name=name,
            namespace=NAMESPACE,
            lifetime="detached",
            get_if_exists=True,
            max_restarts=-1,
            max_concurrency=16,
            num_cpus=0.2,
            scheduling_strategy="SPREAD",  # a node that dies takes few of them along
            runtime_env={"env_vars": environment},
        ).remote(settings, index)
        for index, name in enumerate(names)
    ]
