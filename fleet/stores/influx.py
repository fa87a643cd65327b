"""Readings in InfluxDB 2: each is a point of the series (tenant, vehicle), and what was not sent is no field of it."""

import io
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import groupby
from math import isfinite
from typing import Any, Final, NamedTuple
from uuid import UUID

import aiohttp
import msgspec
import numpy as np
from influxdb_client import WritePrecision
from influxdb_client.client.flux_csv_parser import (
    FluxCsvParser,
    FluxCsvParserException,
    FluxQueryException,
    FluxSerializationMode,
)
from influxdb_client.client.influxdb_client_async import InfluxDBClientAsync
from influxdb_client.rest import ApiException
from numpy.typing import NDArray

from fleet import signals
from fleet.alerts import VehicleId
from fleet.errors import ConfigurationError, InvalidInput, Unavailable
from fleet.metrics import READINGS
from fleet.settings import Influx
from fleet.telemetry import ReadingFlag, TelemetryBatch, TimeArray

MEASUREMENT: Final = "telemetry"
VEHICLES_PER_QUERY: Final = 100
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_FOREVER_US: Final = 7_258_118_400_000_000  # 2200-01-01; a range that names no end stops at now, and clocks may be ahead
_DROPPED: Final = re.compile(r"retention policy.*\bdropped=(\d+)", re.DOTALL)
_TAG: Final = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ ", "\n": r"\n"})
_TEXT: Final = str.maketrans({'"': r"\"", "\\": r"\\", "\n": " ", "\r": " "})  # a line break would end the point
_NOT_OURS: Final = {401, 403, 404}  # token, or no such organisation or bucket
_UNUSABLE: Final = {400, 413, 422}  # malformed, too large, of another type than before or older than the bucket keeps


class _Span(NamedTuple):
    """Readings that are looked for: the vehicle's position among those asked about, microseconds since the epoch, inclusive."""

    position: int
    vehicle: VehicleId
    begin: int
    end: int


class _Row(NamedTuple):
    """A reading as found; `fields` without those that were not sent."""

    position: int
    at: int
    fields: dict[str, Any]

    @property
    def flags(self) -> int:
        return int(self.fields.get("flags", ReadingFlag.OK)) | int(self.fields.get("set_aside", ReadingFlag.OK))


class InfluxTelemetryStore:
    """`TelemetryStore` on InfluxDB 2.

    A point that comes again overwrites its own fields: a repeat changes nothing, and of two readings of one vehicle and moment
    that differ the later one wins. What `set_aside` says is a field of its own, which no repeat overwrites.

    Everything here raises:
        Unavailable: the server does not answer, or not with what was asked for; repeat.
        ConfigurationError: it refuses the token, or has no such organisation or bucket.
    """

    def __init__(self, client: InfluxDBClientAsync, bucket: str) -> None:
        self._write, self._query, self._bucket = client.write_api(), client.query_api(), bucket

    async def append(self, batch: TelemetryBatch, tenants: Mapping[str, UUID]) -> None:
        """Store readings. Those that are older than the bucket keeps are dropped by the server, and counted.

        Raises:
            InvalidInput: the server cannot take something of what these readings hold.
        """
        if len(batch):
            dropped = await self._send(_lines(batch, tenants))
            READINGS.labels("stored").inc(len(batch) - dropped)
            READINGS.labels("too_old").inc(dropped)

    async def known(self, batch: TelemetryBatch, tenants: Mapping[str, UUID]) -> NDArray[np.bool_]:
        """(n,) whether each reading is in the store already."""
        at = _microseconds(batch.event_time)
        asked = {position: at[batch.row_vehicle == position] for position in np.unique(batch.row_vehicle).tolist()}
        spans = [_Span(n, batch.vehicles[n], int(own.min()), int(own.max())) for n, own in asked.items()]
        there = {(row.position, row.at) for row in await self._find(spans, tenants, "flags")}
        return np.array([key in there for key in zip(batch.row_vehicle.tolist(), at.tolist(), strict=True)], bool)

    async def set_aside(self, until: Mapping[VehicleId, float], tenants: Mapping[str, UUID]) -> list[tuple[VehicleId, bytes]]:
        """Flag each vehicle's readings of the second up to its moment as unscorable; returns them, as JSON of what they hold."""
        vehicles, ends = tuple(until), np.array(list(until.values()))
        begins = _microseconds(np.floor(ends)).tolist()
        spans = [_Span(n, vehicles[n], begins[n], end) for n, end in enumerate(_microseconds(ends).tolist())]
        rows = await self._find(spans, tenants)
        series = [_series(vehicle, tenants) for vehicle in vehicles]
        await self._send([f"{series[row.position]} set_aside={ReadingFlag.UNSCORABLE:d}i {row.at}" for row in rows])
        return [(vehicles[row.position], _json(row)) for row in rows]

    async def since(self, after: Mapping[VehicleId, float], tenants: Mapping[str, UUID]) -> TelemetryBatch:
        """Readings newer than each vehicle's moment (seconds since the epoch), in time order, flagged ones left out."""
        vehicles = tuple(after)
        begins = (_microseconds(np.array(list(after.values()))) + 1).tolist()
        found = await self._find([_Span(n, vehicles[n], begin, _FOREVER_US) for n, begin in enumerate(begins)], tenants)
        rows = sorted((row for row in found if row.flags == ReadingFlag.OK), key=lambda row: row.at)
        values = [[row.fields.get(column) for column in signals.COLUMNS] for row in rows]
        return TelemetryBatch(
            vehicles,
            np.array([row.position for row in rows], np.intp),
            np.array([row.at for row in rows], np.float64) / 1e6,
            np.array(values, np.float32).reshape(-1, signals.COUNT),
            tuple(row.fields.get("driver_id") for row in rows),
            np.full(len(rows), ReadingFlag.OK, np.uint8),
        )

    async def _find(self, spans: Sequence[_Span], tenants: Mapping[str, UUID], field: str | None = None) -> list[_Row]:
        """The readings of these spans, with all their fields or one; a query asks about vehicles whose spans begin alike."""
        found: list[_Row] = []
        ordered = sorted(spans, key=lambda span: (span.vehicle.tenant, span.begin))
        for tenant, own in groupby(ordered, key=lambda span: span.vehicle.tenant):
            together = list(own)
            for begin in range(0, len(together), VEHICLES_PER_QUERY):
                found += await self._ask(together[begin : begin + VEHICLES_PER_QUERY], tenants[tenant], field)
        return found

    async def _ask(self, spans: Sequence[_Span], tenant: UUID, field: str | None) -> list[_Row]:
        by_vehicle = {span.vehicle.vehicle: span for span in spans}
        names = {f"vehicle_{number}": vehicle for number, vehicle in enumerate(by_vehicle)}
        parameters = {
            "bucket_name": self._bucket,
            "begin": _moment(min(span.begin for span in spans)),
            "end": _moment(max(span.end for span in spans) + 1),
            "tenant_id": str(tenant),
            "field_name": field,
            **names,
        }
        with _answering():
            answer = await self._query.query_raw(_flux(tuple(names), field is not None), params=parameters)
            # the client reads async answers itself only with aiocsv, a package more
            records = FluxCsvParser(io.BytesIO(answer.encode()), FluxSerializationMode.stream).generator()
            found = [(by_vehicle[record["vehicle"]], _microsecond(record["_time"]), record.values) for record in records]
        return [_Row(span.position, at, _present(fields)) for span, at, fields in found if span.begin <= at <= span.end]

    async def _send(self, lines: Sequence[str]) -> int:
        """Write points, each a line of line protocol; returns how many the server dropped as older than the bucket keeps."""
        if not lines:
            return 0
        with _answering():
            try:
                await self._write.write(self._bucket, record="\n".join(lines), write_precision=WritePrecision.US)
            except ApiException as error:
                if error.status not in _UNUSABLE:
                    raise
                if dropped := _DROPPED.search(error.message):
                    return int(dropped[1])
                raise InvalidInput(f"InfluxDB cannot take these readings: {error.message}") from error
        return 0


@asynccontextmanager
async def influx_store(settings: Influx) -> AsyncIterator[InfluxTelemetryStore]:
    """The store at these settings' URL; nothing is asked of the server before the first reading."""
    async with InfluxDBClientAsync(settings.url, settings.token.get_secret_value(), settings.org) as client:
        yield InfluxTelemetryStore(client, settings.bucket)


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except ApiException as error:
        if error.status in _NOT_OURS:
            raise ConfigurationError(
                f"InfluxDB refuses the token, the organisation or the bucket ({error.status}: {error.message}): "
                "see FLEETGUARD_INFLUX__TOKEN, FLEETGUARD_INFLUX__ORG and FLEETGUARD_INFLUX__BUCKET."
            ) from error
        raise Unavailable(f"InfluxDB does not do what it is asked ({error.status}: {error.message})") from error
    except (FluxQueryException, FluxCsvParserException) as error:
        raise Unavailable(f"InfluxDB does not answer with readings: {error}") from error
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise Unavailable(f"InfluxDB does not answer: {error!r}") from error


def _flux(vehicles: tuple[str, ...], one_field: bool) -> str:
    """Readings of a tenant's vehicles, a row each. What comes from outside is a parameter, never part of the text."""
    return "\n  |> ".join([
        "from(bucket: bucket_name)",
        "range(start: begin, stop: end)",
        f'filter(fn: (r) => r._measurement == "{MEASUREMENT}" and r.tenant == tenant_id)',
        f"filter(fn: (r) => {' or '.join(f'r.vehicle == {name}' for name in vehicles)})",
        *(["filter(fn: (r) => r._field == field_name)"] if one_field else []),
        'drop(columns: ["_start", "_stop", "_measurement", "tenant"])',
        'pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")',
    ])  # fmt: skip


def _lines(batch: TelemetryBatch, tenants: Mapping[str, UUID]) -> list[str]:
    """Line protocol by hand: the client's `Point` takes more than twice as long, and this is the path of a reading."""
    series = [_series(vehicle, tenants) for vehicle in batch.vehicles]
    at = _microseconds(batch.event_time)
    rows = zip(batch.row_vehicle.tolist(), at.tolist(), batch.flags.tolist(), batch.drivers, batch.values.tolist(), strict=True)
    return [
        f"{series[position]} flags={flags}i{_driver(driver)}{_sent(values)} {at}" for position, at, flags, driver, values in rows
    ]


def _series(vehicle: VehicleId, tenants: Mapping[str, UUID]) -> str:
    return f"{MEASUREMENT},tenant={tenants[vehicle.tenant]},vehicle={vehicle.vehicle.translate(_TAG)}"


def _driver(driver: str | None) -> str:
    return "" if driver is None else f',driver_id="{driver.translate(_TEXT)}"'


def _sent(values: list[float]) -> str:
    return "".join([f",{column}={value}" for column, value in zip(signals.COLUMNS, values, strict=True) if isfinite(value)])


def _present(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _json(row: _Row) -> bytes:
    held = {name: row.fields[name] for name in ("driver_id", *signals.COLUMNS) if name in row.fields}
    return msgspec.json.encode({"event_time": _moment(row.at), **held})


def _microseconds(event_time: TimeArray) -> NDArray[np.int64]:
    return np.rint(event_time * 1e6).astype(np.int64)


def _microsecond(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _moment(at: int) -> datetime:
    return _EPOCH + at * _MICROSECOND
