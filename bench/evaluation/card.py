"""A model card: figures with intervals against what was aimed at, tables, pictures; written as Markdown."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, stdev
from typing import Final, Literal

from bench.machine import Occasion

_T_95: Final = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 6: 2.45, 7: 2.36, 8: 2.31, 9: 2.26}  # Student, two-sided
_NORMAL_95: Final = 1.96


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured quantity, once per fold or seed.

    Attributes:
        name: what it is, with its unit.
        values: one per fold, seed or month; NaN where it could not be measured.
        target: what is aimed at, None for a figure without one. direction: which side of the target is good.
        interval: measured otherwise than over folds (bootstrap), where there is one value only.
    """

    name: str
    values: tuple[float, ...]
    target: float | tuple[float, float] | None = None
    direction: Literal["at least", "at most", "within"] = "at least"
    interval: tuple[float, float] | None = None

    @property
    def measured(self) -> tuple[float, ...]:
        return tuple(value for value in self.values if math.isfinite(value))

    @property
    def mean(self) -> float:
        return fmean(self.measured) if self.measured else math.nan

    def between(self) -> tuple[float, float]:
        """95 % interval of the mean over folds (Student's t), or the one given; NaN of fewer than two."""
        if self.interval is not None:
            return self.interval
        count = len(self.measured)
        if count < 2:
            return math.nan, math.nan
        half = _T_95.get(count - 1, _NORMAL_95) * stdev(self.measured) / math.sqrt(count)
        return self.mean - half, self.mean + half

    @property
    def reached(self) -> bool | None:
        """Whether the mean reaches the target; None without a target, False where nothing was measured."""
        if self.target is None:
            return None
        if isinstance(self.target, tuple):
            return self.target[0] <= self.mean <= self.target[1]
        return self.mean >= self.target if self.direction == "at least" else self.mean <= self.target


@dataclass(frozen=True, slots=True)
class Section:
    """One claim of a card: how it was measured, its figures, a table, pictures (files beside the card)."""

    title: str
    text: str
    figures: Sequence[Figure] = ()
    table: Sequence[Mapping[str, object]] = ()
    pictures: Sequence[tuple[Path, str]] = ()  # file, what it shows


@dataclass(frozen=True, slots=True)
class Card:
    """What a model is, what it learns from, how good it is and where it ends.

    Attributes:
        name: driver, fuel, engine or forecaster, or promotion for their replacement. purpose, inputs, training: paragraphs.
        limits: what it cannot do, and what was tried, one sentence or two each.
    """

    name: str
    purpose: str
    inputs: str
    training: str
    sections: Sequence[Section]
    limits: Sequence[str] = field(default_factory=tuple)

    @property
    def missed(self) -> list[str]:
        return [
            f"{self.name}: {figure.name}" for section in self.sections for figure in section.figures if figure.reached is False
        ]


def write(card: Card, folder: Path, when: Occasion) -> Path:
    """Write `<name>.md` into a folder; returns the file."""
    parts = [
        f"# Model card: {card.name}",
        f"Written by `{when.command}` on {when.at:%Y-%m-%d}, revision {when.revision}, {when.machine}.",
        f"**What it is for.** {card.purpose}",
        f"**What it reads.** {card.inputs}",
        f"**What it learnt from.** {card.training}",
        *(_section(section, folder) for section in card.sections),
    ]
    if card.limits:
        parts.append("## Limits\n" + "\n".join(f"- {limit}" for limit in card.limits))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{card.name}.md"
    path.write_text("\n\n".join(parts) + "\n")
    return path


def _section(section: Section, folder: Path) -> str:
    parts = [f"## {section.title}", section.text]
    if section.figures:
        parts.append(_figures(section.figures))
    if section.table:
        parts.append(_table(section.table))
    parts += [f"![{alt}]({path.relative_to(folder)})" for path, alt in section.pictures]
    return "\n\n".join(parts)


def _figures(figures: Sequence[Figure]) -> str:
    head = "| | mean | 95 % interval | folds | lowest – highest | aim | reached |\n|---|---|---|---|---|---|---|"
    return "\n".join([head, *(_row(figure) for figure in figures)])


def _row(figure: Figure) -> str:
    low, high = figure.between()
    between = f"{number(low)} – {number(high)}" if math.isfinite(low) else "–"
    spread = f"{number(min(figure.measured))} – {number(max(figure.measured))}" if len(figure.measured) > 1 else "–"
    reached = {True: "yes", False: "no", None: ""}[figure.reached]
    cells = (figure.name, number(figure.mean), between, str(len(figure.measured)), spread, _aim(figure), reached)
    return "| " + " | ".join(cells) + " |"


def _aim(figure: Figure) -> str:
    if figure.target is None:
        return ""
    if isinstance(figure.target, tuple):
        return f"{number(figure.target[0])} – {number(figure.target[1])}"
    return f"{'≥' if figure.direction == 'at least' else '≤'} {number(figure.target)}"


def _table(rows: Sequence[Mapping[str, object]]) -> str:
    names = list(rows[0])
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(_cell(row.get(name)) for name in names) + " |" for row in rows]
    return "\n".join(lines)


def _cell(value: object) -> str:
    return number(value) if isinstance(value, float) else "" if value is None else str(value)


def number(value: float) -> str:
    """Three significant digits, without a trailing exponent."""
    if not math.isfinite(value):
        return "–"
    if value == 0 or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"
