"""The path of a reading as one writes it without an engine: decode, windows, score, insert. No alerts, no snapshots."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import psycopg2
from psycopg2.extras import execute_values, register_uuid

from bench.peers.scoring import Scoring
from fleet import signals
from fleet.alerts import VehicleId
from fleet.settings import load_settings
from fleet.stores.ingest import VehicleProfile
from fleet.telemetry import TelemetryBatch
from ingest.decode import Message, decode
from ingest.vehicles import Vehicles

TOPIC: Final = "ingest/#"
READY: Final = "ready"  # printed once subscribed
_INSERT: Final = (
    f"INSERT INTO telemetry (tenant_id, vehicle_id, event_time, flags, driver_id, {', '.join(signals.COLUMNS)}) "  # noqa: S608
    "VALUES %s ON CONFLICT DO NOTHING"
)
_TEMPLATE: Final = f"(%s, %s, to_timestamp(%s), %s, %s{', %s' * signals.COUNT})"


class ReadingPath:
    """State of all vehicles, the models, and a connection to the stack's PostgreSQL, in one process."""

    def __init__(self, models: Path) -> None:
        register_uuid()
        self._scoring, self._vehicles = Scoring(models), Vehicles()
        self._database = psycopg2.connect(load_settings().postgres.url)
        self._tenants: dict[str, Any] = {}  # slug → id

    def take(self, messages: list[Message]) -> None:
        """Score and store these readings; they are committed when it returns."""
        batch = decode(messages).batch
        with self._database, self._database.cursor() as cursor:
            self._meet(cursor, batch.vehicles)
            self._scoring.score(self._vehicles.observe(batch).features)
            execute_values(cursor, _INSERT, list(self._rows(batch)), _TEMPLATE)

    def _meet(self, cursor: Any, vehicles: tuple[VehicleId, ...]) -> None:
        """See the rows of these tenants, and take in vehicles that were not met before."""
        for slug in {vehicle.tenant for vehicle in vehicles} - self._tenants.keys():
            cursor.execute("SELECT tenant_id FROM tenant_ids(%s)", ([slug],))
            (self._tenants[slug],) = cursor.fetchone()
        seen = ",".join(str(self._tenants[slug]) for slug in {vehicle.tenant for vehicle in vehicles})
        cursor.execute("SELECT set_config('app.tenant', %s, true)", (seen,))
        for vehicle in vehicles:
            if vehicle not in self._vehicles:
                cursor.execute(
                    "SELECT vehicle_class, tank_l FROM vehicles WHERE tenant_id = %s AND vehicle_id = %s",
                    (self._tenants[vehicle.tenant], vehicle.vehicle),
                )
                self._vehicles.admit({vehicle: VehicleProfile(*cursor.fetchone())}, [])

    def _rows(self, batch: TelemetryBatch) -> Iterator[tuple[Any, ...]]:
        for row, values in enumerate(batch.values.tolist()):
            vehicle = batch.vehicles[batch.row_vehicle[row]]
            present = (None if math.isnan(value) else value for value in values)
            own = (self._tenants[vehicle.tenant], vehicle.vehicle, float(batch.event_time[row]), int(batch.flags[row]))
            yield (*own, batch.drivers[row], *present)
