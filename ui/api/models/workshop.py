"""Visits to the workshop."""

from typing import Annotated

from pydantic import AwareDatetime, Field, StringConstraints

from ui.api.models.shape import ApiModel

Component = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=r"^[^\x00-\x1f]+$")]


class VisitKey(ApiModel):
    component: Component = Field(description="As forecasts name it; any other is kept too.")
    at: AwareDatetime = Field(description="When the part was replaced; not in the future, not before 1990.")


class Visit(VisitKey):
    failure: bool = Field(description="Whether it was replaced because it had failed.")


class VisitPage(ApiModel):
    items: list[Visit]
    next_cursor: str | None
