"""Signing in, and where one is signed in."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from fleet.permissions import Permission, Role
from ui.api.models.shape import ApiModel

NewPassword = Annotated[str, Field(min_length=12, max_length=1024, description="At least 12 characters.")]


class Credentials(ApiModel):
    email: str = Field(min_length=3, max_length=254)
    password: str = Field(min_length=1, max_length=1024)
    code: Annotated[str, Field(min_length=6, max_length=10)] | None = Field(
        default=None, description="From the authenticator app, where the person uses one: without it 401 says `secondFactor`."
    )


class PasswordChange(ApiModel):
    password: str = Field(min_length=1, max_length=1024, description="The present one.")
    new_password: NewPassword


class SignInWays(ApiModel):
    oidc: str | None = Field(description="What people call the OpenID Connect provider; null where none is configured.")


class Code(ApiModel):
    code: str = Field(min_length=6, max_length=10)


class Enrolment(ApiModel):
    secret: str = Field(description="base32, for typing into the app.")
    uri: str = Field(description="otpauth:, for a QR code.")


class SpareCodes(ApiModel):
    codes: list[str]


class OpenSession(ApiModel):
    session_id: UUID
    created_at: datetime
    expires_at: datetime
    opened_with: str = Field(description="What the browser called itself.")
    is_this: bool


class SessionList(ApiModel):
    items: list[OpenSession]


class Session(ApiModel):
    user_id: UUID
    email: str
    name: str
    role: Role
    tenant_id: str = Field(description="The tenant's short name, as in the MQTT topics.")
    tenant: str = Field(description="The tenant's name for people.")
    permissions: list[Permission] = Field(description="What this person may do; x-permission of an operation is what it takes.")
    driver_id: str | None = Field(description="Which driver this person is, for drivers.")
    second_factor: bool = Field(description="Whether a code is asked for at sign-in.")
    expires_at: datetime
