"""What each vehicle did lately: a ring of seconds, a ring of minutes. Pure numpy, one structured row per vehicle.

A row of `WindowState.rows` is all that is known of a vehicle: copied out it is a snapshot, copied in it is a recovery.
Readings of one vehicle come in time order; `fresh_rows` says which ones do.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from fleet import signals
from fleet.telemetry import FloatArray, TelemetryBatch, TimeArray

SECONDS = 64
MINUTES = 360

DIRECT = (
    "speed_kmh", "engine_rpm", "coolant_temp_c", "oil_temp_c", "oil_pressure_kpa", "map_kpa", "maf_gps", "intake_temp_c",
    "throttle_pct", "engine_load_pct", "fuel_rate_lph", "battery_v", "ambient_temp_c", "ignition_on", "speed_limit_kmh",
    "yaw_rate_dps", "odometer_km",
)  # fmt: skip
DERIVED = (
    "fuel_pct", "brake_pct", "offset_s", "accel_ms2", "lateral_ms2", "peak_accel_ms2", "peak_brake_ms2", "peak_corner_ms2",
    "peak_horizontal_ms2",
)  # fmt: skip
SECOND_CHANNELS = DIRECT + DERIVED
SECOND = {name: position for position, name in enumerate(SECOND_CHANNELS)}
_PEAKS = slice(SECOND["peak_accel_ms2"], SECOND["peak_horizontal_ms2"] + 1)

MINUTE_CHANNELS = (
    "samples", "fuel_pct", "fuel_spread_pct", "fuel_l", "distance_km", "engine_on", "moving", "speed_kmh", "engine_rpm",
    "engine_load_pct", "coolant_temp_c", "coolant_range_c", "ambient_temp_c", "oil_pressure_kpa", "battery_on_v", "battery_off_v",
    "harsh_s", "accel_rms_ms2", "lateral_rms_ms2", "weave_dps", "speeding",
)  # fmt: skip
MINUTE = {name: position for position, name in enumerate(MINUTE_CHANNELS)}

VEHICLE_CLASSES = ("car", "van", "truck")
DEFAULT_TANK_L = np.array([50.0, 80.0, 400.0], np.float32)

STATE = np.dtype([
    ("time", "f8"),                                      # newest reading, s since the epoch; NaN: nothing yet
    ("second", "i8"),                                    # absolute second of the newest bin
    ("minute", "i8"),                                    # absolute minute that is open
    ("vehicle_class", "i1"),
    ("tank_l", "f4"),
    ("seconds", "f4", (SECONDS, len(SECOND_CHANNELS))),  # circular: bin of second s at s % SECONDS
    ("minutes", "f4", (MINUTES, len(MINUTE_CHANNELS))),  # circular: bin of minute m at m % MINUTES
])  # fmt: skip
LAYOUT = f"{SECONDS}:{','.join(SECOND_CHANNELS)}/{MINUTES}:{','.join(MINUTE_CHANNELS)}/1"

_COLUMN = {name: signals.INDEX[name] for name in signals.COLUMNS}
_DIRECT_COLUMNS = np.array([_COLUMN[name] for name in DIRECT])
HIGH_RATE_S = 0.15  # readings closer than this come from an IMU of about 10 Hz or more
SMOOTH_S = 0.3  # domain.md: a peak counts when it lasts 300 ms
GLITCH_MS2 = 12.0  # a 1 s speed difference beyond 1.2 g is a sender's reset, not a vehicle
SUSTAINED_SHARE = 0.7  # of a harsh peak that is left in the mean over 3 s when it lasts 2 s
BUILD_UP = 3.0  # a vehicle that brakes this hard braked a third as hard the second before
SPARSE_GAP_S = 20.0  # readings further apart than this are judged at once, not at the end of their minute
HARSH_MS2 = 2.9  # about 0.3 g, below every class's limit


class WindowState:
    """Windows of many vehicles, addressed by slot."""

    def __init__(self, capacity: int = 64) -> None:
        self.rows = np.empty(capacity, STATE)
        self._tails: dict[int, FloatArray] = {}  # slot → (k, 3) last 300 ms of time offset, accel x, accel y
        self._tail_start: dict[int, float] = {}
        self.clear(np.arange(capacity))

    def clear(self, slots: NDArray[np.intp]) -> None:
        """Forget everything about these slots."""
        blank = np.zeros(1, STATE)
        blank["time"], blank["seconds"], blank["minutes"] = np.nan, np.nan, np.nan
        blank["tank_l"] = DEFAULT_TANK_L[0]
        self.rows[slots] = blank
        for slot in slots.tolist():
            self._tails.pop(slot, None)

    def ensure(self, slots: int) -> None:
        """Grow to hold at least this many slots."""
        if slots > len(self.rows):
            old = len(self.rows)
            self.rows = np.concatenate([self.rows, np.empty(max(slots - old, old), STATE)])
            self.clear(np.arange(old, len(self.rows)))

    def describe(self, slot: int, vehicle_class: str, tank_l: float | None) -> None:
        """Set what is known about the vehicle itself."""
        kind = VEHICLE_CLASSES.index(vehicle_class)
        self.rows["vehicle_class"][slot] = kind
        self.rows["tank_l"][slot] = tank_l or DEFAULT_TANK_L[kind]

    def snapshot(self, slot: int) -> bytes:
        """Everything known of one vehicle, to be given to `restore` later."""
        return self.rows[slot].tobytes()

    def restore(self, slot: int, state: bytes) -> None:
        """Take up where `snapshot` left off.

        Raises:
            ValueError: the snapshot has another layout.
        """
        self.rows[slot] = np.frombuffer(state, STATE)[0]
        self._tails.pop(slot, None)

    def rounds(self, slots: NDArray[np.intp], batch: TelemetryBatch) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Write readings into the windows, a second of every vehicle at a time.

        Args:
            slots: (n,) slot of each reading; readings of a slot are in time order and newer than its `time`.
            batch: (n) readings.

        Yields:
            (rows, settled): after each second, (m,) the newest row of each vehicle concerned, each vehicle once, and
            (k,) positions in `rows` of vehicles whose minutes changed too.
        """
        if not len(batch):
            return
        order = np.lexsort((batch.event_time, slots))
        slot, time = slots[order], batch.event_time[order]
        second = np.floor(time).astype(np.int64)
        starts = np.flatnonzero(np.r_[True, (slot[1:] != slot[:-1]) | (second[1:] != second[:-1])])
        ends = np.r_[starts[1:], len(order)] - 1
        bins = self._bins(slot, time, batch.values[order], starts, ends)
        group_slot, group_second = slot[starts], second[starts]
        nth = np.arange(len(starts)) - _run_starts(group_slot)
        for turn in range(int(nth.max()) + 1):
            groups = np.flatnonzero(nth == turn)
            settled = self._write(group_slot[groups], group_second[groups], time[ends[groups]], bins[groups])
            yield order[ends[groups]], settled

    def _write(self, slot: NDArray[np.intp], second: NDArray[np.int64], time: TimeArray, bins: FloatArray) -> NDArray[np.intp]:
        rows, first = self.rows, np.isnan(self.rows["time"][slot])
        gap = np.where(first, SECONDS, second - rows["second"][slot])
        minute = second // 60
        changed = first | (minute != rows["minute"][slot])
        closing = changed & ~first
        if closing.any():
            self._close_minute(slot[closing], minute[closing])
        for steps in range(1, int(min(gap.max(initial=0), SECONDS)) + 1):
            ahead = slot[gap >= steps]
            rows["seconds"][ahead, (second[gap >= steps] - steps + 1) % SECONDS] = np.nan
        self._derive_from_speed(slot, second, bins)
        place = (slot, second % SECONDS)
        old = rows["seconds"][place]
        merged = np.where(np.isnan(bins), old, bins)
        merged[:, _PEAKS] = np.fmax(old[:, _PEAKS], bins[:, _PEAKS])
        rows["seconds"][place] = merged
        sparse = first | (time - rows["time"][slot] > SPARSE_GAP_S)
        rows["second"][slot], rows["time"][slot], rows["minute"][slot] = second, time, minute
        if first.any():
            rows["minutes"][slot[first]] = np.nan
        if sparse.any():
            self._settle_minute(slot[sparse])
        return np.flatnonzero(changed | sparse)

    def _close_minute(self, slot: NDArray[np.intp], minute: NDArray[np.int64]) -> None:
        self._settle_minute(slot)
        gap = np.minimum(minute - self.rows["minute"][slot], MINUTES)
        for steps in range(1, int(gap.max()) + 1):
            late = gap >= steps
            self.rows["minutes"][slot[late], (minute[late] - steps + 1) % MINUTES] = np.nan

    def _settle_minute(self, slot: NDArray[np.intp]) -> None:
        rows = self.rows
        minute, second = rows["minute"][slot], rows["second"][slot]
        age = second[:, None] - np.arange(SECONDS)  # (n, SECONDS) absolute seconds, newest first
        window = rows["seconds"][slot[:, None], age % SECONDS]
        window[age // 60 != minute[:, None]] = np.nan
        rows["minutes"][slot, minute % MINUTES] = summarise_minute(window, rows["tank_l"][slot])

    def _bins(
        self, slot: NDArray[np.intp], time: TimeArray, values: FloatArray, starts: NDArray[np.intp], ends: NDArray[np.intp]
    ) -> FloatArray:
        """(group, channel): the last value of each signal in each second, and the peaks of a fast IMU."""
        last = values[ends]
        if len(starts) < len(values):
            position = np.where(np.isnan(values), -1, np.arange(len(values))[:, None])
            newest = np.maximum.reduceat(position, starts, axis=0)
            last = np.where(newest >= starts[:, None], np.take_along_axis(values, np.maximum(newest, 0), axis=0), np.nan)
        bins = np.full((len(starts), len(SECOND_CHANNELS)), np.nan, np.float32)
        bins[:, : len(DIRECT)] = last[:, _DIRECT_COLUMNS]
        litres = 100 * last[:, _COLUMN["fuel_level_l"]] / self.rows["tank_l"][slot[starts]]
        percent = last[:, _COLUMN["fuel_level_pct"]]
        bins[:, SECOND["fuel_pct"]] = np.where(np.isnan(percent), litres, percent)
        pedal, pressure = last[:, _COLUMN["brake_pedal_pct"]], last[:, _COLUMN["brake_pressure_kpa"]] / 100
        bins[:, SECOND["brake_pct"]] = np.where(np.isnan(pedal), np.minimum(pressure, 100), pedal)
        bins[:, SECOND["offset_s"]] = time[ends] % 1
        bins[:, SECOND["accel_ms2"]] = last[:, _COLUMN["accel_x_ms2"]]
        bins[:, SECOND["lateral_ms2"]] = last[:, _COLUMN["accel_y_ms2"]]
        self._fast_peaks(slot, time, values, starts, bins)
        return bins

    def _fast_peaks(
        self, slot: NDArray[np.intp], time: TimeArray, values: FloatArray, starts: NDArray[np.intp], bins: FloatArray
    ) -> None:
        """300 ms means of a fast IMU, their peaks per second. Slow senders leave the peaks NaN."""
        x, y = values[:, _COLUMN["accel_x_ms2"]], values[:, _COLUMN["accel_y_ms2"]]
        imu = ~(np.isnan(x) | np.isnan(y))
        if not imu.any():
            return
        smooth = np.full((len(slot), 2), np.nan, np.float32)
        newcomer = np.r_[True, slot[1:] != slot[:-1]]
        step = time - np.where(newcomer, self.rows["time"][slot], np.r_[-np.inf, time[:-1]])
        boundaries = np.r_[np.flatnonzero(newcomer), len(slot)]
        for begin in boundaries[np.unique(np.searchsorted(boundaries, np.flatnonzero(imu & (step <= HIGH_RATE_S)), "right")) - 1]:
            end = boundaries[np.searchsorted(boundaries, begin, "right")]
            rows = begin + np.flatnonzero(imu[begin:end])
            smooth[rows] = self._smooth(int(slot[begin]), time[rows], np.stack([x[rows], y[rows]], axis=1))
        peaks = np.stack([smooth[:, 0], -smooth[:, 0], np.abs(smooth[:, 1]), np.hypot(smooth[:, 0], smooth[:, 1])], axis=1)
        bins[:, _PEAKS] = np.fmax.reduceat(peaks, starts, axis=0)

    def _smooth(self, slot: int, time: TimeArray, xy: FloatArray) -> FloatArray:
        """(k, 2) means over the last 300 ms; NaN until 200 ms are covered."""
        if (tail := self._tails.get(slot)) is not None:
            time = np.r_[self._tail_start[slot] + tail[:, 0].astype(np.float64), time]
            xy = np.concatenate([tail[:, 1:], xy])
        begin = np.searchsorted(time, time - SMOOTH_S)
        total = np.concatenate([np.zeros((1, 2)), np.cumsum(xy, axis=0, dtype=np.float64)])
        here = np.arange(len(time))
        mean = (total[here + 1] - total[begin]) / (here + 1 - begin)[:, None]
        mean[time - time[begin] < SMOOTH_S * 2 / 3] = np.nan
        keep = int(begin[-1])
        self._tail_start[slot] = float(time[keep])
        self._tails[slot] = np.column_stack([time[keep:] - time[keep], xy[keep:]]).astype(np.float32)
        return mean[0 if tail is None else len(tail) :].astype(np.float32)

    def _derive_from_speed(self, slot: NDArray[np.intp], second: NDArray[np.int64], bins: FloatArray) -> None:
        """Fill what a slow sender's speed and yaw rate say about acceleration."""
        speed = bins[:, SECOND["speed_kmh"]]
        accel = np.full(len(slot), np.nan, np.float32)
        for back in (1, 2):  # the second before, or the one before that when one is missing
            previous = self.rows["seconds"][slot, (second - back) % SECONDS]
            elapsed = back + bins[:, SECOND["offset_s"]] - previous[:, SECOND["offset_s"]]
            change = (speed - previous[:, SECOND["speed_kmh"]]) / 3.6 / np.maximum(elapsed, 0.25)
            accel = np.where(np.isnan(accel) & (elapsed > 0.5) & (elapsed < 2.5), change, accel)
        accel[(accel < -GLITCH_MS2) | (accel > GLITCH_MS2 / 2)] = np.nan
        accel = self._sustained(accel, slot, second, bins)
        slow = np.isnan(bins[:, SECOND["peak_horizontal_ms2"]])
        forward = np.where(np.isnan(speed), bins[:, SECOND["accel_ms2"]], accel)
        turning = np.radians(bins[:, SECOND["yaw_rate_dps"]]) * speed / 3.6
        sideways = bins[:, SECOND["lateral_ms2"]]
        corner = np.fmin(np.abs(sideways), np.where(np.isnan(turning), np.inf, np.abs(turning)))
        corner = np.where(np.isnan(sideways), np.abs(turning), corner)
        bins[slow, SECOND["accel_ms2"]] = forward[slow]
        bins[:, SECOND["lateral_ms2"]] = np.where(np.isnan(sideways), turning, sideways)
        for channel, peak in (("peak_accel_ms2", forward), ("peak_brake_ms2", -forward), ("peak_corner_ms2", corner)):
            bins[slow, SECOND[channel]] = peak[slow]
        bins[slow, SECOND["peak_horizontal_ms2"]] = np.hypot(forward, corner)[slow]

    def _sustained(self, accel: FloatArray, slot: NDArray[np.intp], second: NDArray[np.int64], bins: FloatArray) -> FloatArray:
        """Accelerations held to what three seconds of speed bear out: a polled sender repeats a value, then jumps."""
        before = self.rows["seconds"][slot, (second - 3) % SECONDS]
        elapsed = 3 + bins[:, SECOND["offset_s"]] - before[:, SECOND["offset_s"]]
        change = (bins[:, SECOND["speed_kmh"]] - before[:, SECOND["speed_kmh"]]) / 3.6 / np.maximum(elapsed, 0.25)
        along = np.maximum(np.sign(accel) * change, 0) / SUSTAINED_SHARE
        older, newer = (self.rows["seconds"][slot, (second - back) % SECONDS, SECOND["speed_kmh"]] for back in (2, 1))
        along = np.fmin(along, BUILD_UP * np.maximum(np.sign(accel) * (newer - older) / 3.6, 0))
        return np.sign(accel) * np.fmin(np.abs(accel), along)

    def second_windows(self, slots: NDArray[np.intp], length: int = SECONDS) -> FloatArray:
        """(n, length, channel) the last seconds of each slot, oldest first; NaN where nothing came."""
        seconds = self.rows["second"][slots, None] - np.arange(length - 1, -1, -1)
        return self.rows["seconds"][slots[:, None], seconds % SECONDS]

    def minute_windows(self, slots: NDArray[np.intp]) -> FloatArray:
        """(n, MINUTES, channel) the last minutes of each slot, the open one last; NaN where nothing came."""
        minutes = self.rows["minute"][slots, None] - np.arange(MINUTES - 1, -1, -1)
        return self.rows["minutes"][slots[:, None], minutes % MINUTES]

    def fresh_rows(self, slots: NDArray[np.intp], event_time: TimeArray) -> NDArray[np.bool_]:
        """(n,) whether each reading is newer than all its vehicle has shown, in this batch too."""
        order = np.lexsort((np.arange(len(slots)), slots))
        seen = np.where(np.isnan(self.rows["time"][slots]), -np.inf, self.rows["time"][slots])
        slot, time = slots[order], event_time[order]
        newest = _running_max(slot, np.maximum(seen[order], -np.inf), time)
        fresh = np.empty(len(slots), bool)
        fresh[order] = time > newest
        return fresh


def _running_max(slot: NDArray[np.intp], seen: TimeArray, time: TimeArray) -> TimeArray:
    """(n,) the newest time of the same slot before each row, `seen` at least."""
    newest = seen.copy()
    for row in np.flatnonzero(slot[1:] == slot[:-1]) + 1:
        newest[row] = max(newest[row - 1], time[row - 1])
    return newest


def _run_starts(values: NDArray[np.intp]) -> NDArray[np.intp]:
    """(n,) for each element the position where its run of equal values starts."""
    starts = np.r_[True, values[1:] != values[:-1]]
    return np.maximum.accumulate(np.where(starts, np.arange(len(values)), 0))


def summarise_minute(window: FloatArray, tank_l: FloatArray) -> FloatArray:
    """(n, minute channel) from (n, seconds, second channel); NaN where no second says anything."""

    def of(name: str) -> FloatArray:
        return window[:, :, SECOND[name]]

    rpm, speed, fuel = of("engine_rpm"), of("speed_kmh"), of("fuel_pct")
    seen = ~np.isnan(of("offset_s"))
    count = seen.sum(axis=1).astype(np.float32)
    running = np.where(np.isnan(rpm), of("ignition_on"), (rpm > 300).astype(np.float32) + 0 * rpm)
    summary = np.full((len(window), len(MINUTE_CHANNELS)), np.nan, np.float32)

    def put(name: str, value: FloatArray) -> None:
        summary[:, MINUTE[name]] = value

    put("samples", np.where(count > 0, count, np.nan))
    level = median(fuel)
    put("fuel_pct", level)
    put("fuel_spread_pct", median(np.abs(fuel - level[:, None])))
    put("fuel_l", mean(of("fuel_rate_lph")) / 60)
    put("distance_km", mean(speed) / 60)
    put("engine_on", mean(running))
    put("moving", mean((speed > 5) + 0 * speed))
    for name in ("speed_kmh", "engine_rpm", "engine_load_pct", "coolant_temp_c", "ambient_temp_c", "oil_pressure_kpa"):
        put(name, mean(of(name)))
    coolant = of("coolant_temp_c")
    put("coolant_range_c", np.fmax.reduce(coolant, axis=1) - np.fmin.reduce(coolant, axis=1))
    put("battery_on_v", median(np.where(running > 0.5, of("battery_v"), np.nan)))
    put("battery_off_v", median(np.where(running < 0.5, of("battery_v"), np.nan)))
    peak = np.fmax.reduce(window[:, :, _PEAKS][:, :, :3], axis=2)
    put("harsh_s", np.where(np.isnan(peak).all(axis=1), np.nan, np.nansum(peak > HARSH_MS2, axis=1)))
    put("accel_rms_ms2", np.sqrt(mean(of("accel_ms2") ** 2)))
    put("lateral_rms_ms2", np.sqrt(mean(of("lateral_ms2") ** 2)))
    yaw = np.where(speed > 30, of("yaw_rate_dps"), np.nan)
    put("weave_dps", np.sqrt(mean((yaw - mean(yaw)[:, None]) ** 2)))
    limit = of("speed_limit_kmh")
    put("speeding", mean((speed > limit * 1.1) + 0 * (speed + limit)))
    return summary


def mean(values: FloatArray) -> FloatArray:
    """(n,) mean over axis 1 of what is there; NaN where nothing is."""
    present = ~np.isnan(values)
    count = present.sum(axis=1)
    total = np.where(present, values, 0).sum(axis=1, dtype=np.float32)
    return np.divide(total, count, out=np.full(len(values), np.nan, np.float32), where=count > 0)


def median(values: FloatArray) -> FloatArray:
    """(n,) median over axis 1 of what is there; NaN where nothing is."""
    ordered = np.sort(values, axis=1)  # NaN last
    count = (~np.isnan(values)).sum(axis=1)
    rows = np.arange(len(values))
    low, high = np.maximum(count - 1, 0) // 2, np.maximum(count // 2, 0)
    middle = (ordered[rows, low] + ordered[rows, np.minimum(high, values.shape[1] - 1)]) / 2
    return np.where(count > 0, middle, np.nan).astype(np.float32)
