"""A tenant that sends a hundred times what it usually does."""

import asyncio
import json
import time
from typing import Final

from bench.mqtt import Publisher
from bench.stack import StackUnderTest
from bench.store import fresh_tenant
from fleet.stores.provisioning import DeviceCredential, Vehicle

VEHICLES: Final = 10
HZ: Final = 100
TICK_S: Final = 0.05


async def flood(stack: StackUnderTest, seconds: float) -> None:
    """Publish from its own devices, whatever the broker says."""
    _, devices = await fresh_tenant(stack.settings.postgres, [Vehicle(f"N-{n}", "car", tank_l=50.0) for n in range(VEHICLES)])
    mqtt = stack.settings.mqtt
    publishers = [
        (await _connected(device, mqtt.host, mqtt.port), f"fleet/v1/{device.tenant}/{device.vehicle}/telemetry".encode())
        for device in devices
    ]
    began = time.monotonic()
    while (elapsed := time.monotonic() - began) < seconds:
        at_ms = round(time.time() * 1000)
        for publisher, topic in publishers:
            for n in range(round(HZ * TICK_S)):
                publisher.publish(topic, json.dumps({"ts": at_ms + n, "speed": 50, "rpm": 1900, "engineTemp": 90}).encode(), 0)
        await asyncio.sleep(max(0.0, TICK_S - (time.monotonic() - began - elapsed)))
    for publisher, _ in publishers:
        await publisher.close()


async def _connected(device: DeviceCredential, host: str, port: int) -> Publisher:
    publisher = Publisher(f"{device.tenant}:{device.vehicle}", device.username, device.password, lambda _tag: None)
    return await publisher.connect(host, port)
