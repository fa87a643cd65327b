"""The engine card's picture: how long the faults in the real log stay unseen."""

from pathlib import Path

import numpy as np

from bench.evaluation.engine_injection import FAULTS, Found
from bench.evaluation.pictures import COLOURS, picture


def draw_delays(results: list[Found], path: Path) -> None:
    """A row for each fault: a point for each placement that was found, a cross at the end of each that was not."""
    with picture(path, size=(8, 3.6)) as (_, axes):
        names = [fault.name for fault in FAULTS][::-1]
        for row, name in enumerate(names):
            mine = [result for result in results if result.fault == name]
            seen = [result.delay_s / 60 for result in mine if result.delay_s is not None]
            missed = [result.left_s / 60 for result in mine if result.delay_s is None]
            axes.scatter(seen, row + _spread(len(seen)), s=14, color=COLOURS[0], label="found" if row == 0 else None)
            axes.scatter(missed, row + _spread(len(missed)), s=22, marker="x", color=COLOURS[1],
                         label="not found before the trip ended" if row == 0 else None)  # fmt: skip
            if seen:
                axes.plot([np.median(seen)] * 2, [row - 0.35, row + 0.35], color="black", label="median" if row == 0 else None)
        axes.set_yticks(range(len(names)), names)
        axes.set(xlabel="minutes after the fault began", xlim=(0, None))
        axes.legend(loc="upper center", bbox_to_anchor=(0.4, -0.16), ncols=3, frameon=False)


def _spread(count: int) -> np.ndarray:
    """(count,) small offsets, so that points do not hide each other."""
    return np.linspace(-0.25, 0.25, count) if count > 1 else np.zeros(count)
