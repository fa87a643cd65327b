"""The picture of a comparison: requests per second against p99, and p99 of the path against its rate."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.peers.contenders import CONTENDERS
from bench.peers.report import Comparison
from bench.peers.serving import SIZES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS: Final = ("#0072b2", "#56b4e9", "#999999", "#e69f00", "#009e73", "#cc79a7", "#d55e00")  # for colour-blind eyes too
MARKERS: Final = "osxD^vP"


def draw(run: Comparison, path: Path) -> None:
    """Write the picture as SVG."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.fonttype"] = "none"  # text stays text: small, and read aloud
    mpl.rcParams["svg.hashsalt"] = "peers"  # the same figures give the same file
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 3, figsize=(13, 4.4), layout="constrained")
    for panel, size in zip(axes, SIZES, strict=False):
        _scoring(panel, run, size)
    _stream(axes[2], run)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def _scoring(axes: "Axes", run: Comparison, size: int) -> None:
    for contender, colour, marker in zip(CONTENDERS, COLOURS, MARKERS, strict=True):
        levels = [one for one in run.levels(contender.name) if one.rows == size]
        if levels:
            per_s, p99_ms = [one.per_s for one in levels], [one.p99_ms for one in levels]
            axes.plot(per_s, p99_ms, color=colour, marker=marker, label=contender.name)
    axes.set(xlabel="requests per second", ylabel="p99, ms", yscale="log")
    axes.set_title(f"{size} row{'s' if size > 1 else ''} a request (lower right is better)", fontsize=10)
    axes.legend(fontsize=7, frameon=False)


def _stream(axes: "Axes", run: Comparison) -> None:
    for (name, levels), colour, marker in zip(run.streamed.levels.items(), COLOURS[::3], MARKERS[::3], strict=False):
        axes.plot([one.vehicles for one in levels], [one.p99_ms for one in levels], color=colour, marker=marker, label=name)
    axes.set(xlabel="readings per second", ylabel="published → committed, p99, ms", xscale="log", yscale="log")
    axes.set_title("The path of a reading", fontsize=10)
    axes.legend(fontsize=7, frameon=False)
