"""A columnar batch as JSON → features, for scoring on demand without any state."""

from typing import Any

import numpy as np

from fleet import signals
from fleet.alerts import VehicleId
from fleet.errors import InvalidInput
from fleet.features import FeatureBatch, FeatureState, concatenate
from fleet.telemetry import ReadingFlag, TelemetryBatch
from fleet.windows import VEHICLE_CLASSES, WindowState

MAX_ROWS = 100_000


def judge(request: Any) -> FeatureBatch:
    """Features of the newest second of each vehicle.

    Args:
        request: `{"vehicleId": [n], "ts": [n epoch milliseconds], "signals": {key: [n numbers or null]},
            "vehicleClass": "car"}`; rows in any order, signal keys as in the MQTT payload.

    Raises:
        InvalidInput: what is missing or does not fit, in one sentence.
    """
    if not isinstance(request, dict) or not {"vehicleId", "ts", "signals"} <= request.keys():
        raise InvalidInput('A batch is an object with "vehicleId", "ts" and "signals".')
    names, vehicle_class = request["vehicleId"], request.get("vehicleClass", VEHICLE_CLASSES[0])
    if vehicle_class not in VEHICLE_CLASSES:
        raise InvalidInput(f"vehicleClass is one of {', '.join(VEHICLE_CLASSES)}.")
    if not isinstance(names, list) or not 0 < len(names) <= MAX_ROWS:
        raise InvalidInput(f"A batch holds 1 to {MAX_ROWS} rows.")
    batch = _batch([str(name) for name in names], request["ts"], request["signals"])
    windows = WindowState(len(batch.vehicles))
    for slot in range(len(batch.vehicles)):
        windows.describe(slot, vehicle_class, None)
    state, slots = FeatureState(windows), batch.row_vehicle
    newest: dict[int, FeatureBatch] = {}
    for rows, settled in windows.rounds(slots, batch):
        state.refresh(slots[rows][settled])
        values, sequence = state.features(slots[rows])
        for place, row in enumerate(rows.tolist()):
            only = slice(place, place + 1)
            owner = batch.vehicles[slots[row]]
            newest[int(slots[row])] = FeatureBatch(
                (owner,), batch.event_time[row : row + 1], values[only], sequence[only], (None,)
            )
    return concatenate([newest[slot] for slot in sorted(newest)])


def _batch(names: list[str], ts: Any, columns: Any) -> TelemetryBatch:
    keys, values = signals.payload_keys(), np.full((len(names), signals.COUNT), np.nan, np.float32)
    if not isinstance(columns, dict):
        raise InvalidInput('"signals" is an object of columns.')
    try:
        at = np.array(ts, np.float64) / 1000
        for key, column in columns.items():
            if key not in keys:
                raise InvalidInput(f"Unknown signal {key!r}.")
            position, scale = keys[key]
            values[:, position] = np.array([np.nan if value is None else value for value in column], np.float32) * scale
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"Columns hold {len(names)} numbers or nulls each: {error}") from error
    if at.shape != (len(names),) or not np.isfinite(at).all():
        raise InvalidInput(f'"ts" holds {len(names)} times in epoch milliseconds.')
    low, high = (np.array([getattr(signal, end) for signal in signals.SIGNALS], np.float32) for end in ("low", "high"))
    values[(values < low) | (values > high)] = np.nan
    vehicles = {name: position for position, name in enumerate(dict.fromkeys(names))}
    return TelemetryBatch(
        tuple(VehicleId("", name) for name in vehicles),
        np.array([vehicles[name] for name in names], np.intp),
        at,
        values,
        (None,) * len(names),
        np.full(len(names), ReadingFlag.OK, np.uint8),
    )
