"""What is kept of every second and of every minute, in column order."""

SECONDS = 64
MINUTES = 360

DIRECT = (
    "speed_kmh", "engine_rpm", "coolant_temp_c", "oil_temp_c", "oil_pressure_kpa", "map_kpa", "maf_gps", "intake_temp_c",
    "throttle_pct", "engine_load_pct", "fuel_rate_lph", "battery_v", "ambient_temp_c", "ignition_on", "speed_limit_kmh",
    "yaw_rate_dps", "odometer_km", "altitude_m", "heading_deg",
)  # fmt: skip
DERIVED = (
    "fuel_pct", "brake_pct", "offset_s", "accel_ms2", "lateral_ms2", "peak_accel_ms2", "peak_brake_ms2", "peak_corner_ms2",
    "peak_horizontal_ms2", "peak_sustained_ms2", "imu_x_ms2", "imu_y_ms2",
)  # fmt: skip
SECOND_CHANNELS = DIRECT + DERIVED
SECOND = {name: position for position, name in enumerate(SECOND_CHANNELS)}
PEAKS = slice(SECOND["peak_accel_ms2"], SECOND["peak_sustained_ms2"] + 1)

MINUTE_CHANNELS = (
    "expected_l",
    "samples", "fuel_pct", "fuel_spread_pct", "fuel_l", "distance_km", "engine_on", "moving", "speed_kmh", "engine_rpm",
    "engine_load_pct", "coolant_temp_c", "coolant_range_c", "ambient_temp_c", "oil_pressure_kpa", "battery_on_v", "battery_off_v",
    "harsh_s", "accel_rms_ms2", "lateral_rms_ms2", "surge_ms2", "brake_power_m2s3", "pull_power_m2s3", "lateral_jitter_ms3",
    "sway_ms2", "yaw_jitter_dps", "wander_dps", "heading_wander_deg", "speeding",
    "map_kpa", "intake_temp_c", "rough_rpm", "air_fuel",
    "air_load", "fuel_flat", "coolant_temp_flat", "oil_pressure_flat", "map_flat", "intake_temp_flat", "battery_flat",
    "tremble_rpm", "tremble_share", "dip_share",
)  # fmt: skip
MINUTE = {name: position for position, name in enumerate(MINUTE_CHANNELS)}
