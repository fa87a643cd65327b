"""The broker asks here whether a device may connect. Runs until it is stopped: `python -m ingest.device_auth`."""

import asyncio
import contextlib
import signal
import sys
import time
from pathlib import Path
from typing import Final

import nats
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

from fleet.alerts import VehicleId
from fleet.errors import ConfigurationError, FleetError, Unavailable
from fleet.logs import configure_logging
from fleet.metrics import BROKER_REFUSED, SHED
from fleet.settings import DeviceAuth as DeviceAuthSettings
from fleet.settings import Settings, load_settings
from ingest.broker_health import watch_broker
from ingest.broker_log import count_refusals
from ingest.broker_tokens import Answers, ConnectionRequest, read_request
from ingest.device_secrets import DeviceSecrets
from ingest.revocations import watch_revocations

_SUBJECT: Final = "$SYS.REQ.USER.AUTH"
_RESERVED_CLIENTS: Final = ("fleetguard-ingest", "ingest")  # client ids of our own sessions: a device that took one would end it
_HEARTBEAT_S: Final = 5.0
_WAITING: Final = 20_000  # questions being answered at a time; a whole fleet may reconnect at once

log = structlog.get_logger(__name__)


class DeviceAuth:
    """Answers the broker's questions; a question it cannot answer is a refusal, never a crash."""

    def __init__(self, answers: Answers, secrets: DeviceSecrets) -> None:
        self._answers = answers
        self._secrets = secrets
        self._running: set[asyncio.Task[None]] = set()

    async def on_question(self, message: Msg) -> None:
        """Take a question; answers are found side by side, so that a slow one holds up no other."""
        if len(self._running) >= _WAITING:
            SHED.labels("device_auth").inc()
            return
        task = asyncio.create_task(self._respond(message))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _respond(self, message: Msg) -> None:
        try:
            request = read_request(message.data)
            if request.expires_at > time.time():
                await message.respond(await self.answer(request))
        except Exception as error:
            log.error("connection_question_failed", error=str(error), kind=type(error).__name__)

    async def answer(self, request: ConnectionRequest) -> bytes:
        """The signed answer to one question."""
        vehicles, refusal = await self._judge(request)
        if not refusal:
            return self._answers.allow(request, vehicles, time.time())
        BROKER_REFUSED.labels("bad_credential").inc()
        log.warning("device_refused", username=request.username[:130], client_id=request.client_id[:64], reason=refusal)
        return self._answers.refuse(request, refusal, time.time())

    async def _judge(self, request: ConnectionRequest) -> tuple[tuple[VehicleId, ...], str]:
        """For which vehicles it may speak, and why it may not."""
        if request.sender is None:
            return (), "unknown user"
        if request.client_id.lower().startswith(_RESERVED_CLIENTS):
            return (), "reserved client id"
        try:
            vehicles = await self._secrets.vehicles_of(request.sender, request.password)
        except Unavailable as error:
            return (), str(error)
        return vehicles, "" if vehicles else "wrong secret, or a gateway without vehicles"


async def _beat(secrets: DeviceSecrets, connection: Client) -> None:
    while True:
        try:
            if connection.is_connected:
                await secrets.beat("device-auth", "connected to the broker")
        except Unavailable as error:
            log.warning("heartbeat_failed", error=str(error))
        await asyncio.sleep(_HEARTBEAT_S)


async def _broker_error(error: Exception) -> None:
    log.warning("broker_error", error=str(error), kind=type(error).__name__)


async def _broker_lost() -> None:
    log.warning("broker_lost")


async def _broker_back() -> None:
    log.info("broker_back")


async def serve(settings: Settings, stopped: asyncio.Event) -> None:
    """Answer until `stopped`; reconnects to the broker by itself."""
    own = settings.device_auth
    if not (own.nats_url and own.issuer_seed):
        raise ConfigurationError("device-auth needs FLEETGUARD_DEVICE_AUTH__NATS_URL and FLEETGUARD_DEVICE_AUTH__ISSUER_SEED.")
    secrets = DeviceSecrets(settings.postgres, own.cache_s)
    service = DeviceAuth(Answers(own.issuer_seed, own.account, settings.mqtt.partitions), secrets)
    connection = await nats.connect(
        own.nats_url,
        user=own.username,
        password=own.password,
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.2,
        error_cb=_broker_error,
        disconnected_cb=_broker_lost,
        reconnected_cb=_broker_back,
    )
    await connection.subscribe(_SUBJECT, cb=service.on_question)
    system = await _connect_to_system(own)
    log.info("device_auth_ready")
    background = [asyncio.create_task(_beat(secrets, connection))]
    if system is not None:
        pid_file = Path(own.broker_pid) if own.broker_pid else None
        background.append(asyncio.create_task(watch_revocations(system, own.account, settings.postgres, secrets)))
        background.append(asyncio.create_task(watch_broker(system, secrets, pid_file)))
    if own.broker_log:
        background.append(asyncio.create_task(count_refusals(Path(own.broker_log))))
    await stopped.wait()
    for task in background:
        task.cancel()
    with contextlib.suppress(Exception):
        await connection.close()
        if system is not None:
            await system.close()
    await secrets.close()


async def _connect_to_system(own: DeviceAuthSettings) -> Client | None:
    """To the broker's system account: what cuts connections and tells how the broker is; None without a credential."""
    if not own.system_username:
        log.warning(
            "broker_not_watched",
            reason="FLEETGUARD_DEVICE_AUTH__SYSTEM_USERNAME is not set: revoked devices stay until they reconnect",
        )
        return None
    return await nats.connect(
        own.nats_url, user=own.system_username, password=own.password, max_reconnect_attempts=-1, reconnect_time_wait=0.2
    )


async def _until_signalled(settings: Settings) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await serve(settings, stopped)


def main() -> int:
    """Answer until a signal comes; exit code 1 with one clear line where it cannot."""
    settings = load_settings()
    configure_logging(settings.log_format, settings.log_level)
    try:
        asyncio.run(_until_signalled(settings))
    except (FleetError, OSError, nats.errors.Error) as error:
        log.error("device_auth_ends", error=str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
