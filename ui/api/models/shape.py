"""What all answers share: camelCase outside, snake_case inside."""

from typing import Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

BucketName = Literal["hour", "day"]
VehicleClassName = Literal["car", "van", "truck"]


SeverityName = Literal["LOW", "MEDIUM", "HIGH", "CRITICAL"]


class ApiModel(BaseModel):
    """camelCase outside, snake_case inside; every field is always sent."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, json_schema_serialization_defaults_required=True
    )


class Accepted(ApiModel):
    accepted: Literal[True] = True


class Problem(ApiModel):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str
