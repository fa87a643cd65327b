"""What cannot be used is named by its variable, in one line."""

import pytest

from fleet.errors import ConfigurationError
from fleet.settings import load_settings


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"FLEETGUARD_OIDC__ISSUER": "http://idp.example"}, "FLEETGUARD_OIDC__ISSUER: has to start with https://"),
        ({"FLEETGUARD_OIDC__ISSUER": "https://idp.example"}, "FLEETGUARD_OIDC: an issuer needs a client_id"),
        ({"FLEETGUARD_API__PORT": "abc"}, "FLEETGUARD_API__PORT: Input should be a valid integer"),
        ({"FLEETGUARD_OIDC__STATE_KEY": "too-short"}, "FLEETGUARD_OIDC: state_key needs 32 characters"),
    ],
    ids=["an issuer without TLS", "an issuer without a client", "a port that is no number", "a short key"],
)
def test_a_setting_that_cannot_be_used_is_named_and_not_shown(variables, words, monkeypatch, tmp_path):
    monkeypatch.setenv("FLEETGUARD_HOME", str(tmp_path))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    load_settings.cache_clear()
    with pytest.raises(ConfigurationError) as refused:
        load_settings()
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not any(value in str(refused.value) for value in variables.values())
