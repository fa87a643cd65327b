"""Tokens of a person's programs."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from fleet.permissions import Permission
from ui.api.models.shape import ApiModel

MOST_DAYS = 366


class NewApiToken(ApiModel):
    name: str = Field(min_length=1, max_length=60, description="What it is for.")
    scopes: Annotated[list[Permission], Field(min_length=1, max_length=len(Permission))] = Field(
        description="What it may be used for: `x-permission` of the operations that the program calls."
    )
    days: int = Field(default=90, ge=1, le=MOST_DAYS, description="How long it is valid.")


class ApiToken(ApiModel):
    token_id: UUID
    name: str
    scopes: list[Permission] = Field(description="As far as its owner's role allows them.")
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = Field(description="To the minute; null: never.")


class ApiTokenList(ApiModel):
    items: list[ApiToken]


class ApiTokenSecret(ApiModel):
    token: str = Field(description="To be sent as `Authorization: Bearer …`. It is shown once.")
    api_token: ApiToken
