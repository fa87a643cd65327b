"""Slow features by vehicle: answered from memory at once, refreshed in batched reads off the hot path."""

import time
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import structlog
from prometheus_client import Counter

from fleet.alerts import VehicleId
from fleet.errors import FleetError, Unavailable
from fleet.features import SLOW_FEATURES
from fleet.settings import Feast, Valkey
from fleet.telemetry import FloatArray

LOOKUP_FAILURES = Counter("fleetguard_lookup_failures_total", "Reads of slow features that failed; the old values stayed in use.")
READ_AT_ONCE = 250  # Feast computes 0.1 ms for a vehicle, and holds up whoever scores in the same process meanwhile
FORGET_AFTER_TTLS = 12  # a vehicle nobody asked about for so long leaves the cache

log = structlog.get_logger(__name__)


class SlowFeatureReader(Protocol):
    """An online store; one call, one round trip."""

    def read(self, keys: Sequence[str]) -> FloatArray:
        """(n, slow feature) of these vehicle keys, NaN where unknown.

        Raises:
            Unavailable: the store does not answer.
        """
        ...


class SlowFeatures:
    """A cache with a time to live per vehicle. `get` and `refresh_due` may run in different threads."""

    def __init__(
        self,
        feast: Feast,
        valkey: Valkey,
        connect: Callable[[Feast, Valkey], SlowFeatureReader] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connect, self._feast, self._valkey = connect or _feast_reader, feast, valkey
        self._ttl_s, self._clock = feast.cache_ttl_s, clock
        self._reader: SlowFeatureReader | None = None
        self._asked: dict[VehicleId, float] = {}
        self._read_at: dict[VehicleId, float] = {}
        self._unknown = np.full(len(SLOW_FEATURES), np.nan, np.float32)
        self._rows: dict[VehicleId, FloatArray] = {}
        self._failing = False

    def get(self, vehicles: Sequence[VehicleId]) -> FloatArray:
        """(n, slow feature) as last read; NaN for a vehicle that was not read yet, which the next refresh then reads."""
        if not vehicles:
            return np.empty((0, len(SLOW_FEATURES)), np.float32)
        self._asked.update(dict.fromkeys(vehicles, self._clock()))
        rows, unknown = self._rows, self._unknown
        return np.stack([rows.get(vehicle, unknown) for vehicle in vehicles])

    def due(self) -> list[VehicleId]:
        """Vehicles asked for that were never read, or too long ago."""
        oldest = self._clock() - self._ttl_s
        return [vehicle for vehicle in self._asked.copy() if self._read_at.get(vehicle, -np.inf) <= oldest]

    def refresh_due(self) -> list[VehicleId]:
        """Read what is due, at most `READ_AT_ONCE`, in one call; returns whose features were read.

        A store that does not answer leaves the old values. Blocks: run it in a thread.
        """
        self._forget_idle()
        vehicles = self.due()[:READ_AT_ONCE]
        if not vehicles:
            return []
        try:
            if self._reader is None:
                self._reader = self._connect(self._feast, self._valkey)
            values = self._reader.read([vehicle_key(vehicle) for vehicle in vehicles])
        except FleetError as error:
            self._report(error)
            return []
        self._rows = self._rows | dict(zip(vehicles, values, strict=True))
        self._read_at |= dict.fromkeys(vehicles, self._clock())
        self._failing = False
        return vehicles

    def _forget_idle(self) -> None:
        oldest = self._clock() - FORGET_AFTER_TTLS * self._ttl_s
        idle = [vehicle for vehicle, asked in self._asked.copy().items() if asked < oldest]
        for vehicle in idle:
            self._asked.pop(vehicle, None)
            self._read_at.pop(vehicle, None)
        if idle:
            self._rows = {vehicle: row for vehicle, row in self._rows.items() if vehicle in self._read_at}

    def _report(self, error: FleetError) -> None:
        LOOKUP_FAILURES.inc()
        if not self._failing:
            log.warning("slow_features_unavailable", error=str(error))
        self._failing = True


def vehicle_key(vehicle: VehicleId) -> str:
    """The Feast entity key."""
    return f"{vehicle.tenant}/{vehicle.vehicle}"


def _feast_reader(feast: Feast, valkey: Valkey) -> SlowFeatureReader:
    if not valkey.url or not feast.registry:
        raise Unavailable("no online store is set: FLEETGUARD_VALKEY__URL and FLEETGUARD_FEAST__REGISTRY")
    # Feast takes 5 s and 220 MB to import: only where it is used.
    from feature_repo.online_store import FeastReader, build_store

    reader: SlowFeatureReader = FeastReader(build_store(feast, valkey))
    return reader
