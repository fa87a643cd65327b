"""What can go wrong, as one tree.

FleetError
├── ConfigurationError     a setting or a file is missing or wrong; the message says which and how to mend it
├── InvalidInput           what was sent cannot be used; the message says why
│   ├── UndecodablePayload a telemetry payload that goes to the dead-letter table
│   └── InvalidHistory     a history bundle lacks a file or column, or holds the wrong unit
├── NotFound               unknown, or another tenant's: never told apart
├── Conflict               the request does not fit the present state, a closed alert for example
├── NotAuthenticated       nobody is signed in, or the credential is wrong
├── NotAuthorized          signed in, and not allowed to
└── Unavailable            a dependency does not answer; try again later
    └── ModelUnavailable   no champion is registered, or it does not load
"""


class FleetError(Exception):
    """Base of every error the caller can act on."""


class ConfigurationError(FleetError):
    """A setting or a file is missing or wrong."""


class InvalidInput(FleetError):
    """What was sent cannot be used."""


class UndecodablePayload(InvalidInput):
    """A telemetry payload that cannot be read as samples."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


class InvalidHistory(InvalidInput):
    """A history bundle that cannot be used."""


class NotFound(FleetError):
    """Unknown or foreign: the caller is not told which."""


class Conflict(FleetError):
    """The request does not fit the present state."""


class NotAuthenticated(FleetError):
    """Nobody is signed in."""


class NotAuthorized(FleetError):
    """Signed in, and not allowed to."""


class Unavailable(FleetError):
    """A dependency does not answer."""


class ModelUnavailable(Unavailable):
    """No champion is registered, or it does not load."""
