"""The serving graph. `build_app` reads like the architecture diagram; both placements run the same classes."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from ray import serve
from ray.serve import Application
from ray.serve.handle import DeploymentHandle
from starlette.requests import Request
from starlette.responses import JSONResponse

from fleet.alerts import TYPES
from fleet.errors import InvalidInput
from fleet.features import FeatureBatch
from fleet.scores import ScoreBatch, merge
from fleet.telemetry import FloatArray
from serve.apart import ENVIRONMENT as COPIED
from serve.champion import Model
from serve.on_demand import judge
from serve.parts import FeatureLookup, Forecaster
from serve.replica import settings_of_replica

MODELS = ("driver", "fuel", "engine")


class GraphArgs(BaseModel):
    """What the Serve config may set; everything else comes from the node's settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    placement: Literal["colocated", "split"] = "colocated"
    replicas: int = 1
    metrics_dir: str = ""


class Scorer:
    """FeatureLookup → driver ‖ fuel ‖ engine → Forecaster, for one batch of features."""

    def __init__(
        self,
        lookup: FeatureLookup | DeploymentHandle,
        models: list[Model | DeploymentHandle],
        forecaster: Forecaster | DeploymentHandle,
    ) -> None:
        self._slow_features = _call(lookup, "get")
        self._models = [_call(model, "score") for model in models]
        self._trials = [_call(model, "fatal_rows") for model in models]
        self._forecast = _call(forecaster, "attach")
        self._token = settings_of_replica().serve.token

    async def score(self, features: FeatureBatch) -> ScoreBatch:
        """Probabilities of every alert type for every row."""
        slow: FloatArray = await self._slow_features(features.vehicles)
        parts = await asyncio.gather(*(model(features, slow) for model in self._models), self._forecast(features))
        return merge(list(parts), len(features))

    async def fatal_rows(self, features: FeatureBatch) -> list[int]:
        """Rows that end a process which scores them, or that a model fails on: see `serve.apart.fatal_rows`.

        They are tried in copies of the models' processes: the replicas go on.
        """
        slow: FloatArray = await self._slow_features(features.vehicles)
        return sorted({row for trial in self._trials for row in await trial(features, slow)})

    async def __call__(self, request: Request) -> JSONResponse:
        """Score a columnar batch over HTTP; see `serve.on_demand.judge` for its form."""
        given = request.headers.get("authorization", "")
        if not self._token or not hmac.compare_digest(given, f"Bearer {self._token}"):
            return _problem(401, "Sign in with the bearer token FLEETGUARD_SERVE__TOKEN.")
        try:
            features = judge(await request.json())
        except (InvalidInput, ValueError) as error:
            return _problem(422, str(error))
        return JSONResponse(_answer(features, await self.score(features)))


class Colocated(Scorer):
    """The same graph in one process: for a small machine, where a hop costs more than a model."""

    def __init__(self) -> None:
        settings = settings_of_replica()
        lookup, models, forecaster = FeatureLookup(settings), [Model(name, settings) for name in MODELS], Forecaster(settings)
        super().__init__(lookup, list(models), forecaster)
        self._parts: tuple[FeatureLookup | Model | Forecaster, ...] = (lookup, *models, forecaster)
        self._champions = {model.name: model for model in models}

    async def check_health(self) -> None:
        """Serve asks now and then: a good moment to follow promotions and refresh caches."""
        for part in self._parts:
            await part.check_health()

    async def prepare(self, name: str) -> str:
        """See `Model.prepare`."""
        return await self._champions[name].prepare()

    async def swap(self, name: str) -> str:
        """See `Model.swap`."""
        return await self._champions[name].swap()


def build_app(args: GraphArgs) -> Application:
    """The graph. Split: each model its own deployment, scaled on its own. Colocated: one deployment, same classes."""
    if args.placement == "colocated":
        return _deployment(Colocated, args, cpus=0.4).bind()
    lookup = _deployment(FeatureLookup, args, cpus=0.1).bind()
    models = [_deployment(Model, args, cpus=0.2).options(name=deployment_of(name)).bind(name) for name in MODELS]
    forecaster = _deployment(Forecaster, args, cpus=0.1).bind()
    return _deployment(Scorer, args, cpus=0.2).bind(lookup, models, forecaster)


def deployment_of(name: str) -> str:
    """Name of a model's own deployment in the split graph."""
    return f"{name.title()}Model"


def _deployment(target: type, args: GraphArgs, cpus: float) -> Any:
    metrics = {"PROMETHEUS_MULTIPROC_DIR": args.metrics_dir} if args.metrics_dir else {}
    return serve.deployment(target).options(
        name=target.__name__,
        num_replicas=args.replicas,
        max_ongoing_requests=64,
        max_queued_requests=512,
        max_surge_percent=100,  # the default stops the old replica before the new one serves
        health_check_period_s=2,
        health_check_timeout_s=20,
        graceful_shutdown_wait_loop_s=0.2,
        graceful_shutdown_timeout_s=5,
        max_constructor_retry_count=3,
        ray_actor_options={"num_cpus": cpus, "runtime_env": {"env_vars": COPIED | metrics}},
    )


def _call(part: Any, method: str) -> Callable[..., Awaitable[Any]]:
    """A method of a part that runs here or in another deployment."""
    return getattr(part, method).remote if isinstance(part, DeploymentHandle) else getattr(part, method)


def _problem(status: int, detail: str) -> JSONResponse:
    return JSONResponse({"status": status, "detail": detail}, status, media_type="application/problem+json")


def _answer(features: FeatureBatch, scores: ScoreBatch) -> dict[str, Any]:
    return {
        "items": [
            {
                "vehicleId": vehicle.vehicle,
                "ts": round(float(at) * 1000),
                "probabilities": {str(kind): _number(scores.probability[row, column]) for column, kind in enumerate(TYPES)},
                "modelVersions": {str(kind): version for kind, version in zip(TYPES, scores.versions, strict=True) if version},
            }
            for row, (vehicle, at) in enumerate(zip(features.vehicles, features.at, strict=True))
        ]
    }


def _number(value: Any) -> float | None:
    return None if value != value else round(float(value), 4)
