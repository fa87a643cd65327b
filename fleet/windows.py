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
from fleet.hours import Hours, drive_on
from fleet.minutes import summarise_minute
from fleet.series import MAD_TO_SIGMA, carried, median
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
HEADING_S = 3  # a satellite's heading is known to a degree or two: a turn is measured over this long
LEAST_HEADING_KMH = 15.0  # below it a heading is noise
HEADING_NOISE_S = 12  # over which a heading's own noise is learnt
HEADING_DOUBT = 1.5  # standard deviations of it that are no turn: at speed a degree is a hard bend
SECOND_DIFFERENCE = 6**-0.5  # standard deviation of independent readings in that of their second differences
SHAKE_MS2 = 0.3  # of an accelerometer that is mounted well; a speed that leaps does so by far more
GLITCH_MS2 = 12.0  # a 1 s speed difference beyond 1.2 g is a sender's reset, not a vehicle
SUSTAINED_SHARE = 0.7  # of a harsh peak that is left in the mean over 3 s when it lasts 2 s
BUILD_UP = 3.0  # a vehicle that brakes this hard braked a third as hard the second before
LEAP_KMH = 3.0  # a speed that moves this far in a second moves every second, unless its sender is polled less often
LEAPS_REMEMBERED = 0.95
SUSPECT_LEAPS = 2.0  # leaps without a hold that a new sender is credited with
HOLD_S = 3.0  # weight of a hold that is seen: polling is irregular, and half of its holds go unseen
LONGEST_REFRESH_S = 4.0
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
        self._derive_from_speed(slot, second, bins)
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
        before = Hours(rows["driven_min"][slot], rows["stopped_min"][slot], rows["idle_min"][slot])
        rows["driven_min"][slot], rows["stopped_min"][slot], rows["idle_min"][slot] = drive_on(before, moving, minute - closed)

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
        imu = bins[:, SECOND["imu_x_ms2"]]
        refresh_s = self._refresh_s(slot, second, speed)
        shake = np.where(refresh_s > 1, 0, SHAKE_MS2)  # what a polled speed leaps by bears nothing out beyond what was felt
        felt = np.where(np.sign(accel) == np.sign(imu), np.sign(accel) * _agreed(accel, imu, shake), np.nan)
        accel = self._sustained(accel, slot, second, bins, refresh_s)
        slow = np.isnan(bins[:, SECOND["peak_horizontal_ms2"]])
        forward = np.where(np.isnan(speed), bins[:, SECOND["accel_ms2"]], accel)
        peak_forward = np.where(np.isnan(speed), forward, _stronger(accel, felt))
        yaw = bins[:, SECOND["yaw_rate_dps"]]
        turning = np.where(np.isnan(yaw), self._turning_by_heading(slot, second, bins), np.radians(yaw) * speed / 3.6)
        sideways = bins[:, SECOND["lateral_ms2"]]
        corner = np.where(np.isnan(turning), np.abs(sideways), _agreed(sideways, turning))
        corner = np.where(np.isnan(sideways), np.abs(turning), corner)
        bins[slow, SECOND["accel_ms2"]] = forward[slow]
        bins[:, SECOND["lateral_ms2"]] = np.where(np.isnan(sideways), turning, sideways)
        for channel, peak in (("peak_accel_ms2", peak_forward), ("peak_brake_ms2", -peak_forward), ("peak_corner_ms2", corner)):
            bins[slow, SECOND[channel]] = peak[slow]
        for channel in ("peak_horizontal_ms2", "peak_sustained_ms2"):
            bins[slow, SECOND[channel]] = np.hypot(peak_forward, corner)[slow]

    def _turning_by_heading(self, slot: NDArray[np.intp], second: NDArray[np.int64], bins: FloatArray) -> FloatArray:
        """(n,) m/s², left positive, of a bend: by how fast the course over ground turned of late, less what its own noise makes
        of it, at the speed of that time, or the present one where that is lower.
        """
        before = self.rows["seconds"][slot, (second - HEADING_S) % SECONDS]
        elapsed = HEADING_S + bins[:, SECOND["offset_s"]] - before[:, SECOND["offset_s"]]
        turned = (before[:, SECOND["heading_deg"]] - bins[:, SECOND["heading_deg"]] + 180) % 360 - 180
        doubt = HEADING_DOUBT * np.sqrt(2) * self._heading_noise(slot, second, bins)
        turned = np.sign(turned) * np.maximum(np.abs(turned) - doubt, 0)
        now, then = bins[:, SECOND["speed_kmh"]], before[:, SECOND["speed_kmh"]]
        yaw_dps = np.where(np.minimum(now, then) >= LEAST_HEADING_KMH, turned / np.maximum(elapsed, 1), np.nan)
        return (np.radians(yaw_dps) * np.minimum(now, (now + then) / 2) / 3.6).astype(np.float32)

    def _heading_noise(self, slot: NDArray[np.intp], second: NDArray[np.int64], bins: FloatArray) -> FloatArray:
        """(n,) ° by which a heading errs, from how it goes to and fro: a bend turns one way."""
        ago = second[:, None] - np.arange(1, HEADING_NOISE_S)
        past = self.rows["seconds"][slot[:, None], ago % SECONDS, SECOND["heading_deg"]]
        course = np.concatenate([bins[:, SECOND["heading_deg"], None], past], axis=1)
        turned = (np.diff(course, axis=1) + 180) % 360 - 180
        return MAD_TO_SIGMA * SECOND_DIFFERENCE * median(np.abs(np.diff(turned, axis=1)))

    def _sustained(
        self,
        accel: FloatArray,
        slot: NDArray[np.intp],
        second: NDArray[np.int64],
        bins: FloatArray,
        refresh_s: FloatArray,
    ) -> FloatArray:
        """Accelerations held to what some seconds of speed bear out: a polled sender repeats a value, then jumps.

        The rarer its readings, the longer the time that must bear it out, and each end of it is known to one refresh only.
        """
        speed, offset = bins[:, SECOND["speed_kmh"]], bins[:, SECOND["offset_s"]]
        back = 2 + np.round(refresh_s).astype(np.int64)
        change = np.full(len(slot), np.nan, np.float32)
        for wait in (0, 1, 2):  # the second wanted, or one before it where that one is missing
            before = self.rows["seconds"][slot, (second - back - wait) % SECONDS]
            elapsed = back + wait + offset - before[:, SECOND["offset_s"]] + refresh_s - 1
            rise = (speed - before[:, SECOND["speed_kmh"]]) / 3.6 / np.maximum(elapsed, 1)
            change = np.where(np.isnan(change), rise, change)
        along = np.maximum(np.sign(accel) * change, 0) / SUSTAINED_SHARE
        older, newer = (self.rows["seconds"][slot, (second - ago) % SECONDS, SECOND["speed_kmh"]] for ago in (2, 1))
        build_up = BUILD_UP * np.maximum(np.sign(accel) * (newer - older) / 3.6, 0)
        return np.sign(accel) * np.minimum(np.minimum(np.abs(accel), along), np.where(np.isnan(build_up), np.inf, build_up))

    def _refresh_s(self, slot: NDArray[np.intp], second: NDArray[np.int64], speed: FloatArray) -> FloatArray:
        """(n,) about how many seconds lie between two readings of a speed that is reported every second."""
        past = self.rows["seconds"][slot[:, None], (second[:, None] - np.arange(1, 5)) % SECONDS, SECOND["speed_kmh"]]
        leapt = np.abs(speed - past[:, 0]) >= LEAP_KMH
        moved = np.fmax(np.abs(past[:, 1] - past[:, 2]), np.abs(past[:, 2] - past[:, 3])) >= LEAP_KMH / 2
        held, count = self.rows["held"][slot], self.rows["leapt"][slot]
        held = np.where(leapt, LEAPS_REMEMBERED * held + ((past[:, 0] == past[:, 1]) & moved), held)
        count = np.where(leapt, LEAPS_REMEMBERED * count + 1, count)
        self.rows["held"][slot], self.rows["leapt"][slot] = held, count
        return np.minimum(1 + HOLD_S * held / count, LONGEST_REFRESH_S).astype(np.float32)

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


def _agreed(one: FloatArray, other: FloatArray, shake: FloatArray | float = SHAKE_MS2) -> FloatArray:
    """(n,) what two sensors say of the size of a motion, at most a shake more than the weaker: seldom do both err at once."""
    one, other = np.abs(one), np.abs(other)
    return np.minimum((one + other) / 2, np.minimum(one, other) + shake)


def _stronger(one: FloatArray, other: FloatArray) -> FloatArray:
    """(n,) of two quantities the one farther from 0, whatever is there where only one is."""
    return np.where(np.isnan(one) | (np.abs(other) > np.abs(one)), other, one)


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
