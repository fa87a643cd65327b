"""Pictures of the driver model's card: one pair of axes each, text kept as text."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS: Final = ("#0072b2", "#e69f00", "#009e73")  # told apart also by colour-blind eyes
MARKERS: Final = ("o", "^", "s")


@contextmanager
def axes_of(path: Path) -> Iterator["Axes"]:
    """Axes to draw on; written to the path afterwards, the same figures giving the same file."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.fonttype"] = "none"  # text stays text: small, and read aloud
    mpl.rcParams["svg.hashsalt"] = "driver"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 3.6), layout="constrained")
    yield axes
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    pyplot.close(figure)
