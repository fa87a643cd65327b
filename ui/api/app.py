"""Composition root of the API: `uvicorn ui.api.app:create_app --factory`."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import APIRouter, Depends, FastAPI
from starlette.middleware.gzip import GZipMiddleware

from fleet.logs import configure_logging
from fleet.settings import Settings, load_settings
from ui.api import docs, openapi, problems, sockets
from ui.api.access import SignedInDep, refuse_foreign_origin
from ui.api.devices import DeviceGateway
from ui.api.limits import Limits
from ui.api.live import LiveLog
from ui.api.oidc import Provider
from ui.api.page import DIST, AnswerHeaders, content_security_policy, page_routes
from ui.api.routes import (
    alert_rules,
    anomalies,
    api_tokens,
    devices,
    drivers,
    forecasts,
    graph,
    live,
    models,
    notifications,
    oidc,
    operations,
    people,
    session,
    telemetry,
    vehicles,
    workflow,
    workshop,
)
from ui.api.services import Database, Services
from ui.api.signin import PasswordCheck, Throttle


def create_app(settings: Settings | None = None, dist: Path = DIST) -> FastAPI:
    """The API over these settings, or over the process's own."""
    settings = settings or load_settings()
    configure_logging(settings.log_format, settings.log_level)
    app = FastAPI(
        title="FleetGuard",
        version=openapi.VERSION,
        description="Live alerts and 72-hour forecasts of a vehicle fleet.",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    database = Database(settings.postgres)
    limits = Limits(settings.api.person_rate, settings.api.tenant_rate)
    live_log, gateway = LiveLog(database.pool), DeviceGateway(settings.mqtt)
    provider = Provider(settings.oidc) if settings.oidc.issuer else None
    app.state.services = Services(settings, database, live_log, gateway, PasswordCheck(), Throttle(), limits, provider)
    app.include_router(operations.router)
    app.include_router(docs.router)
    app.include_router(session.entrance, prefix="/api")
    app.include_router(oidc.entrance, prefix="/api")
    app.include_router(people.entrance, prefix="/api")
    app.include_router(telemetry.router, prefix="/api")  # devices: their own credential, checked by the broker
    app.include_router(_behind_the_session())
    app.mount("/socket.io", sockets.socket_app(app.state.services))
    app.include_router(page_routes(dist))
    app.openapi = lambda: openapi.document(app)  # type: ignore[method-assign]
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=4)
    app.add_middleware(AnswerHeaders, policy=content_security_policy(dist))
    problems.install(app)
    return app


def _behind_the_session() -> APIRouter:
    """Closed by default: a route added here needs a session without saying so."""

    async def signed_in(_: SignedInDep) -> None: ...

    closed = APIRouter(dependencies=[Depends(refuse_foreign_origin), Depends(signed_in)])
    for module in (
        session,
        api_tokens,
        anomalies,
        workflow,
        vehicles,
        workshop,
        drivers,
        forecasts,
        models,
        alert_rules,
        notifications,
        devices,
        people,
    ):
        closed.include_router(module.router, prefix="/api")
    closed.include_router(live.router)
    closed.include_router(graph.router)
    return closed


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.services
    reading = asyncio.create_task(services.live.run())
    yield
    reading.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await reading
    await services.devices.close()
    await services.database.close()
