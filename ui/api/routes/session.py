"""Signing in and out."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from typing import TextIO
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Depends, Request, Response, status
from fastapi.responses import StreamingResponse

from fleet.errors import NotAuthenticated, NotAuthorized
from fleet.stores import own_data, second_factors, sessions
from fleet.stores.sessions import Candidate, SignedIn
from ui.api.access import (
    InPersonDep,
    SignedInDep,
    begin_session,
    clear_session_cookie,
    client_address,
    refuse_foreign_origin,
    session_hash,
    session_token,
)
from ui.api.models.own_data import OwnData
from ui.api.models.session import Code, Credentials, Enrolment, OpenSession, PasswordChange, Session, SessionList, SpareCodes
from ui.api.problems import SecondFactorNeeded
from ui.api.services import NowDep, PoolDep, Services, ServicesDep

PIECE_CHARACTERS = 65_536

entrance = APIRouter(tags=["session"], dependencies=[Depends(refuse_foreign_origin)])  # the one route that needs no session
router = APIRouter(tags=["session"])


@entrance.post("/session", operation_id="signIn")
async def sign_in(
    credentials: Credentials, request: Request, response: Response, services: ServicesDep, pool: PoolDep, now: NowDep
) -> Session:
    """Open a session; the answer sets the cookie. A session that this browser already had ends."""
    address, email = client_address(request), credentials.email.strip().lower()
    services.throttle.check(address, email)
    candidate = await sessions.candidate(pool, email)
    matches = await services.passwords.matches(candidate.password_hash if candidate else None, credentials.password)
    if candidate is None or not matches:
        services.throttle.failed(address, email)
        raise NotAuthenticated("Email or password is wrong.")
    await _check_second_factor(credentials, candidate, address, services, pool, now)
    services.throttle.succeeded(address, email)
    token = await begin_session(request, response, candidate, services, now, session_hash(request))
    who = await sessions.holder(pool, token)
    if who is None:
        raise NotAuthenticated("This account was just disabled.")
    return await _session(pool, who)


async def _check_second_factor(
    credentials: Credentials, candidate: Candidate, address: str, services: Services, pool: asyncpg.Pool, now: datetime
) -> None:
    """Raises SecondFactorNeeded where the password was right and a code is missing, or wrong."""
    if not await second_factors.is_asked_for(pool, candidate.tenant, candidate.user_id):
        return
    if credentials.code is None:
        raise SecondFactorNeeded("Enter the code from your app.")
    if not await second_factors.accept(pool, candidate.tenant, candidate.user_id, credentials.code, now):
        services.throttle.failed(address, credentials.email.strip().lower())
        raise SecondFactorNeeded("This code is wrong, or was used already.")


@router.get("/sessions", operation_id="listSessions")
async def list_sessions(request: Request, who: InPersonDep, pool: PoolDep, now: NowDep) -> SessionList:
    """Where you are signed in."""
    found = await sessions.own_sessions(pool, who, session_token(request) or "", now)
    return SessionList(items=[OpenSession.model_validate(each, from_attributes=True) for each in found])


@router.delete("/sessions/{id}", operation_id="endSession", status_code=status.HTTP_204_NO_CONTENT)
async def end_session(id: UUID, who: InPersonDep, pool: PoolDep, now: NowDep) -> None:
    """Sign out elsewhere; open streams of that session end within seconds."""
    await sessions.end_session(pool, who, id, now)


@router.post("/session/second-factor", operation_id="enrolSecondFactor")
async def enrol_second_factor(who: InPersonDep, pool: PoolDep) -> Enrolment:
    """A secret for an authenticator app; it is asked for once a code of it was confirmed."""
    return Enrolment.model_validate(await second_factors.enrol(pool, who), from_attributes=True)


@router.post("/session/second-factor/confirm", operation_id="confirmSecondFactor")
async def confirm_second_factor(proof: Code, who: InPersonDep, pool: PoolDep, now: NowDep) -> SpareCodes:
    """Ask for codes at sign-in from now on. The answer holds spare codes, for when the app is lost; they are shown once."""
    return SpareCodes(codes=await second_factors.confirm(pool, who, proof.code, now))


@router.post("/session/second-factor/remove", operation_id="removeSecondFactor", status_code=status.HTTP_204_NO_CONTENT)
async def remove_second_factor(proof: Code, who: InPersonDep, pool: PoolDep, now: NowDep) -> None:
    """Ask for codes no more."""
    await second_factors.remove(pool, who, proof.code, now)


@router.post("/session/password", operation_id="changePassword", status_code=status.HTTP_204_NO_CONTENT)
async def change_password(
    wish: PasswordChange, request: Request, who: InPersonDep, services: ServicesDep, pool: PoolDep, now: NowDep
) -> None:
    """Choose another password with the present one. You stay signed in here and are signed out everywhere else."""
    address, email = client_address(request), who.email.lower()
    services.throttle.check(address, email)
    candidate = await sessions.candidate(pool, email)
    if not await services.passwords.matches(candidate.password_hash if candidate else None, wish.password):
        services.throttle.failed(address, email)
        raise NotAuthorized("The present password is wrong.")
    services.throttle.succeeded(address, email)
    chosen = await services.passwords.hashed(wish.new_password)
    await sessions.change_password(pool, who, session_token(request) or "", chosen, now)


@router.get("/session/data", operation_id="getOwnData", response_class=StreamingResponse, responses={200: {"model": OwnData}})
async def get_own_data(who: InPersonDep, pool: PoolDep, now: NowDep) -> StreamingResponse:
    """What is stored about you, as one document: no secrets, nothing of others. Readings of vehicles are not part of it."""
    with ExitStack() as unless_written:
        document = unless_written.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8"))
        await own_data.write(pool, who, now, document)
        unless_written.pop_all()
    headers = {"Content-Disposition": 'attachment; filename="fleetguard-data.json"'}
    return StreamingResponse(_pieces(document), media_type="application/json", headers=headers)


def _pieces(document: TextIO) -> Iterator[str]:
    with document:
        document.seek(0)
        while piece := document.read(PIECE_CHARACTERS):
            yield piece


@router.get("/session", operation_id="getSession")
async def get_session(who: SignedInDep, pool: PoolDep) -> Session:
    """Who is signed in."""
    return await _session(pool, who)


@router.delete("/session", operation_id="signOut", status_code=status.HTTP_204_NO_CONTENT)
async def sign_out(request: Request, response: Response, who: InPersonDep, pool: PoolDep, now: NowDep) -> None:
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
        permissions=sorted(who.permissions),
        driver_id=who.driver_id,
        second_factor=await second_factors.is_asked_for(pool, who.tenant, who.user_id),
        expires_at=who.expires_at,
    )
