"""How much one person, and one tenant, may ask for: a bucket that refills, so that bursts pass and floods do not."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from fleet.settings import Rate
from fleet.stores.sessions import SignedIn
from ui.api.problems import TooManyRequests

TRACKED = 10_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float  # monotonic seconds


class Limits:
    """Of this process: with several, each grants as much."""

    def __init__(self, person: Rate, tenant: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self._person, self._tenant, self._clock = person, tenant, clock
        self._buckets: OrderedDict[Hashable, _Bucket] = OrderedDict()

    def take(self, who: SignedIn) -> None:
        """Count one request.

        Raises:
            TooManyRequests: this person's share, or that of the whole tenant, is used up; says when to try again.
        """
        shares = [(self._bucket(who.user_id, self._person), self._person), (self._bucket(who.tenant, self._tenant), self._tenant)]
        wait_s = max((1 - bucket.tokens) / rate.per_s for bucket, rate in shares)
        if wait_s > 0:
            raise TooManyRequests("Too many requests; wait a little.", math.ceil(wait_s))
        for bucket, _ in shares:
            bucket.tokens -= 1

    def _bucket(self, key: Hashable, rate: Rate) -> _Bucket:
        now = self._clock()
        bucket = self._buckets.setdefault(key, _Bucket(rate.burst, now))
        bucket.tokens = min(rate.burst, bucket.tokens + (now - bucket.filled_at) * rate.per_s)
        bucket.filled_at = now
        self._buckets.move_to_end(key)
        if len(self._buckets) > TRACKED:
            self._buckets.popitem(last=False)
        return bucket
