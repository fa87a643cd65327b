"""How sensors and combustion stand against the vehicle's own last hours: what holds for a car nobody has seen before."""

import numpy as np
from numpy.typing import NDArray

from fleet.channels import MINUTE
from fleet.series import mean, median
from fleet.telemetry import FloatArray

SENSORS = ("fuel", "coolant_temp", "oil_pressure", "map", "intake_temp", "battery")
VITALS = (
    *(f"{name}_stuck" for name in SENSORS),
    *(f"{name}_silent_min" for name in SENSORS),
    "rough_ratio", "rough_quiet_rpm", "air_fuel_change", "air_load_change", "oil_change", "coolant_change_c", "intake_change_c",
    "battery_change_v", "coolant_fall_c", "fuel_step_pct", "fuel_step_usual_pct", "fuel_spread_ratio",
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
_REGULATED_C = 95.0  # down to here an overheated engine recovers, below it cools
_FALL_MIN = 30
_MANY_SAMPLES = 20
_REGULAR_SHARE = 0.9  # of a vehicle's minutes in which a sensor must have spoken for its silence to mean something


def vitals(window: FloatArray) -> dict[str, FloatArray]:
    """Name in `VITALS` → (n,) value, from (n, minutes, minute channel), newest last."""

    def of(name: str) -> FloatArray:
        return window[:, :, MINUTE[name]]

    running = of("engine_on") > 0.9
    moving = running & (of("moving") > 0.5)
    found: dict[str, FloatArray] = {}
    for sensor in SENSORS:
        found[f"{sensor}_stuck"] = stuck_surprise(of(f"{sensor}_flat"), moving)
        found[f"{sensor}_silent_min"] = silent_minutes(of(_LEVEL[sensor]), running & (of("samples") >= _MANY_SAMPLES))
    found |= _combustion(of, running)
    found |= _levels(of, running)
    found |= _sender(of, moving)
    return found


def _combustion(of, running) -> dict[str, FloatArray]:  # type: ignore[no-untyped-def]
    rough = np.where(running, of("rough_rpm"), np.nan)
    quiet = quantile(_past(rough), 0.3)
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "rough_quiet_rpm": quiet,
            "rough_ratio": mean(rough[:, -3:]) / np.maximum(quiet, 1),
            "air_fuel_change": _log_change(np.where(running, of("air_fuel"), np.nan)),
            "air_load_change": _log_change(np.where(running, of("air_load"), np.nan)),
            "oil_change": _log_change(np.where(running, of("oil_pressure_kpa") / of("engine_rpm") ** _OIL_BY_RPM, np.nan)),
        }


def _levels(of, running) -> dict[str, FloatArray]:  # type: ignore[no-untyped-def]
    coolant = of("coolant_temp_c")
    warm = np.where(running & (coolant > _WARM_C), coolant, np.nan)
    intake = np.where(running, of("intake_temp_c"), np.nan)
    unbroken = np.logical_and.accumulate(running[:, -_FALL_MIN - 1 : -1][:, ::-1], axis=1)[:, ::-1]
    since_start = np.where(unbroken, coolant[:, -_FALL_MIN - 1 : -1], np.nan)
    return {
        "coolant_change_c": mean(coolant[:, -3:]) - quantile(_past(warm), 0.5),
        "coolant_fall_c": np.minimum(np.fmax.reduce(since_start, axis=1), _REGULATED_C) - mean(coolant[:, -2:]),
        "intake_change_c": mean(intake[:, -3:]) - quantile(_past(intake), 0.5),
        "battery_change_v": mean(of("battery_on_v")[:, -3:]) - quantile(_past(of("battery_on_v")), 0.5),
    }


def _sender(of, moving) -> dict[str, FloatArray]:  # type: ignore[no-untyped-def]
    level = of("fuel_pct")
    step = np.full(level.shape, np.nan, np.float32)
    step[:, 2:] = np.where(moving[:, 2:] & moving[:, 1:-1] & moving[:, :-2], level[:, 2:] - level[:, :-2], np.nan)
    spread = np.where(moving, of("fuel_spread_pct"), np.nan)
    return {
        "fuel_step_pct": np.fmax.reduce(np.abs(step[:, -_RECENT_MIN:]), axis=1),
        "fuel_step_usual_pct": quantile(_past(np.abs(step)), 0.95),
        "fuel_spread_ratio": median(spread[:, -3:]) / np.maximum(quantile(_past(spread), 0.8), 1),
    }


def stuck_surprise(flat: FloatArray, watched: NDArray[np.bool_]) -> FloatArray:
    """(n,) how unlikely the present run of unchanging minutes is, as −log10 of its chance; NaN where the sensor is silent.

    A run of k minutes has the chance p·q^(k−1): p that a minute is flat, q that a flat minute follows one, both as this
    vehicle has shown them while it moved, from (n, minutes); minutes that are not watched are passed over.
    """
    known = watched & ~np.isnan(flat)
    still = known & (flat > 0)
    newest_first = np.arange(flat.shape[1])[::-1]
    broken = known & ~still
    run_from = np.where(broken.any(axis=1), np.argmin(np.where(broken, newest_first, flat.shape[1]), axis=1), -1)
    run = (still & (np.arange(flat.shape[1]) > run_from[:, None])).sum(axis=1)
    before = np.arange(flat.shape[1]) <= run_from[:, None]
    seen, flats = (known & before).sum(axis=1), (still & before).sum(axis=1)
    followed = (still[:, 1:] & still[:, :-1] & before[:, 1:]).sum(axis=1)
    p, q = (flats + 1) / (seen + 2), (followed + 0.5) / (flats + 2)
    surprise = np.where(run > 0, -np.log10(p) - (run - 1) * np.log10(q), 0)
    return np.where(known[:, -3:].any(axis=1), surprise, np.nan).astype(np.float32)


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


def _past(values: FloatArray) -> FloatArray:
    return values[:, -_RECENT_MIN - 1 :: -_EVERY]


def _log_change(values: FloatArray) -> FloatArray:
    """(n,) log of the newest minutes against the vehicle's own median."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(mean(values[:, -3:]) / quantile(_past(values), 0.5))
