"""What a vehicle carries: electricity and fuel, and the float that reports the fuel."""

import numpy as np

from simulator.driving import Motion
from simulator.effects import Effects
from simulator.moment import Moment
from simulator.vehicles import GRAVITY, Array, Flags, Vehicles

_PUMP_LPS = 0.65
_RESERVE_SHARE = 0.15


class Electrics:
    """(n,) charge in [0, 1], terminal voltage, and the voltage without load or charger."""

    def __init__(self, vehicles: Vehicles, rng: np.random.Generator) -> None:
        self._rng = rng
        self.charge = vehicles.charge.copy()
        self.surface_v = np.zeros(len(vehicles))
        self.resting_v = vehicles.rest_v.copy()
        self.volts = vehicles.rest_v.copy()

    def step(self, vehicles: Vehicles, effects: Effects, moment: Moment) -> None:
        """Charge, rest or crank for one step."""
        running, ambient_c, dt = moment.running, moment.ambient_c, moment.dt
        noise = self._rng.standard_normal(len(dt))
        rest = vehicles.rest_v - 1.1 * (1 - self.charge) + 0.001 * (ambient_c - 20).clip(-30, 0) - effects.sag_v
        fault = 1 - effects.charge
        gain = np.where(running, 2.2e-4 * (1 - fault) * (1 - self.charge) - 2.4e-4 * fault, -1.2e-8)
        self.charge = (self.charge + gain * dt).clip(0.02, 1)
        regulated = vehicles.regulator_v - 0.008 * (ambient_c - 20) - 0.25 * np.exp(-moment.since_start_s / 40) + 0.05 * noise
        charging = np.where(fault > 0, rest - 0.25 + (regulated - rest) * effects.charge, regulated)
        self.surface_v = np.where(running, 0.35 * effects.charge, self.surface_v * np.exp(-dt / 700))
        cranking = running & (moment.since_start_s <= np.minimum(dt, 1.0)) & (dt > 0)
        self.resting_v = rest + self.surface_v
        resting = self.resting_v + 0.012 * noise
        self.volts = np.where(cranking, rest - 2.1 - 1.3 * effects.sag_v + 0.3 * noise, np.where(running, charging, resting))


class Tank:
    """(n,) litres in the tank, litres that ever left it, and how far the float is off, in points of level."""

    def __init__(self, vehicles: Vehicles, litres: Array, rng: np.random.Generator) -> None:
        count = len(vehicles)
        self._rng = rng
        self.litres = litres.copy()
        self.spent_l = np.zeros(count)
        self.refuelling: Flags = np.zeros(count, bool)
        self.slosh_pct = np.zeros(count)
        self.tilt_pct = np.zeros(count)

    def step(self, vehicles: Vehicles, effects: Effects, motion: Motion, burnt_lph: Array, moment: Moment) -> None:
        """Burn, lose, refuel and slosh for one step."""
        running, dt = moment.running, moment.dt
        noise = self._rng.standard_normal(len(dt))
        spent = (burnt_lph / 3600 + effects.drain_lps + effects.leak_lps) * dt
        self.spent_l += spent
        self.litres -= spent
        full = 0.97 * vehicles.tank_l
        self.refuelling = ~running & (self.refuelling & (self.litres < full))
        self.litres += np.where(self.refuelling, _PUMP_LPS * dt, 0.0)
        np.clip(self.litres, 0.0, full, out=self.litres)
        stirred = np.abs(motion.accel_ms2) + np.abs(motion.lateral_ms2) + 0.25 * (motion.speed_ms > 1)
        kick = vehicles.slosh_pct * np.minimum(stirred, 3) * np.sqrt(moment.calm)
        self.slosh_pct = self.slosh_pct * np.exp(-dt / 4.5) + 0.55 * kick * noise
        lean = motion.road.grade + motion.accel_ms2 / GRAVITY
        self.tilt_pct += (28 * vehicles.slosh_pct / 2 * lean - self.tilt_pct) * (1 - np.exp(-dt / 6))

    def visit_station(self, vehicles: Vehicles, stopping: Flags) -> None:
        """Whoever stops on the reserve refuels; a theft in progress is not interrupted by it."""
        self.refuelling |= stopping & (self.litres < _RESERVE_SHARE * vehicles.tank_l)


def float_reading(level_pct: Array, off_pct: Array, low_pct: Array, high_pct: Array) -> Array:
    """What the sender reports, in steps of a byte: saturated where the float cannot go further."""
    level = np.minimum(np.maximum(level_pct + off_pct, low_pct), high_pct)
    return np.clip(np.round(level * 2.55) / 2.55, 0, 100)
