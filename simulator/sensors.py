"""From what is to what a device reports: noise, steps, gaps and power cuts."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from fleet import signals
from simulator.vehicles import Array, Flags, Vehicles

Readings = NDArray[np.float32]
FUEL_PCT: Final = signals.INDEX["fuel_level_pct"]
FUEL_L: Final = signals.INDEX["fuel_level_l"]
_RPM: Final = signals.INDEX["engine_rpm"]

# column → (standard deviation of the noise, step of the reading)
_GRAIN: Final[dict[str, tuple[float, float]]] = {
    "speed_kmh": (0.12, 0.1), "engine_rpm": (2, 0.25), "coolant_temp_c": (0.25, 1), "oil_temp_c": (0.3, 1),
    "oil_pressure_kpa": (4, 4), "map_kpa": (0.4, 1), "maf_gps": (0.08, 0.01), "intake_temp_c": (0.3, 1),
    "throttle_pct": (0.25, 0.4), "engine_load_pct": (0.5, 0.4), "fuel_rate_lph": (0.03, 0.05), "brake_pressure_kpa": (4, 10),
    "brake_pedal_pct": (0, 0.4), "accel_x_ms2": (0, 0.01), "accel_y_ms2": (0, 0.01), "accel_z_ms2": (0, 0.01),
    "yaw_rate_dps": (0.12, 0.05), "battery_v": (0.015, 0.01), "odometer_km": (0, 0.1), "latitude_deg": (2.5e-5, 1e-6),
    "longitude_deg": (3.5e-5, 1e-6), "heading_deg": (1.2, 1), "altitude_m": (2, 0.1), "ambient_temp_c": (0.2, 0.5),
}  # fmt: skip
_SIGMA: Final = np.array([_GRAIN.get(column, (0.0, 0.0))[0] for column in signals.COLUMNS], np.float32)[:, None]
_STEP: Final = np.array([_GRAIN.get(column, (0.0, 1e-3))[1] for column in signals.COLUMNS])[:, None]
_LOW: Final = np.array([signal.low for signal in signals.SIGNALS])[:, None]
_HIGH: Final = np.array([signal.high for signal in signals.SIGNALS])[:, None]
_NEVER_NOISY: Final = [signals.INDEX[c] for c in ("speed_limit_kmh", "ignition_on", "fuel_level_pct", "fuel_level_l")]
_ENGINE: Final = [
    signals.INDEX[c]
    for c in (
        "coolant_temp_c", "oil_temp_c", "oil_pressure_kpa", "map_kpa", "maf_gps", "intake_temp_c", "throttle_pct",
        "engine_load_pct", "fuel_rate_lph", "brake_pressure_kpa", "brake_pedal_pct",
    )
]  # fmt: skip
_POLLED: Final = np.array([signals.INDEX[c] for c in ("speed_kmh", "engine_rpm", "battery_v")] + _ENGINE)
_STEADY_AT_REST: Final = [signals.INDEX[c] for c in ("speed_kmh", "engine_rpm", "maf_gps", "fuel_rate_lph", "brake_pressure_kpa")]
_DROPOUT = 0.0015
_BOOT_S = 2.0


class Sensors:
    """The devices of n vehicles."""

    def __init__(self, vehicles: Vehicles, rng: np.random.Generator, noise: float = 1.0) -> None:
        self._rng = rng
        self._sigma = noise * _SIGMA * vehicles.grain.astype(np.float32)
        self._shake = noise
        self._before: Readings | None = None
        self._step = np.repeat(_STEP, len(vehicles), axis=1)
        self._step[signals.INDEX["speed_kmh"], vehicles.coarse_speed] = 1.0

    def report(self, vehicles: Vehicles, truth: Array, running: Flags, since_start_s: Array, vibration: Array) -> Readings:
        """(signal, n) float32 of a (signal, n) truth; NaN where nothing is sent."""
        noise = self._rng.standard_normal(truth.shape, dtype=np.float32) * self._sigma
        noise[_STEADY_AT_REST] *= truth[_STEADY_AT_REST] != 0
        for column, share in (("accel_x_ms2", 0.5), ("accel_y_ms2", 0.5), ("accel_z_ms2", 1.0)):
            row = signals.INDEX[column]
            noise[row] = self._rng.standard_normal(len(vibration), dtype=np.float32) * self._shake * (0.02 + share * vibration)
        seen = truth + vehicles.bias + noise
        seen = np.round(seen / self._step) * self._step
        seen[_NEVER_NOISY] = truth[_NEVER_NOISY]
        self._repeat(seen, vehicles, running)
        heading = signals.INDEX["heading_deg"]
        seen[heading] %= 360
        np.clip(seen, _LOW, _HIGH, out=seen)
        silent = vehicles.silent_when_off & ~running
        seen[np.ix_(np.array(_ENGINE), np.flatnonzero(silent))] = np.nan
        booting = running & (since_start_s < _BOOT_S) & vehicles.zero_on_power
        seen[np.ix_(np.array((_RPM, FUEL_PCT)), np.flatnonzero(booting))] = 0.0
        gone = self._rng.random(truth.shape, dtype=np.float32) < _DROPOUT
        seen[~vehicles.fitted | gone] = np.nan
        reported: Readings = seen.astype(np.float32)
        return reported

    def _repeat(self, seen: Array, vehicles: Vehicles, running: Flags) -> None:
        """A device that polls signal after signal sends what it has: some of its values are those of the reading before."""
        polled = np.flatnonzero((vehicles.repeats > 0) & running)
        if self._before is not None and len(polled):
            place = np.ix_(_POLLED, polled)
            again = self._rng.random((len(_POLLED), len(polled)), dtype=np.float32) < vehicles.repeats[polled]
            seen[place] = np.where(again, self._before[place], seen[place])
        self._before = seen.astype(np.float32)
