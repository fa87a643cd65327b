"""Bytewax: a source that drains paho-mqtt, readings gathered as ingest does, and a sink that scores, stores and acks.

Bytewax has no MQTT source, and recovers by offsets, which MQTT has not: what is not acked comes again from the broker instead.
"""

import queue
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.inputs import DynamicSource, StatelessSourcePartition
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.run import cli_main
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from bench.peers.path import READY, TOPIC, ReadingPath
from fleet.settings import load_settings
from ingest.decode import Message
from ingest.subscriber import QOS

GATHERED: Final = timedelta(milliseconds=20)
BATCH: Final = 1000
Reading = tuple[Message, MQTTMessage]


class Arrivals(StatelessSourcePartition[list[Reading]]):
    """What has come since the last look, as one batch."""

    def __init__(self, arrived: "queue.SimpleQueue[Reading]") -> None:
        self._arrived = arrived
        self._awake = datetime.now(UTC)

    def next_batch(self) -> Iterable[list[Reading]]:
        """At most one batch."""
        self._awake = datetime.now(UTC) + GATHERED
        readings = [self._arrived.get() for _ in range(min(self._arrived.qsize(), BATCH))]
        return [readings] if readings else []

    def next_awake(self) -> datetime:
        """When to look again."""
        return self._awake


class Broker(DynamicSource[list[Reading]]):
    """The stack's broker; one worker."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._arrived: queue.SimpleQueue[Reading] = queue.SimpleQueue()

    def build(self, step_id: str, worker_index: int, worker_count: int) -> Arrivals:
        """Subscribe."""
        settings = load_settings().mqtt
        self._client.on_message = self._received
        self._client.on_connect = lambda *_: self._client.subscribe(TOPIC, QOS)
        self._client.on_subscribe = lambda *_: print(READY, flush=True)
        self._client.username_pw_set(settings.username, settings.password)
        self._client.connect(settings.host, settings.port)
        self._client.loop_start()
        return Arrivals(self._arrived)

    def _received(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        self._arrived.put((Message(message.topic, message.payload, time.time()), message))


class Storing(StatelessSinkPartition[list[Reading]]):
    """Scores and stores a batch, then acks it."""

    def __init__(self, path: ReadingPath, client: Client) -> None:
        self._path, self._client = path, client

    def write_batch(self, items: list[list[Reading]]) -> None:
        """All of a batch, or nothing."""
        for readings in items:
            self._path.take([message for message, _ in readings])
            for _, original in readings:
                self._client.ack(original.mid, original.qos)


class Store(DynamicSink[list[Reading]]):
    """The stack's PostgreSQL; one worker."""

    def __init__(self, models: Path, client: Client) -> None:
        self._models, self._client = models, client

    def build(self, step_id: str, worker_index: int, worker_count: int) -> Storing:
        """Load the models and connect."""
        return Storing(ReadingPath(self._models), self._client)


def dataflow(models: Path) -> Dataflow:
    """From the broker to the store."""
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv311, manual_ack=True)
    flow = Dataflow("readings")
    op.output("store", op.input("broker", flow, Broker(client)), Store(models, client))
    return flow


if __name__ == "__main__":
    cli_main(dataflow(Path(sys.argv[1])))
