"""A simulated fleet's payloads, made before the clock runs: the cores then belong to the system."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bench.progress import Advance
from fleet.errors import InvalidInput
from fleet.stores.provisioning import Vehicle
from simulator.credentials import DeviceCredential
from simulator.faults import parse_faults
from simulator.live import DEFAULT_FAULTS, LiveFleet
from simulator.payload import encode, rows_of, sample, timestamp

SEED: Final = 20_261_124
CLASSES: Final = (("car", 50.0), ("van", 80.0), ("truck", 400.0))
MOST_READINGS: Final = 3_000_000  # about 0.5 kB each in this process's memory
_STAMP: Final = timestamp(0.0)


@dataclass(frozen=True, slots=True)
class Recording:
    """Payloads without their moment: `bodies[second][vehicle]`; `stamped` puts it in front."""

    bodies: list[list[bytes]]

    @property
    def payload_bytes(self) -> float:
        """Mean size of a payload."""
        first = self.bodies[0]
        return sum(len(stamped(body, 0)) for body in first) / len(first)


def stamped(body: bytes, at_us: int) -> bytes:
    """A payload whose event time is `at_us` µs since the epoch."""
    return b'{"ts":"' + timestamp(at_us / 1e6).encode() + b'"' + body


def fleet_of(count: int) -> list[Vehicle]:
    """Vehicles of every class in turn."""
    kinds = [CLASSES[number % len(CLASSES)] for number in range(count)]
    return [Vehicle(f"B-{number:05d}", kind, tank_l=tank_l) for number, (kind, tank_l) in enumerate(kinds)]


def record(vehicles: list[Vehicle], seconds: int, advance: Advance, faults: str = DEFAULT_FAULTS) -> Recording:
    """Drive the fleet for so many seconds, by default with the demo's faults; the same arguments give the same readings.

    Raises:
        InvalidInput: more readings than fit into memory.
    """
    if len(vehicles) * seconds > MOST_READINGS:
        raise InvalidInput(f"At most {MOST_READINGS:,} readings fit into a run: ask for fewer vehicles or seconds.")
    bodies = []
    for frame in frames_of(vehicles, seconds, faults):
        bodies.append(frame)
        advance(1)
    return Recording(bodies)


def frames_of(vehicles: list[Vehicle], seconds: int, faults: str) -> Iterator[list[bytes]]:
    """The payloads without their moment, a second at a time: a long run needs no memory for them."""
    devices = [DeviceCredential("bench", v.vehicle_id, "", "", v.vehicle_class, v.tank_l) for v in vehicles]
    fleet = LiveFleet(devices, parse_faults(faults), SEED)
    cut = len(f'{{"ts":"{_STAMP}"')
    for second in range(seconds):
        rows = rows_of(fleet.step(1.0).T)
        yield [encode([sample(0.0, row, fleet.driver(lane, second), second)])[cut:] for lane, row in enumerate(rows)]
