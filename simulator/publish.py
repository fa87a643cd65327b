"""Publishes a simulated fleet over MQTT in real time, as its devices would."""

import asyncio
import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, TextIO

import numpy as np
from numpy.typing import NDArray

from simulator.connections import connected
from simulator.credentials import Credentials, DeviceCredential
from simulator.device import Counters, Device
from simulator.faults import FaultPlan
from simulator.live import LiveFleet
from simulator.payload import encode, payloads, rows_of, sample, timestamp
from simulator.truth import Episode

SLOTS_PER_S: Final = 50


@dataclass(frozen=True, slots=True)
class Job:
    """What to publish. `hz` samples per second and vehicle; above 1 the samples of a second go in one message."""

    devices: Sequence[DeviceCredential]
    hz: float
    seconds: float
    seed: int
    faults: FaultPlan
    truth: Path | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of it; `behind_s` is the most that sending lagged behind the clock."""

    vehicles: int
    seconds: float
    events: int
    behind_s: float
    counters: Counters

    def as_dict(self) -> dict[str, Any]:
        return {
            "vehicles": self.vehicles,
            "seconds": round(self.seconds, 1),
            "events": self.events,
            "behind_s": round(self.behind_s, 2),
            **asdict(self.counters),
        }

    def __str__(self) -> str:
        return f"{self.vehicles} vehicles, {self.seconds:.0f} s: {self.counters}, {self.events} injected events"


Progress = Callable[[float, Counters], None]


async def publish(credentials: Credentials, job: Job, stop: asyncio.Event, on_progress: Progress) -> Summary:
    """Drive and publish until the time is over or `stop` is set; `seconds` 0 goes on until then."""
    fleet = LiveFleet(job.devices, job.faults, job.seed)
    counters = Counters()
    async with connected(job.devices, credentials.host, credentials.port, counters) as devices:
        with _TruthFile(job.truth, [device.vehicle for device in job.devices]) as truth:
            run = _Run(fleet, devices, job, truth)
            behind_s = await run.until(stop, lambda elapsed: on_progress(elapsed, counters))
    return Summary(len(devices), run.elapsed_s, truth.events, behind_s, counters)


class _Run:
    """Frames of a second: all vehicles advance together, then each sends in its own moment of the second."""

    def __init__(self, fleet: LiveFleet, devices: Sequence[Device], job: Job, truth: "_TruthFile") -> None:
        self._fleet, self._devices, self._job, self._truth = fleet, devices, job, truth
        self._per_frame = max(1, round(job.hz))
        self._frame_s = self._per_frame / job.hz
        phases = np.random.default_rng(job.seed).random(len(devices)) * self._frame_s
        self._order = np.argsort(phases)
        self._phase_s = phases
        self._skew_s = fleet.state.vehicles.clock_skew_s
        self._seq = 0
        self._codes: list[tuple[int, bytes]] = []
        self.elapsed_s = 0.0

    async def until(self, stop: asyncio.Event, on_progress: Callable[[float], None]) -> float:
        """Run; the most seconds that sending lagged."""
        began, clock = time.time(), time.monotonic()
        behind_s = 0.0
        self._began = began
        while not stop.is_set() and not (self._job.seconds and self.elapsed_s >= self._job.seconds - 1e-9):
            readings = self._advance()
            await self._send(readings, clock + self.elapsed_s, stop)
            self.elapsed_s += self._frame_s
            self._seq += self._per_frame
            behind_s = max(behind_s, time.monotonic() - clock - self.elapsed_s)
            self._truth.write(self._fleet.episodes(), self._clock_of)
            on_progress(self.elapsed_s)
        self._truth.write(self._fleet.episodes(over=True), self._clock_of)
        return behind_s

    def _clock_of(self, lane: int, simulated_s: float) -> float:
        """The vehicle's own clock at a time of the simulation: the last step of a frame is sent at the vehicle's moment of it."""
        return self._began + simulated_s - self._frame_s + float(self._phase_s[lane] + self._skew_s[lane])

    def _advance(self) -> list[NDArray[np.float32]]:
        """One frame: (vehicle, signal) readings of each of its samples."""
        if self._job.hz >= 1:
            frames = [self._fleet.step(self._frame_s / self._per_frame).T for _ in range(self._per_frame)]
        else:
            steps = max(1, round(self._frame_s))
            for _ in range(steps - 1):
                self._fleet.advance(self._frame_s / steps)
            frames = [self._fleet.step(self._frame_s / steps).T]
        for code in self._fleet.codes():
            content = {"ts": timestamp(self._clock_of(code.lane, code.at_s)), "code": code.code}
            self._devices[code.lane].put_code(encode([content]))
        return frames

    async def _send(self, frames: Sequence[NDArray[np.float32]], frame_at: float, stop: asyncio.Event) -> None:
        slots = max(1, round(self._frame_s * SLOTS_PER_S))
        edges = np.searchsorted(self._phase_s[self._order], np.arange(1, slots + 1) * self._frame_s / slots)
        first = 0
        for slot, edge in enumerate(edges):
            pause = frame_at + slot * self._frame_s / slots - time.monotonic()
            if pause > 0 or slot % 10 == 0:
                await asyncio.sleep(max(0.0, pause))
            lanes = self._order[first:edge]
            first = edge
            if len(lanes):
                self._send_lanes(lanes, [rows_of(frame[lanes]) for frame in frames])
            if stop.is_set():
                return

    def _send_lanes(self, lanes: NDArray[np.intp], rows: Sequence[list[list[float]]]) -> None:
        end_s = (len(rows) - 1) / self._job.hz
        for position, lane in enumerate(lanes.tolist()):
            last_at = self._clock_of(lane, self.elapsed_s + self._frame_s)
            driver = self._fleet.driver(lane, last_at)
            samples = [
                sample(last_at - end_s + index / self._job.hz, frame[position], driver, self._seq + index)
                for index, frame in enumerate(rows)
            ]
            for payload, count in payloads(samples):
                self._devices[lane].put(payload, count)


class _TruthFile:
    """A JSON line per event, as soon as it is over."""

    def __init__(self, path: Path | None, names: Sequence[str]) -> None:
        self._path, self._names = path, names
        self._file: TextIO | None = None
        self.events = 0

    def __enter__(self) -> "_TruthFile":
        if self._path:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("w")
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def write(self, episodes: Iterable[Episode], clock_of: Callable[[int, float], float]) -> None:
        for episode in episodes:
            self.events += 1
            if self._file:
                start, end = (timestamp(clock_of(episode.lane, at)) for at in (episode.start_s, episode.end_s))
                line = {"vehicle_id": self._names[episode.lane], "start": start, "end": end, "label": episode.label}
                self._file.write(json.dumps(line) + "\n")
                self._file.flush()
