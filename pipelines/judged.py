"""Judged alerts out of the stores into a history bundle: the telemetry around them, and what people said as labels."""

import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from fleet.anomaly import rfc3339
from fleet.errors import NotFound
from fleet.labels import Label, labels_of
from fleet.replay import WARM_UP_S
from fleet.stores.judgements import alerts_between
from fleet.stores.telemetry_export import readings_of, vehicle_table

_WARM_UP: Final = timedelta(seconds=WARM_UP_S)
_PIECE: Final = timedelta(hours=8)  # of one vehicle's readings in memory at a time

Span = tuple[datetime, datetime]


async def export_judged(
    pool: asyncpg.Pool,
    tenant: UUID,
    since: datetime,
    until: datetime,
    out: Path,
    progress: Callable[[float], None] | None = None,
) -> int:
    """Write the bundle of a tenant's judged alerts that began in [since, until); returns the number of labels.

    Raises:
        NotFound: nothing was judged that a model can learn from, or no telemetry is left of it.
        Unavailable: the store does not answer.
    """
    labels = labels_of(await alerts_between(pool, tenant, since, until))
    if not labels:
        raise NotFound(f"No alert from {since:%Y-%m-%d} to {until:%Y-%m-%d} was confirmed, or dismissed as a false one.")
    out.mkdir(parents=True, exist_ok=True)
    if not await _write_telemetry(pool, tenant, labels, out, progress):
        raise NotFound("The telemetry of the judged alerts is not kept any more.")
    vehicles = sorted({label.vehicle_id for label in labels})
    (await vehicle_table(pool, tenant, vehicles)).to_csv(out / "vehicles.csv", index=False)
    _label_table(labels).to_csv(out / "labels.csv", index=False)
    return len(labels)


async def _write_telemetry(
    pool: asyncpg.Pool, tenant: UUID, labels: list[Label], out: Path, progress: Callable[[float], None] | None
) -> int:
    """Readings from as long before each label as the windows remember; returns how many. Moved into place when complete."""
    pieces = [(vehicle, *piece) for vehicle, spans in _spans(labels).items() for span in spans for piece in _pieces(span)]
    writer, rows = None, 0
    with tempfile.TemporaryDirectory(dir=out) as scratch:
        path = Path(scratch) / "telemetry.parquet"
        for done, (vehicle, begin, end) in enumerate(pieces, start=1):
            readings = await readings_of(pool, tenant, vehicle, begin, end)
            if len(readings):  # an empty table has no types that the next one could share
                table = pa.Table.from_pandas(readings, preserve_index=False)
                writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd", compression_level=1)
                writer.write_table(table)
                rows += len(readings)
            if progress:
                progress(done / len(pieces))
        if writer:
            writer.close()
            path.replace(out / path.name)
    return rows


def _spans(labels: list[Label]) -> dict[str, list[Span]]:
    """The disjoint spans that are needed of each vehicle."""
    spans: dict[str, list[Span]] = {}
    for label in sorted(labels, key=lambda label: label.start):
        mine = spans.setdefault(label.vehicle_id, [])
        begin = label.start - _WARM_UP
        if mine and begin <= mine[-1][1]:
            mine[-1] = (mine[-1][0], max(mine[-1][1], label.end))
        else:
            mine.append((begin, label.end))
    return spans


def _pieces(span: Span) -> Iterator[Span]:
    begin, end = span
    while begin < end:
        yield begin, min(begin + _PIECE, end)
        begin += _PIECE + timedelta(microseconds=1)  # both ends of a piece are part of it


def _label_table(labels: list[Label]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "vehicle_id": [label.vehicle_id for label in labels],
            "start": [rfc3339(label.start) for label in labels],
            "end": [rfc3339(label.end) for label in labels],
            "label": [str(label.kind) if label.kind else "NORMAL" for label in labels],
            "alert": [str(label.alert) for label in labels],
        }
    )
