"""Engine model: XGBoost over windows and trends, held to physics on both sides."""

import json
from pathlib import Path
from typing import Self

import numpy as np
import xgboost
from numpy.typing import NDArray

from fleet.alerts import AlertType, Evidence
from fleet.features import FeatureBatch
from fleet.scores import MODEL_TYPES, ScoreBatch
from fleet.telemetry import FloatArray
from fleet.thresholds import DEFAULT_LIMITS, SUPPORT_CAP, Limits
from fleet.vitals import SENSORS
from serve.claims import EVIDENCE_FROM, Claims, Explain, unless
from serve.phrases import PHRASES
from serve.rails import Rail, battery_rail, misfire_rail, oil_rail, overheat_rail, sensor_rail

ENGINE_FEATURES = (
    "speed_kmh", "engine_rpm", "rpm_min_10", "rpm_rough_30", "engine_load_pct", "throttle_pct", "air_ratio", "engine_on",
    "engine_on_60",
    "coolant_min_10_c", "coolant_slope_c_min", "coolant_step_c", "coolant_mean_15_c", "coolant_rise_15_c", "coolant_flat_min",
    "load_flat_std_pct", "coolant_jitter_15_c", "ambient_temp_c", "intake_temp_c", "map_kpa",
    "oil_temp_c", "oil_pressure_max_10_kpa", "oil_pressure_15_kpa",
    "battery_max_10_v", "battery_max_60_v", "battery_on_15_v", "battery_off_v", "battery_off_drop_v", "moving_15",
    "vehicle_class", "rough_60_rpm", "rough_ratio", "rough_quiet_rpm", "air_fuel_change", "air_load_change", "oil_change",
    "coolant_change_c", "coolant_fall_c", "intake_change_c", "battery_change_v",
    "tremble_rpm", "tremble_share", "tremble_usual_rpm", "coolant_above_c", "coolant_below_c", "coolant_pace_c_min",
    "rough_lasting_rpm", "dip_share", "dip_usual_share",
    *(f"{sensor}_{state}" for sensor in SENSORS if sensor != "fuel" for state in ("stuck", "silent_min")),
)  # fmt: skip
ENGINE_TYPES = MODEL_TYPES["engine"]
CLASSES = (None, *ENGINE_TYPES)  # class 0 is normal
# Each group must say something; of a group one feature is enough.
_NEEDS: dict[AlertType, tuple[tuple[str, ...], ...]] = {
    AlertType.ENGINE_OVERHEAT: (("coolant_temp_c",),),
    AlertType.MISFIRE: (("engine_rpm",), ("rough_60_rpm", "tremble_rpm")),
    AlertType.LOW_OIL_PRESSURE: (("oil_pressure_max_10_kpa",),),
    AlertType.BATTERY_FAILURE: (("battery_max_60_v",),),
    AlertType.SENSOR_FAULT: (("engine_on",),),
}
_OF_A_RUNNING_ENGINE = (AlertType.ENGINE_OVERHEAT, AlertType.MISFIRE, AlertType.LOW_OIL_PRESSURE)
_REASONS = 3  # contributions named beside the guard rail's own reason


class EngineScorer:
    """Scores of ENGINE_OVERHEAT, MISFIRE, LOW_OIL_PRESSURE, BATTERY_FAILURE and SENSOR_FAULT."""

    def __init__(
        self,
        version: str,
        booster: xgboost.Booster,
        temperature: float,
        typical: FloatArray,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self.version = version
        self._booster, self._temperature, self._typical, self._limits = booster, temperature, typical, limits
        self._booster.set_param({"nthread": 1})

    @classmethod
    def load(cls, folder: Path, version: str) -> Self:
        """The model in a folder: `engine.ubj`, `engine.json`."""
        record = json.loads((folder / "engine.json").read_text())
        booster = xgboost.Booster(model_file=str(folder / "engine.ubj"))
        return cls(version, booster, float(record["temperature"]), np.array(record["typical"], np.float32))

    def score(self, features: FeatureBatch, slow: FloatArray) -> ScoreBatch:
        """(n) scores; a type is NaN where the signals it rests on are silent."""
        claims = Claims(features, f"engine-{self.version}")
        table = engine_table(features)
        model = class_probability(self._booster, table, self._temperature)
        with np.errstate(invalid="ignore"):
            rails = self._rails(features, slow)
            for kind, rail in rails.items():
                said = model[:, CLASSES.index(kind)]
                probability = np.fmax(np.where(rail.support, said, np.minimum(said, SUPPORT_CAP)), rail.probability)
                known = np.all([_heard(features, group) for group in _NEEDS[kind]], axis=0)
                known |= rail.probability >= SUPPORT_CAP
                if kind in _OF_A_RUNNING_ENGINE:
                    known |= features.column("engine_on") < 0.5  # it stands: whatever it was is over
                stated = unless(known, probability)
                claims.put(kind, stated, rail.severity, self._reason(kind, rail, said, stated, table))
        return claims.batch()

    def _rails(self, features: FeatureBatch, slow: FloatArray) -> dict[AlertType, Rail]:
        return {
            AlertType.ENGINE_OVERHEAT: overheat_rail(features, self._limits),
            AlertType.MISFIRE: misfire_rail(features),
            AlertType.LOW_OIL_PRESSURE: oil_rail(features, slow, self._limits),
            AlertType.BATTERY_FAILURE: battery_rail(features, self._limits),
            AlertType.SENSOR_FAULT: sensor_rail(features),
        }

    def _reason(self, kind: AlertType, rail: Rail, said: FloatArray, stated: FloatArray, table: FloatArray) -> Explain:
        rows = np.flatnonzero((stated >= EVIDENCE_FROM) & (said >= SUPPORT_CAP))
        parts = self._parts(kind, table[rows])
        place = {row: position for position, row in enumerate(rows.tolist())}

        def reason(row: int) -> tuple[Evidence, ...]:
            physical = rail.explain(row)
            return physical + self._contributions(parts[place[row]], table[row]) if row in place else physical

        return reason

    def _parts(self, kind: AlertType, table: FloatArray) -> FloatArray:
        """(n, feature) what each feature adds to the margin of this type."""
        if not len(table):
            return np.empty((0, len(ENGINE_FEATURES)), np.float32)
        matrix = xgboost.DMatrix(table, feature_names=list(ENGINE_FEATURES), nthread=1)
        return self._booster.predict(matrix, pred_contribs=True)[:, CLASSES.index(kind), :-1].astype(np.float32)

    def _contributions(self, parts: FloatArray, row: FloatArray) -> tuple[Evidence, ...]:
        """What moved the model most, as shares of all that spoke for the type."""
        speaking = np.maximum(parts, 0)
        total = float(speaking.sum()) or 1.0
        best = [int(place) for place in np.argsort(-speaking)[:_REASONS] if speaking[place] > 0 and not np.isnan(row[place])]
        return tuple(
            PHRASES[ENGINE_FEATURES[place]].evidence(
                float(row[place]), float(self._typical[place]), round(float(speaking[place]) / total, 3)
            )
            for place in best
        )


def engine_table(features: FeatureBatch) -> FloatArray:
    """(n, len(ENGINE_FEATURES)), NaN where silent: the trees know how to go on without."""
    return np.stack([features.column(name) for name in ENGINE_FEATURES], axis=1)


def class_probability(booster: xgboost.Booster, table: FloatArray, temperature: float) -> NDArray[np.float32]:
    """(n, len(CLASSES)) calibrated by one temperature on the margins."""
    if not len(table):
        return np.empty((0, len(CLASSES)), np.float32)
    margin = booster.inplace_predict(table, predict_type="margin", validate_features=False) / temperature
    weight = np.exp(margin - margin.max(axis=1, keepdims=True))
    return (weight / weight.sum(axis=1, keepdims=True)).astype(np.float32)


def _heard(features: FeatureBatch, group: tuple[str, ...]) -> NDArray[np.bool_]:
    """(n,) whether any feature of a group says something."""
    return np.any([~np.isnan(features.column(name)) for name in group], axis=0)
