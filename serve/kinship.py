"""A component told in terms that all components share, so that what one teaches about wear and visits serves the others."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fleet.components import Covariates

Matrix = NDArray[np.float32]
TELLING_CODES: Final = 2


@dataclass(frozen=True, slots=True)
class Traits:
    """What sets a component apart from the others.

    Attributes:
        life_h: a short life, in which few have failed so far; NaN where unknown.
        fresh_lift, fading_lift: code → log ratio of the failure rate within 72 h after that code (of the last 24 h; 24 to 72 h
            ago) to the usual rate.
        model_lift: vehicle model → log ratio of its failure rate to the usual one.
    """

    life_h: float
    fresh_lift: dict[str, float]
    fading_lift: dict[str, float]
    model_lift: dict[str, float]


def shared_inputs(covariates: Covariates, components: tuple[str, ...], component: str, traits: Traits) -> Matrix:
    """(n, input) one component's view: ages as shares of its usual short life, codes by what they mean for it."""
    age, due = covariates.column(f"component_age_h:{component}"), covariates.column("visit_due_h")
    columns = [
        age / traits.life_h,
        (age + due) / traits.life_h,
        *_other_ages(covariates, components, component),
        *_code_evidence(covariates, traits),
        sum((lift * covariates.column(f"model:{model}") for model, lift in traits.model_lift.items()), np.zeros(len(age))),
        *(covariates.column(name) for name in covariates.names if ":" not in name),
        *(np.full(len(age), name == component) for name in components),
    ]
    return np.column_stack(columns).astype(np.float32)


def fresh(covariates: Covariates, code: str) -> NDArray[np.bool_]:
    """(n,) whether the code came within the last 24 hours."""
    return np.asarray(covariates.column(f"since_h:{code}") <= 24)


def fading(covariates: Covariates, code: str) -> NDArray[np.bool_]:
    """(n,) whether the code last came 24 to 72 hours ago."""
    since = covariates.column(f"since_h:{code}")
    return np.asarray((since > 24) & (since <= 72))


def _other_ages(covariates: Covariates, components: tuple[str, ...], component: str) -> list[Matrix]:
    """Youngest, oldest and mean age of the other components; NaN where none is known."""
    others = [covariates.column(f"component_age_h:{name}") for name in components if name != component]
    ages = np.stack(others or [np.full(len(covariates), np.nan, np.float32)])
    known = np.isfinite(ages).sum(axis=0)
    mean = np.where(known > 0, np.nansum(ages, axis=0) / np.maximum(known, 1), np.nan)
    return [np.fmin.reduce(ages), np.fmax.reduce(ages), mean.astype(np.float32)]


def _code_evidence(covariates: Covariates, traits: Traits) -> list[NDArray[np.float64]]:
    """Sum, greatest and least lift of the fresh codes, sum and greatest of the fading ones, hours since the most telling."""
    none = np.zeros((1, len(covariates)))
    new = np.concatenate([none, *(lift * fresh(covariates, code)[None] for code, lift in traits.fresh_lift.items())])
    old = np.concatenate([none, *(lift * fading(covariates, code)[None] for code, lift in traits.fading_lift.items())])
    telling = sorted(traits.fresh_lift, key=lambda code: -traits.fresh_lift[code])[:TELLING_CODES]
    since = [covariates.column(f"since_h:{code}").astype(float) for code in telling]
    unknown = [np.full(len(covariates), np.nan)] * (TELLING_CODES - len(since))
    return [new.sum(axis=0), new.max(axis=0), new.min(axis=0), old.sum(axis=0), old.max(axis=0), *since, *unknown]
