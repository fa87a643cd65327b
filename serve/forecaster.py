"""The 72-hour survival forecast of each component, and the board that keeps the fleet's current risks. No Ray."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self
from uuid import UUID

import asyncpg
import numpy as np
import xgboost as xgb

from fleet.alerts import TYPE_INDEX, TYPES, AlertType, Evidence, Severity, VehicleId
from fleet.components import HORIZON_H, Covariates, Vocabulary
from fleet.errors import ModelUnavailable
from fleet.features import FeatureBatch
from fleet.scores import ScoreBatch
from fleet.stores import component_events
from serve.hazard import Array, ComponentHazard, Ensemble
from serve.kinship import Traits, shared_inputs

RECORD: Final = "forecaster.json"
STALE_S: Final = 48 * 3600  # older forecasts say nothing about the next 72 hours
EVIDENCE_FROM: Final = 0.3
_ARRAYS: Final = ("slopes", "covariance", "centre", "hours", "cumulative_hazard", "calibration")
_SEVERITIES: Final = ((0.3, Severity.MEDIUM), (0.5, Severity.HIGH), (0.8, Severity.CRITICAL))
_COLUMN: Final = TYPE_INDEX[AlertType.COMPONENT_FAILURE_RISK]


@dataclass(frozen=True, slots=True)
class Forecast:
    """(n, component) probabilities of failing within the horizon, with a 90 % interval."""

    components: tuple[str, ...]
    horizon_h: int
    probability: Array
    lower: Array
    upper: Array


class ForecastScorer:
    """P(component fails within 72 h) from what is known of a vehicle."""

    def __init__(self, version: str, vocabulary: Vocabulary, shared: Ensemble, hazards: tuple[ComponentHazard, ...]) -> None:
        self.version, self.vocabulary, self._shared, self._hazards = version, vocabulary, shared, hazards
        self.components = tuple(hazard.name for hazard in hazards)

    @classmethod
    def load(cls, folder: Path, version: str) -> Self:
        """From a folder that `save` wrote.

        Raises:
            ModelUnavailable: the folder holds no forecaster of this program.
        """
        try:
            record = json.loads((folder / RECORD).read_text())
            vocabulary = Vocabulary(**{name: tuple(values) for name, values in record["vocabulary"].items()})
            shared = _read_ensemble(folder, record["shared"])
            return cls(version, vocabulary, shared, tuple(_read_hazard(folder, hazard) for hazard in record["hazards"]))
        except (OSError, ValueError, KeyError, TypeError, xgb.core.XGBoostError) as error:
            raise ModelUnavailable(f"The forecaster {version} does not load from {folder}: {error}") from error

    def save(self, folder: Path) -> None:
        """Write native files: one JSON record, one file per booster."""
        folder.mkdir(parents=True, exist_ok=True)
        vocabulary = {name: getattr(self.vocabulary, name) for name in ("components", "codes", "models", "usage")}
        shared = _write_ensemble(folder, "shared", self._shared)
        hazards = [_write_hazard(folder, place, hazard) for place, hazard in enumerate(self._hazards)]
        (folder / RECORD).write_text(json.dumps({"vocabulary": vocabulary, "shared": shared, "hazards": hazards}))

    def forecast(self, covariates: Covariates, horizon_h: int = HORIZON_H) -> Forecast:
        """(n, component) for the rows of `covariates`; horizons up to 72 h."""
        parts = [self._forecast(hazard, covariates, horizon_h) for hazard in self._hazards]
        probability, lower, upper = (np.stack(column, axis=1) for column in zip(*parts, strict=True))
        return Forecast(self.components, horizon_h, probability, lower, upper)

    def _forecast(self, hazard: ComponentHazard, covariates: Covariates, horizon_h: int) -> tuple[Array, Array, Array]:
        view = shared_inputs(covariates, self.components, hazard.name, hazard.traits)
        return hazard.forecast(self._shared.risks(view), hazard.own.risks(covariates.values), horizon_h)


def _write_hazard(folder: Path, place: int, hazard: ComponentHazard) -> dict[str, Any]:
    arrays = {name: getattr(hazard, name).tolist() for name in _ARRAYS}
    own = _write_ensemble(folder, f"own-{place}", hazard.own)
    scalars = {"name": hazard.name, "baseline_variance": hazard.baseline_variance}
    return {**scalars, "traits": asdict(hazard.traits), **arrays, "own": own}


def _read_hazard(folder: Path, record: dict[str, Any]) -> ComponentHazard:
    arrays = {name: np.array(record[name], float) for name in _ARRAYS}
    own = _read_ensemble(folder, record["own"])
    return ComponentHazard(**{**record, **arrays, "traits": Traits(**record["traits"]), "own": own})


def _write_ensemble(folder: Path, name: str, ensemble: Ensemble) -> dict[str, Any]:
    folds = [f"{name}-{fold}.ubj" for fold in range(len(ensemble.folds))]
    for file, booster in zip([f"{name}.ubj", *folds], [ensemble.whole, *ensemble.folds], strict=True):
        booster.save_model(folder / file)
    return {"whole": f"{name}.ubj", "folds": folds}


def _read_ensemble(folder: Path, record: dict[str, Any]) -> Ensemble:
    return Ensemble(_read_booster(folder / record["whole"]), tuple(_read_booster(folder / file) for file in record["folds"]))


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
