"""Which id tokens count, and where a sign-in may lead."""

import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import ValidationError

from fleet.settings import Oidc
from ui.api.oidc import SignInRefused, local_path, verified_claims

ISSUER, CLIENT = "https://id.example", "fleetguard"
OURS, FOREIGN = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
KEY_SET = {"keys": [jwt.algorithms.RSAAlgorithm.to_jwk(OURS.public_key(), as_dict=True) | {"kid": "k1", "alg": "RS256"}]}


def token(key=OURS, algorithm="RS256", kid="k1", **changes) -> str:
    claims = {"iss": ISSUER, "sub": "s", "aud": CLIENT, "iat": int(time.time()), "exp": int(time.time()) + 60} | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, key, algorithm, headers={"kid": kid})


def test_a_token_of_the_provider_counts():
    assert verified_claims(token(aud=[CLIENT]), KEY_SET, ISSUER, CLIENT)["sub"] == "s"


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param(token(FOREIGN), id="foreign key"),
        pytest.param(token(kid="k2"), id="unknown key"),
        pytest.param(token("", "none"), id="unsigned"),
        pytest.param(token("a secret that the client and the provider share", "HS256"), id="shared secret"),
        pytest.param(token(iss="https://other.example"), id="other issuer"),
        pytest.param(token(aud="another-client"), id="other audience"),
        pytest.param(token(aud=[CLIENT, "another-client"], azp="another-client"), id="issued to another"),
        pytest.param(token(exp=int(time.time()) - 120), id="expired"),
        pytest.param(token(exp=None), id="never expires"),
        pytest.param("no token", id="garbage"),
    ],
)
def test_every_other_token_is_refused(forged):
    with pytest.raises(SignInRefused):
        verified_claims(forged, KEY_SET, ISSUER, CLIENT)


@pytest.mark.parametrize("path", ["/", "/alerts?state=OPEN&q=a%20b", "/vehicles/VH-1"])
def test_a_path_of_the_page_is_kept(path):
    assert local_path(path) == path


@pytest.mark.parametrize(
    "path", ["", None, "alerts", "//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example"]
)
def test_a_path_that_could_lead_elsewhere_is_not(path):
    assert local_path(path) == "/alerts"


@pytest.mark.parametrize(
    "settings",
    [
        {"issuer": "http://id.example", "client_id": "c"},
        {"issuer": "http://127.0.0.1.evil.example", "client_id": "c"},
        {"issuer": "https://id.example"},
        {"issuer": "https://id.example", "client_id": "c", "state_key": "short"},
    ],
)
def test_unsafe_settings_are_refused(settings):
    with pytest.raises(ValidationError):
        Oidc(**settings)
