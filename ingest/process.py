"""One batch from messages to committed decisions. It returns only when everything is in the store."""

import asyncio
import hashlib
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from itertools import chain
from typing import Protocol
from uuid import UUID

import asyncpg
import numpy as np
import structlog
from numpy.typing import NDArray

from alerts.sink import AlertSink
from fleet.alerts import VehicleId
from fleet.errors import InvalidInput, Unavailable
from fleet.metrics import DEAD_LETTERS, QUARANTINED, STAGE_SECONDS, UNKNOWN_KEYS, UNSCORED
from fleet.stores.ingest import IngestStore, Snapshot
from fleet.stores.postgres import SYSTEM_TENANT
from fleet.telemetry import ReadingFlag, TelemetryBatch, TelemetryStore
from ingest.decode import DeadLetter, Decoded, FaultCode, Message, decode, vehicle_of
from ingest.isolation import Isolation, Scored
from ingest.tenancy import codes_of, readings_of
from ingest.vehicles import EARLIER_LAYOUT, LAYOUT, Judgeable, Vehicles, packed

LOOK_BACK_S = 900.0  # without a snapshot a vehicle's windows are rebuilt from this much
RECALL_ROWS = 4000  # readings of a backlog that are judged at a time
READINGS_PER_SNAPSHOT = 60  # a snapshot takes a millisecond: at 1 Hz and one in 120 s this is twice what is due
ROUNDS_PER_SNAPSHOT = 240  # in how many rounds each vehicle is saved once: every half a second, for one in 120 s
UNSCORABLE = "unscorable"
UNPROCESSABLE = "unprocessable"
# What a message can bring about by what it holds: a number that no float, window or calendar takes (one of 400 digits did), or a
# value that a column or a constraint of the store refuses. A missing table, a full disk or a mistake of ours is none of these.
OWN_FAULTS = (ArithmeticError, ValueError, InvalidInput, asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)
SILENT_S = 6 * 3600.0  # a vehicle that is silent for so long is forgotten until it speaks again: it takes 70 kB
RULES_S = 30.0  # how long a tenant waits for its new thresholds, and a vehicle for those of its new class

log = structlog.get_logger(__name__)


class Directory(Protocol):
    """Tenant slugs → ids, cached."""

    async def resolve(self, slugs: set[str]) -> dict[str, UUID]: ...


@contextmanager
def _timed(stage: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    STAGE_SECONDS.labels(stage).observe(time.perf_counter() - began)


class Processor:
    """Collaborators of the path of a reading, in the order they are met."""

    def __init__(
        self,
        directory: Directory,
        store: IngestStore,
        telemetry: TelemetryStore,
        scoring: Isolation,
        sink: AlertSink,
        snapshot_s: float,
    ) -> None:
        self._directory, self._store, self._telemetry = directory, store, telemetry
        self._scoring, self._sink, self._snapshot_s = scoring, sink, snapshot_s
        self._vehicles = Vehicles()
        self._tenants: dict[str, UUID] = {}
        self._ruled: set[str] = set()
        self._rules_due = 0.0
        self._described_at: datetime | None = None  # by the store's clock
        self._saving: asyncio.Task[None] | None = None
        self._save_due, self._readings_since = 0.0, 0

    async def process(self, messages: Sequence[Message]) -> int:
        """Decode, store, score and decide; returns the number of readings.

        Where what the messages hold may be the reason of a failure, they are tried one by one: those that fail while others go
        through are set aside as dead letters. Where none goes through, it is no message's own fault.

        Raises:
            FleetError: nothing may be acked; the same messages come again and are absorbed. So with whatever else is raised.
        """
        try:
            return await self._process(messages)
        except OWN_FAULTS as error:
            log.warning("batch_processed_singly", messages=len(messages), error=repr(error))
        return await self._singly(messages)

    async def _singly(self, messages: Sequence[Message]) -> int:
        readings, failed = 0, []
        for message in messages:
            try:
                readings += await self._process([message])
            except OWN_FAULTS as error:
                failed.append((message, error))
        if failed and len(failed) == len(messages):
            raise failed[0][1]
        letters = [_unprocessable(message, error) for message, error in failed]
        await self._bury(letters, await self._directory.resolve({letter.vehicle.tenant for letter in letters}))
        return readings

    async def _process(self, messages: Sequence[Message]) -> int:
        with _timed("decode"):
            decoded = decode(messages)
        _count(decoded)
        batch = _in_time_order(decoded.batch)
        others: list[DeadLetter | FaultCode] = [*decoded.dead_letters, *decoded.fault_codes]
        tenants = await self._directory.resolve({v.tenant for v in batch.vehicles} | {other.vehicle.tenant for other in others})
        batch, homeless = readings_of(batch, tenants)
        codes, unclaimed = codes_of(decoded.fault_codes, tenants)
        with ExitStack() as unfinished:
            unfinished.callback(self._vehicles.forget, list(batch.vehicles))  # what is half done is rebuilt from the store
            await self._bury([*decoded.dead_letters, *homeless, *unclaimed], tenants)
            if codes:
                await self._store.record_fault_codes(
                    [(tenants[c.vehicle.tenant], c.vehicle.vehicle, c.at, c.code) for c in codes]
                )
            if len(batch):
                await self._decide(batch, tenants)
            unfinished.pop_all()
        return len(batch)

    async def _decide(self, batch: TelemetryBatch, tenants: dict[str, UUID]) -> None:
        await self._heed_rules(tenants)
        await self._recall({v: np.inf for v in batch.vehicles if v not in self._vehicles}, tenants)
        sound = batch.flags == ReadingFlag.OK
        fresh = self._vehicles.fresh(batch) & sound
        late = await self._late(batch, np.flatnonzero(~fresh & sound), tenants)
        with _timed("features"):
            judgeable = self._vehicles.observe(batch.take(np.flatnonzero(fresh)), at_leisure=True)
        appending = asyncio.ensure_future(self._append(batch, tenants))
        try:
            scored = await self._score(judgeable)
        finally:
            await appending  # whatever the scorer says: no write may outlive its batch
        await self._record(scored, tenants)
        await self._recall(_earliest(late, await self._set_aside(scored, tenants)), tenants)
        self._snapshot(len(batch))
        self._vehicles.forget(self._vehicles.silent(SILENT_S))

    async def _heed_rules(self, tenants: dict[str, UUID]) -> None:
        """Now and then, and for a tenant that is met first, ask from where on alerts are wanted, and of which class vehicles are.

        Without an answer all stays.
        """
        self._tenants |= tenants
        if time.monotonic() < self._rules_due and tenants.keys() <= self._ruled:
            return
        try:
            found = await self._store.thresholds(list(self._tenants.values()))
            profiles, self._described_at = await self._store.described_since(self._described_at, self._tenants)
        except Unavailable as error:
            log.warning("alert_rules_unavailable", error=str(error))
            return
        self._rules_due, self._ruled = time.monotonic() + RULES_S, set(self._tenants)
        self._vehicles.heed({slug: found[tenant] for slug, tenant in self._tenants.items() if tenant in found})
        self._vehicles.describe(profiles)

    async def _append(self, batch: TelemetryBatch, tenants: dict[str, UUID]) -> None:
        with _timed("store"):
            await self._telemetry.append(batch, tenants)

    async def _score(self, judgeable: Judgeable) -> Scored:
        with _timed("score"):
            return await self._scoring.score(judgeable)

    async def _record(self, scored: Scored, tenants: dict[str, UUID]) -> None:
        with _timed("alerts"):
            if events := [event for part, scores in scored.parts for event in self._vehicles.judge(part, scores)]:
                await self._sink.record(events, tenants)

    async def _set_aside(self, scored: Scored, tenants: dict[str, UUID]) -> dict[VehicleId, float]:
        """Flag what cannot be scored: it stays in the store and leaves the windows, whose vehicles are to be recalled."""
        if scored.unscorable:
            await self.settle()
            await self._store.drop_snapshots(scored.unscorable, tenants)
            refused = await self._telemetry.set_aside(scored.unscorable, tenants)
            UNSCORED.labels(UNSCORABLE).inc(len(refused))
            detail = "the scorer failed on this reading alone and answered for others"
            await self._bury([DeadLetter(vehicle, UNSCORABLE, detail, reading) for vehicle, reading in refused], tenants)
        return scored.unscorable

    async def _late(self, batch: TelemetryBatch, rows: NDArray[np.intp], tenants: dict[str, UUID]) -> dict[VehicleId, float]:
        """Vehicles with a reading that came after newer ones and is not in the store yet → its moment."""
        if not len(rows):
            return {}
        suspects = batch.take(rows)
        known = await self._telemetry.known(suspects, tenants)
        UNSCORED.labels("duplicate").inc(int(known.sum()))
        late: dict[VehicleId, float] = {}
        for row in np.flatnonzero(~known):
            vehicle = batch.vehicles[suspects.row_vehicle[row]]
            late[vehicle] = min(late.get(vehicle, np.inf), float(suspects.event_time[row]))
        if late:  # before it is stored: a snapshot that misses a stored reading would never be found out
            await self.settle()
            await self._store.drop_snapshots(late, tenants)
        return late

    async def _recall(self, before: dict[VehicleId, float], tenants: dict[str, UUID]) -> None:
        """Bring vehicles back: the newest snapshot before the moment, then all that the store has since, judged again."""
        while before:
            with _timed("recall"):
                self._vehicles.forget(list(before))
                before = await self._rebuild(before, tenants)

    async def _rebuild(self, before: dict[VehicleId, float], tenants: dict[str, UUID]) -> dict[VehicleId, float]:
        """Returns the vehicles that must be rebuilt again, because a reading of theirs was set aside."""
        profiles = await self._store.register(tuple(before), tenants)
        now = time.time()
        moments = {vehicle: min(moment, now + 86_400) for vehicle, moment in before.items()}
        snapshots = await self._store.snapshots(moments, (LAYOUT, EARLIER_LAYOUT), tenants)
        after = {vehicle: min(moment, now) - LOOK_BACK_S for vehicle, moment in moments.items()}
        after |= {snapshot.vehicle: snapshot.at for snapshot in snapshots}
        self._vehicles.admit(profiles, snapshots)
        history = await self._telemetry.since(after, tenants)
        again: dict[VehicleId, float] = {}
        for begin in range(0, len(history), RECALL_ROWS):
            chunk = history.take(np.arange(begin, min(begin + RECALL_ROWS, len(history))))
            scored = await self._score(self._vehicles.observe(chunk.without(again.keys())))
            await self._record(scored, tenants)
            again = _earliest(again, await self._set_aside(scored, tenants))
        return again

    async def _bury(self, letters: list[DeadLetter], tenants: dict[str, UUID]) -> None:
        if not letters:
            return
        await self._store.bury([
            (tenants.get(letter.vehicle.tenant, SYSTEM_TENANT), letter.vehicle.vehicle, letter.reason,
             letter.detail.replace("\x00", "")[:500], hashlib.sha256(letter.payload).digest(), letter.payload)
            for letter in letters
        ])  # fmt: skip
        for letter in letters:
            DEAD_LETTERS.labels(letter.reason).inc()

    def _snapshot(self, readings: int) -> None:
        """Now and then begin to save some vehicles as they are now, beside the next batches."""
        self._readings_since += readings
        if time.monotonic() < self._save_due or (self._saving is not None and not self._saving.done()):
            return
        if self._saving is not None:
            saved, self._saving = self._saving, None
            saved.result()
        due = self._vehicles.due_snapshots(self._snapshot_s, 1 + self._readings_since // READINGS_PER_SNAPSHOT)
        self._save_due, self._readings_since = time.monotonic() + self._snapshot_s / ROUNDS_PER_SNAPSHOT, 0
        if due:
            self._saving = asyncio.create_task(self._save(due))

    async def _save(self, due: list[Snapshot]) -> None:
        try:
            tenants = await self._directory.resolve({snapshot.vehicle.tenant for snapshot in due})
            await self._store.save_snapshots(await asyncio.to_thread(packed, due), LAYOUT, tenants)
        except Unavailable as error:  # the older ones remain: only more readings are to be replayed
            log.warning("snapshots_not_saved", vehicles=len(due), error=str(error))

    async def settle(self) -> None:
        """Until the snapshots that are being saved are in the store, or have failed."""
        if self._saving is not None:
            saving, self._saving = self._saving, None
            await saving


def _earliest(*moments: dict[VehicleId, float]) -> dict[VehicleId, float]:
    """The earliest moment of each vehicle."""
    return {vehicle: min(own.get(vehicle, np.inf) for own in moments) for vehicle in dict.fromkeys(chain(*moments))}


def _unprocessable(message: Message, error: Exception) -> DeadLetter:
    vehicle = vehicle_of(message.topic) or VehicleId("", message.topic[:64])
    return DeadLetter(vehicle, UNPROCESSABLE, repr(error), message.payload)


def _in_time_order(batch: TelemetryBatch) -> TelemetryBatch:
    if len(batch) < 2 or (np.diff(batch.event_time) >= 0).all():
        return batch
    return batch.take(np.argsort(batch.event_time, kind="stable"))


def _count(decoded: Decoded) -> None:
    for (key, reason), count in decoded.quarantined.items():
        QUARANTINED.labels(key, reason).inc(count)
    if decoded.unknown_keys:
        UNKNOWN_KEYS.inc(decoded.unknown_keys)
    for flag, reason in ((ReadingFlag.AHEAD, "clock_ahead"), (ReadingFlag.BEHIND, "clock_behind")):
        if flagged := int((decoded.batch.flags == flag).sum()):
            UNSCORED.labels(reason).inc(flagged)
