"""What the engine model's features are called in a sentence."""

import math
from dataclasses import dataclass

from fleet.alerts import Evidence
from fleet.signals import BY_COLUMN
from fleet.vitals import SENSORS


@dataclass(frozen=True, slots=True)
class Phrase:
    """A feature in words.

    Attributes:
        column: of the signal table. words: subject and verb of the sentence.
        unit: of the feature; the signal's own by default.
        factor: from the feature to what is said. opposite: `words` for a negative value, which is then said without its sign.
    """

    column: str
    words: str
    unit: str = ""
    factor: float = 1.0
    opposite: str = ""

    def evidence(self, observed: float, typical: float, contribution: float) -> Evidence:
        """In the unit in which it is said; `typical`, the feature's value in normal driving, may be NaN."""
        said = self._scale(observed)
        expected = None if math.isnan(typical) else said * typical
        return Evidence(self.column, self.unit, said * observed, expected, self.sentence(observed, typical), contribution)

    def sentence(self, observed: float, typical: float) -> str:
        """One plain sentence; `typical` may be NaN."""
        said = self._scale(observed)
        words = f"{self.words if said == self.factor else self.opposite} {self._figure(said * observed)}"
        return f"{words}." if math.isnan(typical) else f"{words}; {self._figure(said * typical)} in normal driving."

    def _scale(self, observed: float) -> float:
        return -self.factor if self.opposite and observed < 0 else self.factor

    def _figure(self, value: float) -> str:
        return f"{f'{value:.0f}' if abs(value) >= 100 else f'{value:.3g}'} {self.unit}".rstrip()


def _of(column: str, words: str, unit: str | None = None, factor: float = 1.0, opposite: str = "") -> Phrase:
    return Phrase(column, words, BY_COLUMN[column].unit if unit is None else unit, factor, opposite)


_STANDING = {
    "coolant_temp": "coolant_temp_c", "oil_pressure": "oil_pressure_kpa", "map": "map_kpa", "intake_temp": "intake_temp_c",
    "battery": "battery_v",
}  # fmt: skip

PHRASES: dict[str, Phrase] = {
    "speed_kmh": _of("speed_kmh", "Speed is"),
    "engine_rpm": _of("engine_rpm", "Engine speed is"),
    "rpm_min_10": _of("engine_rpm", "The lowest engine speed of ten seconds is"),
    "rpm_rough_30": _of("engine_rpm", "Engine speed varies from second to second by"),
    "engine_load_pct": _of("engine_load_pct", "Engine load is"),
    "throttle_pct": _of("throttle_pct", "The throttle is open by"),
    "air_ratio": _of("maf_gps", "Air flow for this manifold pressure and engine speed is", ""),
    "engine_on": _of("engine_rpm", "The engine is on (1) or off (0):", ""),
    "engine_on_60": _of("engine_rpm", "Of the last minute the engine ran", "%", 100),
    "coolant_min_10_c": _of("coolant_temp_c", "The lowest coolant temperature of ten seconds is"),
    "coolant_slope_c_min": _of("coolant_temp_c", "The coolant warms by", "°C a minute", opposite="The coolant cools by"),
    "coolant_step_c": _of("coolant_temp_c", "The coolant reading moved within a second by"),
    "coolant_mean_15_c": _of("coolant_temp_c", "Coolant temperature over 15 minutes is"),
    "coolant_rise_15_c": _of(
        "coolant_temp_c", "Over 15 minutes the coolant rose by", opposite="Over 15 minutes the coolant fell by",
    ),
    "coolant_flat_min": _of("coolant_temp_c", "The coolant reading has stood still for", "minutes"),
    "coolant_jitter_15_c": _of("coolant_temp_c", "From minute to minute the coolant reading moves by"),
    "coolant_change_c": _of("coolant_temp_c", "Against its last warm hours the coolant is off by"),
    "coolant_fall_c": _of(
        "coolant_temp_c", "With the engine running on the coolant fell by",
        opposite="With the engine running on the coolant rose by",
    ),
    "coolant_above_c": _of(
        "coolant_temp_c", "Above the band in which this vehicle keeps its coolant it lies by",
        opposite="Below the upper end of the band in which this vehicle keeps its coolant it lies by",
    ),
    "coolant_below_c": _of(
        "coolant_temp_c", "Below the band in which this vehicle keeps its coolant it lies by",
        opposite="Above the lower end of the band in which this vehicle keeps its coolant it lies by",
    ),
    "coolant_pace_c_min": _of(
        "coolant_temp_c", "Leaving that band the coolant rose by", "°C a minute",
        opposite="Leaving that band the coolant fell by",
    ),
    "tremble_rpm": _of("engine_rpm", "From reading to reading engine speed goes back and forth by"),
    "rough_lasting_rpm": _of("engine_rpm", "Minute after minute engine speed trembles by"),
    "dip_share": _of("engine_rpm", "Of its readings engine speed is low for a moment in", "%", 100),
    "dip_usual_share": _of("engine_rpm", "This engine is low for a moment by itself in", "%", 100),
    "tremble_share": _of("engine_rpm", "Of its changes engine speed takes back", "%", 100),
    "tremble_usual_rpm": _of("engine_rpm", "As this vehicle usually runs it goes back and forth by"),
    "load_flat_std_pct": _of("engine_load_pct", "Over 20 minutes engine load varies by"),
    "ambient_temp_c": _of("ambient_temp_c", "It is outside"),
    "intake_temp_c": _of("intake_temp_c", "Intake temperature is"),
    "intake_change_c": _of("intake_temp_c", "Against its last hours intake temperature is off by"),
    "map_kpa": _of("map_kpa", "Manifold pressure is"),
    "oil_temp_c": _of("oil_temp_c", "Oil temperature is"),
    "oil_pressure_max_10_kpa": _of("oil_pressure_kpa", "In ten seconds oil pressure reached at most"),
    "oil_pressure_15_kpa": _of("oil_pressure_kpa", "Oil pressure over 15 minutes is"),
    "oil_change": _of("oil_pressure_kpa", "Against its last hours at this engine speed oil pressure is off by", "%", 100),
    "battery_max_10_v": _of("battery_v", "The highest voltage of ten seconds is"),
    "battery_max_60_v": _of("battery_v", "The highest voltage of a minute is"),
    "battery_on_15_v": _of("battery_v", "With the engine running the voltage over 15 minutes is"),
    "battery_off_v": _of("battery_v", "With the engine off the voltage is"),
    "battery_off_drop_v": _of("battery_v", "At rest the voltage has dropped by", opposite="At rest the voltage has risen by"),
    "battery_change_v": _of("battery_v", "Against its last hours the charging voltage is off by"),
    "moving_15": _of("speed_kmh", "Of the last 15 minutes the vehicle moved", "%", 100),
    "vehicle_class": _of("engine_rpm", "The vehicle class is car (0), van (1) or truck (2):", ""),
    "rough_60_rpm": _of("engine_rpm", "Beyond what road and gears explain engine speed trembles by"),
    "rough_ratio": _of("engine_rpm", "Engine speed trembles", "times this engine's quiet level"),
    "rough_quiet_rpm": _of("engine_rpm", "When quiet this engine trembles by"),
    "air_fuel_change": _of("fuel_rate_lph", "Against its last hours air per litre of fuel is off by", "%", 100),
    "air_load_change": _of("engine_load_pct", "Against its last hours air for this load is off by", "%", 100),
    **{f"{name}_stuck": _of(_STANDING[name], f"{BY_COLUMN[_STANDING[name]].label} stands still, with surprise", "") for name in
       SENSORS if name in _STANDING},
    **{f"{name}_silent_min": _of(_STANDING[name], f"{BY_COLUMN[_STANDING[name]].label} has been silent for", "minutes") for name
       in SENSORS if name in _STANDING},
}  # fmt: skip
