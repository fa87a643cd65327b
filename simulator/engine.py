"""What the engine does: gears, load, air, fuel, heat and oil. One step for all vehicles at once."""

import numpy as np

from simulator.driving import INERTIA, Motion
from simulator.effects import Effects
from simulator.moment import Moment
from simulator.vehicles import Array, Flags, Vehicles

BAR = 1e5
HEAT_VALUE_J_PER_G = 43_000.0
PETROL_AFR = 14.7
BAROMETER_KPA = 100.0
AIR_GAS_CONSTANT = 0.287  # kJ/(kg K)
_AUXILIARIES_W = np.array([700.0, 900.0, 3200.0])
_OIL_RELIEF_KPA = 560.0


class Engine:
    """(n,) state of the engine."""

    def __init__(self, vehicles: Vehicles, coolant_c: Array, rng: np.random.Generator) -> None:
        count = len(vehicles)
        self._rng = rng
        self._grams_per_l = np.where(vehicles.diesel, 832.0, 745.0)
        self._efficiency = np.where(vehicles.diesel, 0.44, 0.385)
        self.rpm = np.zeros(count)
        self.demand = np.zeros(count)
        self.overrun: Flags = np.zeros(count, bool)
        self.load_pct = np.zeros(count)
        self.throttle_pct = np.zeros(count)
        self.map_kpa = np.full(count, BAROMETER_KPA)
        self.maf_gps = np.zeros(count)
        self.fuel_lph = np.zeros(count)
        self.coolant_c = coolant_c.copy()
        self.oil_c = coolant_c.copy()
        self.intake_c = coolant_c.copy()
        self.oil_kpa = np.zeros(count)
        self.fan: Flags = np.zeros(count, bool)

    def step(self, vehicles: Vehicles, effects: Effects, motion: Motion, moment: Moment) -> None:
        """Run on for one step."""
        noise = self._rng.standard_normal((3, len(vehicles)))
        traction_n = vehicles.mass_kg * INERTIA * motion.accel_ms2 + motion.resistance_n(vehicles)
        wheel_w = traction_n * motion.speed_ms
        brake_w = np.maximum(wheel_w, 0) / 0.92 + _AUXILIARIES_W[vehicles.kind]
        self._turn(vehicles, effects, motion, brake_w, moment, noise[0])
        burnt_gps = self._burn(vehicles, effects, brake_w, wheel_w, moment.running)
        self._fill(vehicles, burnt_gps, moment.running, noise[1])
        self._heat(vehicles, effects, motion, moment)
        self._lubricate(vehicles, effects, moment.running, noise[2])

    def _turn(self, vehicles: Vehicles, effects: Effects, motion: Motion, brake_w: Array, moment: Moment, noise: Array) -> None:
        calm = moment.calm
        self.demand += (np.minimum(brake_w / vehicles.power_w, 1) - self.demand) * (1 - np.exp(-calm / 0.8))
        lug = vehicles.lug_rpm + vehicles.lug_span_rpm * self.demand**0.8
        geared = vehicles.ratios * motion.speed_ms
        gear = (geared >= lug).sum(axis=0).clip(1) - 1
        in_gear = geared[gear, np.arange(len(gear))]
        cold = ((60 - self.coolant_c) / 60).clip(0, 1)
        idle = vehicles.idle_rpm * (1 + 0.35 * cold + 0.3 * np.exp(-moment.since_start_s / 6))
        launch = idle + self.demand * 2.2 * vehicles.idle_rpm * (motion.speed_ms > 0.3)
        wanted = np.where(in_gear > launch, in_gear, launch).clip(None, 1.15 * vehicles.peak_rpm)
        rough = vehicles.roughness_rpm * (0.35 + 0.65 * (motion.speed_ms < 1)) * (1 + 0.8 * cold) + effects.roughness_rpm
        steady = self.rpm + (wanted - self.rpm) * (1 - np.exp(-calm / 0.35))
        self.rpm = np.where(moment.running, np.maximum(steady + rough * noise * np.sqrt(calm.clip(0.2)), 250.0), 0.0)

    def _burn(self, vehicles: Vehicles, effects: Effects, brake_w: Array, wheel_w: Array, running: Flags) -> Array:
        """(n,) grams of fuel per second that become work, friction and heat (Willans line)."""
        cold = ((70 - self.coolant_c) / 70).clip(0, 1.2)
        throttling = np.where(vehicles.diesel, 0.0, 0.7 * (1 - self.load_pct / 100).clip(0, 1))
        friction_w = (1.35 + throttling) * BAR * (1 + 0.7 * cold) * self._swept_m3ps(vehicles)
        relative = self.rpm / vehicles.peak_rpm
        most_w = vehicles.power_w * (1.4 * relative - 0.4 * relative**2).clip(0.02, 1.0) * effects.power
        work_w = np.minimum(brake_w, most_w) + friction_w
        self.overrun = (wheel_w < -0.02 * vehicles.power_w) & (self.rpm > 1.35 * vehicles.idle_rpm)
        load_pct = (100 * work_w / (most_w + friction_w)).clip(0, 100)
        self.load_pct = np.where(running, np.where(self.overrun, 0.25 * load_pct.clip(0, 40), load_pct), 0.0)
        burnt_gps = np.where(self.overrun, 0.0, work_w / (self._efficiency * HEAT_VALUE_J_PER_G * effects.power**0.7))
        self.fuel_lph = np.where(running, burnt_gps * effects.mixture * 3600 / self._grams_per_l, 0.0)
        return burnt_gps

    def _swept_m3ps(self, vehicles: Vehicles) -> Array:
        return vehicles.displacement_l * 1e-3 * self.rpm / 120

    def _fill(self, vehicles: Vehicles, burnt_gps: Array, running: Flags, noise: Array) -> None:
        """Air by speed and density: petrol throttles it to the fuel, diesel takes what the turbo gives."""
        load = self.load_pct / 100
        volume = 0.86 * self._swept_m3ps(vehicles)
        density = 1 / (AIR_GAS_CONSTANT * (273 + self.intake_c))  # kg/m³ per kPa
        petrol_gps = np.maximum(burnt_gps * PETROL_AFR, 0.24 * BAROMETER_KPA * density * volume * 1e3)
        petrol_kpa = petrol_gps * 1e-3 / np.maximum(volume * density, 1e-9)
        boost_kpa = 115 * load * (self.rpm / (0.6 * vehicles.peak_rpm)).clip(0, 1) * ~self.overrun
        wanted = np.where(vehicles.diesel, BAROMETER_KPA - 2 + boost_kpa, petrol_kpa.clip(16, BAROMETER_KPA - 1))
        self.map_kpa = np.where(running, wanted + 0.6 * noise, BAROMETER_KPA)
        self.maf_gps = np.where(running, self.map_kpa * density * volume * 1e3, 0.0)
        opening = np.where(vehicles.diesel, 100 * self.demand, 13 + 78 * load**1.25 * (0.3 + 0.7 * self.rpm / vehicles.peak_rpm))
        closed = np.where(vehicles.diesel, 0.0, 13.5)
        self.throttle_pct = np.where(running & ~self.overrun, opening.clip(0, 100), closed)

    def _heat(self, vehicles: Vehicles, effects: Effects, motion: Motion, moment: Moment) -> None:
        running, ambient_c, dt = moment.running, moment.ambient_c, moment.dt
        burnt_w = self.fuel_lph * self._grams_per_l / 3600 * HEAT_VALUE_J_PER_G
        into_coolant_w = 0.27 * burnt_w
        valve = ((self.coolant_c - vehicles.thermostat_c) / vehicles.thermostat_span_c).clip(0, 1) * effects.thermostat
        self.fan = (self.coolant_c > vehicles.fan_on_c) | (self.fan & (self.coolant_c > vehicles.fan_on_c - vehicles.fan_span_c))
        fan = self.fan * effects.fan * running
        airflow = 0.08 + 0.92 * (motion.speed_ms / 22).clip(0, 1) + 0.55 * fan
        full = vehicles.radiator_w_per_k * effects.radiator
        heater = 0.025 * ((18 - ambient_c) / 15).clip(0, 1) * running
        block = 0.006 + 0.010 * (motion.speed_ms / 30)
        conductance = full * (valve * airflow + heater) + vehicles.radiator_w_per_k * block
        balance_c = ambient_c + into_coolant_w / conductance
        mass_j = vehicles.heat_j_per_k * effects.coolant_mass
        self.coolant_c = balance_c + (self.coolant_c - balance_c) * np.exp(-conductance * dt / mass_j)
        np.minimum(self.coolant_c, 138.0, out=self.coolant_c)  # it boils off
        oil_c = np.where(running, self.coolant_c + 6 + 22 * self.demand, ambient_c)
        self.oil_c += (oil_c - self.oil_c) * (1 - np.exp(-dt / np.where(running, 260.0, 4200.0)))
        soak = np.where(running, 6 + 22 * np.exp(-motion.speed_ms / 6) * ((self.coolant_c - 40) / 50).clip(0, 1), 0)
        self.intake_c += (ambient_c + soak - self.intake_c) * (1 - np.exp(-dt / np.where(running, 45.0, 1500.0)))

    def _lubricate(self, vehicles: Vehicles, effects: Effects, running: Flags, noise: Array) -> None:
        turning = self.rpm / (2.7 * vehicles.idle_rpm)
        thickness = np.exp((90 - self.oil_c) / 115)
        pressure = vehicles.oil_kpa * turning**0.62 * thickness
        relieved = _OIL_RELIEF_KPA * np.tanh(pressure / _OIL_RELIEF_KPA)
        self.oil_kpa = np.where(running, relieved * effects.oil + 3 * noise, 0.0).clip(0)
