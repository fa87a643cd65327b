"""The load: each vehicle publishes once a second at its own moment, whatever the system does (open loop)."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.audit import Reading
from bench.mqtt import LastingPublisher, Publisher
from bench.progress import Advance
from bench.recording import SEED, stamped
from fleet.errors import Unavailable
from fleet.stores.provisioning import DeviceCredential

CONNECTING_AT_ONCE: Final = 100
CONNECT_S: Final = 120.0
LAST_ACK_S: Final = 30.0
_SENDS_WITHOUT_A_LOOK: Final = 32  # then PUBACKs are read, also when the schedule is behind

Microseconds = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sender:
    """A connection, and the positions of the vehicles it publishes for."""

    client_id: str
    username: str
    password: str
    lanes: Sequence[int]


def own_connections(devices: Sequence[DeviceCredential]) -> list[Sender]:
    """Each device its own."""
    return [
        Sender(f"{device.tenant}:{device.vehicle}", device.username, device.password, (lane,))
        for lane, device in enumerate(devices)
    ]


@dataclass(slots=True)
class Offered:
    """What was published: (second, vehicle) µs since the epoch, 0 where it did not happen.

    Attributes:
        sent_us: the moment of writing, which is the reading's event time. acked_us: arrival of its PUBACK.
        late_s: how far the rig itself was behind its schedule.
    """

    vehicles: list[str]
    sent_us: Microseconds
    acked_us: Microseconds
    late_s: NDArray[np.float64]

    @staticmethod
    def nothing(vehicles: list[str], seconds: int) -> "Offered":
        shape = (seconds, len(vehicles))
        return Offered(vehicles, np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape))

    def part(self, lanes: slice) -> "Offered":
        """Of some of the vehicles."""
        return Offered(self.vehicles[lanes], self.sent_us[:, lanes], self.acked_us[:, lanes], self.late_s[:, lanes])

    def readings(self, of: NDArray[np.bool_]) -> list[Reading]:
        """The readings where `of` (second, vehicle) holds."""
        return [(self.vehicles[lane], int(self.sent_us[second, lane])) for second, lane in np.argwhere(of).tolist()]


class Load:
    """The vehicles of one tenant, each of which sends its payload of `frames` (second, vehicle) in each of `seconds`.

    `lasting`: connections come back when they break, and nothing is given up; without, what cannot be sent is not offered.
    """

    def __init__(
        self,
        tenant: str,
        vehicles: Sequence[str],
        senders: Sequence[Sender],
        frames: Iterable[Sequence[bytes]],
        seconds: int,
        lasting: bool = False,
    ) -> None:
        self._senders, self._frames = senders, frames
        self._kind: type[Publisher | LastingPublisher] = LastingPublisher if lasting else Publisher
        self._topics = [f"fleet/v1/{tenant}/{vehicle}/telemetry".encode() for vehicle in vehicles]
        self._publishers: list[Publisher | LastingPublisher] = []
        self._speaks_for: list[Publisher | LastingPublisher] = []  # by vehicle
        self.offered = Offered.nothing(list(vehicles), seconds)
        self._unacked = 0
        self._all_acked = asyncio.Event()
        self.lost_connections = 0

    async def connect(self, host: str, port: int, advance: Advance) -> None:
        """Open every connection.

        Raises:
            Unavailable: the broker does not answer, or refuses a device.
        """
        gate = asyncio.Semaphore(CONNECTING_AT_ONCE)
        self._publishers = [
            self._kind(sender.client_id, sender.username, sender.password, self._acked) for sender in self._senders
        ]
        of_lane = {lane: own for own, sender in zip(self._publishers, self._senders, strict=True) for lane in sender.lanes}
        self._speaks_for = [of_lane[lane] for lane in range(len(self._topics))]

        async def connect(publisher: Publisher | LastingPublisher) -> None:
            async with gate:
                await publisher.connect(host, port)
                advance(1)

        try:
            async with asyncio.timeout(CONNECT_S):
                await asyncio.gather(*map(connect, self._publishers))
        except (OSError, TimeoutError) as error:
            raise Unavailable(f"Not every device could connect to the broker at {host}:{port}: {error!r}.") from error

    async def run(self, on_sent: Callable[[int, int], None], advance: Advance) -> None:
        """Publish everything; `on_sent` hears of each (vehicle's position, µs), `advance` of each second that begins."""
        phases = np.random.default_rng(SEED).random(len(self._topics))
        order = np.argsort(phases).tolist()
        began, since_look = time.monotonic() + 0.05, 0
        for second, bodies in enumerate(self._frames):
            advance(1)
            for lane in order:
                due = began + second + phases[lane]
                pause = due - time.monotonic()
                since_look = 0 if pause > 0 else since_look + 1
                if pause > 0 or since_look >= _SENDS_WITHOUT_A_LOOK:
                    await asyncio.sleep(max(0.0, pause))
                    since_look = 0
                self._send(second, lane, bodies[lane], time.monotonic() - due, on_sent)

    def _send(self, second: int, lane: int, body: bytes, late_s: float, on_sent: Callable[[int, int], None]) -> None:
        now_us = time.time_ns() // 1000
        tag = second * len(self._topics) + lane
        if self._speaks_for[lane].publish(self._topics[lane], stamped(body, now_us), tag):
            self.offered.sent_us[second, lane] = now_us
            self.offered.late_s[second, lane] = late_s
            self._unacked += 1
            on_sent(lane, now_us)

    def _acked(self, tag: int) -> None:
        self.offered.acked_us[divmod(tag, len(self._topics))] = time.time_ns() // 1000
        self._unacked -= 1
        if not self._unacked:
            self._all_acked.set()

    async def close(self, patience_s: float = LAST_ACK_S) -> None:
        """Wait a while for the last PUBACKs, then hang up."""
        self._all_acked.clear()
        if self._unacked:
            with contextlib.suppress(TimeoutError):  # the audit counts what was not acked
                await asyncio.wait_for(self._all_acked.wait(), patience_s)
        self.lost_connections = sum(publisher.losses for publisher in self._publishers)
        for publisher in self._publishers:
            await publisher.close()
