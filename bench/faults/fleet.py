"""A small fleet that loses nothing by itself: devices that keep what is not acked, some of whose engines overheat."""

import asyncio
import contextlib
import json
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from bench.audit import Reading
from bench.ledger import Expected
from bench.stack import StackUnderTest
from bench.store import Tenant, fresh_tenant
from fleet.alerts import AlertType
from fleet.errors import Unavailable
from fleet.stores.provisioning import Vehicle
from simulator.credentials import DeviceCredential
from simulator.device import Counters, Device

STEADY: Final = 60
OVERHEATING: Final = 6
HURRY: Final = 4  # seconds of an overheating vehicle's clock in one of ours, so that an alert is due while the fault is on
MARGIN_S: Final = 10.0  # by which its clock stays behind ours
CONNECT_S: Final = 60.0
ACKED_WITHIN_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message of a device."""

    vehicle: str
    payload: bytes
    readings: tuple[Reading, ...]


Arrival = Callable[[random.Random, list[list[Parcel]]], list[list[Parcel]]]  # what each second sends, as it goes out


class FaultFleet:
    """One tenant's devices and the record of all they sent."""

    def __init__(self, tenant: Tenant, devices: dict[str, Device]) -> None:
        self.tenant, self.devices = tenant, devices
        self.expected = Expected()
        self._running = {name: asyncio.create_task(device.run()) for name, device in devices.items()}

    async def run(self, seconds: int, arrival: Arrival, rng: random.Random) -> None:
        """Publish for so many seconds; parcels leave in the order that `arrival` makes of them."""
        began = time.time()
        names = sorted(self.devices)
        planned = [
            [parcel for lane, name in enumerate(names) for parcel in _parcels(lane, name, began, s, seconds)]
            for s in range(seconds)
        ]
        self.expected.alarms |= {(name, AlertType.ENGINE_OVERHEAT) for name in names[:OVERHEATING]}
        for second, parcels in enumerate(arrival(rng, planned)):
            await asyncio.sleep(max(0.0, began + second - time.time()))
            for parcel in parcels:
                self.expected.offered += parcel.readings
                self.devices[parcel.vehicle].put(parcel.payload, len(parcel.readings))

    async def all_acked(self) -> bool:
        """Wait for every PUBACK; False when some do not come. What was acked is promised from here on."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ACKED_WITHIN_S):
                await asyncio.gather(*(device.below(1) for device in self.devices.values()))
                self.expected.acked = self.expected.offered
                return True
        return False

    async def close(self) -> None:
        await asyncio.gather(*(device.close(patience_s=1) for device in self.devices.values()))
        await asyncio.gather(*self._running.values())


@asynccontextmanager
async def fault_fleet(stack: StackUnderTest, port: int) -> AsyncIterator[FaultFleet]:
    """A fresh tenant whose devices are connected, by way of this port.

    Raises:
        Unavailable: they cannot connect.
    """
    vehicles = [Vehicle(f"F-{number:03d}", "car", tank_l=50.0) for number in range(OVERHEATING + STEADY)]
    tenant, credentials = await fresh_tenant(stack.settings.postgres, vehicles)
    counters, gate = Counters(), asyncio.Semaphore(50)
    devices = {
        c.vehicle: Device(DeviceCredential(c.tenant, c.vehicle, c.username, c.password), "127.0.0.1", port, counters, gate)
        for c in credentials
    }
    fleet = FaultFleet(tenant, devices)
    try:
        async with asyncio.timeout(CONNECT_S):
            await asyncio.gather(*(device.connected.wait() for device in devices.values()))
        yield fleet
    except TimeoutError as error:
        raise Unavailable(f"The devices cannot connect: {counters.last_problem}.") from error
    finally:
        await fleet.close()


def _parcels(lane: int, name: str, began: float, second: int, seconds: int) -> Iterator[Parcel]:
    if lane >= OVERHEATING:
        at_ms = round((began + second) * 1000) + lane
        yield _parcel(name, [(at_ms, 50.0 + second % 5, 90.0)])
        return
    driven = range(HURRY * second, HURRY * (second + 1))
    start_ms = round((began - (HURRY - 1) * seconds - MARGIN_S) * 1000)
    yield _parcel(name, [(start_ms + 1000 * s, 60.0, min(90.0 + 40.0 * s / 60, 130.0)) for s in driven])


def _parcel(name: str, moments: list[tuple[int, float, float]]) -> Parcel:
    samples = [{"ts": at, "speed": speed, "rpm": 1900, "engineTemp": coolant} for at, speed, coolant in moments]
    return Parcel(name, json.dumps(samples).encode(), tuple((name, at * 1000) for at, _, _ in moments))


def as_they_come(_rng: random.Random, seconds: list[list[Parcel]]) -> list[list[Parcel]]:
    """In order, once."""
    return seconds


def thrice(rng: random.Random, seconds: list[list[Parcel]]) -> list[list[Parcel]]:
    """Everything three times, the second and third time a while later."""
    out: list[list[Parcel]] = [[] for _ in seconds]
    for second, parcels in enumerate(seconds):
        for parcel in parcels:
            for delay in (0, rng.randint(0, 3), rng.randint(0, 8)):
                out[min(second + delay, len(out) - 1)].append(parcel)
    return out


def shuffled(rng: random.Random, seconds: list[list[Parcel]]) -> list[list[Parcel]]:
    """Each parcel up to 6 s late, so that later ones overtake it."""
    out: list[list[Parcel]] = [[] for _ in seconds]
    for second, parcels in enumerate(seconds):
        for parcel in parcels:
            out[min(second + rng.randint(0, 6), len(out) - 1)].append(parcel)
    for parcels in out:
        rng.shuffle(parcels)
    return out
