"""GraphQL over HTTP: one POST, answered in JSON whatever becomes of its parts."""

from functools import cache
from typing import Annotated, Any

import strawberry
from fastapi import APIRouter, Depends
from pydantic import Field

from fleet.permissions import Permission
from fleet.stores.sessions import SignedIn
from ui.api.access import Needs
from ui.api.graph import Asking, schema_of
from ui.api.models.shape import ApiModel
from ui.api.services import NowDep, PoolDep, ServicesDep

router = APIRouter(tags=["graph"])
AnalystDep = Annotated[SignedIn, Depends(Needs(Permission.ANALYSE))]
_schema = cache(schema_of)


class GraphRequest(ApiModel):
    query: str = Field(min_length=1, max_length=16_000)
    variables: dict[str, Any] | None = None
    operation_name: str | None = Field(default=None, max_length=64)


class GraphAnswer(ApiModel):
    data: dict[str, Any] | None
    errors: list[dict[str, Any]] = Field(
        description="Empty where everything could be answered; else message, path and locations."
    )


@router.post("/graphql", operation_id="queryGraph")
async def query_graph(asked: GraphRequest, who: AnalystDep, pool: PoolDep, now: NowDep, services: ServicesDep) -> GraphAnswer:
    """Reads for analysts and admins: anomalies, trends, vehicles, forecasts, driver scores, several in one request. The schema is
    `ui/schema.graphql`; depth, aliases, tokens and rows are limited."""
    schema: strawberry.Schema = _schema(services.settings.demo)
    answer = await schema.execute(asked.query, asked.variables, Asking(who, pool, now), operation_name=asked.operation_name)
    return GraphAnswer(data=answer.data, errors=[dict(error.formatted) for error in answer.errors or []])
