"""The GraphQL schema: what analysts and admins read, through the same functions as the REST routes. Reads only.

`python -m ui.api.graph > ui/schema.graphql` writes the schema that is published: introspection is off outside the demo.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import strawberry
import structlog
from graphql import GraphQLError
from pydantic import BaseModel
from strawberry.extensions import DisableIntrospection, MaskErrors, MaxAliasesLimiter, MaxTokensLimiter, QueryDepthLimiter
from strawberry.extensions.base_extension import SchemaExtension
from strawberry.tools import create_type
from strawberry.types import ExecutionContext, Info

from fleet.alerts import AlertState, AlertType
from fleet.errors import FleetError, InvalidInput
from fleet.permissions import Permission
from fleet.stores.sessions import SignedIn
from ui.api.access import Needs
from ui.api.graph_types import ENUMS, graph_type
from ui.api.models.anomalies import AnomalyDetail, AnomalyPage, Trends
from ui.api.models.drivers import Band, DriverScorePage
from ui.api.models.shape import BucketName, SeverityName
from ui.api.models.vehicles import ForecastPage, VehicleDetail, VehiclePage
from ui.api.routes import anomalies, drivers, forecasts, vehicles

MOST_DEPTH: Final = 4
MOST_ALIASES: Final = 12
MOST_TOKENS: Final = 800
MOST_ROWS: Final = 200

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, when, and where the answers are."""

    who: SignedIn
    pool: asyncpg.Pool
    now: datetime

    def needs(self, permission: Permission) -> SignedIn:
        """Raises NotAuthorized when this person lacks the permission."""
        return Needs(permission)(self.who)


class _Schema(strawberry.Schema):
    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Only what is our fault is written down: what a client asks wrongly it is told."""
        for error in filter(_is_surprise, errors):
            log.error("graph_failed", path=error.path, exc_info=error.original_error)


def schema_of(is_demo: bool) -> strawberry.Schema:
    """The schema with its limits; the demo may be looked into."""
    limits: list[Callable[[], SchemaExtension]] = [
        lambda: QueryDepthLimiter(max_depth=MOST_DEPTH),
        lambda: MaxAliasesLimiter(max_alias_count=MOST_ALIASES),
        lambda: MaxTokensLimiter(max_token_count=MOST_TOKENS),
        lambda: MaskErrors(_is_surprise, "Something went wrong here. It was written down."),
    ]
    fields = [_field(resolver, model) for resolver, model in RESOLVERS.items()]
    return _Schema(create_type("Query", fields), extensions=limits if is_demo else [*limits, DisableIntrospection])


def _field(resolver: Callable[..., Any], model: type[BaseModel]) -> Any:
    return strawberry.field(
        name=resolver.__name__.strip("_"), resolver=resolver, graphql_type=graph_type(model), description=resolver.__doc__
    )


def _is_surprise(error: GraphQLError) -> bool:
    return error.original_error is not None and not isinstance(error.original_error, FleetError | GraphQLError)


def _rows(first: int) -> int:
    if not 1 <= first <= MOST_ROWS:
        raise InvalidInput(f"first: 1 to {MOST_ROWS} rows at a time; `after` brings the next ones.")
    return first


def _text(q: str | None) -> str | None:
    if q is not None and len(q) > 200:
        raise InvalidInput("q: at most 200 characters.")
    return q


def _aware(moment: datetime | None) -> datetime | None:
    if moment is not None and moment.tzinfo is None:
        raise InvalidInput("a moment needs its time zone: 2026-11-24T12:00:00Z")
    return moment


async def _anomalies(
    info: Info,
    vehicle_id: str | None = None,
    driver_id: str | None = None,
    types: list[ENUMS[AlertType]] = [],  # type: ignore[valid-type]  # noqa: B006
    severities: list[ENUMS[SeverityName]] = [],  # type: ignore[valid-type]  # noqa: B006
    states: list[ENUMS[AlertState]] = [],  # type: ignore[valid-type]  # noqa: B006
    since: datetime | None = None,
    until: datetime | None = None,
    q: str | None = None,
    first: int = 50,
    after: str | None = None,
) -> Any:
    """Alerts, newest first, snoozed ones too."""
    asking: Asking = info.context
    who = asking.needs(Permission.READ_ALERTS)
    found = await anomalies.list_anomalies(
        who, asking.pool, asking.now, vehicle_id, driver_id, [AlertType(kind) for kind in _values(types)], _values(severities),
        [AlertState(state) for state in _values(states)], "include", _aware(since), _aware(until), _text(q), after, _rows(first),
    )  # fmt: skip
    return AnomalyPage.model_validate(found)


async def _anomaly(info: Info, id: UUID) -> Any:
    """One alert with its evidence and its history."""
    asking: Asking = info.context
    return AnomalyDetail.model_validate(await anomalies.get_anomaly(id, asking.needs(Permission.READ_ALERTS), asking.pool))


async def _trends(
    info: Info,
    since: datetime | None = None,
    until: datetime | None = None,
    bucket: ENUMS[BucketName] = ENUMS[BucketName]["hour"],  # type: ignore[valid-type]
) -> Any:
    """How many alerts began per day or hour (UTC), type and severity."""
    asking: Asking = info.context
    who, (width,) = asking.needs(Permission.READ_ALERTS), _values([bucket])
    return await anomalies.get_trends(who, asking.pool, asking.now, _aware(since), _aware(until), width)


async def _vehicles(info: Info, q: str | None = None, first: int = 100, after: str | None = None) -> Any:
    """The fleet by vehicle id."""
    asking: Asking = info.context
    return await vehicles.list_vehicles(asking.needs(Permission.READ_FLEET), asking.pool, _text(q), after, _rows(first))


async def _vehicle(info: Info, id: str) -> Any:
    """One vehicle with every signal of its newest reading."""
    asking: Asking = info.context
    return await vehicles.get_vehicle(id, asking.needs(Permission.READ_FLEET), asking.pool)


async def _forecasts(info: Info, component: str | None = None, first: int = 50, after: str | None = None) -> Any:
    """The newest 72-hour risks, worst first."""
    asking: Asking = info.context
    return await forecasts.list_forecasts(asking.needs(Permission.READ_FLEET), asking.pool, component, after, _rows(first))


async def _driverScores(  # noqa: N802  its name in the schema
    info: Info,
    bands: list[ENUMS[Band]] = [],  # type: ignore[valid-type]  # noqa: B006
    first: int = 50,
    after: str | None = None,
) -> Any:
    """The newest driver scores, best first, and the rules behind them."""
    asking: Asking = info.context
    who = asking.needs(Permission.READ_SCORES)
    return await drivers.list_driver_scores(who, asking.pool, _values(bands), after, _rows(first))


def _values(members: Sequence[Any]) -> list[Any]:
    return [member.value for member in members]


RESOLVERS: Final[dict[Callable[..., Any], type[BaseModel]]] = {
    _anomalies: AnomalyPage,
    _anomaly: AnomalyDetail,
    _trends: Trends,
    _vehicles: VehiclePage,
    _vehicle: VehicleDetail,
    _forecasts: ForecastPage,
    _driverScores: DriverScorePage,
}


if __name__ == "__main__":
    print(schema_of(is_demo=True).as_str())
