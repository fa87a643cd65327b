"""What ML engineers should look at: notices that are open, and what has moved most from the training."""

from typing import Annotated

from fastapi import APIRouter, Query

from fleet.stores import model_life
from ui.api.access import EngineerDep
from ui.api.models.operations import ModelNotice, ModelWatch, QuantityDrift
from ui.api.services import PoolDep

router = APIRouter(tags=["models"])


@router.get("/models", operation_id="getModels")
async def get_models(_: EngineerDep, pool: PoolDep, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> ModelWatch:
    """Open notices, newest first, and the quantities that have moved most."""
    notices, drift = await model_life.open_notices(pool), await model_life.latest_drift(pool)
    return ModelWatch(
        notices=[ModelNotice.model_validate(notice, from_attributes=True) for notice in notices],
        drift=[QuantityDrift.model_validate(each, from_attributes=True) for each in drift[:limit]],
    )
