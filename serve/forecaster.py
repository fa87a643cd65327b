"""The 72-hour survival forecast of each component, and the board that keeps the fleet's current risks. No Ray."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self
from uuid import UUID

import asyncpg
import numpy as np
import xgboost as xgb
from numpy.typing import NDArray

from fleet.alerts import TYPE_INDEX, TYPES, AlertType, Evidence, Severity, VehicleId
from fleet.components import HORIZON_H, Covariates, Vocabulary
from fleet.errors import ModelUnavailable
from fleet.features import FeatureBatch
from fleet.scores import ScoreBatch
from fleet.stores import component_events

RECORD: Final = "forecaster.json"
Z_90: Final = 1.645  # two-sided 90 % of a normal distribution
STALE_S: Final = 48 * 3600  # older forecasts say nothing about the next 72 hours
EVIDENCE_FROM: Final = 0.3
CODE_FADES_H: Final = 48.0
UNKNOWN_AGE_H: Final = 1000.0
_ARRAYS: Final = ("slopes", "covariance", "centre", "proportional", "hours", "cumulative_hazard")
_SEVERITIES: Final = ((0.3, Severity.MEDIUM), (0.5, Severity.HIGH), (0.8, Severity.CRITICAL))
_COLUMN: Final = TYPE_INDEX[AlertType.COMPONENT_FAILURE_RISK]
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Forecast:
    """(n, component) probabilities of failing within the horizon, with a 90 % interval."""

    components: tuple[str, ...]
    horizon_h: int
    probability: Array
    lower: Array
    upper: Array


def log_cumulative_hazard(probability: Array) -> Array:
    """The complementary log-log of a probability, in which the survival model is linear."""
    return np.asarray(np.log(-np.log1p(-np.clip(probability, 1e-6, 1 - 1e-6))))


def probability_of(log_hazard: Array) -> Array:
    """Its inverse: 1 − exp(−H)."""
    return np.asarray(-np.expm1(-np.exp(np.minimum(log_hazard, 5.0))))


def boosted_risk(booster: xgb.Booster, values: NDArray[np.float32]) -> Array:
    """(n,) log cumulative hazard by one booster."""
    return log_cumulative_hazard(booster.inplace_predict(values, missing=np.nan))


def proportional_inputs(covariates: Covariates, component: str) -> Array:
    """(n, input) what a plain proportional hazards model of a component is told: counts, fading codes, logs of ages."""
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
        elif kind in ("model", "vehicle_age_years") or (kind == "failures_1y" and subject == component):
            columns.append(np.nan_to_num(values))
    return np.stack(columns, axis=1)


@dataclass(frozen=True, slots=True)
class ComponentHazard:
    """A Cox model of one component: hazard = baseline(t) · exp(slopes · (risks − centre)).

    The two risks are log hazards of their own: one learnt by boosted trees, one by a plain proportional hazards model.

    Attributes:
        slopes, covariance, centre: (2,), (2, 2), (2,) of the Cox regression on the cross-fitted risks.
        proportional: (input,) coefficients on `proportional_inputs`.
        hours, cumulative_hazard: the baseline, from the moment of the forecast on.
        baseline_variance: of the log baseline: one over the failures it rests on.
        whole: the boosted risk, fitted on all vehicles.
        boosters: one per fold of vehicles, each fitted on all others: how far they differ is the risk's own uncertainty.
    """

    name: str
    slopes: Array
    covariance: Array
    centre: Array
    proportional: Array
    hours: Array
    cumulative_hazard: Array
    baseline_variance: float
    whole: xgb.Booster
    boosters: tuple[xgb.Booster, ...]

    def forecast(self, covariates: Covariates, horizon_h: float) -> tuple[Array, Array, Array]:
        """(n,) probability, lower, upper. The folds' disagreement counts as a delete-a-group jackknife."""
        folds = np.stack([boosted_risk(booster, covariates.values) for booster in self.boosters])
        boosted = boosted_risk(self.whole, covariates.values)
        plain = proportional_inputs(covariates, self.name) @ self.proportional
        offset = np.stack([boosted, plain], axis=1) - self.centre
        centre = np.log(np.interp(horizon_h, self.hours, self.cumulative_hazard)) + offset @ self.slopes
        jackknife = (len(folds) - 1) / len(folds) * ((folds - folds.mean(axis=0)) ** 2).sum(axis=0)
        fitted = np.einsum("ni,ij,nj->n", offset, self.covariance, offset)
        error = np.sqrt(fitted + self.baseline_variance + self.slopes[0] ** 2 * jackknife)
        return probability_of(centre), probability_of(centre - Z_90 * error), probability_of(centre + Z_90 * error)


class ForecastScorer:
    """P(component fails within 72 h) from what is known of a vehicle."""

    def __init__(self, version: str, vocabulary: Vocabulary, hazards: tuple[ComponentHazard, ...]) -> None:
        self.version, self.vocabulary, self._hazards = version, vocabulary, hazards
        self.components = tuple(hazard.name for hazard in hazards)

    @classmethod
    def load(cls, folder: Path, version: str) -> Self:
        """From a folder that `save` wrote.

        Raises:
            ModelUnavailable: the folder holds no forecaster.
        """
        try:
            record = json.loads((folder / RECORD).read_text())
        except (OSError, ValueError) as error:
            raise ModelUnavailable(f"The forecaster {version} does not load from {folder}: {error}") from error
        vocabulary = Vocabulary(**{name: tuple(values) for name, values in record["vocabulary"].items()})
        return cls(version, vocabulary, tuple(_read_hazard(folder, hazard) for hazard in record["hazards"]))

    def save(self, folder: Path) -> None:
        """Write native files: one JSON record, one file per booster."""
        folder.mkdir(parents=True, exist_ok=True)
        vocabulary = {name: getattr(self.vocabulary, name) for name in ("components", "codes", "models", "usage")}
        hazards = [_write_hazard(folder, place, hazard) for place, hazard in enumerate(self._hazards)]
        (folder / RECORD).write_text(json.dumps({"vocabulary": vocabulary, "hazards": hazards}))

    def forecast(self, covariates: Covariates, horizon_h: int = HORIZON_H) -> Forecast:
        """(n, component) for the rows of `covariates`; horizons up to 72 h."""
        parts = [hazard.forecast(covariates, horizon_h) for hazard in self._hazards]
        probability, lower, upper = (np.stack(column, axis=1) for column in zip(*parts, strict=True))
        return Forecast(self.components, horizon_h, probability, lower, upper)


def _write_hazard(folder: Path, place: int, hazard: ComponentHazard) -> dict[str, Any]:
    files = [f"boost-{place}-{fold}.ubj" for fold in range(len(hazard.boosters))]
    whole = f"boost-{place}.ubj"
    for file, booster in zip([whole, *files], [hazard.whole, *hazard.boosters], strict=True):
        booster.save_model(folder / file)
    arrays = {name: getattr(hazard, name).tolist() for name in _ARRAYS}
    return {"name": hazard.name, "baseline_variance": hazard.baseline_variance, **arrays, "whole": whole, "boosters": files}


def _read_hazard(folder: Path, record: dict[str, Any]) -> ComponentHazard:
    arrays = {name: np.array(record[name], float) for name in _ARRAYS}
    boosters = tuple(_read_booster(folder / file) for file in record["boosters"])
    return ComponentHazard(**{**record, **arrays, "whole": _read_booster(folder / record["whole"]), "boosters": boosters})


def _read_booster(path: Path) -> xgb.Booster:
    booster = xgb.Booster({"nthread": 1})
    booster.load_model(path)
    return booster


@dataclass(frozen=True, slots=True)
class Risk:
    """The worst component of a vehicle, as last forecast.

    Attributes:
        made_at: seconds since the epoch.
        codes: fault codes of the 72 hours before. age_days: since the component's last replacement, None where unknown.
    """

    component: str
    probability: float
    lower: float
    upper: float
    made_at: float
    version: str
    codes: tuple[str, ...] = ()
    age_days: float | None = None


class RiskBoard:
    """The current risk per vehicle, in memory; `refresh` reads it anew from the newest forecasts."""

    def __init__(self, risks: dict[VehicleId, Risk] | None = None) -> None:
        self._risks = risks or {}

    async def refresh(self, pool: asyncpg.Pool) -> None:
        """Read every tenant's newest forecasts.

        Raises:
            Unavailable: the store does not answer; the board keeps what it had.
        """
        risks: dict[VehicleId, Risk] = {}
        for slug, tenant in (await component_events.all_tenants(pool)).items():
            risks |= {VehicleId(slug, vehicle): risk for vehicle, risk in (await _tenant_risks(pool, tenant)).items()}
        self._risks = risks

    def attach(self, features: FeatureBatch) -> ScoreBatch:
        """COMPONENT_FAILURE_RISK of each row; NaN where the vehicle has no fresh forecast."""
        scores = ScoreBatch.unknown(len(features))
        version = ""
        for row, (vehicle, at) in enumerate(zip(features.vehicles, features.at.tolist(), strict=True)):
            risk = self._risks.get(vehicle)
            if risk is None or at - risk.made_at > STALE_S:
                continue
            version = f"forecaster-{risk.version}"
            scores.probability[row, _COLUMN] = risk.probability
            scores.severity[row, _COLUMN] = severity_of(risk.probability)
            if risk.probability >= EVIDENCE_FROM:
                scores.evidence[row, _COLUMN] = (evidence_of(risk),)
        versions = tuple(version if column == _COLUMN else "" for column in range(len(TYPES)))
        return ScoreBatch(scores.probability, scores.severity, scores.evidence, versions)


def severity_of(probability: float) -> int:
    """`Severity` by probability; 0 below the first step."""
    return max((int(severity) for limit, severity in _SEVERITIES if probability >= limit), default=0)


def evidence_of(risk: Risk) -> Evidence:
    """The forecast in one sentence, with what it rests on."""
    codes = f"; fault codes in the last {HORIZON_H} h: {', '.join(risk.codes)}" if risk.codes else "; no recent fault codes"
    age = f"; last replaced {risk.age_days:.0f} days ago" if risk.age_days is not None else ""
    interval = f"90 % interval {risk.lower:.0%} to {risk.upper:.0%}"
    text = f"{risk.component} fails within {HORIZON_H} h with probability {risk.probability:.0%} ({interval}){codes}{age}."
    return Evidence(f"risk:{risk.component}", "", round(risk.probability, 4), None, text, 1.0)


async def _tenant_risks(pool: asyncpg.Pool, tenant: UUID) -> dict[str, Risk]:
    rows = await component_events.worst_risks(pool, tenant, HORIZON_H)
    likely = [row["vehicle_id"] for row in rows if row["probability"] >= EVIDENCE_FROM]
    codes = await component_events.recent_codes(pool, tenant, likely, HORIZON_H) if likely else {}
    replaced = await component_events.last_replacements(pool, tenant, likely) if likely else {}
    return {row["vehicle_id"]: _risk(row, codes, replaced) for row in rows}


def _risk(row: asyncpg.Record, codes: dict[str, tuple[str, ...]], replaced: dict[tuple[str, str], datetime]) -> Risk:
    vehicle, component, made_at = row["vehicle_id"], row["component"], row["made_at"]
    since = replaced.get((vehicle, component))
    age_days = None if since is None else (made_at - since).total_seconds() / 86_400
    figures = (row["probability"], row["lower"], row["upper"])
    return Risk(component, *figures, made_at.timestamp(), row["model_version"], codes.get(vehicle, ()), age_days)
