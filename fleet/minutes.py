"""A minute of a vehicle in a few numbers, from its seconds. Pure numpy."""

import numpy as np
from numpy.typing import NDArray

from fleet.channels import MINUTE, MINUTE_CHANNELS, PEAKS, SECOND
from fleet.consumption import expected_lph
from fleet.hours import MOVING_KMH
from fleet.series import SECOND_DIFFERENCE, mean, median, strongest, typical
from fleet.telemetry import FloatArray

HARSH_MS2 = 2.9  # about 0.3 g, below every class's limit
_MINUTE_MEANS = (
    "speed_kmh", "engine_rpm", "engine_load_pct", "coolant_temp_c", "ambient_temp_c", "oil_pressure_kpa", "map_kpa",
    "intake_temp_c",
)  # fmt: skip
_FLAT = {
    "fuel_pct": "fuel_flat", "coolant_temp_c": "coolant_temp_flat", "oil_pressure_kpa": "oil_pressure_flat",
    "map_kpa": "map_flat", "intake_temp_c": "intake_temp_flat", "battery_v": "battery_flat",
}  # fmt: skip
_KPA_RPM_PER_GPS = 5000.0  # air of a litre or two by speed and density; only its changes matter
_LEAST_LPH = 0.3  # below it a rounded fuel rate says little
_QUARTER_TO_SIGMA = 3.138  # a quarter of normal readings lies closer to the mean than 1 / 3.138 standard deviations
_FEWEST_READINGS = 12
_MOST_MS2 = 6.0  # a change of speed over 2 s beyond an emergency stop is the sender's
_REPEATS = 0.2  # share of repeated values above which an engine speed is polled less often than it is stored
_DIP_RPM = 25.0  # a healthy engine at idle stays closer to its speed
_DIP_RETURNS = 0.5  # of its depth, within which the speeds before and after a dip agree
_CUT_READINGS = 5  # zeros of a minute that a power cut explains: while the starter turns, senders read 0 for a second or two


def roughness(rpm: FloatArray, speed: FloatArray) -> FloatArray:
    """(n,) rpm by which a running engine trembles from second to second, from (n, seconds).

    What the road speed explains in the present gear is taken out. A misfire shakes every second, shifts of gear and
    pedals only some: so the quietest quarter of the seconds decides. NaN where the sender repeats itself: polled less
    often than every second, it shows the driver's pedals and no tremble.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(speed > 5, rpm / speed, 0)
        geared = np.diff(np.nan_to_num(speed), n=2, axis=1) * ratio[:, 1:-1]
    trembling = np.abs(np.diff(np.where(rpm > 300, rpm, np.nan), n=2, axis=1) - geared)
    count = (~np.isnan(trembling)).sum(axis=1)
    quiet = np.sort(trembling, axis=1)[np.arange(len(trembling)), count // 4]
    polled = mean((np.diff(rpm, axis=1) == 0) + 0 * np.diff(rpm, axis=1)) > _REPEATS
    return np.where((count >= 10) & ~polled, _QUARTER_TO_SIGMA * SECOND_DIFFERENCE * quiet, np.nan).astype(np.float32)


def tremble(rpm: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(n,) rpm by which a running engine goes back and forth from reading to reading, from (n, seconds); polled at any rate.

    Of two changes that follow each other a misfire turns most round, pedals and gears few: the median of −(change · next
    change) as a signed root is the size of the tremble, and below 0 where the engine follows the driver. NaN below ten
    pairs. The second result is this size as a share of the ordinary change: traffic makes engine speed go back and forth too,
    by little of what it moves.
    """
    readings, count = _readings(rpm)
    change = np.diff(readings, axis=1)
    turned = -change[:, 1:] * change[:, :-1]
    size = np.where(count >= _FEWEST_READINGS, median(np.sign(turned) * np.sqrt(np.abs(turned))), np.nan).astype(np.float32)
    return size, size / np.maximum(median(np.abs(change)), 0.25)


def dip_share(rpm: FloatArray) -> FloatArray:
    """(n,) share of the readings in which engine speed is low for once and back at the next, from (n, seconds).

    A cylinder that misses a beat pulls the engine down for a moment only; who changes gear does not come back to the same
    speed. NaN where the engine does not run or readings are few.
    """
    readings, count = _readings(rpm)
    before, low, after = readings[:, :-2], readings[:, 1:-1], readings[:, 2:]
    depth = np.minimum(before, after) - low
    dips = (depth >= _DIP_RPM) & (np.abs(before - after) <= _DIP_RETURNS * depth)
    return np.where(count >= _FEWEST_READINGS, dips.sum(axis=1) / np.maximum(count, 1), np.nan).astype(np.float32)


def _readings(rpm: FloatArray) -> tuple[FloatArray, NDArray[np.intp]]:
    """Readings of a running engine moved up to the front of each row, and (n,) their number; a value sent again is none."""
    running = np.where(rpm > 300, rpm, np.nan)
    columns = np.arange(rpm.shape[1])
    heard = np.where(np.isnan(running), -1, columns)
    before = np.maximum.accumulate(heard, axis=1)
    before = np.concatenate([np.full((len(rpm), 1), -1), before[:, :-1]], axis=1)
    repeated = np.take_along_axis(running, np.maximum(before, 0), axis=1) == running
    read = (heard >= 0) & ~((before >= 0) & repeated)
    order = np.argsort(~read, axis=1, kind="stable")
    count = read.sum(axis=1)
    return np.where(columns < count[:, None], np.take_along_axis(running, order, axis=1), np.nan), count


def _unchanged(values: FloatArray) -> FloatArray:
    """(n,) 1 where every second of a minute reads the same, 0 where one differs, NaN below ten readings."""
    known = (~np.isnan(values)).sum(axis=1) >= 10
    flat = np.fmax.reduce(values, axis=1) == np.fmin.reduce(values, axis=1)
    return np.where(known, flat, np.nan).astype(np.float32)


def _manner(speed: FloatArray, along: FloatArray, across: FloatArray) -> dict[str, FloatArray]:
    """How a moving minute was driven, from (n, seconds), newest first: its hardest seconds, the tremble of the typical one.

    Speed times acceleration is the power taken from or given to a kilogram: the measure of dynamic driving of the
    RDE regulation (EU 2017/1151, Annex IIIA, appendix 7a). The accelerometers' means are taken out: they may lie askew.
    """
    moving = ~(speed <= 10)
    x, y = np.where(moving, along, np.nan), np.where(moving, across, np.nan)
    change = np.full_like(speed, np.nan)  # over 2 s: a second's difference is the sender's grain
    known = speed.copy()
    known[:, 1:-1] = np.where(np.isnan(speed[:, 1:-1]), (speed[:, 2:] + speed[:, :-2]) / 2, speed[:, 1:-1])
    change[:, 1:-1] = (known[:, :-2] - known[:, 2:]) / 7.2
    power = np.where(np.abs(change) < _MOST_MS2, change, np.nan) * known / 3.6
    return {
        "surge_ms2": strongest(np.abs(x - median(x)[:, None])),
        "sway_ms2": typical(y - median(y)[:, None]),
        "lateral_jitter_ms3": typical(np.diff(y, axis=1)),
        "brake_power_m2s3": strongest(np.maximum(-power, 0)),
        "pull_power_m2s3": strongest(np.maximum(power, 0)),
    }


def _heading_wander(heading: FloatArray, speed: FloatArray, step: int = 3) -> FloatArray:
    """(n,) ° by which the course of a moving vehicle bends within 2 · `step` seconds, typically; from (n, seconds)."""
    course = np.where(speed > 30, heading, np.nan)
    turned = (course[:, step:] - course[:, :-step] + 180) % 360 - 180
    return typical(turned[:, step:] - turned[:, :-step])


def _without_cuts(fuel: FloatArray) -> FloatArray:
    """(n, seconds) levels less the zeros of a power cut: a tank does not run empty and fill up again within a minute."""
    zero = fuel == 0
    cut = (zero.sum(axis=1) <= _CUT_READINGS) & (fuel > 0).any(axis=1)
    return np.where(zero & cut[:, None], np.nan, fuel)


def summarise_minute(window: FloatArray, vehicle_class: NDArray[np.int8]) -> FloatArray:
    """(n, minute channel) from (n, seconds, second channel), newest second first; NaN where no second says anything."""

    def of(name: str) -> FloatArray:
        return window[:, :, SECOND[name]]

    rpm, speed, fuel = of("engine_rpm"), of("speed_kmh"), _without_cuts(of("fuel_pct"))
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
    put("expected_l", expected_lph(vehicle_class, lambda name: of(name)[:, ::-1]) / 60)
    put("distance_km", mean(speed) / 60)
    put("engine_on", mean(running))
    put("moving", mean((speed > MOVING_KMH) + 0 * speed))
    for name in _MINUTE_MEANS:
        put(name, mean(of(name)))
    for source, name in _FLAT.items():
        put(name, _unchanged(of(source)))
    put("rough_rpm", roughness(rpm, speed))
    size, share = tremble(rpm)
    put("tremble_rpm", size)
    put("tremble_share", share)
    put("dip_share", dip_share(rpm))
    with np.errstate(divide="ignore", invalid="ignore"):
        air = np.where(of("maf_gps") > 0, of("maf_gps"), of("map_kpa") * rpm / _KPA_RPM_PER_GPS)
        put("air_fuel", median(np.where(of("fuel_rate_lph") > _LEAST_LPH, air / of("fuel_rate_lph"), np.nan)))
        put("air_load", median(np.where(rpm > 300, air / (rpm * np.maximum(of("engine_load_pct"), 5)), np.nan)))
    coolant = of("coolant_temp_c")
    put("coolant_range_c", np.fmax.reduce(coolant, axis=1) - np.fmin.reduce(coolant, axis=1))
    put("battery_on_v", median(np.where(running > 0.5, of("battery_v"), np.nan)))
    put("battery_off_v", median(np.where(running < 0.5, of("battery_v"), np.nan)))
    peak = np.fmax.reduce(window[:, :, PEAKS][:, :, :3], axis=2)
    put("harsh_s", np.where(np.isnan(peak).all(axis=1), np.nan, np.nansum(peak > HARSH_MS2, axis=1)))
    for name, value in _manner(speed, of("imu_x_ms2"), of("imu_y_ms2")).items():
        put(name, value)
    put("accel_rms_ms2", np.sqrt(mean(of("accel_ms2") ** 2)))
    put("lateral_rms_ms2", np.sqrt(mean(of("lateral_ms2") ** 2)))
    yaw = np.where(speed > 30, of("yaw_rate_dps"), np.nan)
    put("yaw_jitter_dps", typical(np.diff(yaw, axis=1)))
    put("wander_dps", typical(yaw - median(yaw)[:, None]))
    put("heading_wander_deg", _heading_wander(of("heading_deg"), speed))
    limit = of("speed_limit_kmh")
    put("speeding", mean((speed > limit * 1.1) + 0 * (speed + limit)))
    return summary
