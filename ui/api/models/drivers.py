"""Driver scores and the rules they follow."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from ui.api.models.shape import ApiModel, VehicleClassName

Band = Literal["EXCELLENT", "GOOD", "FAIR", "POOR"]


AreaName = Literal["SAFE_DRIVING", "FUEL_EFFICIENCY", "PUNCTUALITY", "VEHICLE_CARE"]


class ScoreContribution(ApiModel):
    behaviour: str
    area: AreaName
    unit: str = Field(description="Of `observed`, `shrunk` and `classMean`.")
    weight: float = Field(description="Share of the score, of what could be measured of this driver.")
    events: int | None = Field(description="Without those that people dismissed; null for a habit.")
    observed: float
    shrunk: float = Field(description="What is believed of the driver: the observed, drawn towards the class by empirical Bayes.")
    class_mean: float
    points: float
    lost: float = Field(description="Points that this cost the score.")


class DriverScore(ApiModel):
    driver_id: str
    day: date
    scored_at: datetime
    vehicle_class: VehicleClassName
    distance_km: float
    score: float | None = Field(description="0 to 100; null until enough distance was driven in the window.")
    lower: float | None = Field(description="Lower end of the 90 % interval.")
    upper: float | None
    band: Band | None
    rank: int | None
    measured: float = Field(description="Share of the enabled weights that could be measured.")
    contributions: list[ScoreContribution]
    weights_version: str


class ScoredBehaviour(ApiModel):
    name: str
    area: AreaName
    weight: float
    unit: str
    reference: float = Field(description="The value that gives 75 points; for fuel the ratio to the class mean.")
    enabled: bool


class ScoringRules(ApiModel):
    version: str
    window_days: int
    least_km: float
    behaviours: list[ScoredBehaviour]


class DriverScorePage(ApiModel):
    items: list[DriverScore]
    next_cursor: str | None
    rules: ScoringRules


class DriverHistory(ApiModel):
    driver_id: str
    items: list[DriverScore] = Field(description="One per day, the newest last.")
