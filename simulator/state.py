"""The moving parts of all vehicles together, advanced one step at a time."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet import signals
from simulator.driving import Motion
from simulator.effects import no_effects
from simulator.engine import Engine
from simulator.moment import Moment
from simulator.road import Road
from simulator.sensors import FUEL_L, FUEL_PCT, Readings, Sensors
from simulator.supply import Electrics, Tank, float_reading
from simulator.vehicles import Array, Flags, Vehicles

Draw = Callable[[NDArray[np.intp]], Array]


@dataclass(frozen=True, slots=True)
class Start:
    """(n,) how the vehicles are found: driving or not, for how long still, how warm, with how much fuel."""

    running: Flags
    left_s: Array
    coolant_c: Array
    ambient_c: Array
    litres: Array


class State:
    """Everything about n vehicles. `trip_s` and `stop_s` say how long the next trip or stop of given vehicles lasts."""

    def __init__(
        self, vehicles: Vehicles, start: Start, trip_s: Draw, stop_s: Draw, rng: np.random.Generator, noise: float = 1.0
    ) -> None:
        count = len(vehicles)
        self.vehicles = vehicles
        self.effects = no_effects(count)
        self.clock_s = np.zeros(count)
        self.running = start.running.copy()
        self.left_s = start.left_s.copy()
        self.since_start_s = np.zeros(count)
        self.halted_s = np.zeros(count)
        self.ambient_c = start.ambient_c.copy()
        self.motion = Motion(vehicles, Road(vehicles, rng), rng)
        self.engine = Engine(vehicles, start.coolant_c, rng)
        self.electrics = Electrics(vehicles, rng)
        self.tank = Tank(vehicles, start.litres, rng)
        self.sensors = Sensors(vehicles, rng, noise)
        self._trip_s, self._stop_s = trip_s, stop_s

    def step(self, dt: Array) -> None:
        """Let dt seconds pass; dt may differ between vehicles and may be 0."""
        vehicles, effects = self.vehicles, self.effects
        self.clock_s += dt
        self.since_start_s += dt * self.running
        self.left_s -= dt
        self.left_s = np.where(effects.park & self.running, np.minimum(self.left_s, 5), self.left_s)
        moment = Moment(self.running, self.since_start_s, self.ambient_c, dt)
        self.motion.step(vehicles, effects, self.left_s, moment)
        self.engine.step(vehicles, effects, self.motion, moment)
        self.electrics.step(vehicles, effects, moment)
        self.tank.step(vehicles, effects, self.motion, self.engine.fuel_lph, moment)
        self._change_phase(dt)

    def _change_phase(self, dt: Array) -> None:
        still = self.motion.speed_ms < 0.05
        self.halted_s = np.where(still & self.running, self.halted_s + dt, 0)
        stopping = self.running & (self.left_s <= 0) & (self.halted_s >= 4)
        starting = ~self.running & (self.left_s <= 0) & ~self.effects.park & ~self.tank.refuelling
        self.tank.visit_station(self.vehicles, stopping & ~self.effects.park)
        self.running = (self.running | starting) & ~stopping
        for rows, length in ((np.flatnonzero(stopping), self._stop_s), (np.flatnonzero(starting), self._trip_s)):
            if len(rows):
                self.left_s[rows] = length(rows)
        self.since_start_s[starting] = 0

    @property
    def float_off_pct(self) -> Array:
        return self.tank.slosh_pct + self.tank.tilt_pct

    def readings(self) -> Readings:
        """(signal, n) what the devices report, the fuel rows holding a gate only: 1 reports, 0 boots, NaN is silent."""
        truth = self._truth()
        moving = self.running * (0.12 + self.motion.speed_ms / 24)
        vibration = self.vehicles.vibration_ms2 * moving + 0.0012 * self.effects.roughness_rpm * self.running
        return self.sensors.report(self.vehicles, truth, self.running, self.since_start_s, vibration)

    def _truth(self) -> Array:
        motion, engine = self.motion, self.engine
        pressure = motion.braking_ms2 * self.vehicles.brake_kpa_per_ms2
        columns: dict[str, Array | Flags | float] = {
            "speed_kmh": motion.speed_ms * 3.6,
            "engine_rpm": engine.rpm,
            "coolant_temp_c": engine.coolant_c,
            "oil_temp_c": engine.oil_c,
            "oil_pressure_kpa": engine.oil_kpa,
            "map_kpa": engine.map_kpa,
            "maf_gps": engine.maf_gps,
            "intake_temp_c": engine.intake_c,
            "throttle_pct": engine.throttle_pct,
            "engine_load_pct": engine.load_pct,
            "fuel_level_pct": 1.0,
            "fuel_level_l": 1.0,
            "fuel_rate_lph": engine.fuel_lph,
            "brake_pressure_kpa": pressure * self.running,
            "brake_pedal_pct": np.minimum(100, 9 * motion.braking_ms2) * self.running,
            "accel_x_ms2": motion.accel_ms2,
            "accel_y_ms2": motion.lateral_ms2,
            "accel_z_ms2": 0.0,
            "yaw_rate_dps": motion.yaw_dps,
            "battery_v": self.electrics.volts,
            "odometer_km": motion.odometer_m / 1e3,
            "latitude_deg": motion.lat,
            "longitude_deg": motion.lon,
            "heading_deg": np.degrees(motion.heading_rad),
            "altitude_m": motion.altitude_m,
            "speed_limit_kmh": motion.road.limit_kmh,
            "ambient_temp_c": self.ambient_c,
            "ignition_on": self.running,
        }
        truth = np.empty((signals.COUNT, len(self.vehicles)))
        for column, values in columns.items():
            truth[signals.INDEX[column]] = values
        return truth


def report_fuel(readings: Readings, litres: Array, off_pct: Array, vehicles: Vehicles) -> None:
    """Put the fuel sender's reading behind the gates that `State.readings` left in (signal, n) readings."""
    pct = float_reading(100 * litres / vehicles.tank_l, off_pct, vehicles.sender_low_pct, vehicles.sender_high_pct)
    readings[FUEL_PCT] *= pct.astype(np.float32)
    report_volume(readings, vehicles.tank_l)


def report_volume(readings: Readings, tank_l: Array) -> None:
    """Litres come from the same float as the percent, broken or not."""
    readings[FUEL_L] = np.where(np.isnan(readings[FUEL_L]), np.nan, readings[FUEL_PCT] * tank_l / 100)
