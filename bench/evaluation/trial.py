"""What every evaluation shares: where the data is, models trained for it alone, and where pictures go."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from fleet.errors import InvalidInput
from pipelines.training_sets import training_set
from serve.parts import ModelScorer, load_scorer
from training.bootstrap import DAYS, FAULTS_PER_VEHICLE_DAY, VEHICLES
from training.dataset import LabelledSet
from training.train import ROW_MODELS, fit_of

TRAIN_SEED: Final = 7
TEST_SEEDS: Final = (41_201, 41_202, 41_203, 41_204, 41_205)  # never looked at while models were made
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
        return self.once("training set", lambda: training_set(self._training_history()))

    def _training_history(self) -> Path:
        return self.simulated(TRAIN_SEED, VEHICLES, DAYS, faults_per_vehicle_day=FAULTS_PER_VEHICLE_DAY)

    def simulated(self, seed: int, vehicles: int = TEST_VEHICLES, days: float = TEST_DAYS, **options: Any) -> Path:
        """A simulated history, written once per seed and options; `options` go to `simulator.history.write_history`."""
        from simulator.history import write_history

        folder = self.scratch / "-".join(["fleet", str(seed), *(f"{key}={value}" for key, value in sorted(options.items()))])
        if not folder.is_dir():
            self.say(f"simulating {vehicles} vehicles for {days} days, seed {seed}")
            write_history(folder, vehicles, days, seed, **options)
        return folder

    def scorers(self) -> dict[str, ModelScorer]:
        """Driver, fuel and engine trained on the simulated fleet of this evaluation; made once."""
        return {name: load_scorer(name, folder, "evaluated") for name, folder in self.trained().items()}

    def trained(self) -> dict[str, Path]:
        """Folders of these models, for processes that load them themselves."""
        labelled = self.training_set()
        return {name: self.once(f"training the {name} model", partial(self._fit, name, labelled)) for name in ROW_MODELS}

    def _fit(self, name: str, labelled: LabelledSet) -> Path:
        folder = self.scratch / f"model-{name}"
        folder.mkdir()
        _, _, metrics = fit_of(name)(labelled, folder, "")
        self._kept[f"metrics of the {name} model"] = metrics
        return folder

    def metrics(self, name: str) -> dict[str, float]:
        """What training itself measured: the baseline, the search."""
        self.trained()
        metrics: dict[str, float] = self._kept[f"metrics of the {name} model"]
        return metrics

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
