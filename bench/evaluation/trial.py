"""What every evaluation shares: where the data is, models trained for it alone, and where pictures go."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from fleet.errors import InvalidInput
from pipelines.training_sets import training_set
from training.dataset import LabelledSet

TRAIN_SEED: Final = 7
TRAIN_VEHICLES, TRAIN_DAYS = 66, 1.2
TEST_SEEDS: Final = (9101, 9102, 9103, 9104, 9105)
TEST_VEHICLES, TEST_DAYS = 24, 1.0

T = TypeVar("T")
Say = Callable[[str], None]


@dataclass
class Trial:
    """One run of the evaluation.

    Attributes:
        cards: folder of the cards; pictures lie in `images` below it.
        scratch: throw-away folder for simulated fleets and trained models.
        data: evaluation data, None where there is none. say: tells people what goes on.
    """

    cards: Path
    scratch: Path
    data: Path | None
    say: Say
    _kept: dict[str, Any] = field(default_factory=dict)

    def bundle(self, name: str) -> Path:
        """A bundle of the evaluation data.

        Raises:
            InvalidInput: it is not there.
        """
        if self.data is None or not (self.data / name).is_dir():
            raise InvalidInput(f"the evaluation data has no {name}: set FLEETGUARD_EVALUATION_DATA to its folder")
        return self.data / name

    def picture(self, name: str) -> Path:
        """Where a picture of the cards goes."""
        path = self.cards / "images" / f"{name}.svg"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def training_set(self) -> LabelledSet:
        """Rows of the simulated fleet that the row models of this evaluation learn from; made once."""
        return self.once("training set", lambda: training_set(self.simulated(TRAIN_SEED, TRAIN_VEHICLES, TRAIN_DAYS)))

    def simulated(self, seed: int, vehicles: int = TEST_VEHICLES, days: float = TEST_DAYS, **options: Any) -> Path:
        """A simulated history, written once per seed and options; `options` go to `simulator.history.write_history`."""
        from simulator.history import write_history

        folder = self.scratch / "-".join(["fleet", str(seed), *(f"{key}={value}" for key, value in sorted(options.items()))])
        if not folder.is_dir():
            self.say(f"simulating {vehicles} vehicles for {days} days, seed {seed}")
            write_history(folder, vehicles, days, seed, **options)
        return folder

    def once(self, name: str, make: Callable[[], T]) -> T:
        """The result of `make`, kept under a name for the models that come later."""
        if name not in self._kept:
            self.say(name)
            self._kept[name] = make()
        return self._kept[name]


def evaluation_data(root: Path) -> Path | None:
    """The folder of evaluation data: FLEETGUARD_EVALUATION_DATA, or `shared/data` beside the repository."""
    named = os.environ.get("FLEETGUARD_EVALUATION_DATA")
    folder = Path(named) if named else root.parent / "shared" / "data"
    return folder if folder.is_dir() else None
