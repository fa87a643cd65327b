"""Checking a password: never faster for an unknown address, never locked out, never on the event loop."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ui.api.problems import TooManyRequests

FREE_FAILURES = 5
FREE_FAILURES_OF_ADDRESS = 50  # a whole office can share one address
LONGEST_WAIT_S = 60.0
FORGOTTEN_AFTER_S = 900.0
TRACKED = 10_000


_Key = tuple[str, str | None]  # client address; email, or None for the address as a whole


@dataclass(frozen=True, slots=True)
class _Failures:
    count: int
    last_at: float  # monotonic seconds


class Throttle:
    """Makes guessing slow. Each failure beyond the free ones doubles the wait, up to a minute; success forgets them.

    Nobody is locked out: the wait is per client address and email together, so a stranger's guesses do not
    stop the owner, who comes from elsewhere. A second count per address alone slows the spraying of many emails.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[_Key, _Failures] = OrderedDict()

    def check(self, address: str, email: str | None = None) -> None:
        """Raises TooManyRequests while this address has to wait; without an email, for its failures of all kinds."""
        wait_s = max(self._wait_s(key, free) for key, free in self._counts(address, email))
        if wait_s > 0:
            raise TooManyRequests("Too many failed sign-ins. Wait a little, then try again.", int(wait_s) + 1)

    def failed(self, address: str, email: str | None = None) -> None:
        for key, _ in self._counts(address, email):
            self._failures[key] = _Failures(self._count(key) + 1, self._clock())
            self._failures.move_to_end(key)
        while len(self._failures) > TRACKED:
            self._failures.popitem(last=False)

    def succeeded(self, address: str, email: str) -> None:
        self._failures.pop((address, email), None)

    @staticmethod
    def _counts(address: str, email: str | None) -> list[tuple[_Key, int]]:
        """What a failure counts for, and how many of each are free: of the whole address, and with this email."""
        of_address: list[tuple[_Key, int]] = [((address, None), FREE_FAILURES_OF_ADDRESS)]
        return of_address if email is None else [*of_address, ((address, email), FREE_FAILURES)]

    def _count(self, key: _Key) -> int:
        failures = self._failures.get(key)
        return failures.count if failures and self._clock() - failures.last_at < FORGOTTEN_AFTER_S else 0

    def _wait_s(self, key: _Key, free: int) -> float:
        excess = self._count(key) - free
        if excess < 0:
            return 0.0
        return self._failures[key].last_at + min(2.0 ** min(excess, 16), LONGEST_WAIT_S) - self._clock()


class PasswordCheck:
    """argon2id in a thread, two at a time: each takes 64 MiB and a core."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._decoy = self._hasher.hash("no account has this password")
        self._slots = asyncio.Semaphore(2)

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """False for an unknown account (None), after as much work as for a known one."""
        async with self._slots:
            verified = await asyncio.to_thread(self._verify, password_hash or self._decoy, password)
        return verified and password_hash is not None

    async def hashed(self, password: str) -> str:
        """What is kept of a chosen password."""
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False
