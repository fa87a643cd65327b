"""From the error tree to RFC 9457 problem+json: the only place that knows status codes of errors."""

from http import HTTPStatus
from typing import Any

import asyncpg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from fleet.errors import (
    ConfigurationError,
    Conflict,
    FleetError,
    InvalidInput,
    NotAuthenticated,
    NotAuthorized,
    NotFound,
    Unavailable,
)
from fleet.stores.workflow import AlertConflict

log = structlog.get_logger(__name__)


class TooLarge(InvalidInput):
    """The body is longer than the route takes."""


class SecondFactorNeeded(NotAuthenticated):
    """The password is right; a code is missing or wrong."""


class TooManyRequests(FleetError):
    """Too many tries; the same request may succeed after `retry_after_s`."""

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


# Looked up along the class's ancestors, so a subclass inherits its parent's status.
STATUS: dict[type[FleetError], HTTPStatus] = {
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    NotAuthenticated: HTTPStatus.UNAUTHORIZED,
    NotAuthorized: HTTPStatus.FORBIDDEN,
    TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    ConfigurationError: HTTPStatus.SERVICE_UNAVAILABLE,
    FleetError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
NOT_FOUND_DETAIL = "There is nothing here, or it is not yours."
RETRY_AFTER_S = 5


def status_of(error: FleetError) -> HTTPStatus:
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def problem(status: int, detail: str, headers: dict[str, str] | None = None, **extensions: Any) -> JSONResponse:
    """A problem document; extensions are further members that a client can act on."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": int(status), "detail": detail, **extensions}
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def answer_to(error: FleetError) -> JSONResponse:
    """The problem document of an error."""
    status = status_of(error)
    detail = NOT_FOUND_DETAIL if isinstance(error, NotFound) else str(error)
    return problem(status, detail, _headers(error, status), **_extensions(error))


def _extensions(error: FleetError) -> dict[str, Any]:
    """What a client can act on, beside the sentence."""
    if isinstance(error, AlertConflict):
        return {"anomaly": error.anomaly}
    return {"secondFactor": True} if isinstance(error, SecondFactorNeeded) else {}


def _from_fleet_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, FleetError)
    return answer_to(error)


def _headers(error: FleetError, status: HTTPStatus) -> dict[str, str]:
    if isinstance(error, TooManyRequests):
        return {"Retry-After": str(error.retry_after_s)}
    return {"Retry-After": str(RETRY_AFTER_S)} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}


def _from_validation(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    reasons = [{"field": ".".join(map(str, each["loc"][1:])) or "body", "message": each["msg"]} for each in error.errors()]
    detail = "; ".join(f"{reason['field']}: {reason['message']}" for reason in reasons)
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=reasons)


def _from_http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    detail = NOT_FOUND_DETAIL if error.status_code == HTTPStatus.NOT_FOUND else str(error.detail)
    return problem(error.status_code, detail, dict(error.headers or {}))


def _from_value(_: Request, error: Exception) -> JSONResponse:
    """PostgreSQL cannot hold every text: a NUL, for one."""
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"A value cannot be used: {error}.")


def _from_surprise(request: Request, error: Exception) -> JSONResponse:
    log.error("request_failed", path=request.url.path, exc_info=error)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong here. It was written down.")


def install(app: FastAPI) -> None:
    """Answer every error of this application as a problem document."""
    app.add_exception_handler(FleetError, _from_fleet_error)
    app.add_exception_handler(RequestValidationError, _from_validation)
    app.add_exception_handler(HTTPException, _from_http)
    app.add_exception_handler(asyncpg.DataError, _from_value)
    app.add_exception_handler(Exception, _from_surprise)
