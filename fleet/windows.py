"""What each vehicle did lately: a ring of seconds, a ring of minutes. Pure numpy, one structured row per vehicle.

A row of `WindowState.rows`, with that of `WindowState.drives`, is all that is known of a vehicle: copied out they are a snapshot,
copied in a recovery.
Readings of one vehicle come in time order; `fresh_rows` says which ones do.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from fleet import signals
from fleet.channels import DIRECT, MINUTE, MINUTE_CHANNELS, MINUTES, PEAKS, SECOND, SECOND_CHANNELS, SECONDS
from fleet.fuel_drives import DRIVES, SILENCE_MIN, latest_drive, remember
from fleet.fuel_level import burnt, whole_minutes
from fleet.hours import Hours, drive_on, stood
from fleet.minutes import summarise_minute
from fleet.motion import SUSPECT_LEAPS, derive_motion
from fleet.series import carried
from fleet.telemetry import FloatArray, TelemetryBatch, TimeArray

VEHICLE_CLASSES = ("car", "van", "truck")
DEFAULT_TANK_L = np.array([50.0, 80.0, 400.0], np.float32)

STATE = np.dtype([
    ("time", "f8"),                                      # newest reading, s since the epoch; NaN: nothing yet
    ("second", "i8"),                                    # absolute second of the newest bin
    ("minute", "i8"),                                    # absolute minute that is open
    ("vehicle_class", "i1"),
    ("tank_l", "f4"),
    ("held", "f4"),                                      # lately, how often a speed stood still before it leapt
    ("leapt", "f4"),                                     # lately, how often it leapt
    ("driven_min", "f4"),                                # `fleet.hours.Hours`, without the open minute
    ("stopped_min", "f4"),
    ("idle_min", "f4"),
    ("seconds", "f4", (SECONDS, len(SECOND_CHANNELS))),  # circular: bin of second s at s % SECONDS
    ("minutes", "f4", (MINUTES, len(MINUTE_CHANNELS))),  # circular: bin of minute m at m % MINUTES
])  # fmt: skip
LAYOUT = f"{SECONDS}:{','.join(SECOND_CHANNELS)}/{MINUTES}:{','.join(MINUTE_CHANNELS)}/5"
SNAPSHOT_BYTES = STATE.itemsize + DRIVES.itemsize

_COLUMN = {name: signals.INDEX[name] for name in signals.COLUMNS}
_DIRECT_COLUMNS = np.array([_COLUMN[name] for name in DIRECT])
HIGH_RATE_S = 0.15  # readings closer than this come from an IMU of about 10 Hz or more
SMOOTH_S = 0.3  # domain.md: a peak counts when it lasts 300 ms
SUSTAIN_S = 0.5  # a manoeuvre lasts longer than a pothole
SPARSE_GAP_S = 20.0  # readings further apart than this are judged at once, not at the end of their minute


class WindowState:
    """Windows of many vehicles, addressed by slot."""

    def __init__(self, capacity: int = 64) -> None:
        self.rows = np.empty(capacity, STATE)
        self.drives = np.zeros(capacity, DRIVES)
        self._tails: dict[int, FloatArray] = {}  # slot → (k, 3) last 500 ms of time offset, accel x, accel y
        self._tail_start: dict[int, float] = {}
        self.clear(np.arange(capacity))

    def clear(self, slots: NDArray[np.intp]) -> None:
        """Forget everything about these slots."""
        blank = np.zeros(1, STATE)
        blank["time"], blank["seconds"], blank["minutes"] = np.nan, np.nan, np.nan
        blank["tank_l"], blank["leapt"] = DEFAULT_TANK_L[0], SUSPECT_LEAPS
        self.rows[slots] = blank
        self.drives[slots] = np.zeros(1, DRIVES)
        for slot in slots.tolist():
            self._tails.pop(slot, None)

    def ensure(self, slots: int) -> None:
        """Grow to hold at least this many slots; what is in a new one is undefined until it is cleared.

        Not cleared here, because what was never written takes no memory: a row is 67 kB.
        """
        if slots > len(self.rows):
            old, drives = self.rows, self.drives
            self.rows = np.empty(max(slots, 2 * len(old)), STATE)
            self.rows[: len(old)] = old
            self.drives = np.zeros(len(self.rows), DRIVES)
            self.drives[: len(old)] = drives

    def describe(self, slot: int, vehicle_class: str, tank_l: float | None) -> bool:
        """Set what is known about the vehicle itself; whether it is anything new.

        Then what its level has shown is forgotten: it was held against another tank and another engine, and beside the new ones
        it would look like fuel that vanishes.
        """
        kind, row = VEHICLE_CLASSES.index(vehicle_class), self.rows[slot]
        described = (kind, np.float32(tank_l or DEFAULT_TANK_L[kind]))
        if described == (row["vehicle_class"], row["tank_l"]):
            return False
        row["vehicle_class"], row["tank_l"] = described
        row["seconds"][:, SECOND["fuel_pct"]] = np.nan
        row["minutes"][:, [MINUTE["fuel_pct"], MINUTE["fuel_spread_pct"]]] = np.nan
        self.drives[slot] = np.zeros(1, DRIVES)[0]
        return True

    def snapshot(self, slot: int) -> bytes:
        """Everything known of one vehicle, to be given to `restore` later."""
        return self.rows[slot].tobytes() + self.drives[slot].tobytes()

    def restore(self, slot: int, state: bytes) -> None:
        """Take up where `snapshot` left off.

        Raises:
            ValueError: the snapshot has another layout.
        """
        if len(state) != SNAPSHOT_BYTES:
            raise ValueError(f"a snapshot of {len(state)} bytes is not of this layout")
        self.rows[slot] = np.frombuffer(state, STATE, 1)[0]
        self.drives[slot] = np.frombuffer(state, DRIVES, offset=STATE.itemsize)[0]
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
        derive_motion(self.rows, slot, second, bins)
        place = (slot, second % SECONDS)
        old = rows["seconds"][place]
        merged = np.where(np.isnan(bins), old, bins)
        merged[:, PEAKS] = np.fmax(old[:, PEAKS], bins[:, PEAKS])
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
        self._count_hours(slot, minute)
        silent = minute - self.rows["minute"][slot] > SILENCE_MIN
        if silent.any():
            self._end_drive(slot[silent])
        gap = np.minimum(minute - self.rows["minute"][slot], MINUTES)
        for steps in range(1, int(gap.max()) + 1):
            late = gap >= steps
            self.rows["minutes"][slot[late], (minute[late] - steps + 1) % MINUTES] = np.nan

    def _count_hours(self, slot: NDArray[np.intp], minute: NDArray[np.int64]) -> None:
        rows = self.rows
        closed = rows["minute"][slot]
        moving = rows["minutes"][slot, closed % MINUTES, MINUTE["moving"]]
        second = 60 * closed[:, None] + np.arange(60)
        speed = rows["seconds"][slot[:, None], second % SECONDS, SECOND["speed_kmh"]]
        ends = stood(np.where(second <= rows["second"][slot, None], speed, np.nan))
        before = Hours(rows["driven_min"][slot], rows["stopped_min"][slot], rows["idle_min"][slot])
        after = drive_on(before, moving, minute - closed, ends)
        rows["driven_min"][slot], rows["stopped_min"][slot], rows["idle_min"][slot] = after

    def _end_drive(self, slot: NDArray[np.intp]) -> None:
        window, tank_l = self.minute_windows(slot), self.rows["tank_l"][slot]
        engine_on, moving, heard = (window[:, :, MINUTE[name]] for name in ("engine_on", "moving", "samples"))
        used = burnt(window[:, :, MINUTE["fuel_l"]], window[:, :, MINUTE["expected_l"]], engine_on)
        level = carried(whole_minutes(window[:, :, MINUTE["fuel_pct"]], heard, moving))
        drive = latest_drive(level, used, ~np.isnan(heard), moving, tank_l)
        self.drives[slot] = remember(self.drives[slot], drive, tank_l)

    def _settle_minute(self, slot: NDArray[np.intp]) -> None:
        rows = self.rows
        minute, second = rows["minute"][slot], rows["second"][slot]
        age = second[:, None] - np.arange(SECONDS)  # (n, SECONDS) absolute seconds, newest first
        window = rows["seconds"][slot[:, None], age % SECONDS]
        window[age // 60 != minute[:, None]] = np.nan
        rows["minutes"][slot, minute % MINUTES] = summarise_minute(window, rows["vehicle_class"][slot])

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
        for channel, column in (("imu_x_ms2", "accel_x_ms2"), ("imu_y_ms2", "accel_y_ms2")):
            bins[:, SECOND[channel]] = last[:, _COLUMN[column]]
        self._fast_peaks(slot, time, values, starts, bins)
        bins[:, SECOND["accel_ms2"]], bins[:, SECOND["lateral_ms2"]] = bins[:, SECOND["imu_x_ms2"]], bins[:, SECOND["imu_y_ms2"]]
        return bins

    def _fast_peaks(
        self, slot: NDArray[np.intp], time: TimeArray, values: FloatArray, starts: NDArray[np.intp], bins: FloatArray
    ) -> None:
        """300 and 500 ms means of a fast IMU, their peaks per second. Slow senders leave the peaks NaN."""
        x, y = values[:, _COLUMN["accel_x_ms2"]], values[:, _COLUMN["accel_y_ms2"]]
        imu = ~(np.isnan(x) | np.isnan(y))
        if not imu.any():
            return
        smooth = np.full((len(slot), 4), np.nan, np.float32)
        newcomer = np.r_[True, slot[1:] != slot[:-1]]
        step = time - np.where(newcomer, self.rows["time"][slot], np.r_[-np.inf, time[:-1]])
        boundaries = np.r_[np.flatnonzero(newcomer), len(slot)]
        for begin in boundaries[np.unique(np.searchsorted(boundaries, np.flatnonzero(imu & (step <= HIGH_RATE_S)), "right")) - 1]:
            end = boundaries[np.searchsorted(boundaries, begin, "right")]
            rows = begin + np.flatnonzero(imu[begin:end])
            smooth[rows] = self._smooth(int(slot[begin]), time[rows], np.stack([x[rows], y[rows]], axis=1))
        horizontal, sustained = np.hypot(smooth[:, 0], smooth[:, 1]), np.hypot(smooth[:, 2], smooth[:, 3])
        peaks = np.stack([smooth[:, 0], -smooth[:, 0], np.abs(smooth[:, 1]), horizontal, sustained], axis=1)
        bins[:, PEAKS] = np.fmax.reduceat(peaks, starts, axis=0)
        for position, channel in enumerate(("imu_x_ms2", "imu_y_ms2"), start=2):
            mean_now = smooth[np.r_[starts[1:], len(slot)] - 1, position]
            bins[:, SECOND[channel]] = np.where(np.isnan(mean_now), bins[:, SECOND[channel]], mean_now)

    def _smooth(self, slot: int, time: TimeArray, xy: FloatArray) -> FloatArray:
        """(k, 4) means of both axes over the last 300 ms and the last 500 ms; NaN until two thirds are covered."""
        if (tail := self._tails.get(slot)) is not None:
            time = np.r_[self._tail_start[slot] + tail[:, 0].astype(np.float64), time]
            xy = np.concatenate([tail[:, 1:], xy])
        total = np.concatenate([np.zeros((1, 2)), np.cumsum(xy, axis=0, dtype=np.float64)])
        (short, _), (long, begin) = _trailing_mean(time, total, SMOOTH_S), _trailing_mean(time, total, SUSTAIN_S)
        keep = int(begin[-1])
        self._tail_start[slot] = float(time[keep])
        self._tails[slot] = np.column_stack([time[keep:] - time[keep], xy[keep:]]).astype(np.float32)
        return np.concatenate([short, long], axis=1)[0 if tail is None else len(tail) :].astype(np.float32)

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


def _trailing_mean(time: TimeArray, total: FloatArray, length_s: float) -> tuple[FloatArray, NDArray[np.intp]]:
    """(k, axis) means over the last `length_s` from (k + 1, axis) running totals, and (k,) where each window begins."""
    begin = np.searchsorted(time, time - length_s)
    here = np.arange(len(time))
    mean = (total[here + 1] - total[begin]) / (here + 1 - begin)[:, None]
    mean[time - time[begin] < length_s * 2 / 3] = np.nan
    return mean, begin


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
