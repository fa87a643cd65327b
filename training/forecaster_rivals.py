"""What the forecaster is measured against in the same run: gradient boosting on the same covariates, and a plain Cox model."""

from typing import Final

import numpy as np
import pandas as pd
from lifelines import CoxPHFitter

from fleet.components import HORIZON_H, Covariates
from serve.hazard import probability_of
from training.landmarks import Array, Flags, Landmarks
from training.survival import Effort, boosted

CODE_FADES_H: Final = 48.0
UNKNOWN_AGE_H: Final = 1000.0
PLAIN_RIDGE: Final = 0.01
VARIES: Final = 1e-3
THINNING: Final = 4


def boosting(learnt: Landmarks, newest: Landmarks, components: tuple[str, ...], effort: Effort) -> Array:
    """(n, component) by one booster per component, with the forecaster's own settings."""
    columns = []
    for place in map(learnt.components.index, components):
        seen = learnt.complete | learnt.failed[:, place]
        booster = boosted(learnt.covariates.values[seen], learnt.failed[seen, place], effort)
        columns.append(booster.inplace_predict(newest.covariates.values, missing=np.nan))
    return np.stack(columns, axis=1).astype(float)


def plain_cox(learnt: Landmarks, newest: Landmarks, components: tuple[str, ...], _effort: Effort) -> Array:
    """(n, component) by proportional hazards alone: what one writes first."""
    columns = []
    for name in components:
        place = learnt.components.index(name)
        inputs, follow_up = proportional_inputs(learnt.covariates, name), np.maximum(learnt.follow_up_h[:, place], 0.1)
        told = telling_rows(learnt.failed[:, place])
        coefficients = proportional(inputs[told], follow_up[told], learnt.failed[told, place])
        risk = inputs @ coefficients
        level = np.log(learnt.failed[:, place].sum() * HORIZON_H / follow_up.sum() / np.exp(risk).mean())
        columns.append(probability_of(level + proportional_inputs(newest.covariates, name) @ coefficients))
    return np.stack(columns, axis=1)


def telling_rows(failed: Flags) -> Flags:
    """(n,) every landmark with a failure ahead and one in `THINNING` of the others: enough for a few coefficients."""
    return np.asarray(failed | (np.arange(len(failed)) % THINNING == 0))


def proportional_inputs(covariates: Covariates, component: str) -> Array:
    """(n, input) counts, fading codes, logs of ages."""
    columns = []
    for place, name in enumerate(covariates.names):
        kind, _, subject = name.partition(":")
        values = covariates.values[:, place].astype(float)
        if kind.startswith("count_"):
            columns.append(np.log1p(values))
        elif kind == "since_h":
            columns.append(np.nan_to_num(np.exp(-values / CODE_FADES_H)))
        elif kind == "since_visit_h" or (kind == "component_age_h" and subject == component):
            columns.append(np.log1p(np.nan_to_num(values, nan=UNKNOWN_AGE_H)))
        elif kind in ("model", "vehicle_age_years"):
            columns.append(np.nan_to_num(values))
    return np.stack(columns, axis=1)


def proportional(inputs: Array, follow_up_h: Array, failed: Flags) -> Array:
    """(input,) coefficients of a plain proportional hazards model; zero for what never varies."""
    frame = pd.DataFrame(inputs)
    varying = [column for column in frame if frame[column].std() > VARIES]
    table = frame[varying].assign(hours=follow_up_h, failed=failed.astype(int))
    cox = CoxPHFitter(penalizer=PLAIN_RIDGE).fit(table, "hours", "failed", fit_options={"step_size": 0.3})
    coefficients = np.zeros(inputs.shape[1])
    coefficients[varying] = cox.params_.to_numpy(float)
    return coefficients
