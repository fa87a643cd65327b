"""Signing in and out."""

from datetime import timedelta

import asyncpg
from fastapi import APIRouter, Depends, Request, Response, status

from fleet.errors import NotAuthenticated
from fleet.permissions import PERMISSIONS
from fleet.stores import sessions
from fleet.stores.sessions import SignedIn
from ui.api.access import SignedInDep, clear_session_cookie, refuse_foreign_origin, session_token, set_session_cookie
from ui.api.models import Credentials, Session
from ui.api.services import NowDep, PoolDep, ServicesDep

entrance = APIRouter(tags=["session"], dependencies=[Depends(refuse_foreign_origin)])  # the one route that needs no session
router = APIRouter(tags=["session"])


@entrance.post("/session", operation_id="signIn")
async def sign_in(
    credentials: Credentials, request: Request, response: Response, services: ServicesDep, pool: PoolDep, now: NowDep
) -> Session:
    """Open a session; the answer sets the cookie. A session that this browser already had ends."""
    address, email = request.client.host if request.client else "", credentials.email.strip().lower()
    services.throttle.check(address, email)
    candidate = await sessions.candidate(pool, email)
    matches = await services.passwords.matches(candidate.password_hash if candidate else None, credentials.password)
    if candidate is None or not matches:
        services.throttle.failed(address, email)
        raise NotAuthenticated("Email or password is wrong.")
    services.throttle.succeeded(address, email)
    lifetime = timedelta(hours=services.settings.api.session_hours)
    token = await sessions.open_session(pool, candidate, now, now + lifetime, replaces=session_token(request))
    set_session_cookie(request, response, token, int(lifetime.total_seconds()))
    who = await sessions.holder(pool, token)
    if who is None:
        raise NotAuthenticated("This account was just disabled.")
    return await _session(pool, who)


@router.get("/session", operation_id="getSession")
async def get_session(who: SignedInDep, pool: PoolDep) -> Session:
    """Who is signed in."""
    return await _session(pool, who)


@router.delete("/session", operation_id="signOut", status_code=status.HTTP_204_NO_CONTENT)
async def sign_out(request: Request, response: Response, who: SignedInDep, pool: PoolDep, now: NowDep) -> None:
    """End this session; its open streams end with it."""
    await sessions.close_session(pool, who, session_token(request) or "", now)
    clear_session_cookie(request, response)


async def _session(pool: asyncpg.Pool, who: SignedIn) -> Session:
    return Session(
        user_id=who.user_id,
        email=who.email,
        name=who.name,
        role=who.role,
        tenant_id=who.slug,
        tenant=await sessions.tenant_name(pool, who.tenant),
        permissions=sorted(PERMISSIONS[who.role]),
        driver_id=who.driver_id,
        expires_at=who.expires_at,
    )
