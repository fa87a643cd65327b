"""The picture of a run: how late readings are, and which part uses how much of a core."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from bench.live import LiveResult
from bench.report import TARGET_MS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CURVES: Final = {"puback": "PUBACK", "written": "storing begins", "committed": "committed"}
COLOURS: Final = ("#0072b2", "#e69f00", "#009e73")  # told apart also by colour-blind eyes


def draw(result: LiveResult, path: Path) -> None:
    """Write the picture as SVG."""
    with picture(path, 1, 2, (10, 4.2)) as (left, right):
        _latencies(left, result)
        _cores(right, result)


@contextmanager
def picture(path: Path, rows: int, columns: int, size: tuple[float, float]) -> Iterator[list["Axes"]]:
    """Axes to draw on, row by row; written as SVG at the end of the block. `size`: of the whole, in inches."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.fonttype"] = "none"  # text stays text: small, and read aloud
    mpl.rcParams["svg.hashsalt"] = "bench"  # the same figures give the same file
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False)
    yield list(axes.flat)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def _latencies(axes: "Axes", result: LiveResult) -> None:
    for (name, label), colour in zip(CURVES.items(), COLOURS, strict=True):
        seconds = getattr(result.latencies, name)
        if len(seconds):
            late_ms, share = tail(seconds * 1e3)
            axes.step(late_ms, share, where="post", label=label, color=colour)
    axes.axvline(TARGET_MS, color="grey", linestyle=":", label=f"target, p99: {TARGET_MS:.0f} ms")
    axes.axhline(1.0, color="grey", linestyle=":")
    axes.set(xscale="log", yscale="log", ylim=(0.05, 100), xlabel="ms after publishing", ylabel="readings still waiting, %")
    axes.set_title(f"{result.vehicles:,} vehicles at 1 Hz")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:g}")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.17), ncols=2, frameon=False)


def _cores(axes: "Axes", result: LiveResult) -> None:
    parts = [(part, usage.cpu_s / result.costs.seconds) for part, usage in result.costs.usage.items()][:9]
    names, cores = [part for part, _ in parts][::-1], [share for _, share in parts][::-1]
    bars = axes.barh(names, cores, color=COLOURS[0])
    axes.bar_label(bars, fmt="%.2f", padding=3)
    axes.set(xlabel="cores", xlim=(0, max(cores) * 1.2))
    axes.locator_params(axis="x", nbins=6)
    axes.set_title("CPU by part")


def tail(values: NDArray[np.float64], points: int = 120) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Ascending values, and the percentage of all that exceed each; thinned out, least at the high end."""
    ordered = np.sort(values)
    from_the_top = np.geomspace(1, len(ordered), points)
    evenly = np.linspace(1, len(ordered), points)
    kept = len(ordered) - np.unique(np.concatenate([from_the_top, evenly]).astype(int))[::-1]
    return ordered[kept], 100 * (len(ordered) - 1 - kept) / len(ordered)
