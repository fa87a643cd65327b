"""Signing in at the provider that the settings name, beside email and password."""

from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

import structlog
from fastapi import APIRouter, Query, Request, Response, status
from fastapi.responses import RedirectResponse

from fleet.errors import NotFound, Unavailable
from fleet.stores import second_factors, sessions
from ui.api.access import (
    begin_session,
    clear_attempt_cookie,
    client_address,
    kept_attempt,
    origin_of,
    session_hash,
    set_attempt_cookie,
)
from ui.api.models.session import SignInWays
from ui.api.oidc import ATTEMPT_LASTS, Attempt, Identity, Provider, Reason, SignInRefused, local_path
from ui.api.problems import TooManyRequests
from ui.api.services import NowDep, Services, ServicesDep

log = structlog.get_logger(__name__)

entrance = APIRouter(prefix="/session", tags=["session"])  # nobody is signed in yet
NOBODY = "oidc"  # stands for the email address in the count of failures while the address is not known

Text = Annotated[str, Query(max_length=2048)]


@entrance.get("/ways", operation_id="getSignInWays")
async def get_sign_in_ways(services: ServicesDep) -> SignInWays:
    """How one can sign in here beside email and password."""
    return SignInWays(oidc=services.settings.oidc.name if services.provider else None)


@entrance.get("/oidc", operation_id="startOidc", status_code=status.HTTP_303_SEE_OTHER, response_class=RedirectResponse)
async def start_oidc(request: Request, services: ServicesDep, next: Text = "") -> Response:
    """Lead the browser to the provider; `next` is the path to open afterwards."""
    provider = _provider(services)
    attempt = provider.new_attempt(next, session_hash(request))
    try:
        address = await provider.address(attempt, _redirect_uri(request, services))
    except Unavailable as error:
        return _back(error, "unavailable", attempt.next)
    response = RedirectResponse(address, status.HTTP_303_SEE_OTHER)
    set_attempt_cookie(request, response, provider.sealed(attempt), int(ATTEMPT_LASTS.total_seconds()))
    return response


@entrance.get("/oidc/callback", operation_id="finishOidc", status_code=status.HTTP_303_SEE_OTHER, response_class=RedirectResponse)
async def finish_oidc(
    request: Request, services: ServicesDep, now: NowDep, state: Text = "", code: Text = "", error: Text = ""
) -> Response:
    """Where the provider leads back to: opens a session, or the sign-in page with the reason behind `#`."""
    provider = _provider(services)
    attempt = provider.unsealed(kept_attempt(request))
    is_ours = attempt is not None and attempt.state == state  # else another site's page can have brought this about
    next = attempt.next if attempt else local_path(None)
    response: Response = RedirectResponse(next, status.HTTP_303_SEE_OTHER)
    address = client_address(request)
    try:
        services.throttle.check(address, NOBODY)
        if error or not code:  # some providers leave out the state where somebody declines
            raise SignInRefused("refused", f"The provider sends no code: {error}.")
        if attempt is None or not is_ours:
            raise SignInRefused("expired", "The browser did not start this sign-in, or did so too long ago.")
        identity = await provider.identity(attempt, code, _redirect_uri(request, services))
        await _enter(request, response, identity, attempt, services, now)
    except SignInRefused as refusal:
        if is_ours:
            services.throttle.failed(address, NOBODY)
        response = _back(refusal, refusal.reason, next)
    except TooManyRequests as refusal:
        response = _back(refusal, "throttled", next)
    except Unavailable as failure:
        response = _back(failure, "unavailable", next)
    clear_attempt_cookie(request, response)
    return response


async def _enter(
    request: Request, response: Response, identity: Identity, attempt: Attempt, services: Services, now: datetime
) -> None:
    """Raises SignInRefused where nobody active has this address, or their second factor was not asked for."""
    address = client_address(request)
    services.throttle.check(address, identity.email)
    pool = await services.database.pool()
    candidate = await sessions.candidate(pool, identity.email)
    if candidate is None:
        raise SignInRefused("unknown", "No active account has this address.")
    if not identity.has_second_factor and await second_factors.is_asked_for(pool, candidate.tenant, candidate.user_id):
        raise SignInRefused("second-factor", "The account has a second factor, and the provider asked for none.")
    services.throttle.succeeded(address, NOBODY)
    await begin_session(request, response, candidate, services, now, bytes.fromhex(attempt.replaces) or None)


def _provider(services: Services) -> Provider:
    """Raises NotFound where none is configured."""
    if services.provider is None:
        raise NotFound("no provider")
    return services.provider


def _redirect_uri(request: Request, services: Services) -> str:
    return f"{origin_of(request, services)}/api/session/oidc/callback"


def _back(error: Exception, reason: Reason, next: str) -> Response:
    log.warning("oidc_sign_in_refused", reason=reason, detail=str(error))
    return RedirectResponse(f"/sign-in?{urlencode({'next': next})}#{reason}", status.HTTP_303_SEE_OTHER)
