"""The signal table: everything that names a signal is generated from it.

Names, units and ranges follow COVESA VSS 6.0, SAE J1979 (OBD-II) and SAE J1939.
"""

from dataclasses import dataclass
from typing import Final

_ICE = "Vehicle.Powertrain.CombustionEngine"
_FUEL = "Vehicle.Powertrain.FuelSystem"


@dataclass(frozen=True, slots=True)
class Signal:
    """One measured quantity.

    Attributes:
        key: name in the JSON payload.
        column: name in tables and history bundles, with its unit.
        unit: as shown to people; empty for a flag.
        low, high: physical range, inclusive; a value outside is quarantined.
        vss: VSS path, accepted as a payload key; empty where the standard has none.
        vss_scale: factor from the VSS unit to ours.
        obd_pid, spn: OBD-II parameter id (hex) and J1939 suspect parameter number.
    """

    key: str
    column: str
    unit: str
    low: float
    high: float
    vss: str = ""
    obd_pid: str = ""
    spn: int | None = None
    vss_scale: float = 1.0
    label: str = ""


SIGNALS: Final[tuple[Signal, ...]] = (
    Signal("speed", "speed_kmh", "km/h", 0, 300, "Vehicle.Speed", "0D", 84, label="Speed"),
    Signal("rpm", "engine_rpm", "rpm", 0, 12000, f"{_ICE}.Speed", "0C", 190, label="Engine speed"),
    Signal(
        "engineTemp",
        "coolant_temp_c",
        "°C",
        -50,
        215,
        f"{_ICE}.EngineCoolant.Temperature",
        "05",
        110,
        label="Coolant temperature",
    ),
    Signal("oilTemp", "oil_temp_c", "°C", -50, 250, f"{_ICE}.EngineOil.Temperature", "5C", 175, label="Oil temperature"),
    Signal("oilPressure", "oil_pressure_kpa", "kPa", 0, 1000, f"{_ICE}.EOP", "", 100, label="Oil pressure"),
    Signal("manifoldPressure", "map_kpa", "kPa", 0, 400, f"{_ICE}.MAP", "0B", 102, label="Manifold pressure"),
    Signal("massAirFlow", "maf_gps", "g/s", 0, 700, f"{_ICE}.MAF", "10", 132, label="Mass air flow"),
    Signal("intakeTemp", "intake_temp_c", "°C", -50, 215, "", "0F", 105, label="Intake temperature"),
    Signal("throttle", "throttle_pct", "%", 0, 100, f"{_ICE}.TPS", "11", 51, label="Throttle"),
    Signal("engineLoad", "engine_load_pct", "%", 0, 125, "", "04", 92, label="Engine load"),
    Signal("fuelLevel", "fuel_level_pct", "%", 0, 100, f"{_FUEL}.RelativeLevel", "2F", 96, label="Fuel level"),
    Signal("fuelVolume", "fuel_level_l", "l", 0, 2000, f"{_FUEL}.AbsoluteLevel", label="Fuel volume"),
    Signal("fuelRate", "fuel_rate_lph", "l/h", 0, 200, "", "5E", 183, label="Fuel rate"),
    Signal("brakePressure", "brake_pressure_kpa", "kPa", 0, 20000, label="Brake pressure"),
    Signal("brakePedal", "brake_pedal_pct", "%", 0, 100, "Vehicle.Chassis.Brake.PedalPosition", "", 521, label="Brake pedal"),
    Signal("accelX", "accel_x_ms2", "m/s²", -80, 80, "Vehicle.Acceleration.Longitudinal", label="Forward acceleration"),
    Signal("accelY", "accel_y_ms2", "m/s²", -80, 80, "Vehicle.Acceleration.Lateral", label="Sideways acceleration"),
    Signal("accelZ", "accel_z_ms2", "m/s²", -80, 80, "Vehicle.Acceleration.Vertical", label="Vertical acceleration"),
    Signal("yawRate", "yaw_rate_dps", "°/s", -500, 500, "Vehicle.AngularVelocity.Yaw", "", 1808, label="Yaw rate"),
    Signal(
        "batteryVoltage", "battery_v", "V", 0, 36, "Vehicle.LowVoltageBattery.CurrentVoltage", "42", 168, label="Battery voltage"
    ),
    Signal("odometer", "odometer_km", "km", 0, 5e6, "Vehicle.TraveledDistance", "", 245, vss_scale=1e-3, label="Odometer"),
    Signal("lat", "latitude_deg", "°", -90, 90, "Vehicle.CurrentLocation.Latitude", label="Latitude"),
    Signal("lon", "longitude_deg", "°", -180, 180, "Vehicle.CurrentLocation.Longitude", label="Longitude"),
    Signal("heading", "heading_deg", "°", 0, 360, "Vehicle.CurrentLocation.Heading", label="Heading"),
    Signal("altitude", "altitude_m", "m", -500, 9000, "Vehicle.CurrentLocation.Altitude", label="Altitude"),
    Signal("speedLimit", "speed_limit_kmh", "km/h", 5, 200, label="Speed limit"),
    Signal(
        "ambientTemp", "ambient_temp_c", "°C", -60, 70, "Vehicle.Exterior.AirTemperature", "46", 171, label="Outside temperature"
    ),
    Signal("ignition", "ignition_on", "", 0, 1, "Vehicle.LowVoltageSystemState", label="Ignition"),
)

COLUMNS: Final[tuple[str, ...]] = tuple(signal.column for signal in SIGNALS)
INDEX: Final[dict[str, int]] = {column: position for position, column in enumerate(COLUMNS)}
BY_COLUMN: Final[dict[str, Signal]] = {signal.column: signal for signal in SIGNALS}
COUNT: Final[int] = len(SIGNALS)


def payload_keys() -> dict[str, tuple[int, float]]:
    """Payload key or VSS path → (position in `SIGNALS`, factor to our unit)."""
    keys = {signal.key: (position, 1.0) for position, signal in enumerate(SIGNALS)}
    keys |= {signal.vss: (position, signal.vss_scale) for position, signal in enumerate(SIGNALS) if signal.vss}
    return keys
