"""The people of a tenant."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from fleet.permissions import Role
from ui.api.models.session import NewPassword
from ui.api.models.shape import ApiModel, Name


class Person(ApiModel):
    user_id: UUID
    email: str
    name: str
    role: Role
    driver_id: str | None
    active: bool = Field(description="Whether they can sign in at all.")
    invited: bool = Field(description="Has not chosen a password yet.")
    second_factor: bool = Field(description="Signs in with a code from an app too.")


class PersonPage(ApiModel):
    items: list[Person]
    next_cursor: str | None


class NewPerson(ApiModel):
    email: str = Field(min_length=3, max_length=254, pattern=r"^[^@\s\x00]+@[^@\s\x00]+$")
    name: Name
    role: Role
    driver_id: str | None = Field(default=None, pattern=r"^[^\x00]{1,64}$", description="For drivers: which one they are.")


class PersonChange(ApiModel):
    """What is left out stays as it is."""

    name: Name | None = None
    role: Role | None = None
    active: bool | None = None


class Invitation(ApiModel):
    person: Person
    token: str = Field(description="Goes into the link /welcome#token; shown once.")
    expires_at: datetime


class ChosenPassword(ApiModel):
    token: str = Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_-]+$")
    password: NewPassword


class Welcome(ApiModel):
    email: str = Field(description="What to sign in with from now on.")
