"""How much a vehicle is used: distance and engine hours by day. Pure pandas."""

import numpy as np
import pandas as pd

from fleet.components import USAGE_COLUMNS

NO_USAGE = pd.DataFrame(columns=["vehicle_id", "ts", *USAGE_COLUMNS])


def daily_usage(telemetry: pd.DataFrame) -> pd.DataFrame:
    """vehicle_id, ts and `USAGE_COLUMNS` per vehicle and day, stamped when the day was over; NaN where nothing tells.

    Args:
        telemetry: as in a history bundle; odometer_km gives the distance, engine_rpm the hours.
    """
    if telemetry.empty:
        return NO_USAGE
    silent = pd.Series(np.nan, telemetry.index)
    rpm = telemetry.get("engine_rpm", silent)
    readings = pd.DataFrame(
        {
            "vehicle_id": telemetry["vehicle_id"],
            "ts": telemetry["ts"].dt.floor("D") + pd.Timedelta(days=1),
            "odometer": telemetry.get("odometer_km", silent),
            "known": rpm.notna(),
            "minute": telemetry["ts"].dt.floor("min").where(rpm > 300),
        }
    )
    days = readings.groupby(["vehicle_id", "ts"], sort=False)
    km = days["odometer"].max() - days["odometer"].min()
    hours = (days["minute"].nunique() / 60).where(days["known"].any())
    return pd.DataFrame({"km_per_day": km, "engine_h_per_day": hours}).reset_index()
