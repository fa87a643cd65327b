"""A vehicle's stored readings of a span of time, as a table for a history bundle."""

from datetime import datetime
from uuid import UUID

import asyncpg
import numpy as np
import pandas as pd

from fleet import signals
from fleet.stores.postgres import tenant_transaction


async def readings_of(pool: asyncpg.Pool, tenant: UUID, vehicle_id: str, since: datetime, until: datetime) -> pd.DataFrame:
    """vehicle_id, ts, driver_id and every signal (NaN where nothing was sent) in [since, until], in time order.

    Readings that were flagged on arrival are left out, as they are for detection.

    Raises:
        Unavailable: the store does not answer.
    """
    columns = ", ".join(signals.COLUMNS)
    async with tenant_transaction(pool, tenant) as connection:
        rows = await connection.fetch(
            f"""SELECT event_time, driver_id, {columns} FROM telemetry
                WHERE tenant_id = $1 AND vehicle_id = $2 AND event_time BETWEEN $3 AND $4 AND flags = 0
                ORDER BY event_time""",  # noqa: S608 - column names of our own table
            tenant, vehicle_id, since, until,
        )  # fmt: skip
    values = np.array([tuple(row)[2:] for row in rows], np.float32).reshape(-1, signals.COUNT)
    frame = pd.DataFrame(values, columns=list(signals.COLUMNS))
    frame.insert(0, "vehicle_id", vehicle_id)
    frame.insert(1, "ts", pd.to_datetime([row["event_time"] for row in rows], utc=True).astype("datetime64[us, UTC]"))
    frame.insert(2, "driver_id", pd.array([row["driver_id"] for row in rows], dtype="string"))
    return frame


async def vehicle_table(pool: asyncpg.Pool, tenant: UUID, vehicle_ids: list[str]) -> pd.DataFrame:
    """vehicle_id, model, age_years, vehicle_class, tank_l of some vehicles."""
    names = ["vehicle_id", "model", "age_years", "vehicle_class", "tank_l"]
    async with tenant_transaction(pool, tenant) as connection:
        rows = await connection.fetch(
            f"SELECT {', '.join(names)} FROM vehicles WHERE tenant_id = $1 AND vehicle_id = ANY ($2) ORDER BY 1",  # noqa: S608
            tenant, vehicle_ids,
        )  # fmt: skip
    return pd.DataFrame([tuple(row) for row in rows], columns=names)
