"""The MQTT side of ingest: durable session, QoS 1, and a PUBACK only for what is committed."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog
from gmqtt import Client, Subscription
from gmqtt.mqtt.constants import MQTTv311

from fleet.errors import ConfigurationError, Unavailable
from fleet.settings import Mqtt
from ingest.decode import Message

QOS = 1
UNMAPPED = ["fleet/v1/+/+/telemetry", "fleet/v1/+/+/dtc"]
REFUSED = 128  # a SUBACK code from here on
ACK = 0  # what `on_message` must return for gmqtt to send a PUBACK

log = structlog.get_logger(__name__)


class NotCommitted(Exception):
    """Raised out of `on_message`: gmqtt sends no PUBACK and the broker delivers again."""


def sessions(partitions: int, actor: int, actors: int) -> list[list[str]]:
    """Subscriptions of one of several actors, by session; without broker partitions there can be one actor only.

    NATS bounds what is unacked per subscription and per session by one number, and drops what a session has too much of until
    its ack is overdue: readings then come late and out of order. So a session has one subscription that counts.

    Raises:
        ConfigurationError: more actors than the broker has partitions.
    """
    if actors > max(partitions, 1):
        raise ConfigurationError(f"{actors} ingest actors need as many broker partitions, there are {max(partitions, 1)}.")
    if actors == 1:
        mapped = [["ingest/#"]] if partitions else []
    else:
        mapped = [[f"ingest/{partition}/#"] for partition in range(actor, partitions, actors)]
    # NATS 2.15 maps nothing that reaches it in one read with the CONNECT: the first readings of a device that does not wait
    # for its CONNACK arrive under their own topic.
    return mapped + ([UNMAPPED] if actor == 0 else [])


class Subscriber:
    """One durable subscription."""

    def __init__(
        self, settings: Mqtt, client_id: str, subscriptions: Sequence[str], commit: Callable[[Message], Awaitable[bool]]
    ) -> None:
        self._settings, self._subscriptions, self._commit = settings, subscriptions, commit
        self._client = Client(client_id, clean_session=False, optimistic_acknowledgement=False)
        self._client.set_auth_credentials(settings.username, settings.password)
        self._client.set_config({"reconnect_delay": 1, "reconnect_retries": -1})
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message
        self._client.on_subscribe = self._on_subscribe
        self._granted = asyncio.Event()
        self._refused = 0

    async def start(self, timeout_s: float = 10.0) -> None:
        """Connect and subscribe.

        Raises:
            Unavailable: the broker does not answer or refuses the credential.
        """
        asyncio.get_running_loop().set_exception_handler(_without_refusals)
        try:
            async with asyncio.timeout(timeout_s):
                await self._client.connect(self._settings.host, self._settings.port, version=MQTTv311, keepalive=20)
                await self._granted.wait()
        except (OSError, TimeoutError) as error:
            raise Unavailable(
                f"The MQTT broker at {self._settings.host}:{self._settings.port} does not answer: {error}"
            ) from error
        if self._refused:
            raise Unavailable(
                f"The MQTT broker refuses {self._refused} of {len(self._subscriptions)} subscriptions; see its log."
            )

    async def stop(self) -> None:
        """Leave; the session stays at the broker and gathers what comes meanwhile."""
        await self._client.disconnect()

    @property
    def connected(self) -> bool:
        """Whether readings arrive: connected, and every subscription granted."""
        return bool(self._client.is_connected) and self._granted.is_set() and not self._refused

    def _on_connect(self, client: Client, _flags: int, _code: int, _properties: Any) -> None:
        # Always: the broker may have lost the session, and subscribing again to a kept one changes nothing.
        self._granted.clear()
        client.subscribe([Subscription(topic, qos=QOS) for topic in self._subscriptions])

    def _on_subscribe(self, _client: Client, _mid: int, granted: Sequence[int], _properties: Any) -> None:
        self._refused = sum(code >= REFUSED for code in granted)
        (log.error if self._refused else log.info)("subscribed", topics=len(granted), refused=self._refused)
        self._granted.set()

    async def _on_message(self, client: Client, topic: str, payload: bytes, _qos: int, _properties: Any) -> int:
        connection = client._connection  # a late PUBACK on a new connection may ack another message
        if not await self._commit(Message(topic, payload, time.time())) or client._connection is not connection:
            raise NotCommitted(topic)
        return ACK


def _without_refusals(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What was not committed is logged once for its batch, not once more for each of its messages."""
    if not isinstance(context.get("exception"), NotCommitted):
        loop.default_exception_handler(context)
