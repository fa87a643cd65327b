"""Query parameters that several routes share."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from pydantic import AwareDatetime

from fleet.errors import InvalidInput

From = Annotated[AwareDatetime | None, Query(alias="from", description="RFC 3339, inclusive.")]
To = Annotated[AwareDatetime | None, Query(description="RFC 3339, exclusive.")]
Cursor = Annotated[str | None, Query(max_length=512, description="`nextCursor` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=500)]
SearchText = Annotated[str | None, Query(max_length=200)]
DriverPath = Annotated[str, Path(alias="driverId", max_length=64)]
PersonPath = Annotated[UUID, Path(alias="userId")]
VehiclePath = Annotated[str, Path(alias="vehicleId", max_length=64)]


def period(
    since: datetime | None, until: datetime | None, now: datetime, usual: timedelta, longest: timedelta
) -> tuple[datetime, datetime]:
    """The asked period in UTC, or the usual length up to now.

    Raises:
        InvalidInput: it ends before it begins, or is longer than the longest.
    """
    end = (until or now).astimezone(UTC)
    begin = (since or end - usual).astimezone(UTC)
    if begin >= end:
        raise InvalidInput("from: must be before to.")
    if end - begin > longest:
        raise InvalidInput(f"from: at most {longest.days} days before to.")
    return begin, end
