"""What faults do to the vehicles: one neutral value per lever until a fault moves it."""

from dataclasses import dataclass, fields

import numpy as np

from simulator.vehicles import Array, Flags


@dataclass(slots=True)
class Effects:
    """(n,) levers of n vehicles.

    Attributes:
        push_ms2: forced longitudinal acceleration, NaN where the driver drives.
        swerve_ms2: forced lateral acceleration, left positive, NaN where the road decides.
        speed_factor, temper, drowsiness: driver; 1, 1 and 0 are neutral.
        power, roughness_rpm, mixture: combustion; mixture multiplies the fuel and leaves the air.
        thermostat, radiator, coolant_mass, fan: cooling, 1 is healthy.
        oil: share of the oil pressure that is left.
        charge: share of the alternator's output; sag_v: volts a battery has lost.
        drain_lps, leak_lps: litres per second that leave the tank unburnt, by a hand and by a hole.
        park: the vehicle is asked to stop, or kept parked.
    """

    push_ms2: Array
    swerve_ms2: Array
    speed_factor: Array
    temper: Array
    drowsiness: Array
    power: Array
    roughness_rpm: Array
    mixture: Array
    thermostat: Array
    radiator: Array
    coolant_mass: Array
    fan: Array
    oil: Array
    charge: Array
    sag_v: Array
    drain_lps: Array
    leak_lps: Array
    park: Flags

    def reset(self, lane: int) -> None:
        """Take every fault off one vehicle."""
        for item in fields(self):
            getattr(self, item.name)[lane] = _NEUTRAL.get(item.name, 0.0)


_NEUTRAL = {
    "push_ms2": np.nan,
    "swerve_ms2": np.nan,
    **dict.fromkeys(
        ("speed_factor", "temper", "power", "mixture", "thermostat", "radiator", "coolant_mass", "fan", "oil", "charge"), 1.0
    ),
}


def no_effects(count: int) -> Effects:
    """Everything neutral."""
    values = {item.name: np.full(count, _NEUTRAL.get(item.name, 0.0)) for item in fields(Effects) if item.name != "park"}
    return Effects(**values, park=np.zeros(count, bool))
