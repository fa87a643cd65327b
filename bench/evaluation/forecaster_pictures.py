"""Pictures of the forecaster's card: months, reliability, curves."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from bench.evaluation.months import Array, Month
from fleet.components import Covariates
from training.forecaster_metrics import any_component

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS: Final = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00")  # told apart also by colour-blind eyes
MARKERS: Final = ("o", "s", "^", "D", "v")
NAMES: Final = {None: "forecaster", "boosting": "boosting", "cox": "plain Cox"}
EDGES: Final = (0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
FEWEST: Final = 15
HOURS: Final = tuple(range(0, 73, 3))


def draw_months(months: Sequence[Month], path: Path) -> None:
    """Average precision and Brier score by month, ours and the rivals'."""
    figure, panels = _figure(1, 2)
    for axes, key, label in zip(panels, ("average_precision", "brier"), ("average precision", "Brier score"), strict=True):
        for (rival, name), colour, marker in zip(NAMES.items(), COLOURS, MARKERS, strict=False):
            values = [month.figures(rival)[f"any.{key}"] for month in months]
            axes.plot([month.name for month in months], values, color=colour, marker=marker, label=name)
        axes.set_title(f"{label}, any component")
        axes.set_ylim(bottom=0)
    panels[0].legend(frameon=False, loc="lower right")
    _save(figure, path)


def draw_reliability(months: Sequence[Month], path: Path) -> None:
    """Frequency against forecast: any component on the left, each on the right."""
    figure, (left, right) = _figure(1, 2)
    probability = np.concatenate([month.forecast.probability for month in months])
    failed = np.concatenate([month.marks.failed for month in months])
    boosted = np.concatenate([any_component(month.rivals["boosting"]) for month in months])
    anything = np.asarray(failed.any(axis=1))
    _reliability(left, any_component(probability), anything, "forecaster", 0)
    _reliability(left, boosted, anything, "boosting", 1)
    for column, name in enumerate(months[0].scorer.components):
        _reliability(right, probability[:, column], failed[:, column], name, column)
    for axes, title in ((left, "any component"), (right, "each component")):
        axes.plot([0, 1], [0, 1], color="grey", linewidth=0.8)
        axes.set(xlabel="probability forecast", ylabel="share that failed", title=title)
        axes.legend(frameon=False, loc="upper left")
    _save(figure, path)


def _reliability(axes: "Axes", probability: Array, failed: NDArray[np.bool_], name: str, place: int) -> None:
    band = np.digitize(probability, EDGES[1:-1])
    filled = [number for number in range(len(EDGES) - 1) if (band == number).sum() >= FEWEST]
    said = np.array([probability[band == number].mean() for number in filled])
    seen = np.array([failed[band == number].mean() for number in filled])
    count = np.array([(band == number).sum() for number in filled])
    error = 1.96 * np.sqrt(seen * (1 - seen) / count)
    axes.errorbar(said, seen, error, color=COLOURS[place], marker=MARKERS[place], label=name, capsize=2, linewidth=1)


def draw_curves(month: Month, path: Path) -> None:
    """Survival of the riskiest component of three vehicles: a telling code, a visit due without one, neither."""
    figure, panels = _figure(1, 3, width=12.0)
    for axes, (title, row), colour in zip(panels, _examples(month), COLOURS, strict=False):
        one = _only(month.marks.covariates, row)
        column = int(np.argmax(month.forecast.probability[row]))
        told = [month.scorer.forecast(one, hours) for hours in HOURS]
        running, lower, upper = (
            np.array([1 - getattr(forecast, name)[0, column] for forecast in told]) for name in ("probability", "upper", "lower")
        )
        axes.fill_between(HOURS, lower, upper, color=colour, alpha=0.25, linewidth=0)
        axes.plot(HOURS, running, color=colour)
        fell = month.marks.failed[row, column]
        after = f"failed after {month.marks.follow_up_h[row, column]:.0f} h" if fell else "did not fail"
        axes.set(ylim=(-0.02, 1.02), xlim=(0, 72), xlabel="hours from the forecast", xticks=range(0, 73, 24))
        axes.set_title(f"{title}: {month.scorer.components[column]} {after}", fontsize=9)
    panels[0].set_ylabel("probability of still running")
    _save(figure, path)


def _examples(month: Month) -> list[tuple[str, int]]:
    covariates, risk = month.marks.covariates, any_component(month.forecast.probability)
    code, due = covariates.column("since_code_h"), covariates.column("visit_due_h")
    quiet = ~(code <= 72)
    groups = {
        "a telling code": np.asarray((code <= 24) & (risk > 0.8)),
        "a visit due": np.asarray(quiet & (due <= 48) & (due > 24)),
        "neither": np.asarray(quiet & (due > 120)),
    }
    return [(title, int(rows[len(rows) // 2])) for title, group in groups.items() if len(rows := np.flatnonzero(group))]


def _only(covariates: Covariates, row: int) -> Covariates:
    return Covariates((covariates.vehicle_ids[row],), covariates.at_ms[[row]], covariates.values[[row]], covariates.names)


def _figure(rows: int, columns: int, width: float = 10.0) -> tuple[Any, Any]:
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.fonttype"] = "none"  # text stays text: small, and read aloud
    mpl.rcParams["svg.hashsalt"] = "forecaster"  # the same figures give the same file
    from matplotlib import pyplot

    return pyplot.subplots(rows, columns, figsize=(width, 4.2), layout="constrained")


def _save(figure: Any, path: Path) -> None:
    from matplotlib import pyplot

    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    pyplot.close(figure)
