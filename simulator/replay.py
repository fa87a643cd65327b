"""Publishes the telemetry of a history bundle over MQTT, as its vehicles would, shifted to now."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fleet import signals
from simulator.connections import connected
from simulator.credentials import Credentials, DeviceCredential
from simulator.device import Counters, Device
from simulator.payload import MAX_SAMPLES, payloads, rows_of, sample

DAY_S: Final = 86_400.0
# Readings more than a day old raise no alert: stay below it by what publishing and scoring may take.
WINDOW_S: Final = DAY_S - 1800
PAUSE_S: Final = 300.0  # a gap that ends a trip
# Never shorter than the last: trips pushed together would show a tank that empties and an engine that cools in no time.
SHORTENED_S: Final = (14_400.0, 3_900.0, 1_200.0)
HANDOVER_S: Final = 60.0  # a vehicle that starts after all others have ended need not keep people waiting
SILENCE_S: Final = 10.0  # of the time line; faster than real time, nobody waits for more of it in which nothing is sent
AHEAD_MESSAGES: Final = 40


@dataclass(frozen=True, slots=True)
class Track:
    """One vehicle's readings. `at_s`: (n,) seconds from the start of the replay's time line, pauses shortened."""

    vehicle: str
    at_s: NDArray[np.float64]
    values: NDArray[np.float32]
    drivers: list[str | None]


@dataclass(frozen=True, slots=True)
class Timeline:
    """All vehicles side by side; `shortened_to_s` is what pauses were cut to, None where nothing was cut."""

    tracks: tuple[Track, ...]
    length_s: float
    shortened_to_s: float | None

    @property
    def samples(self) -> int:
        return sum(len(track.at_s) for track in self.tracks)

    def too_old(self, speed: float) -> int:
        """Samples that will be older than a day when they are published at this speed: they raise no alert."""
        pace = Pace(self, speed)
        end_s = pace.due_s(self.length_s)
        age = np.concatenate([self.length_s - track.at_s - (end_s - pace.due_s(track.at_s)) for track in self.tracks])
        return int((age > DAY_S).sum())


def lay_out(telemetry: pd.DataFrame, speed: float) -> Timeline:
    """Put a bundle's telemetry on one time line that starts at 0.

    A bundle that fits a day keeps its times, but for a vehicle that starts after all others have ended: it follows a
    minute later. Otherwise every vehicle starts at 0, and its longer pauses are cut to the longest of `SHORTENED_S` with
    which all fits a day.
    """
    epoch = telemetry["ts"].to_numpy("datetime64[us]").astype(np.int64) / 1e6
    groups = {str(vehicle): rows for vehicle, rows in telemetry.groupby("vehicle_id", sort=True).indices.items()}
    values = np.full((len(telemetry), signals.COUNT), np.nan, np.float32)
    for column in (column for column in signals.COLUMNS if column in telemetry.columns):
        values[:, signals.INDEX[column]] = telemetry[column].to_numpy()
    drivers = telemetry["driver_id"].to_numpy() if "driver_id" in telemetry.columns else np.full(len(telemetry), None)
    starts = dict.fromkeys(groups, float(epoch.min()))
    times = _in_turn({vehicle: epoch[rows] - starts[vehicle] for vehicle, rows in groups.items()})
    longest = max(float(at[-1]) for at in times.values())
    cut: float | None = None
    if longest * (1 - 1 / speed if speed > 1 else 1) > WINDOW_S:
        times = {vehicle: at - at[0] for vehicle, at in times.items()}
        cut, times = _fit(times)
    tracks = tuple(
        Track(vehicle, times[vehicle], values[rows], [str(d) if d is not None else None for d in drivers[rows]])
        for vehicle, rows in groups.items()
    )
    return Timeline(tracks, max(float(track.at_s[-1]) for track in tracks), cut)


def _in_turn(times: dict[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    earlier, ended = 0.0, -HANDOVER_S
    for vehicle in sorted(times, key=lambda name: float(times[name][0])):
        earlier = max(earlier, float(times[vehicle][0]) - ended - HANDOVER_S)
        times[vehicle] = times[vehicle] - earlier
        ended = max(ended, float(times[vehicle][-1]))
    return times


def _fit(times: dict[str, NDArray[np.float64]]) -> tuple[float | None, dict[str, NDArray[np.float64]]]:
    if max(at[-1] for at in times.values()) <= WINDOW_S:
        return None, times
    for pause_s in SHORTENED_S:
        shortened = {vehicle: _shorten(at, pause_s) for vehicle, at in times.items()}
        if max(at[-1] for at in shortened.values()) <= WINDOW_S:
            break
    return pause_s, shortened


def _shorten(at_s: NDArray[np.float64], pause_s: float) -> NDArray[np.float64]:
    steps = np.diff(at_s, prepend=at_s[0])
    return np.cumsum(np.where(steps > max(PAUSE_S, pause_s), pause_s, steps))


async def replay(
    timeline: Timeline,
    devices: list[DeviceCredential],
    credentials: Credentials,
    speed: float,
    stop: asyncio.Event,
    on_progress: Callable[[int, Counters], None],
) -> Counters:
    """Publish all tracks side by side; the time line passes `speed` times as fast as the clock."""
    counters = Counters()
    async with connected(devices, credentials.host, credentials.port, counters) as links:
        pace = Pace(timeline, speed)
        # At speed 1 the first reading is of now. Faster, the last one is of the moment it is published, so none lies ahead.
        epoch = time.time() + float(pace.due_s(timeline.length_s)) - timeline.length_s
        tracks = zip(timeline.tracks, links, strict=True)
        sending = asyncio.create_task(_send_all([_send(track, link, epoch, pace) for track, link in tracks], links))
        watching = asyncio.create_task(_watch(counters, on_progress))
        halted = asyncio.create_task(stop.wait())
        try:
            waits: set[asyncio.Task[Any]] = {sending, halted}
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                await sending
        finally:
            for task in (sending, watching, halted):
                task.cancel()
    on_progress(counters.samples_acked, counters)
    return counters


async def _send_all(sendings: Iterable[Coroutine[Any, Any, None]], links: Sequence[Device]) -> None:
    await asyncio.gather(*sendings)
    await asyncio.gather(*(link.below(1) for link in links))


class Pace:
    """When a moment of the time line is due on the clock: silences of all vehicles are skipped, faster than real time."""

    def __init__(self, timeline: Timeline, speed: float) -> None:
        self.speed, self._clock = speed, time.monotonic()
        at_s = np.sort(np.concatenate([track.at_s for track in timeline.tracks]))
        silence = np.maximum(np.diff(at_s, prepend=at_s[0]) - SILENCE_S, 0) if speed > 1 else np.zeros(len(at_s))
        ends = np.flatnonzero(silence)
        self._ends, self._skipped = at_s[ends], np.concatenate([[0.0], np.cumsum(silence[ends])])

    def due_s(self, at_s: Any) -> Any:
        """Seconds of the clock from the start of the replay, of one moment or an array of them."""
        return (at_s - self._skipped[np.searchsorted(self._ends, at_s, side="right")]) / self.speed

    async def wait(self, at_s: float) -> None:
        """Wait until it is due."""
        await asyncio.sleep(max(0.0, self._clock + self.due_s(at_s) - time.monotonic()))


async def _send(track: Track, device: Device, epoch: float, pace: Pace) -> None:
    seq = 0
    for first, after in _chunks(track.at_s, pace.speed):
        await pace.wait(float(track.at_s[after - 1]))
        await device.below(AHEAD_MESSAGES)
        samples = _samples(track, first, after, epoch, seq)
        seq += len(samples)
        for payload, count in payloads(samples):
            device.put(payload, count)


def _chunks(at_s: NDArray[np.float64], speed: float) -> Iterator[tuple[int, int]]:
    """Rows that go into one message: what falls into a second of the clock, as far as a message holds."""
    first = 0
    while first < len(at_s):
        due = int(np.searchsorted(at_s, at_s[first] + speed, side="left"))
        after = min(max(due, first + 1), first + MAX_SAMPLES, len(at_s))
        yield first, after
        first = after


def _samples(track: Track, first: int, after: int, epoch: float, seq: int) -> list[dict[str, Any]]:
    rows = rows_of(track.values[first:after])
    return [
        sample(epoch + float(track.at_s[first + position]), row, track.drivers[first + position], seq + position)
        for position, row in enumerate(rows)
    ]


async def _watch(counters: Counters, on_progress: Callable[[int, Counters], None]) -> None:
    while True:
        on_progress(counters.samples_acked, counters)
        await asyncio.sleep(0.25)
