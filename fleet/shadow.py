"""What a challenger would have said of the rows that the champion judged, as sums. Pure."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from fleet.telemetry import FloatArray

COUNTED: Final = ("rows", "both_known", "champion_on", "challenger_on", "both_on")
BINS: Final = 10
SIZE: Final = len(COUNTED) + 2 * BINS


def counts(champion: FloatArray, challenger: FloatArray, on: FloatArray) -> NDArray[np.int64]:
    """(SIZE,) of (n,) probabilities of one type: `COUNTED`, then both versions' probabilities in `BINS` equal bins.

    Args:
        on: (n,) threshold of each row.
    """
    known = ~np.isnan(champion) & ~np.isnan(challenger)
    first, second = champion >= on, challenger >= on
    summed = (len(champion), known.sum(), first.sum(), second.sum(), (first & second).sum())
    return np.concatenate([summed, _bins(champion), _bins(challenger)]).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Sums of one type over hours and replicas."""

    rows: int
    both_known: int
    champion_on: int
    challenger_on: int
    both_on: int

    @classmethod
    def of(cls, summed: NDArray[np.int64]) -> Self:
        return cls(*(int(value) for value in summed[: len(COUNTED)]))

    @property
    def only_champion(self) -> int:
        return self.champion_on - self.both_on

    @property
    def only_challenger(self) -> int:
        return self.challenger_on - self.both_on


def _bins(probability: FloatArray) -> NDArray[np.intp]:
    said = probability[~np.isnan(probability)]
    return np.bincount(np.minimum((said * BINS).astype(np.intp), BINS - 1), minlength=BINS)
