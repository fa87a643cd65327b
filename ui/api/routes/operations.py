"""For those who run it: liveness, readiness, metrics."""

import asyncio
from contextlib import suppress
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Gauge, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from fleet.errors import FleetError
from fleet.stores.model_life import Drift, latest_drift
from ui.api.models.operations import Health, Readiness
from ui.api.readiness import part_states, postgres_state
from ui.api.services import ServicesDep

router = APIRouter(tags=["operations"])


@router.get("/health", operation_id="getHealth")
async def get_health() -> Health:
    """The process answers."""
    return Health()


@router.get("/ready", operation_id="getReadiness", responses={503: {"model": Readiness}})
async def get_readiness(
    response: Response, services: ServicesDep, part: Annotated[Literal["api"] | None, Query()] = None
) -> Readiness:
    """Every dependency and part with its state; 503 unless all are ok. `part=api` asks for this process's own needs alone."""
    if part == "api":
        parts = [await postgres_state(services)]
    else:
        postgres, others = await asyncio.gather(postgres_state(services), part_states(services))
        parts = [postgres, *others]
    ready = all(each.state == "ok" for each in parts)
    response.status_code = 200 if ready else 503
    return Readiness(status="ok" if ready else "down", parts=parts)


@router.get("/metrics", operation_id="getMetrics", response_class=Response)
async def get_metrics(services: ServicesDep) -> Response:
    """Prometheus metrics of all processes of this machine."""
    drift: list[Drift] = []
    with suppress(FleetError):  # without the store its gauges are missing, and everything else is told
        drift = await latest_drift(await services.database.pool())
    body = await asyncio.to_thread(_metrics, services.settings.metrics_dir)
    return Response(body + _drift_metrics(drift), media_type=CONTENT_TYPE_LATEST)


def _drift_metrics(drift: list[Drift]) -> bytes:
    registry = CollectorRegistry()
    gauge = Gauge(
        "fleetguard_drift_psi", "How far a quantity has moved from its training.", ["model", "quantity"], registry=registry
    )
    for each in drift:
        gauge.labels(each.model, each.quantity).set(each.psi)
    return generate_latest(registry)


def _metrics(folder: str) -> bytes:
    if not folder:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
