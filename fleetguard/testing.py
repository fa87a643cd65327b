"""Throw-away servers for tests and experiments: real ones, on free ports, gone with whoever started them."""

import asyncio
import contextlib
import ctypes
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import numpy as np

from fleet.features import FeatureBatch
from fleet.settings import DeviceAuth, Mqtt, Postgres, Settings
from fleet.stores.postgres import migrate
from fleet.testing import score_or_die
from fleetguard.servers import broker as broker_server
from fleetguard.servers import postgres as postgres_server
from fleetguard.servers import valkey as valkey_server
from fleetguard.servers.accounts import Account, as_account
from fleetguard.stack.plan import free_port as free_port
from serve.apart import fatal_rows

START_S = 20.0


@dataclass(frozen=True)
class PostgresUrls:
    """A migrated database. Row level security holds for `app_url` and not for the others."""

    app_url: str
    owner_url: str
    superuser_url: str


@dataclass(frozen=True)
class RunningBroker:
    """A broker that asks a running `ingest.device_auth`; `settings` are those of an ingest process beside it."""

    host: str
    port: int
    nats_port: int
    ingest_password: str
    log: Path
    device_auth_log: Path
    metrics: Path
    settings: Settings


def fatal_to_score_or_die(features: FeatureBatch) -> list[int]:
    """`fatal_rows` of `score_or_die`, for a process of its own."""
    no_slow_features = np.empty((len(features), 0), np.float32)
    return asyncio.run(fatal_rows(lambda rows, _: score_or_die(rows), features, no_slow_features))


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


@contextlib.contextmanager
def process(
    command: list[str], log: Path, environment: Mapping[str, str] | None = None, account: Account | None = None
) -> Iterator[None]:
    """A running process; terminated at the end, killed when this process dies."""
    with log.open("ab") as output:
        started = subprocess.Popen(  # type: ignore[call-overload]  # noqa: S603 - our own arguments, no shell
            command,
            stdout=output,
            stderr=output,
            cwd="/",
            env=environment,
            preexec_fn=_die_with_parent,
            **(as_account(account) if account else {}),
        )
    try:
        yield
    finally:
        started.terminate()
        try:
            started.wait(10)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait(10)


async def listening(port: int, log: Path) -> None:
    """Wait until somebody listens on a loopback port.

    Raises:
        TimeoutError: nobody does in time; the message ends with the log.
    """
    await _until(lambda: accepts_connections(port), f"nothing listens on {port}", log)


async def logged(text: str, log: Path) -> None:
    """Wait until a log holds `text`.

    Raises:
        TimeoutError: it does not in time; the message ends with the log.
    """
    await _until(lambda: text in log.read_text(), f"no {text!r}", log)


def accepts_connections(port: int) -> bool:
    """Whether somebody listens on a loopback port."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


async def _until(holds: Callable[[], bool], failure: str, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{failure}: {log.read_text()[-2000:]}")
        await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def throwaway_postgres(folder: Path) -> AsyncIterator[PostgresUrls]:
    """PostgreSQL with the roles and databases of the stack, migrated; `folder` is open to other accounts."""
    port, password = free_port(), secrets.token_hex(16)
    roles = dict.fromkeys((postgres_server.OWNER, postgres_server.APP, postgres_server.MLFLOW, postgres_server.FEAST), password)
    cluster = postgres_server.initialise(folder / "postgres", password)
    command = cluster.command(port, "fsync=off", "shared_buffers=32MB", "max_connections=60")
    with process(command, folder / "postgres.log", account=cluster.account):
        await listening(port, folder / "postgres.log")
        superuser_url = postgres_server.url(postgres_server.SUPERUSER, password, port, "postgres")
        await _accepting(superuser_url)
        await postgres_server.create_roles_and_databases(superuser_url, roles)
        owner_url = postgres_server.url(postgres_server.OWNER, password, port)
        await migrate(owner_url)
        app_url, superuser_url = (
            postgres_server.url(role, password, port) for role in (postgres_server.APP, postgres_server.SUPERUSER)
        )
        yield PostgresUrls(app_url, owner_url, superuser_url)


async def _accepting(url: str) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            await (await asyncpg.connect(url)).close()
            return
        except asyncpg.CannotConnectNowError:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def throwaway_broker(folder: Path, postgres: PostgresUrls) -> AsyncIterator[RunningBroker]:
    """The broker and the service it asks about devices."""
    configured = broker_server.Broker(
        store=folder / "jetstream",
        pid_file=folder / "broker.pid",
        nats_port=free_port(),
        mqtt_port=free_port(),
        ingest_password=secrets.token_hex(8),
        device_auth_password=secrets.token_hex(8),
        issuer_seed=broker_server.new_issuer_seed(),
    )
    configuration, log, auth_log = folder / "broker.conf", folder / "broker.log", folder / "device-auth.log"
    configuration.write_text(configured.render())
    settings = _broker_settings(configured, postgres, log)
    metrics = folder / "metrics"
    metrics.mkdir()
    environment = {**os.environ, **_environment(settings), "PROMETHEUS_MULTIPROC_DIR": str(metrics)}
    with (
        process(broker_server.command(configuration), log),
        process([sys.executable, "-m", "ingest.device_auth"], auth_log, environment),
    ):
        await listening(configured.mqtt_port, log)
        await logged("device_auth_ready", auth_log)
        yield RunningBroker(
            "127.0.0.1", configured.mqtt_port, configured.nats_port, configured.ingest_password, log, auth_log, metrics, settings
        )


def _broker_settings(configured: broker_server.Broker, postgres: PostgresUrls, log: Path) -> Settings:
    return Settings(
        postgres=Postgres(url=postgres.app_url, owner_url=postgres.owner_url),
        mqtt=Mqtt(port=configured.mqtt_port, password=configured.ingest_password, partitions=broker_server.PARTITIONS),
        device_auth=DeviceAuth(
            nats_url=f"nats://127.0.0.1:{configured.nats_port}",
            password=configured.device_auth_password,
            system_username=broker_server.SYSTEM_USER,
            issuer_seed=configured.issuer_seed,
            broker_log=str(log),
        ),
    )


def _environment(settings: Settings) -> dict[str, str]:
    own = settings.device_auth
    return {
        "FLEETGUARD_POSTGRES__URL": settings.postgres.url,
        "FLEETGUARD_MQTT__PARTITIONS": str(settings.mqtt.partitions),
        "FLEETGUARD_DEVICE_AUTH__NATS_URL": own.nats_url,
        "FLEETGUARD_DEVICE_AUTH__PASSWORD": own.password,
        "FLEETGUARD_DEVICE_AUTH__SYSTEM_USERNAME": own.system_username,
        "FLEETGUARD_DEVICE_AUTH__ISSUER_SEED": own.issuer_seed,
        "FLEETGUARD_DEVICE_AUTH__BROKER_LOG": own.broker_log,
    }


@contextlib.asynccontextmanager
async def throwaway_valkey(folder: Path) -> AsyncIterator[str]:
    """Valkey; yields its URL."""
    port = free_port()
    with process(valkey_server.command(folder, port), folder / "valkey.log"):
        await listening(port, folder / "valkey.log")
        yield f"redis://127.0.0.1:{port}/0"
