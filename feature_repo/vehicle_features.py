"""The entity, sources, views and the service of the slow features. Declarations only: nothing is read or connected here."""

from datetime import timedelta

from feast import Entity, FeatureService, FeatureView, Field, FileSource, ValueType
from feast.types import Float32

KEEP = timedelta(days=60)  # older values say nothing of the vehicle as it is

vehicle = Entity(name="vehicle", join_keys=["vehicle_key"], value_type=ValueType.STRING, description="tenant/vehicle")

VIEW_COLUMNS = {
    "vehicle_baselines": (
        "coolant_normal_c",
        "coolant_spread_c",
        "oil_pressure_normal_kpa",
        "battery_running_v",
        "battery_rest_v",
        "air_ratio_normal",
    ),
    "vehicle_consumption": ("idle_lph", "driving_lph", "consumption_scale", "expected_lph"),
    "vehicle_service": ("service_age_days", "alerts_30d"),
}


def parquet_path(view: str) -> str:
    """The offline file of a view, relative to the offline folder."""
    return f"{view}.parquet"


def _view(name: str) -> FeatureView:
    source = FileSource(name=f"{name}_parquet", path=parquet_path(name), timestamp_field="event_timestamp")
    schema = [Field(name=column, dtype=Float32) for column in VIEW_COLUMNS[name]]
    return FeatureView(name=name, entities=[vehicle], ttl=KEEP, schema=schema, source=source, online=True)


vehicle_baselines = _view("vehicle_baselines")
vehicle_consumption = _view("vehicle_consumption")
vehicle_service = _view("vehicle_service")

VEHICLE_VIEWS = [vehicle_baselines, vehicle_consumption, vehicle_service]
slow_features = FeatureService(name="slow_features", features=VEHICLE_VIEWS)

DEFINITIONS = [vehicle, *VEHICLE_VIEWS, slow_features]
