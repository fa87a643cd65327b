"""Readings and fault codes of tenants that exist; dead letters of those that do not. Pure."""

from collections.abc import Collection

import numpy as np

from fleet.telemetry import TelemetryBatch
from ingest.decode import DeadLetter, FaultCode

REASON = "unknown_tenant"


def readings_of(batch: TelemetryBatch, tenants: Collection[str]) -> tuple[TelemetryBatch, list[DeadLetter]]:
    """The readings of these tenants, and dead letters for the others."""
    homeless = np.array([vehicle.tenant not in tenants for vehicle in batch.vehicles], bool)
    if not homeless.any():
        return batch, []
    strangers = homeless[batch.row_vehicle]
    letters = [
        DeadLetter(vehicle := batch.vehicles[batch.row_vehicle[row]], REASON, f"{vehicle}", _payload(batch, row))
        for row in np.flatnonzero(strangers)
    ]
    kept = batch.take(np.flatnonzero(~strangers))
    names = tuple(vehicle for vehicle, gone in zip(batch.vehicles, homeless, strict=True) if not gone)
    position = np.cumsum(~homeless) - 1
    return TelemetryBatch(names, position[kept.row_vehicle], kept.event_time, kept.values, kept.drivers, kept.flags), letters


def codes_of(codes: list[FaultCode], tenants: Collection[str]) -> tuple[list[FaultCode], list[DeadLetter]]:
    """The fault codes of these tenants, and dead letters for the others."""
    kept = [code for code in codes if code.vehicle.tenant in tenants]
    strangers = [code for code in codes if code.vehicle.tenant not in tenants]
    return kept, [DeadLetter(code.vehicle, REASON, code.code, f"{code.at} {code.code}".encode()) for code in strangers]


def _payload(batch: TelemetryBatch, row: np.intp) -> bytes:
    return f'{{"ts": {batch.event_time[row] * 1000:.3f}, "values": {batch.values[row].tolist()}}}'.encode()
