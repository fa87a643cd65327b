"""Thresholds of a fleet's own: for all its vehicles, and for those of a class, which go before. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

from fleet.alerts import AlertType

ByType = Mapping[AlertType, float]


class OwnThreshold(NamedTuple):
    """The probability at which alerts of a type begin, for vehicles of one class or, where it is None, of all."""

    vehicle_class: str | None
    type: AlertType
    threshold: float


@dataclass(frozen=True, slots=True)
class OwnThresholds:
    """What differs from the product's usual thresholds.

    Attributes:
        fleet: by type, for every vehicle whose class says nothing else.
        classes: by vehicle class (`fleet.windows.VEHICLE_CLASSES`) and type.
    """

    fleet: ByType = field(default_factory=dict)
    classes: Mapping[str, ByType] = field(default_factory=dict)

    @classmethod
    def of_rows(cls, rows: Iterable[OwnThreshold]) -> Self:
        fleet: dict[AlertType, float] = {}
        classes: dict[str, dict[AlertType, float]] = {}
        for row in rows:
            own = fleet if row.vehicle_class is None else classes.setdefault(row.vehicle_class, {})
            own[row.type] = row.threshold
        return cls(fleet, classes)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        return cls(_by_type(document["fleet"]), {name: _by_type(own) for name, own in document["classes"].items()})

    def as_json(self) -> dict[str, Any]:
        return {"fleet": dict(self.fleet), "classes": {name: dict(own) for name, own in self.classes.items()}}

    def rows(self) -> Iterator[OwnThreshold]:
        """The fleet's own first, then those of each class."""
        for name, own in ((None, self.fleet), *self.classes.items()):
            yield from (OwnThreshold(name, kind, threshold) for kind, threshold in own.items())

    def of_class(self, vehicle_class: str) -> dict[AlertType, float]:
        """What a vehicle of this class goes by; a type that is missing goes by the product's usual threshold."""
        return {**self.fleet, **self.classes.get(vehicle_class, {})}


def _by_type(document: Mapping[str, float]) -> dict[AlertType, float]:
    return {AlertType(kind): float(threshold) for kind, threshold in document.items()}
