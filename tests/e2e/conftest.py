"""A device that is not ours, and a person who is signed in."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import httpx
import paho.mqtt.client as mqtt
import pytest

from fleetguard.trial import Trial

PUBACK_S = 15.0


@pytest.fixture
def publish(trial: Trial) -> Callable[[dict[str, str], Sequence[Any]], None]:
    """Publishes payloads with paho under a device's credential and waits for each PUBACK."""

    def send(device: dict[str, str], payloads: Sequence[Any], topic: str | None = None) -> None:
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)
        client.username_pw_set(device["username"], device["password"])
        client.connect(trial.demo["mqtt"]["host"], trial.demo["mqtt"]["port"])
        client.loop_start()
        topic = topic or f"fleet/v1/{device['tenant']}/{device['vehicle']}/telemetry"
        try:
            for payload in payloads:
                raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
                client.publish(topic, raw, qos=1).wait_for_publish(PUBACK_S)
        finally:
            client.disconnect()
            client.loop_stop()

    return send


@pytest.fixture
def manager(trial: Trial) -> Iterator[httpx.Client]:
    """Acme's fleet manager, signed in."""
    person = trial.person("manager@acme.example")
    with httpx.Client(base_url=trial.url, headers={"X-Requested-With": "fleetguard"}, timeout=10) as client:
        client.post("/api/session", json={"email": person["email"], "password": person["password"]}).raise_for_status()
        yield client
