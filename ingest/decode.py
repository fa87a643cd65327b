"""From MQTT messages to one columnar batch. Pure: bad values are nulled and counted, bad payloads set aside with a reason."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from fleet import signals
from fleet.alerts import VehicleId
from fleet.errors import UndecodablePayload
from fleet.telemetry import TelemetryBatch, clock_flags
from ingest import usual

MAX_PAYLOAD_BYTES: Final = 64 * 1024
MAX_SAMPLES: Final = 512
MAX_DRIVER_ID: Final = 64
LATEST: Final = 4_102_444_800.0  # 2100-01-01: a clock beyond it is no clock

_TOPIC = re.compile(r"(?:ingest/\d+|fleet/v1)/([A-Za-z0-9_-]{1,64})/([A-Za-z0-9_-]{1,64})(/telemetry|/dtc)?")
MARK = "drained"  # last level of the topic of our own marks (`ingest.sessions`), which no device may publish to
_CODE = re.compile(r"[A-Za-z0-9_.:-]{1,32}")
_KEYS = signals.payload_keys()
_LOW = np.array([signal.low for signal in signals.SIGNALS], np.float64)
_HIGH = np.array([signal.high for signal in signals.SIGNALS], np.float64)
_IGNITION = signals.INDEX["ignition_on"]
_RESERVED = frozenset({"ts", "driverId", "seq"})


class Message(msgspec.Struct, frozen=True, gc=False):
    """One MQTT message as it arrived."""

    topic: str
    payload: bytes
    received_at: float


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A payload, or one sample of it, that cannot become a reading."""

    vehicle: VehicleId
    reason: str
    detail: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class FaultCode:
    """A fault code that a vehicle set, at an event time in seconds since the epoch."""

    vehicle: VehicleId
    at: float
    code: str


@dataclass(slots=True)
class Decoded:
    """What a batch of messages became; counts are by (signal key, reason)."""

    batch: TelemetryBatch
    dead_letters: list[DeadLetter] = field(default_factory=list)
    fault_codes: list[FaultCode] = field(default_factory=list)
    quarantined: Counter[tuple[str, str]] = field(default_factory=Counter)
    unknown_keys: int = 0


class _Rows:
    """Readings while they are being collected."""

    def __init__(self) -> None:
        self.vehicles: dict[VehicleId, int] = {}
        self.row_vehicle: list[int] = []
        self.at: list[float] = []
        self.received: list[float] = []
        self.values: list[Sequence[float | None]] = []
        self.drivers: list[str | None] = []
        self.quarantined: Counter[tuple[str, str]] = Counter()
        self.unknown_keys = 0

    def add(self, vehicle: VehicleId, at: float, received_at: float, values: Sequence[float | None], driver: str | None) -> None:
        self.row_vehicle.append(self.vehicles.setdefault(vehicle, len(self.vehicles)))
        self.at.append(at)
        self.received.append(received_at)
        self.values.append(values)
        self.drivers.append(driver)

    def batch(self) -> TelemetryBatch:
        at = np.round(np.array(self.at, np.float64) * 1e6) / 1e6
        return TelemetryBatch(
            tuple(self.vehicles),
            np.array(self.row_vehicle, np.intp),
            at,
            self._in_range().astype(np.float32),
            tuple(self.drivers),
            clock_flags(at, np.array(self.received, np.float64)),
        )

    def _in_range(self) -> NDArray[np.float64]:
        """(n, signal) values; those out of their physical range are nulled and counted."""
        values = np.array(self.values, np.float64).reshape(-1, signals.COUNT)
        wrong = (values < _LOW) | (values > _HIGH)
        for position, count in enumerate(wrong.sum(axis=0).tolist()):
            if count:
                self.quarantined[signals.SIGNALS[position].key, "out_of_range"] += count
        values[wrong] = np.nan
        return values


def vehicle_of(topic: str) -> VehicleId | None:
    """The identity that the broker authorised; None for a topic that is not ours."""
    match = _TOPIC.fullmatch(topic)
    return VehicleId(match[1], match[2]) if match else None


def decode(messages: Sequence[Message]) -> Decoded:
    """Read messages of any number of vehicles into one batch, and their fault codes.

    A known key of a wrong type or out of its physical range is nulled and counted; unknown keys are counted; a payload
    that is no JSON object or array, or a sample without a usable time, becomes a dead letter.
    """
    rows, dead, codes = _Rows(), [], []
    for message in messages:
        vehicle, is_code = vehicle_of(message.topic), message.topic.endswith("/dtc")
        if vehicle is None and message.topic.startswith("ingest/") and message.topic.endswith(f"/{MARK}"):
            continue
        if vehicle is None:
            dead.append(DeadLetter(VehicleId("", message.topic[:64]), "foreign_topic", message.topic[:256], message.payload))
            continue
        if not is_code and len(message.payload) <= MAX_PAYLOAD_BYTES and _read_usual(rows, vehicle, message):
            continue
        try:
            samples = _samples(message.payload)
        except UndecodablePayload as error:
            dead.append(DeadLetter(vehicle, error.reason, str(error), message.payload))
            continue
        for sample in samples:
            try:
                if is_code:
                    codes.append(_fault_code(vehicle, sample))
                else:
                    _read(rows, vehicle, sample, message.received_at)
            except UndecodablePayload as error:
                dead.append(DeadLetter(vehicle, error.reason, str(error), msgspec.json.encode(sample)))
    batch = rows.batch()
    return Decoded(batch, dead, codes, rows.quarantined, rows.unknown_keys)


def _samples(payload: bytes) -> list[Any]:
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise UndecodablePayload("oversized", f"{len(payload)} bytes, at most {MAX_PAYLOAD_BYTES}")
    try:
        content = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UndecodablePayload("malformed_json", str(error)) from error
    samples = content if isinstance(content, list) else [content]
    if not samples:
        raise UndecodablePayload("empty", "the array holds no sample")
    if len(samples) > MAX_SAMPLES:
        raise UndecodablePayload("too_many_samples", f"{len(samples)}, at most {MAX_SAMPLES}")
    return samples


def _read(rows: _Rows, vehicle: VehicleId, sample: Any, received_at: float) -> None:
    if not isinstance(sample, dict):
        raise UndecodablePayload("not_an_object", f"a sample is a {type(sample).__name__}")
    at = _event_time(sample.get("ts"))
    values: list[float | None] = [None] * signals.COUNT
    for key, value in sample.items():
        known = _KEYS.get(key)
        if known is None:
            if key not in _RESERVED:
                rows.unknown_keys += 1
        elif value is not None:
            position, scale = known
            values[position] = _number(position, value, scale)
            if values[position] is None:
                rows.quarantined[signals.SIGNALS[position].key, "wrong_type"] += 1
    rows.add(vehicle, at, received_at, values, _driver(rows, sample.get("driverId")))


def _read_usual(rows: _Rows, vehicle: VehicleId, message: Message) -> bool:
    """Read a payload as documented; False, and nothing is read, where it has anything else in it."""
    samples = usual.read(message.payload)
    if not samples or len(samples) > MAX_SAMPLES:
        return False
    try:
        moments = [_event_time(ts) for ts, _, _ in samples]
    except UndecodablePayload:
        return False
    for at, (_, driver, values) in zip(moments, samples, strict=True):
        rows.add(vehicle, at, message.received_at, values, _driver(rows, driver))
    return True


def _fault_code(vehicle: VehicleId, sample: Any) -> FaultCode:
    """`{"ts": …, "code": "P0301"}`."""
    if not isinstance(sample, dict):
        raise UndecodablePayload("not_an_object", f"a fault code is a {type(sample).__name__}")
    code = sample.get("code")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise UndecodablePayload("bad_code", f"code {str(code)[:40]!r} is no fault code")
    return FaultCode(vehicle, round(_event_time(sample.get("ts")) * 1e6) / 1e6, code)


def _number(position: int, value: Any, scale: float) -> float | None:
    """In our unit; infinite where no float can hold it, None where it is no number."""
    kind = type(value)
    if kind is not float and kind is not int and not (kind is bool and position == _IGNITION):
        return None
    try:
        return float(value) * scale
    except OverflowError:
        return np.inf


def _driver(rows: _Rows, driver: Any) -> str | None:
    if driver is None:
        return None
    if not isinstance(driver, str) or not 0 < len(driver) <= MAX_DRIVER_ID or "\x00" in driver:
        rows.quarantined["driverId", "wrong_type"] += 1
        return None
    return driver


def _event_time(ts: Any) -> float:
    if isinstance(ts, str):
        at = _rfc3339(ts)
    elif isinstance(ts, int | float) and not isinstance(ts, bool):
        at = ts / 1000 if abs(ts) < 1e15 else np.inf
    else:
        raise UndecodablePayload("bad_timestamp", "ts is missing" if ts is None else f"ts is a {type(ts).__name__}")
    if not 0 <= at < LATEST:
        raise UndecodablePayload("bad_timestamp", f"ts {str(ts)[:40]} lies outside 1970–2100")
    return at


def _rfc3339(ts: str) -> float:
    try:
        moment = datetime.fromisoformat(ts)
        if moment.tzinfo is not None:
            return moment.timestamp()
    except (ValueError, OverflowError) as error:
        raise UndecodablePayload("bad_timestamp", f"ts {ts[:40]!r} is no RFC 3339 time") from error
    raise UndecodablePayload("bad_timestamp", f"ts {ts[:40]!r} names no time zone")
