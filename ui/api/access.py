"""Who is asking: the session cookie or an API token, the roles, and the refusal of writes that another site started."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends, Request, Response
from starlette.requests import HTTPConnection

from fleet.errors import NotAuthenticated, NotAuthorized
from fleet.permissions import Permission
from fleet.stores import sessions
from fleet.stores.sessions import Candidate, SignedIn
from ui.api.services import Services, ServicesDep, services_of

SECURE_COOKIE = "__Host-fleetguard"  # the prefix makes browsers refuse it without Secure, on a sub-path or with a domain
PLAIN_COOKIE = "fleetguard_session"  # http://localhost cannot carry the prefix
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def client_address(connection: HTTPConnection) -> str:
    """Who is counted where guessing is made slow."""
    return connection.client.host if connection.client else ""


def origin_of(connection: HTTPConnection, services: Services) -> str:
    """The origin people see this API under."""
    scheme = connection.url.scheme.replace("ws", "http", 1)  # a WebSocket belongs to the page's origin
    return services.settings.api.public_origin.rstrip("/") or f"{scheme}://{connection.url.netloc}"


def cookie_name(connection: HTTPConnection, services: Services) -> str:
    return SECURE_COOKIE if origin_of(connection, services).startswith("https:") else PLAIN_COOKIE


def session_token(connection: HTTPConnection) -> str | None:
    return connection.cookies.get(cookie_name(connection, services_of(connection)))


def credential_of(connection: HTTPConnection) -> str | None:
    """What the request proves its sender with: the bearer token a program sends, or else the session cookie."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else session_token(connection)


def set_session_cookie(connection: HTTPConnection, response: Response, token: str, max_age_s: int) -> None:
    name = cookie_name(connection, services_of(connection))
    response.set_cookie(name, token, max_age_s, path="/", secure=name == SECURE_COOKIE, httponly=True, samesite="strict")


def clear_session_cookie(connection: HTTPConnection, response: Response) -> None:
    name = cookie_name(connection, services_of(connection))
    response.delete_cookie(name, path="/", secure=name == SECURE_COOKIE, httponly=True, samesite="strict")


def session_hash(connection: HTTPConnection) -> bytes | None:
    """Of the session that this browser has, where it shows it: not where another site's page leads here."""
    token = session_token(connection)
    return sessions.token_hash(token) if token else None


async def begin_session(
    request: Request, response: Response, who: Candidate, services: Services, now: datetime, replaces: bytes | None
) -> str:
    """Open a session and set its cookie; the one it replaces ends. Returns the token."""
    lifetime = timedelta(hours=services.settings.api.session_hours)
    opened_with = request.headers.get("user-agent", "")
    pool = await services.database.pool()
    token = await sessions.open_session(pool, who, now, now + lifetime, replaces, opened_with)
    set_session_cookie(request, response, token, int(lifetime.total_seconds()))
    return token


def kept_attempt(connection: HTTPConnection) -> str | None:
    """What `set_attempt_cookie` left with the browser."""
    return connection.cookies.get(_attempt_cookie(connection))


def set_attempt_cookie(connection: HTTPConnection, response: Response, value: str, max_age_s: int) -> None:
    """SameSite=Lax: the provider's page leads back here, and the browser has to bring it along."""
    name = _attempt_cookie(connection)
    response.set_cookie(name, value, max_age_s, path="/", secure=name.startswith("__Host-"), httponly=True, samesite="lax")


def clear_attempt_cookie(connection: HTTPConnection, response: Response) -> None:
    name = _attempt_cookie(connection)
    response.delete_cookie(name, path="/", secure=name.startswith("__Host-"), httponly=True, samesite="lax")


def _attempt_cookie(connection: HTTPConnection) -> str:
    return f"{cookie_name(connection, services_of(connection))}_oidc"


def refuse_foreign_origin(request: Request, services: ServicesDep) -> None:
    """A browser names the page that started a write; other sites' pages are refused."""
    if request.method not in SAFE_METHODS:
        require_own_origin(request, services)


def require_own_origin(connection: HTTPConnection, services: Services) -> None:
    """Raises NotAuthorized when a browser says that another site's page asks."""
    if connection.headers.get("origin", origin := origin_of(connection, services)) != origin:
        raise NotAuthorized("This request was started by another site.")


async def holder_of(connection: HTTPConnection, services: Services) -> SignedIn:
    """Whose credential this is. Raises NotAuthenticated when it is nobody's."""
    token = credential_of(connection)
    who = await sessions.holder(await services.database.pool(), token) if token else None
    if who is None:
        raise NotAuthenticated("Sign in first.")
    return who


async def _signed_in(request: Request, services: ServicesDep) -> SignedIn:
    who = await holder_of(request, services)
    services.limits.take(who)
    by_cookie = who.scopes is None  # a browser sends it along whoever asks; it never adds a token by itself
    if by_cookie and request.method not in SAFE_METHODS and request.headers.get("x-requested-with") != "fleetguard":
        raise NotAuthorized("A write needs the header X-Requested-With: fleetguard.")
    return who


SignedInDep = Annotated[SignedIn, Depends(_signed_in)]


def _in_person(who: SignedInDep) -> SignedIn:
    if who.scopes is not None:
        raise NotAuthorized("An API token cannot do this: sign in.")
    return who


InPersonDep = Annotated[SignedIn, Depends(_in_person)]


class Needs:
    """A dependency that lets those through who have the permission; the OpenAPI document names it."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    def __call__(self, who: SignedInDep) -> SignedIn:
        if self.permission not in who.permissions:
            what = "Your role does" if who.scopes is None else "This API token, or its owner's role, does"
            raise NotAuthorized(f"{what} not allow this: it takes the permission to {self.permission}.")
        return who


AlertReaderDep = Annotated[SignedIn, Depends(Needs(Permission.READ_ALERTS))]
AcknowledgerDep = Annotated[SignedIn, Depends(Needs(Permission.ACKNOWLEDGE_ALERTS))]
OperatorDep = Annotated[SignedIn, Depends(Needs(Permission.WORK_ALERTS))]
FleetReaderDep = Annotated[SignedIn, Depends(Needs(Permission.READ_FLEET))]
ScoreReaderDep = Annotated[SignedIn, Depends(Needs(Permission.READ_SCORES))]
ManagerDep = Annotated[SignedIn, Depends(Needs(Permission.CHANGE_RULES))]
DeviceManagerDep = Annotated[SignedIn, Depends(Needs(Permission.MANAGE_DEVICES))]
MaintainerDep = Annotated[SignedIn, Depends(Needs(Permission.RECORD_MAINTENANCE))]
PeopleManagerDep = Annotated[SignedIn, Depends(Needs(Permission.MANAGE_PEOPLE))]
EngineerDep = Annotated[SignedIn, Depends(Needs(Permission.READ_MODELS))]
