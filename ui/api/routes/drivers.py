"""Scores of drivers: the ranking, and how each came there."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from fleet import drivers
from fleet.stores import driver_scores
from ui.api import cursors
from ui.api.access import ScoreReaderDep
from ui.api.models.drivers import Band, DriverHistory, DriverScore, DriverScorePage, ScoredBehaviour, ScoringRules
from ui.api.parameters import Cursor, DriverPath, Limit
from ui.api.services import NowDep, PoolDep

router = APIRouter(prefix="/drivers", tags=["drivers"])
RULES = ScoringRules(
    version=drivers.WEIGHTS_VERSION,
    window_days=drivers.WINDOW_DAYS,
    least_km=drivers.LEAST_KM,
    behaviours=[ScoredBehaviour.model_validate(behaviour, from_attributes=True) for behaviour in drivers.BEHAVIOURS],
)


@router.get("/scores", operation_id="listDriverScores")
async def list_driver_scores(
    who: ScoreReaderDep,
    pool: PoolDep,
    band: Annotated[list[Band], Query()] = [],  # noqa: B006  FastAPI copies defaults
    cursor: Cursor = None,
    limit: Limit = 50,
) -> DriverScorePage:
    """The newest scores, best first, with their 90 % intervals and what each behaviour cost; drivers of too little distance come
    last, without a number. A driver sees their own."""
    after = cursors.decode(cursor, (int, str)) if cursor else None
    found = await driver_scores.ranking(pool, who, band, (after[0], after[1]) if after else None, limit + 1)
    items, more = found[:limit], len(found) > limit
    last = items[-1] if more else None
    return DriverScorePage(
        items=[DriverScore.model_validate(row, from_attributes=True) for row in items],
        next_cursor=cursors.encode((last.rank or driver_scores.UNRANKED, last.driver_id)) if last else None,
        rules=RULES,
    )


@router.get("/{driverId}/scores", operation_id="getDriverHistory")
async def get_driver_history(
    driver_id: DriverPath,
    who: ScoreReaderDep,
    pool: PoolDep,
    now: NowDep,
    days: Annotated[int, Query(ge=1, le=366)] = 90,
) -> DriverHistory:
    """A driver's score day by day."""
    rows = await driver_scores.history(pool, who, driver_id, (now - timedelta(days=days)).date())
    return DriverHistory(driver_id=driver_id, items=[DriverScore.model_validate(row, from_attributes=True) for row in rows])
