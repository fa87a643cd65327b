"""Sign-in at an OpenID Connect provider: authorization code with PKCE (OpenID Connect Core 1.0, RFC 7636)."""

import base64
import hashlib
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal
from urllib.parse import quote_plus

import httpx
import jwt
from pydantic import BaseModel, ValidationError

from fleet.errors import NotAuthenticated, Unavailable
from fleet.settings import Oidc, SecureUrl

ATTEMPT_LASTS: Final = timedelta(minutes=10)
METADATA_KEPT_S: Final = 3600.0
TIMEOUT_S: Final = 5.0
CLOCK_SKEW_S: Final = 30.0
ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")  # never "none", never a shared secret
SECOND_FACTORS: Final = frozenset({"mfa", "otp"})  # RFC 8176

Reason = Literal["expired", "refused", "unverified", "unknown", "second-factor", "throttled", "unavailable"]


class SignInRefused(NotAuthenticated):
    """Nobody is signed in; `reason` is what the page puts in words."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason: Reason = reason


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider vouches for; `has_second_factor`: that they proved more than a password there."""

    email: str
    has_second_factor: bool


class Attempt(BaseModel):
    """What the browser keeps, signed, while it is away at the provider.

    `replaces`: the hash of the session it had, whose own cookie it does not show on the way back from another site.
    """

    state: str
    nonce: str
    verifier: str
    next: str
    replaces: str = ""


class _Metadata(BaseModel):
    issuer: str
    authorization_endpoint: SecureUrl
    token_endpoint: SecureUrl
    jwks_uri: SecureUrl


def local_path(path: str | None) -> str:
    """The path where it is one of this page; that of the alerts where it is none, or could lead to another site."""
    return path if path and re.fullmatch(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*", path) else "/alerts"


class Provider:
    """The configured provider. What it says of itself is asked anew every hour, its keys at every sign-in."""

    def __init__(self, settings: Oidc, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._state_key = settings.state_key.get_secret_value() or secrets.token_hex(32)
        self._clock = clock
        self._known: tuple[float, _Metadata] | None = None

    def new_attempt(self, next: str | None, replaces: bytes | None = None) -> Attempt:
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return Attempt(state=state, nonce=nonce, verifier=verifier, next=local_path(next), replaces=(replaces or b"").hex())

    def sealed(self, attempt: Attempt) -> str:
        """The attempt as the browser keeps it: it counts for ten minutes, and nobody else can make one."""
        until = int(time.time() + ATTEMPT_LASTS.total_seconds())
        return jwt.encode({**attempt.model_dump(), "exp": until}, self._state_key, "HS256")

    def unsealed(self, cookie: str | None) -> Attempt | None:
        """None where there is none, it is too old, or is not ours."""
        try:
            return Attempt.model_validate(jwt.decode(cookie or "", self._state_key, ["HS256"], {"require": ["exp"]}))
        except (jwt.InvalidTokenError, ValidationError):
            return None

    async def address(self, attempt: Attempt, redirect_uri: str) -> str:
        """Where the browser goes to sign in.

        Raises:
            Unavailable: the provider does not answer as one does.
        """
        digest = hashlib.sha256(attempt.verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": "openid email",
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return str(httpx.URL((await self._metadata()).authorization_endpoint).copy_merge_params(query))

    async def identity(self, attempt: Attempt, code: str, redirect_uri: str) -> Identity:
        """Whom the code is for.

        Raises:
            SignInRefused: the code is none, the token cannot be trusted, or its address is not verified.
            Unavailable: the provider does not answer as one does.
        """
        metadata = await self._metadata()
        token = await self._id_token(metadata, attempt, code, redirect_uri)
        claims = verified_claims(token, await _json(metadata.jwks_uri), metadata.issuer, self._settings.client_id)
        if not secrets.compare_digest(str(claims.get("nonce", "")).encode(), attempt.nonce.encode()):
            raise SignInRefused("refused", "The token belongs to another sign-in.")
        email = claims.get("email")
        if not isinstance(email, str) or claims.get("email_verified") is not True:
            raise SignInRefused("unverified", "The provider does not vouch for the email address.")
        methods = claims.get("amr")
        return Identity(email.strip().lower(), isinstance(methods, list) and not SECOND_FACTORS.isdisjoint(map(str, methods)))

    async def _metadata(self) -> _Metadata:
        """OpenID Connect Discovery 1.0. Raises Unavailable."""
        if self._known and self._clock() - self._known[0] < METADATA_KEPT_S:
            return self._known[1]
        issuer = self._settings.issuer or ""
        try:
            found = _Metadata.model_validate(await _json(f"{issuer.rstrip('/')}/.well-known/openid-configuration"))
        except ValidationError as error:
            raise Unavailable(f"The identity provider cannot be used: {error}") from error
        if found.issuer != issuer:
            raise Unavailable(f"The identity provider calls itself {found.issuer}, the settings {issuer}.")
        self._known = (self._clock(), found)
        return found

    async def _id_token(self, metadata: _Metadata, attempt: Attempt, code: str, redirect_uri: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": self._settings.client_id,
            "code_verifier": attempt.verifier,
        }
        secret = self._settings.client_secret.get_secret_value()
        basic = (quote_plus(self._settings.client_id), quote_plus(secret)) if secret else None  # RFC 6749 2.3.1
        answer = await _ask("POST", metadata.token_endpoint, data=form, auth=basic)
        if answer.status_code >= 500:
            raise Unavailable(f"The identity provider answers {answer.status_code}.")
        token = _object(answer).get("id_token")
        if answer.status_code != 200 or not isinstance(token, str):
            raise SignInRefused("refused", f"The provider gave no token for the code ({answer.status_code}).")
        return token


def verified_claims(token: str, key_set: dict[str, Any], issuer: str, client_id: str) -> dict[str, Any]:
    """What an id token says, checked as OpenID Connect Core 3.1.3.7 asks but for the nonce.

    Raises:
        SignInRefused: wrong signature, issuer, audience or time.
    """
    try:
        key_id = jwt.get_unverified_header(token).get("kid")
        key = next((key for key in jwt.PyJWKSet.from_dict(key_set).keys if key_id in (None, key.key_id)), None)
        if key is None:
            raise SignInRefused("refused", "The token is signed with a key that the provider does not have.")
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            ALGORITHMS,
            {"require": ["iss", "sub", "aud", "exp", "iat"]},
            audience=client_id,
            issuer=issuer,
            leeway=CLOCK_SKEW_S,
        )
    except jwt.PyJWTError as error:
        raise SignInRefused("refused", f"The token cannot be trusted: {error}.") from error
    if claims.get("azp", client_id) != client_id:
        raise SignInRefused("refused", "The token was issued to another party.")
    return claims


async def _json(url: str) -> dict[str, Any]:
    answer = await _ask("GET", url)
    if answer.status_code != 200:
        raise Unavailable(f"The identity provider answers {answer.status_code} at {url}.")
    return _object(answer)


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError as error:
        raise Unavailable("The identity provider does not answer in JSON.") from error
    if not isinstance(body, dict):
        raise Unavailable("The identity provider does not answer with a JSON object.")
    return body


async def _ask(method: str, url: str, data: dict[str, str] | None = None, auth: tuple[str, str] | None = None) -> httpx.Response:
    try:
        async with httpx.AsyncClient(follow_redirects=False, timeout=TIMEOUT_S) as client:
            return await client.request(method, url, data=data, auth=auth)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unavailable(f"The identity provider does not answer: {error}") from error
