"""The models and rows of a comparison, written once: every server loads the same files and is sent the same rows."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bench.peers.wire import Rows
from fleet.telemetry import FloatArray


@dataclass(frozen=True, slots=True)
class Exported:
    """A folder with models, rows and what the models say of them; `versions` of the models by name."""

    folder: Path
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def models(self) -> Path:
        """See `bench.peers.scoring.native_folder`."""
        return self.folder / "models"

    def write(self, rows: Rows, expected: FloatArray) -> None:
        """Keep (n,) rows and their (n, len(TYPES)) probabilities."""
        np.save(self.folder / "rows.npy", rows)
        np.save(self.folder / "expected.npy", expected)

    def read(self) -> tuple[Rows, FloatArray]:
        """What `write` kept."""
        return np.load(self.folder / "rows.npy"), np.load(self.folder / "expected.npy")
