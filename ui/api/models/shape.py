"""What all answers share: camelCase outside, snake_case inside."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic.alias_generators import to_camel

BucketName = Literal["hour", "day"]
VehicleClassName = Literal["car", "van", "truck"]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=r"^[^\x00-\x1f]+$")]


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
