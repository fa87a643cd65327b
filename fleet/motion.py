"""How a vehicle moves by what its speed, course, yaw rate and accelerometer say together: seldom do two of them err at once."""

import numpy as np
from numpy.typing import NDArray

from fleet.channels import SECOND, SECONDS
from fleet.series import MAD_TO_SIGMA, SECOND_DIFFERENCE, mean, median, strongest
from fleet.telemetry import FloatArray

Rows = NDArray[np.void]

HEADING_S = 3  # a satellite's heading is known to a degree or two: a turn is measured over this long
LEAST_HEADING_KMH = 15.0  # below it a heading is noise
HEADING_NOISE_S = 12  # over which a heading's own noise is learnt
HEADING_DOUBT = 1.5  # standard deviations of it that are no turn: at speed a degree is a hard bend
HARD_BEND_MS2 = 2.0  # below it no bend is harsh, however the sensors are weighed
BEND_NOISE_S = 60  # over which the noise of accelerometer and yaw rate is learnt
GRAIN_MS2 = 0.03  # noise that every sensor has
SHAKE_MS2 = 0.3  # of an accelerometer that is mounted well; a speed that leaps does so by far more
GLITCH_MS2 = 12.0  # a 1 s speed difference beyond 1.2 g is a sender's reset, not a vehicle
SUSTAINED_SHARE = 0.7  # of a harsh peak that is left in the mean over 3 s when it lasts 2 s
BUILD_UP = 3.0  # a vehicle that brakes this hard braked a third as hard the second before
LEAP_KMH = 3.0  # a speed that moves this far in a second moves every second, unless its sender is polled less often
LEAPS_REMEMBERED = 0.95
SUSPECT_LEAPS = 2.0  # leaps without a hold that a new sender is credited with
HOLD_S = 3.0  # weight of a hold that is seen: polling is irregular, and half of its holds go unseen
LONGEST_REFRESH_S = 4.0
LONGEST_HOLD_S = 8  # of a polled speed, over which what the accelerometer felt is still held against its leap


def derive_motion(rows: Rows, slot: NDArray[np.intp], second: NDArray[np.int64], bins: FloatArray) -> None:
    """Fill what speed, yaw rate and course say about acceleration where the accelerometer is slow or missing.

    Args:
        rows: of `fleet.windows.STATE`, with the seconds before; how often a speed stood still and leapt is kept in them.
        slot: (n,) rows concerned. second: (n,) absolute seconds of the bins.
        bins: (n, second channel), changed in place.
    """
    speed = bins[:, SECOND["speed_kmh"]]
    accel = np.full(len(slot), np.nan, np.float32)
    for back in (1, 2):  # the second before, or the one before that when one is missing
        previous = rows["seconds"][slot, (second - back) % SECONDS]
        elapsed = back + bins[:, SECOND["offset_s"]] - previous[:, SECOND["offset_s"]]
        change = (speed - previous[:, SECOND["speed_kmh"]]) / 3.6 / np.maximum(elapsed, 0.25)
        accel = np.where(np.isnan(accel) & (elapsed > 0.5) & (elapsed < 2.5), change, accel)
    accel[(accel < -GLITCH_MS2) | (accel > GLITCH_MS2 / 2)] = np.nan
    imu = bins[:, SECOND["imu_x_ms2"]]
    refresh_s = _refresh_s(rows, slot, second, speed)
    felt = np.where(np.sign(accel) == np.sign(imu), np.sign(accel) * _agreed(accel, imu), np.nan)
    polled = np.flatnonzero(refresh_s > 1)
    felt[polled] = _felt_since_last_read(rows, slot[polled], second[polled], bins[polled])
    accel = _sustained(rows, accel, slot, second, bins, refresh_s)
    slow = np.isnan(bins[:, SECOND["peak_horizontal_ms2"]])
    forward = np.where(np.isnan(speed), bins[:, SECOND["accel_ms2"]], accel)
    peak_forward = np.where(np.isnan(speed), forward, _stronger(accel, felt))
    yaw = bins[:, SECOND["yaw_rate_dps"]]
    turning = np.where(np.isnan(yaw), _turning_by_heading(rows, slot, second, bins), np.radians(yaw) * speed / 3.6)
    sideways = bins[:, SECOND["lateral_ms2"]]
    share = np.full(len(slot), 0.5, np.float32)
    hard = np.flatnonzero(np.fmax(np.abs(sideways), np.abs(turning)) >= HARD_BEND_MS2)
    share[hard] = _share_of_accelerometer(rows, slot[hard], second[hard])
    corner = np.where(np.isnan(turning), np.abs(sideways), _agreed(sideways, turning, share))
    corner = np.where(np.isnan(sideways), np.abs(turning), corner)
    bins[slow, SECOND["accel_ms2"]] = forward[slow]
    bins[:, SECOND["lateral_ms2"]] = np.where(np.isnan(sideways), turning, sideways)
    for channel, peak in (("peak_accel_ms2", peak_forward), ("peak_brake_ms2", -peak_forward), ("peak_corner_ms2", corner)):
        bins[slow, SECOND[channel]] = peak[slow]
    for channel in ("peak_horizontal_ms2", "peak_sustained_ms2"):
        bins[slow, SECOND[channel]] = np.hypot(peak_forward, corner)[slow]


def _turning_by_heading(rows: Rows, slot: NDArray[np.intp], second: NDArray[np.int64], bins: FloatArray) -> FloatArray:
    """(n,) m/s², left positive, of a bend: by how fast the course over ground turned of late, less what its own noise makes
    of it, at the speed of that time, or the present one where that is lower.
    """
    before = rows["seconds"][slot, (second - HEADING_S) % SECONDS]
    elapsed = HEADING_S + bins[:, SECOND["offset_s"]] - before[:, SECOND["offset_s"]]
    turned = (before[:, SECOND["heading_deg"]] - bins[:, SECOND["heading_deg"]] + 180) % 360 - 180
    doubt = HEADING_DOUBT * np.sqrt(2) * _heading_noise(rows, slot, second, bins)
    turned = np.sign(turned) * np.maximum(np.abs(turned) - doubt, 0)
    now, then = bins[:, SECOND["speed_kmh"]], before[:, SECOND["speed_kmh"]]
    yaw_dps = np.where(np.minimum(now, then) >= LEAST_HEADING_KMH, turned / np.maximum(elapsed, 1), np.nan)
    return (np.radians(yaw_dps) * np.minimum(now, (now + then) / 2) / 3.6).astype(np.float32)


def _share_of_accelerometer(rows: Rows, slot: NDArray[np.intp], second: NDArray[np.int64]) -> FloatArray:
    """(n,) weight in [0, 1] of the accelerometer beside yaw rate and speed in how hard a bend is: the steadier counts for more.

    Both feel the same bends of the last minute, so that what they have not in common is the noise of each; changes from second
    to second, because an accelerometer may lie askew. 0.5 where too little is known.
    """
    ago = (second[:, None] - np.arange(1, BEND_NOISE_S + 1)) % SECONDS
    sideways, yaw, speed = (
        rows["seconds"][slot[:, None], ago, SECOND[name]] for name in ("imu_y_ms2", "yaw_rate_dps", "speed_kmh")
    )
    felt, turned = np.diff(sideways, axis=1), np.diff(np.radians(yaw) * speed / 3.6, axis=1)
    common = felt * turned
    noise_felt, noise_turned = (np.fmax(mean(own**2 + 0 * common - common), GRAIN_MS2**2) for own in (felt, turned))
    known = (~np.isnan(common)).sum(axis=1) >= BEND_NOISE_S // 3
    return np.where(known, noise_turned / (noise_felt + noise_turned), np.float32(0.5))


def _heading_noise(rows: Rows, slot: NDArray[np.intp], second: NDArray[np.int64], bins: FloatArray) -> FloatArray:
    """(n,) ° by which a heading errs, from how it goes to and fro: a bend turns one way."""
    ago = second[:, None] - np.arange(1, HEADING_NOISE_S)
    past = rows["seconds"][slot[:, None], ago % SECONDS, SECOND["heading_deg"]]
    course = np.concatenate([bins[:, SECOND["heading_deg"], None], past], axis=1)
    turned = (np.diff(course, axis=1) + 180) % 360 - 180
    return MAD_TO_SIGMA * SECOND_DIFFERENCE * median(np.abs(np.diff(turned, axis=1)))


def _sustained(
    rows: Rows,
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
        before = rows["seconds"][slot, (second - back - wait) % SECONDS]
        elapsed = back + wait + offset - before[:, SECOND["offset_s"]] + refresh_s - 1
        rise = (speed - before[:, SECOND["speed_kmh"]]) / 3.6 / np.maximum(elapsed, 1)
        change = np.where(np.isnan(change), rise, change)
    along = np.maximum(np.sign(accel) * change, 0) / SUSTAINED_SHARE
    older, newer = (rows["seconds"][slot, (second - ago) % SECONDS, SECOND["speed_kmh"]] for ago in (2, 1))
    build_up = BUILD_UP * np.maximum(np.sign(accel) * (newer - older) / 3.6, 0)
    return np.sign(accel) * np.minimum(np.minimum(np.abs(accel), along), np.where(np.isnan(build_up), np.inf, build_up))


def _felt_since_last_read(rows: Rows, slot: NDArray[np.intp], second: NDArray[np.int64], bins: FloatArray) -> FloatArray:
    """(n,) m/s² of the hardest two seconds that the accelerometer felt while a polled speed stood still, held to how far that
    has leapt now; NaN where it stands still yet, or both disagree.

    The speed tells how large the change was, the accelerometer how it came about: each alone may be off by a factor.
    """

    def before(channel: str) -> FloatArray:
        return rows["seconds"][slot[:, None], (second[:, None] - np.arange(1, LONGEST_HOLD_S + 1)) % SECONDS, SECOND[channel]]

    speed, offset, imu = before("speed_kmh"), before("offset_s"), before("imu_x_ms2")
    elsewhere = (speed != speed[:, :1]) & ~np.isnan(speed)
    held = np.where(elsewhere.any(axis=1), elsewhere.argmax(axis=1), LONGEST_HOLD_S)  # seconds since this value came first
    came = offset[np.arange(len(held)), held - 1]
    leap = (bins[:, SECOND["speed_kmh"]] - speed[:, 0]) / 3.6 / np.maximum(held + bins[:, SECOND["offset_s"]] - came, 0.25)
    pushes = np.concatenate([bins[:, SECOND["imu_x_ms2"], None], imu[:, :-1]], axis=1)
    pushes = np.where(np.arange(LONGEST_HOLD_S) < held[:, None], np.sign(leap)[:, None] * pushes, np.nan)
    usual = mean(pushes)
    borne_out = np.minimum(np.abs(leap) / np.where(usual > 0, usual, np.nan), 1)
    return np.sign(leap) * strongest(pushes, count=2, least=1) * borne_out


def _refresh_s(rows: Rows, slot: NDArray[np.intp], second: NDArray[np.int64], speed: FloatArray) -> FloatArray:
    """(n,) about how many seconds lie between two readings of a speed that is reported every second."""
    past = rows["seconds"][slot[:, None], (second[:, None] - np.arange(1, 5)) % SECONDS, SECOND["speed_kmh"]]
    leapt = np.abs(speed - past[:, 0]) >= LEAP_KMH
    moved = np.fmax(np.abs(past[:, 1] - past[:, 2]), np.abs(past[:, 2] - past[:, 3])) >= LEAP_KMH / 2
    held, count = rows["held"][slot], rows["leapt"][slot]
    held = np.where(leapt, LEAPS_REMEMBERED * held + ((past[:, 0] == past[:, 1]) & moved), held)
    count = np.where(leapt, LEAPS_REMEMBERED * count + 1, count)
    rows["held"][slot], rows["leapt"][slot] = held, count
    return np.minimum(1 + HOLD_S * held / count, LONGEST_REFRESH_S).astype(np.float32)


def _agreed(one: FloatArray, other: FloatArray, share: FloatArray | float = 0.5) -> FloatArray:
    """(n,) what two sensors say of the size of a motion, at most a shake more than the weaker: seldom do both err at once.

    Args:
        share: weight of the one, in [0, 1].
    """
    one, other = np.abs(one), np.abs(other)
    return np.minimum(share * one + (1 - share) * other, np.minimum(one, other) + SHAKE_MS2)


def _stronger(one: FloatArray, other: FloatArray) -> FloatArray:
    """(n,) of two quantities the one farther from 0, whatever is there where only one is."""
    return np.where(np.isnan(one) | (np.abs(other) > np.abs(one)), other, one)
