"""GraphQL types made from the API's models, so that both interfaces say the same."""

import types
from collections.abc import Mapping
from dataclasses import make_dataclass
from enum import Enum
from functools import cache
from typing import Any, Final, Literal, Union, get_args, get_origin

import strawberry
from pydantic import BaseModel
from strawberry.scalars import JSON

from fleet.alerts import AlertState, AlertType
from fleet.workflow import DismissalReason, Verdict
from ui.api.models.drivers import AreaName, Band
from ui.api.models.shape import BucketName, SeverityName


def _enum(name: str, values: tuple[str, ...]) -> Any:
    made: Any = Enum  # a copy: the domain's own enumeration is left alone
    return strawberry.enum(made(name, {value: value for value in values}))


ENUMS: Final[Mapping[Any, Any]] = {
    **{kind: _enum(kind.__name__, tuple(kind)) for kind in (AlertType, AlertState, Verdict, DismissalReason)},
    **{
        kind: _enum(name, get_args(kind))
        for name, kind in (("Severity", SeverityName), ("Band", Band), ("Area", AreaName), ("Bucket", BucketName))
    },
}


@cache
def graph_type(model: type[BaseModel]) -> Any:
    """The GraphQL type of a model of the API; values are read from the model itself."""
    fields = [(name, _annotation(field.annotation)) for name, field in model.model_fields.items()]
    return strawberry.type(make_dataclass(model.__name__, fields), description=model.__doc__)


def _annotation(kind: Any) -> Any:
    if kind in ENUMS:
        return ENUMS[kind]
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return Union[tuple(part if part is type(None) else _annotation(part) for part in parts)]  # noqa: UP007  made at run time
    if origin is list:
        return list[_annotation(parts[0])]  # type: ignore[misc]
    if origin is Literal:
        return str
    if origin is dict:
        return JSON
    return graph_type(kind) if isinstance(kind, type) and issubclass(kind, BaseModel) else kind
