"""The plain script: paho-mqtt, and each message decoded, scored, inserted, committed and acked before the next."""

import sys
import time
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from bench.peers.path import READY, TOPIC, ReadingPath
from fleet.settings import load_settings
from ingest.decode import Message
from ingest.subscriber import QOS


def main() -> None:
    """Consume the stack's readings until SIGTERM; the first argument is the folder of the models."""
    path, settings = ReadingPath(Path(sys.argv[1])), load_settings().mqtt
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv311, manual_ack=True)
    client.username_pw_set(settings.username, settings.password)

    def received(_client: Client, _userdata: Any, message: MQTTMessage) -> None:
        path.take([Message(message.topic, message.payload, time.time())])
        client.ack(message.mid, message.qos)

    client.on_message = received
    client.on_connect = lambda *_: client.subscribe(TOPIC, QOS)
    client.on_subscribe = lambda *_: print(READY, flush=True)
    client.connect(settings.host, settings.port)
    client.loop_forever()


if __name__ == "__main__":
    main()
