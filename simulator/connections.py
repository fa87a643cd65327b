"""The connections of many devices: opened side by side, closed together."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from typing import Final

from fleet.errors import Unavailable
from simulator.credentials import DeviceCredential
from simulator.device import QUEUE_MESSAGES, Counters, Device

CONNECTING_AT_ONCE: Final = 200
FIRST_CONNECTION_S: Final = 20.0
ALL_CONNECTIONS_S: Final = 60.0


@contextlib.asynccontextmanager
async def connected(
    credentials: Sequence[DeviceCredential], host: str, port: int, counters: Counters, queue: int = QUEUE_MESSAGES
) -> AsyncIterator[list[Device]]:
    """Devices that stay connected, in the order of the credentials; those the broker is slow with queue meanwhile.

    Raises:
        Unavailable: not one of them could connect.
    """
    gate = asyncio.Semaphore(CONNECTING_AT_ONCE)
    devices = [Device(credential, host, port, counters, gate, queue) for credential in credentials]
    tasks = [asyncio.create_task(device.run()) for device in devices]
    try:
        await _wait_for_connections(devices, host, port, counters)
        yield devices
    finally:
        await asyncio.gather(*(device.close() for device in devices))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _wait_for_connections(devices: Sequence[Device], host: str, port: int, counters: Counters) -> None:
    waits = [asyncio.create_task(device.connected.wait()) for device in devices]
    until = time.monotonic() + ALL_CONNECTIONS_S
    try:
        done, _ = await asyncio.wait(waits, timeout=FIRST_CONNECTION_S, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            reason = counters.last_problem or "no answer"
            raise Unavailable(f"no device could connect to the broker at {host}:{port}: {reason}")
        await asyncio.wait(waits, timeout=max(0.0, until - time.monotonic()))
    finally:
        for wait in waits:
            wait.cancel()
