"""How sensors and combustion stand against the vehicle's own last hours: what holds for a car nobody has seen before."""

import numpy as np
from numpy.typing import NDArray

from fleet.channels import MINUTE
from fleet.fuel_level import whole_minutes
from fleet.series import mean, median
from fleet.telemetry import FloatArray

SENSORS = ("fuel", "coolant_temp", "oil_pressure", "map", "intake_temp", "battery")
VITALS = (
    *(f"{name}_stuck" for name in SENSORS),
    *(f"{name}_silent_min" for name in SENSORS),
    "rough_ratio", "rough_quiet_rpm", "air_fuel_change", "air_load_change", "oil_change", "coolant_change_c", "intake_change_c",
    "battery_change_v", "coolant_fall_c", "tremble_rpm", "tremble_share", "tremble_usual_rpm", "coolant_above_c",
    "coolant_below_c", "coolant_pace_c_min", "coolant_band_known", "rough_lasting_rpm", "moving_4", "dip_share",
    "dip_usual_share", "fuel_step_pct", "fuel_step_usual_pct", "fuel_spread_ratio",
)  # fmt: skip
_LEVEL = {
    "fuel": "fuel_pct", "coolant_temp": "coolant_temp_c", "oil_pressure": "oil_pressure_kpa", "map": "map_kpa",
    "intake_temp": "intake_temp_c", "battery": "battery_on_v",
}  # fmt: skip
_RECENT_MIN = 12  # a baseline must not learn the fault: the newest minutes stay out of it
_EVERY = 2  # minutes between two values of a baseline
_KNOWN_MIN = 8  # values below which there is no baseline
_OIL_BY_RPM = 0.6  # oil pressure grows about with this power of the engine speed
_WARM_C = 65.0
_WARMING_C = 75.0  # below every thermostat: the engine still warms up
_REGULATED_C = 95.0  # down to here an overheated engine recovers, below it cools
_FALL_MIN = 30
_MANY_SAMPLES = 20
_MOST_CHANGE = 3.0  # twentyfold: a reading that fell to 0 has no logarithm
_ROUGH_MIN = 2  # whole minutes in which a misfire shakes the engine on, and a run through the gears does not
_TREMBLE_MIN = 4  # one minute of pedals trembles too, four do not
_LASTING_MIN = 3  # minutes a departure must last
_USUAL_SHARE = 0.95
_THERMOSTAT_C = 88.0  # what most engines are kept at; above it a fan, a hill or a fault may have been at work
_MIXED_MIN = 2  # minutes until the water of block, heater and radiator is one
_VARIED_KMH = 8.0  # from minute to minute
_COASTING_PCT = 16.0  # of load, below which a moving engine makes less heat than it loses
_FAST_MIN = 12  # minutes over which it is remembered how fast the coolant rose
_UNSETTLED_C = 8.0  # below the usual the engine still warms up
_REGULAR_SHARE = 0.9  # of a vehicle's minutes in which a sensor must have spoken for its silence to mean something


def vitals(window: FloatArray) -> dict[str, FloatArray]:
    """Name in `VITALS` → (n,) value, from (n, minutes, minute channel), newest last."""

    def of(name: str) -> FloatArray:
        return window[:, :, MINUTE[name]]

    running = of("engine_on") > 0.9
    moving = running & (of("moving") > 0.5)
    found: dict[str, FloatArray] = {}
    for sensor in SENSORS:
        found[f"{sensor}_stuck"] = stuck_surprise(of(f"{sensor}_flat"), _regimes(sensor, of, running, moving))
        found[f"{sensor}_silent_min"] = silent_minutes(of(_LEVEL[sensor]), running & (of("samples") >= _MANY_SAMPLES))
    found |= _combustion(of, running)
    found |= _levels(of, running)
    found |= _band(of, running, moving)
    found |= _trembling(of, running, moving)
    found |= _sender(of, moving)
    return found


def _combustion(of, running) -> dict[str, FloatArray]:  # type: ignore[no-untyped-def]
    rough = np.where(running, of("rough_rpm"), np.nan)
    cold = of("coolant_temp_c") < _WARMING_C  # cold oil is thick: what it loses as it warms is no fault
    quiet = quantile(_past(rough), 0.3)
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "rough_quiet_rpm": quiet,
            "rough_lasting_rpm": np.min(rough[:, -1 - _ROUGH_MIN : -1], axis=1),
            "rough_ratio": mean(rough[:, -3:]) / np.maximum(quiet, 1),
            "air_fuel_change": _log_change(np.where(running, of("air_fuel"), np.nan)),
            "air_load_change": _log_change(np.where(running, of("air_load"), np.nan)),
            "oil_change": _log_change(
                np.where(running & ~cold, of("oil_pressure_kpa") / of("engine_rpm") ** _OIL_BY_RPM, np.nan)
            ),
        }


def _levels(of, running) -> dict[str, FloatArray]:  # type: ignore[no-untyped-def]
    coolant = of("coolant_temp_c")
    warm = np.where(running & (coolant > _WARM_C), coolant, np.nan)
    intake = np.where(running, of("intake_temp_c"), np.nan)
    since_start = np.where(_unbroken(running), coolant[:, -_FALL_MIN - 1 : -1], np.nan)
    return {
        "coolant_change_c": mean(coolant[:, -3:]) - quantile(_past(warm), 0.5),
        "coolant_fall_c": np.minimum(np.fmax.reduce(since_start, axis=1), _REGULATED_C) - mean(coolant[:, -2:]),
        "intake_change_c": mean(intake[:, -3:]) - quantile(_past(intake), 0.5),
        "battery_change_v": mean(of("battery_on_v")[:, -3:]) - quantile(_past(of("battery_on_v")), 0.5),
    }


def _band(of, running, moving) -> dict[str, FloatArray]:  # type: ignore[no-untyped-def]
    """How far the coolant has left the band in which this vehicle's own coolant stayed, and how fast it did.

    Idling it may rise until the fan starts, so that minutes at rest allow the band of all minutes. It is below the band by
    what it has lost of the warmth that this run of the engine had reached, as far as that is within the band; where habits
    are unknown, of all of it. A vehicle that coasts may cool.
    """
    coolant = of("coolant_temp_c")
    warm = np.where(running & (coolant > _WARM_C), coolant, np.nan)
    settled = np.where(warm > quantile(_past(warm), 0.5)[:, None] - _UNSETTLED_C, warm, np.nan)
    driving = quantile(_past(np.where(moving, settled, np.nan)), _USUAL_SHARE)
    drives = moving[:, -6:-1].sum(axis=1) >= 4
    top = np.where(drives & ~np.isnan(driving), driving, quantile(_past(settled), _USUAL_SHARE))
    top = np.maximum(top, _THERMOSTAT_C)  # up to here an engine that was never worked hard still warms up
    low = quantile(_past(settled), 1 - _USUAL_SHARE)
    recent = np.where(running, coolant, np.nan)[:, -1 - _LASTING_MIN : -1]
    coasting = (moving & (of("engine_load_pct") < _COASTING_PCT))[:, -1 - _LASTING_MIN : -1]
    return {
        "coolant_above_c": np.min(recent, axis=1) - top,
        "coolant_below_c": np.fmin(_reached(coolant, running), low) - np.max(np.where(coasting, np.nan, recent), axis=1),
        "coolant_pace_c_min": _pace(coolant[:, -2 * _FAST_MIN - 1 : -1], top),
        "coolant_band_known": ~np.isnan(low),
    }


def _reached(coolant: FloatArray, running: NDArray[np.bool_]) -> FloatArray:
    """(n,) the most that the coolant had in this run of the engine, after the first minutes: then what stood is mixed."""
    unbroken = _unbroken(running)
    mixed = np.zeros_like(unbroken)
    mixed[:, _MIXED_MIN:] = unbroken[:, :-_MIXED_MIN]
    return np.fmin(np.fmax.reduce(np.where(mixed, coolant[:, -_FALL_MIN - 1 : -1], np.nan), axis=1), _THERMOSTAT_C)


def _pace(coolant: FloatArray, top: FloatArray) -> FloatArray:
    """(n,) °C a minute by which the coolant rose since it left the band, the most of the last minutes; NaN within it."""
    columns = np.arange(coolant.shape[1])
    above = coolant > top[:, None]
    left = np.maximum.accumulate(np.where(above, -1, columns), axis=1) + 1  # where the stretch above the band begins
    since = columns - left
    rise = coolant - np.take_along_axis(coolant, np.minimum(left, columns[-1]), axis=1)
    pace = np.where(above & (since >= _LASTING_MIN), rise / np.maximum(since, 1), np.nan)
    return np.fmax.reduce(pace[:, -_FAST_MIN:], axis=1)


def _trembling(of, running, moving) -> dict[str, FloatArray]:  # type: ignore[no-untyped-def]
    """The tremble of the newest minutes, and what this vehicle shows when it moves, or stands, as it does now."""
    shown = np.where(running, of("tremble_rpm"), np.nan)
    recent = shown[:, -1 - _TREMBLE_MIN : -1]
    moves = (moving[:, -1 - _TREMBLE_MIN : -1].sum(axis=1) * 2 > _TREMBLE_MIN)[:, None]
    alike = np.where(moving == moves, shown, np.nan)
    enough = (~np.isnan(recent)).sum(axis=1) >= _TREMBLE_MIN - 1
    dips = np.where(running, of("dip_share"), np.nan)
    return {
        "tremble_rpm": np.where(enough, np.sort(recent, axis=1)[:, 1], np.nan),
        "tremble_share": np.where(enough, median(of("tremble_share")[:, -1 - _TREMBLE_MIN : -1]), np.nan),
        "tremble_usual_rpm": quantile(_past(alike), 0.75),
        "moving_4": mean(np.where(np.isnan(of("moving")), np.nan, moving)[:, -1 - _TREMBLE_MIN : -1]),
        "dip_share": np.where(enough, mean(dips[:, -1 - _TREMBLE_MIN : -1]), np.nan),
        "dip_usual_share": quantile(_past(np.where(moving == moves, dips, np.nan)), 0.75),
    }


def _sender(of, moving) -> dict[str, FloatArray]:  # type: ignore[no-untyped-def]
    level = whole_minutes(of("fuel_pct"), of("samples"), of("moving"))
    step = np.full(level.shape, np.nan, np.float32)
    step[:, 2:] = np.where(moving[:, 2:] & moving[:, 1:-1] & moving[:, :-2], level[:, 2:] - level[:, :-2], np.nan)
    spread = np.where(moving, of("fuel_spread_pct"), np.nan)
    return {
        "fuel_step_pct": np.fmax.reduce(np.abs(step[:, -_RECENT_MIN:]), axis=1),
        "fuel_step_usual_pct": quantile(_past(np.abs(step)), 0.95),
        "fuel_spread_ratio": median(spread[:, -3:]) / np.maximum(quantile(_past(spread), 0.8), 1),
    }


Regimes = tuple[tuple[NDArray[np.bool_], float], ...]


def _regimes(sensor: str, of, running, moving) -> Regimes:  # type: ignore[no-untyped-def]
    if sensor == "coolant_temp":
        return _coolant_regimes(of("coolant_temp_c"), running, moving)
    if sensor == "intake_temp":
        return _intake_regimes(of("speed_kmh"), moving)
    return ((moving, 0.25),)


def _intake_regimes(speed: FloatArray, moving: NDArray[np.bool_]) -> Regimes:
    """The air that the engine draws keeps its warmth at a steady speed, and changes it where the speed changes."""
    varied = np.zeros_like(moving)
    varied[:, 1:] = moving[:, 1:] & (np.abs(np.diff(speed, axis=1)) >= _VARIED_KMH)
    return (varied, 0.25), (moving & ~varied, 0.75)


def _coolant_regimes(coolant: FloatArray, running: NDArray[np.bool_], moving: NDArray[np.bool_]) -> Regimes:
    """A coolant warms up, is stirred by driving, or idles at its thermostat, where it may well stand still."""
    cold = running & (coolant < _WARMING_C)
    return (moving & ~cold, 0.25), (cold, 0.3), (running & ~moving & ~cold, 0.6)


def stuck_surprise(flat: FloatArray, regimes: Regimes) -> FloatArray:
    """(n,) how unlikely the present run of unchanging minutes is, as −log10 of its chance; NaN where the sensor is silent.

    A run of minutes has the chance p·q·q·…: p that a minute is flat, q that a flat minute follows one, both as this vehicle
    has shown them before the run. Minutes in no regime are passed over.

    Args:
        flat: (n, minutes). regimes: (n, minutes) in which rates are alike, with the q of a vehicle that has shown nothing yet.
    """
    watched = np.logical_or.reduce([mask for mask, _ in regimes])
    known = watched & ~np.isnan(flat)
    still = known & (flat > 0)
    columns = np.arange(flat.shape[1])
    broken = known & ~still
    run_from = np.max(np.where(broken, columns, -1), axis=1)
    run = still & (columns > run_from[:, None])
    before = columns <= run_from[:, None]
    surprise = np.zeros(len(flat))
    for mask, unknown_q in regimes:
        seen, flats = (known & before & mask).sum(axis=1), (still & before & mask).sum(axis=1)
        followed = (still[:, 1:] & still[:, :-1] & before[:, 1:] & mask[:, 1:]).sum(axis=1)
        p, q = (flats + 1) / (seen + 2), (followed + 2 * unknown_q) / (flats + 2)
        mine = (run & mask).sum(axis=1)
        begins = _first_lies_in(run, mask)
        surprise -= begins * np.log10(p) + (mine - begins) * np.log10(np.minimum(q, 0.95))
    return np.where(known[:, -3:].any(axis=1), surprise, np.nan).astype(np.float32)


def _first_lies_in(run: NDArray[np.bool_], mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(n,) whether the first minute of a run belongs to a regime."""
    first = np.argmax(run, axis=1)
    rows = np.arange(len(run))
    return run[rows, first] & mask[rows, first]


def silent_minutes(level: FloatArray, watched: NDArray[np.bool_]) -> FloatArray:
    """(n,) full minutes in which a running vehicle sent other signals and not this one, since it last did.

    NaN where it has not been heard in these hours: a vehicle may not have the sensor.
    """
    heard = ~np.isnan(level)
    columns = np.arange(level.shape[1])
    newest = np.max(np.where(heard, columns, -1), axis=1)
    before = watched & (columns <= newest[:, None])
    regular = (heard & before).sum(axis=1) >= _REGULAR_SHARE * before.sum(axis=1)
    waited = (watched[:, :-1] & (columns[:-1] > newest[:, None])).sum(axis=1)
    return np.where(newest >= 0, waited * regular, np.nan).astype(np.float32)


def quantile(values: FloatArray, share: float) -> FloatArray:
    """(n,) quantile over axis 1 of what is there; NaN below `_KNOWN_MIN` values."""
    ordered = np.sort(values, axis=1)  # NaN last
    count = (~np.isnan(values)).sum(axis=1)
    place = np.round(share * np.maximum(count - 1, 0)).astype(np.intp)
    return np.where(count >= _KNOWN_MIN, ordered[np.arange(len(values)), place], np.nan)


def _unbroken(running: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(n, `_FALL_MIN`) minutes since which the engine has run on."""
    return np.logical_and.accumulate(running[:, -_FALL_MIN - 1 : -1][:, ::-1], axis=1)[:, ::-1]


def _past(values: FloatArray) -> FloatArray:
    return values[:, -_RECENT_MIN - 1 :: -_EVERY]


def _log_change(values: FloatArray) -> FloatArray:
    """(n,) log of the newest minutes against the vehicle's own median."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.clip(np.log(mean(values[:, -3:]) / quantile(_past(values), 0.5)), -_MOST_CHANGE, _MOST_CHANGE)
