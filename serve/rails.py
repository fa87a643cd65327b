"""Guard rails of the engine: what physics says whatever the model thinks, and what it takes to believe the model."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.alerts import Evidence, Severity
from fleet.features import SLOW_FEATURE, FeatureBatch
from fleet.signals import BY_COLUMN
from fleet.telemetry import FloatArray
from fleet.thresholds import Limits, beyond, graded, sigmoid

_IMPLAUSIBLE_C = (-39.0, 150.0)  # an open and a shorted thermistor
_STEP_C = 15.0  # coolant has too much heat capacity to move this far within a second
_OVERHEAT_SUPPORT_C = 104.0  # up to here a fan may let an idling engine go
_IDLE_RPM, _CRUISE_RPM = 700.0, 1300.0
_THIN_OIL_C = 100.0  # of coolant, the mean of a quarter of an hour: heat has thinned the oil, less than the usual is no leak
_FLAT_MIN = 15.0
_SMART_ALTERNATOR_V = 13.2  # ordinary charging lies above; a smart alternator dips below for minutes
_ROUGH_RPM, _STRANGER_ROUGH_RPM = 12.0, 16.0
_QUIETEST_RPM = 4.0  # steps and noise of the sensor itself
_ROUGHER, _TREMBLING = 2.4, 1.6
_TREMBLE_RPM, _STRANGER_TREMBLE_RPM = 12.0, 16.0  # of an engine whose habits are known, or not yet
_COLD_C, _COLD_STRANGER_TREMBLE_RPM = 60.0, 32.0  # a cold engine runs rough
_TREMBLE_SHARE = 0.36  # of the ordinary change; traffic and pedals stay below
_AT_MUCH = 0.86  # log-odds at a limit that evidence names: an alert from there on, and none before
_IDLE_DIPS, _DRIVING_DIPS = 0.06, 0.11  # of the readings, beside what the vehicle shows by itself
_STUCK_SURPRISE = {"coolant_temp": 3.0, "intake_temp": 6.5}  # runs of unchanging minutes this unlikely, as −log10
_STUCK_SURPRISE_OF_OTHERS = 3.5
_SILENT_MIN = 3.0
_ABOVE_C, _BELOW_C = 4.5, 3.0  # out of the vehicle's own band for minutes; healthy ones rise out of it more than they fall
_COOLER_C, _COASTED_C = 7.0, 9.0  # below what this run of the engine had reached: the band, or the load, is not known yet
_HOT_C = 108.0  # from here on it counts as overheating, whatever the cause
_HEATING_C_MIN = 3.0  # an engine that overheats warms faster than a sensor drifts
_COOLED_C = 25.0  # no engine that runs on cools this far by itself: the reading drifts, or the thermostat stands open
_HEALTH: dict[str, tuple[str, tuple[float, float]]] = {  # sensor → its column, and what of `_CHANGE` no vehicle shows by itself
    "coolant_temp": ("coolant_temp_c", (-14, np.inf)), "oil_pressure": ("oil_pressure_kpa", (-np.inf, 0.35)),
    "map": ("map_kpa", (-0.25, 0.25)), "intake_temp": ("intake_temp_c", (-15, 22)), "battery": ("battery_v", (-0.6, 0.8)),
}  # fmt: skip
_SURPRISE = {sensor: _STUCK_SURPRISE.get(sensor, _STUCK_SURPRISE_OF_OTHERS) for sensor in _HEALTH}
_CHANGE = {
    "coolant_temp": "coolant_change_c", "oil_pressure": "oil_change", "map": "air_load_change",
    "intake_temp": "intake_change_c", "battery": "battery_change_v",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rail:
    """Physics of one alert type.

    Attributes:
        probability: (n,) what the physical quantity alone says; NaN or small where it says nothing.
        support: (n,) whether the model's claim is physically possible.
        severity: (n,) by magnitude. explain: the quantity in words.
    """

    probability: FloatArray
    support: NDArray[np.bool_]
    severity: NDArray[np.int8]
    explain: Callable[[int], tuple[Evidence, ...]]


def overheat_rail(features: FeatureBatch, limits: Limits) -> Rail:
    """Coolant above 110 °C high, above 125 °C critical, with the engine running; a jump is the sensor's."""
    coolant = features.column("coolant_min_10_c")
    running = ~(features.column("engine_on") < 0.5) | (features.column("speed_kmh") > 5)
    real = ~(features.column("coolant_step_c") >= _STEP_C) & (coolant < _IMPLAUSIBLE_C[1])
    probability = np.where(running & real, sigmoid(2.2 + (coolant - limits.coolant_high_c) / 1.5), np.float32(0.01))
    rising = features.column("coolant_slope_c_min")
    climbing = (rising > 4) & (coolant >= _OVERHEAT_SUPPORT_C - 3)
    support = real & running & ((coolant >= _OVERHEAT_SUPPORT_C) | climbing | _heating(features))
    newest = np.where(real & (coolant >= limits.coolant_high_c - 2), features.column("coolant_temp_c"), coolant)
    severity = graded(
        newest,
        (_OVERHEAT_SUPPORT_C - 2, Severity.MEDIUM),
        (limits.coolant_high_c - 2, Severity.HIGH),
        (limits.coolant_critical_c, Severity.CRITICAL),
    )

    def explain(row: int) -> tuple[Evidence, ...]:
        trend = f", rising by {rising[row]:.0f} °C a minute" if rising[row] >= 1 else ""
        limit = limits.coolant_high_c
        text = f"Coolant at {newest[row]:.0f} °C with the engine running{trend}; it should stay below {limit:.0f} °C."
        return (Evidence("coolant_temp_c", "°C", float(newest[row]), limit, text),)

    return Rail(probability.astype(np.float32), support, severity, explain)


def _heating(features: FeatureBatch) -> NDArray[np.bool_]:
    """(n,) whether the coolant leaves the vehicle's own band upwards, as fast as an engine heats."""
    return (features.column("coolant_above_c") >= _ABOVE_C) & (features.column("coolant_pace_c_min") >= _HEATING_C_MIN)


def oil_rail(features: FeatureBatch, slow: FloatArray, limits: Limits) -> Rail:
    """Oil pressure below what an engine at this speed needs; at a warm idle little is ordinary."""
    pressure, rpm = features.column("oil_pressure_max_10_kpa"), features.column("rpm_min_10")
    span = np.clip((rpm - _IDLE_RPM) / (_CRUISE_RPM - _IDLE_RPM), 0, 1)
    limit = limits.oil_idle_kpa + span * (limits.oil_kpa - limits.oil_idle_kpa)
    running = (rpm > 300) & (features.column("engine_on_60") >= 0.5)
    probability = np.where(running, beyond(2 - pressure / limit, 8, _AT_MUCH), np.float32(0.01))
    normal = slow[:, SLOW_FEATURE["oil_pressure_normal_kpa"]]
    expected = np.where(np.isnan(normal), 2 * limit, normal)
    thin = features.column("coolant_mean_15_c") >= _THIN_OIL_C
    support = running & (pressure < np.fmax(2.4 * limit, 0.7 * expected)) & ~thin
    severity = graded(-pressure / limit, (-1.15, Severity.HIGH), (-0.6, Severity.CRITICAL))
    severity = np.maximum(severity, Severity.MEDIUM)

    def explain(row: int) -> tuple[Evidence, ...]:
        text = f"Oil pressure reached only {pressure[row]:.0f} kPa at {rpm[row]:.0f} rpm"
        if pressure[row] > limit[row]:
            return (
                Evidence("oil_pressure_kpa", "kPa", float(pressure[row]), None, f"{text}, less than this engine usually has."),
            )
        needed = f"{text}; at least {limit[row]:.0f} kPa are needed."
        return (Evidence("oil_pressure_kpa", "kPa", float(pressure[row]), float(limit[row]), needed),)

    return Rail(probability.astype(np.float32), support, severity, explain)


def battery_rail(features: FeatureBatch, limits: Limits) -> Rail:
    """A resting voltage below 12.4 V, or an engine that runs without charging; 24 V systems are halved."""
    resting, charging = features.column("battery_off_v"), features.column("battery_on_15_v")
    newest = features.column("battery_max_60_v")
    system = np.where(np.fmax(newest, np.fmax(resting, charging)) > 18, np.float32(2), np.float32(1))
    resting, charging, newest = resting / system, charging / system, newest / system
    off, on = features.column("engine_on") < 0.5, features.column("engine_on_60") >= 0.9
    rest = np.where(off, sigmoid(0.9 + (limits.battery_low_v - resting) / 0.08), np.float32(np.nan))
    drive = np.where(on, sigmoid(1.4 + (limits.charging_v - np.fmax(charging, newest)) / 0.1), np.float32(np.nan))
    over = np.where(on, sigmoid(1.4 + (np.fmin(charging, newest) - 15.8) / 0.1), np.float32(np.nan))
    sender = ~(newest < 5)  # a sender that reads 0 is broken: with a battery that empty the device would be silent
    probability = np.where(sender, np.nan_to_num(np.fmax(np.fmax(rest, drive), over)), np.float32(0.02))
    low = np.where(off, resting, np.fmax(charging, newest))
    flat = off & (resting < limits.battery_low_v)
    support = flat | (on & sender & ((low < _SMART_ALTERNATOR_V) | (charging > 15)))
    severity = graded(-low, (-limits.battery_medium_v, Severity.MEDIUM), (-11.5, Severity.HIGH))

    def explain(row: int) -> tuple[Evidence, ...]:
        state = "engine off" if off[row] else "engine running"
        expected = limits.battery_low_v if off[row] else _SMART_ALTERNATOR_V
        side = "at most 15.5" if low[row] > 15 else f"at least {expected:.2f}"
        text = f"Battery at {low[row]:.2f} V with the {state}; {side} V are healthy."
        return (Evidence("battery_v", "V", float(low[row]), expected, text),)

    return Rail(probability.astype(np.float32), support, severity, explain)


def misfire_rail(features: FeatureBatch) -> Rail:
    """An engine that goes back and forth, or dips, for minutes as it never does; the model's claim needs that it is rough."""
    rough, running = features.column("rough_60_rpm"), features.column("engine_on") >= 0.5
    quiet, tremble = features.column("rough_quiet_rpm"), features.column("tremble_rpm")
    usual = np.where(np.isnan(quiet), _STRANGER_ROUGH_RPM, quiet)
    lasting = np.minimum(rough, features.column("rough_lasting_rpm"))
    excess = rough / np.maximum(usual, _QUIETEST_RPM)
    own, dips = features.column("tremble_usual_rpm"), features.column("dip_share")
    cold = features.column("coolant_temp_c") < _COLD_C
    stranger = np.where(cold, np.float32(_COLD_STRANGER_TREMBLE_RPM), np.float32(_STRANGER_TREMBLE_RPM))
    allowed = np.where(np.isnan(own), stranger, _TREMBLE_RPM + 2 * np.maximum(own, 0))
    trembles = np.minimum(tremble / allowed, features.column("tremble_share") / _TREMBLE_SHARE)
    moves = features.column("moving_15") >= 0.5
    most = np.where(features.column("moving_4") == 0, _IDLE_DIPS, _DRIVING_DIPS) + np.fmax(features.column("dip_usual_share"), 0)
    shakes = np.fmax(trembles, dips / most)
    # In traffic seconds tell more than minutes, where the sender is fast enough for them; at rest nothing else moves the engine.
    smooth = (excess < _TREMBLING) & moves
    rougher = lasting / np.maximum(usual, _QUIETEST_RPM)
    certain = np.fmax(beyond(trembles, 6, _AT_MUCH), beyond(dips / most, 6))
    probability = np.where(running & ~smooth, certain, np.float32(0.01))
    lasts = (lasting >= _ROUGH_RPM) & (rougher >= _ROUGHER) & ~(tremble < 0)  # below 0 the engine follows its driver
    support = running & (lasts | (shakes >= 0.6))

    def explain(row: int) -> tuple[Evidence, ...]:
        if dips[row] / most[row] >= np.nan_to_num(trembles[row]) and not lasts[row]:
            share, enough = f"{dips[row]:.0%}", f"{most[row]:.0%}"
            text = f"Engine speed is low for a moment in {share} of its readings; {enough} leave no doubt with this engine."
            return (Evidence("engine_rpm", "%", float(100 * dips[row]), float(100 * most[row]), text),)
        if not rough[row] >= _ROUGH_RPM:
            text = f"Engine speed goes back and forth by {tremble[row]:.0f} rpm; for this engine {allowed[row]:.0f} is much."
            return (Evidence("engine_rpm", "rpm", float(tremble[row]), float(allowed[row]), text),)
        whose = "an ordinary engine" if np.isnan(quiet[row]) else "this engine"
        text = f"Engine speed trembles by {rough[row]:.0f} rpm from second to second; {whose} stays at {usual[row]:.0f} rpm."
        return (Evidence("engine_rpm", "rpm", float(rough[row]), float(usual[row]), text),)

    severity = graded(np.fmax(excess, tremble / allowed), (2.5, Severity.MEDIUM), (5.0, Severity.HIGH))
    return Rail(np.nan_to_num(probability, nan=0.01).astype(np.float32), support, severity, explain)


def sensor_rail(features: FeatureBatch) -> Rail:
    """Readings that physics forbids, a coolant that jumps, a sensor that stands still or falls silent beside the others."""
    step = features.column("coolant_step_c")
    running = features.column("engine_on") >= 0.5
    broken = {name: low_or_high(features.column(name), running) for name, low_or_high in _OPEN.items()}
    impossible = np.any(list(broken.values()), axis=0)
    stuck = np.stack([features.column(f"{sensor}_stuck") / _SURPRISE[sensor] for sensor in _HEALTH], axis=1)
    boiling = features.column("coolant_temp_c") >= _HOT_C  # what boils keeps its temperature
    stuck[boiling, list(_HEALTH).index("coolant_temp")] = 0
    silent = np.stack([features.column(f"{sensor}_silent_min") for sensor in _HEALTH], axis=1)
    moved = np.stack([_moved(features, sensor) for sensor in _HEALTH], axis=1)
    fallen = np.where(running, beyond(features.column("coolant_fall_c") / _COOLED_C, 8), np.float32(0.02))
    astray = np.where(running, _astray(features), np.float32(0.02))
    certain = np.where(impossible | (step >= 2 * _STEP_C), np.float32(0.95), np.fmax(fallen, astray))
    still = np.where(running, beyond(np.fmax.reduce(stuck, axis=1), 6), np.float32(0.02))
    quiet = np.where(running, beyond(np.fmax.reduce(silent, axis=1) / _SILENT_MIN, 6), np.float32(0.02))
    probability = np.fmax(certain, np.fmax(still, quiet))
    frozen = running & (features.column("coolant_flat_min") >= _FLAT_MIN)
    support = impossible | (step >= _STEP_C) | frozen | (astray >= 0.5) | (running & moved.any(axis=1))

    def explain(row: int) -> tuple[Evidence, ...]:
        place, says = _sensor_words(row, stuck[row], silent[row], moved[row])
        signal = BY_COLUMN[list(_HEALTH.values())[place][0]]
        if impossible[row]:
            name = next(name for name, rows in broken.items() if rows[row])
            signal = BY_COLUMN[_OPEN_COLUMN.get(name, name)]
            value = float(features.column(name)[row])
            text = f"{signal.label} reads {value:.0f} {signal.unit} with the engine running: the sensor is open or shorted."
            return (Evidence(signal.column, signal.unit, value, None, text),)
        if astray[row] >= 0.5:
            return (_stray_words(features, row),)
        if fallen[row] >= 0.5:
            fall, now = float(features.column("coolant_fall_c")[row]), float(features.column("coolant_temp_c")[row])
            text = f"The coolant reading fell by {fall:.0f} °C while the engine ran on."
            return (Evidence("coolant_temp_c", "°C", now, now + fall, text),)
        if step[row] >= _STEP_C:
            text = f"The coolant reading jumped by {step[row]:.0f} °C within a second."
            return (Evidence("coolant_temp_c", "°C", float(features.column("coolant_temp_c")[row]), None, text),)
        return (Evidence(signal.column, signal.unit, None, None, f"{signal.label} {says}."),)

    return Rail(probability.astype(np.float32), support, np.full(len(features), Severity.LOW, np.int8), explain)


def _astray(features: FeatureBatch) -> FloatArray:
    """(n,) probability that the coolant reading left the vehicle's own band as no engine makes it: slowly up, or down at all."""
    above, below = features.column("coolant_above_c"), features.column("coolant_below_c")
    slow = ~(features.column("coolant_pace_c_min") >= _HEATING_C_MIN) & (features.column("coolant_temp_c") < _HOT_C)
    upwards = np.where(slow, beyond(above / _ABOVE_C, 6), np.float32(0.02))
    least = np.where(features.column("coolant_band_known") == 1, _BELOW_C, _COOLER_C)
    least = np.where(np.isnan(features.column("engine_load_pct")), _COASTED_C, least)  # nobody knows whether the vehicle coasts
    return np.nan_to_num(np.fmax(upwards, beyond(below / least, 6)), nan=0.02).astype(np.float32)


def _stray_words(features: FeatureBatch, row: int) -> Evidence:
    above, below, now = (float(features.column(name)[row]) for name in ("coolant_above_c", "coolant_below_c", "coolant_temp_c"))
    off, side = (below, "below") if np.fmax(above, below) == below else (above, "above")
    text = f"For minutes the coolant reading has been {off:.0f} °C {side} the band in which this vehicle keeps it."
    return Evidence("coolant_temp_c", "°C", now, now - off if side == "above" else now + off, text)


def _moved(features: FeatureBatch, sensor: str) -> NDArray[np.bool_]:
    """(n,) whether the reading left the band in which the vehicle's own last hours lay."""
    low, high = _HEALTH[sensor][1]
    change = features.column(_CHANGE[sensor])
    return (change < low) | (change > high)


def _sensor_words(row: int, stuck: FloatArray, silent: FloatArray, moved: NDArray[np.bool_]) -> tuple[int, str]:
    """Which sensor of `_HEALTH` stands out most, and how."""
    strangest = np.fmax(np.nan_to_num(stuck), np.nan_to_num(silent) / _SILENT_MIN)
    place = int(np.argmax(np.where(moved, np.maximum(strangest, 0.5), strangest)))
    if silent[place] >= _SILENT_MIN / 2:
        return place, f"has been silent for {silent[place]:.0f} minutes while other signals go on"
    if stuck[place] >= 0.5:
        return place, "has not changed for minutes of driving, which this vehicle never shows"
    return place, "does not fit the other signals and this vehicle's own last hours"


Forbidden = Callable[[FloatArray, NDArray[np.bool_]], NDArray[np.bool_]]

_OPEN_COLUMN = {"oil_pressure_max_10_kpa": "oil_pressure_kpa", "battery_max_60_v": "battery_v"}
# What an open or shorted circuit reads, by feature: the resistor that is left pulls to one end of the scale.
_OPEN: dict[str, Forbidden] = {
    "coolant_temp_c": lambda value, _: (value <= _IMPLAUSIBLE_C[0]) | (value >= _IMPLAUSIBLE_C[1]),
    "intake_temp_c": lambda value, _: (value <= _IMPLAUSIBLE_C[0]) | (value >= _IMPLAUSIBLE_C[1]),
    "oil_pressure_max_10_kpa": lambda value, _: value >= 990,
    "map_kpa": lambda value, running: running & (value <= 3),
    "battery_max_60_v": lambda value, running: running & (value < 5),
}
