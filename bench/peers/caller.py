"""A closed loop of callers against one server. A process of its own, the same for all; prints what it met as JSON."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from itertools import cycle
from pathlib import Path
from typing import Any, Final, Protocol

import aiohttp
import numpy as np
import psutil
import uvloop

from bench.peers.exported import Exported
from bench.peers.figures import Level, level
from bench.peers.wire import DIALECTS, Dialect, Rows, features_of
from bench.processes import cpu_s
from fleet.errors import FleetError, Unavailable
from fleet.features import FeatureBatch, concatenate
from fleet.scores import ScoreBatch
from fleet.telemetry import FloatArray

TOLERANCE: Final = 1e-5
TIMEOUT_S: Final = 30.0
GATHERED_ROWS: Final = 2000  # as many as ingest puts into a batch
GATHERED_S: Final = 0.005  # the peers' window; ingest's own is 20 ms
APP: Final = "peers"  # whose handle is called
ADDRESS_FILE: Final = "gcs-address"  # where its server says how to join its Ray


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do.

    Attributes:
        way: "http"; "handle"; or "gathered": the handle, with the requests of all callers gathered.
        address: of the server, or of Ray's GCS. server_pid: root of the processes whose CPU counts.
        levels: (rows, callers) of each.
    """

    way: str
    dialect: str
    address: str
    server_pid: int
    exported: str
    levels: list[tuple[int, int]]
    warm_up_s: float
    seconds: float


class Target(Protocol):
    """One way to a server."""

    def question(self, rows: Rows) -> Any:
        """A request, made before the clock runs."""
        ...

    async def ask(self, question: Any) -> Any:
        """The answer, as it comes."""
        ...

    def probability(self, answer: Any) -> FloatArray:
        """(n, len(TYPES)) of an answer."""
        ...


class OverHttp:
    """Requests over connections that stay open."""

    def __init__(self, session: aiohttp.ClientSession, url: str, dialect: Dialect) -> None:
        self._session, self._url, self._dialect = session, url + dialect.path, dialect

    def question(self, rows: Rows) -> bytes:
        return self._dialect.body(rows)

    async def ask(self, question: bytes) -> bytes:
        async with self._session.post(self._url, data=question, headers={"Content-Type": "application/json"}) as response:
            answer = await response.read()
        if response.status != 200:
            raise Unavailable(f"{self._url} answers {response.status}: {answer[:300].decode(errors='replace')}")
        return answer

    def probability(self, answer: bytes) -> FloatArray:
        return self._dialect.probability(answer)


class OverHandle:
    """Calls as ingest makes them."""

    def __init__(self, score: Callable[[FeatureBatch], Any]) -> None:
        self._score = score

    def question(self, rows: Rows) -> FeatureBatch:
        return features_of(rows)

    async def ask(self, question: FeatureBatch) -> ScoreBatch:
        answer: ScoreBatch = await self._score(question)
        return answer

    def probability(self, answer: ScoreBatch) -> FloatArray:
        return answer.probability


class Gathered:
    """One call while the next batch grows, as ingest makes them: requests of many callers go over the handle together."""

    def __init__(self, score: Callable[[FeatureBatch], Any]) -> None:
        self._score = score
        self._waiting: list[tuple[FeatureBatch, asyncio.Future[FloatArray]]] = []
        self._calling: asyncio.Task[None] | None = None

    def question(self, rows: Rows) -> FeatureBatch:
        return features_of(rows)

    async def ask(self, question: FeatureBatch) -> FloatArray:
        answer: asyncio.Future[FloatArray] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        if self._calling is None or self._calling.done():
            self._calling = asyncio.create_task(self._call())
        return await answer

    def probability(self, answer: FloatArray) -> FloatArray:
        return answer

    async def _call(self) -> None:
        while self._waiting:
            await asyncio.sleep(GATHERED_S)
            most = max(1, GATHERED_ROWS // len(self._waiting[0][0]))
            batch, self._waiting = self._waiting[:most], self._waiting[most:]
            try:
                scores: ScoreBatch = await self._score(concatenate([question for question, _ in batch]))
            except Unavailable as error:
                for _, answer in batch:
                    answer.set_exception(error)
                continue
            ends = np.cumsum([len(question) for question, _ in batch])
            for (_, answer), own in zip(batch, np.split(scores.probability, ends[:-1]), strict=True):
                answer.set_result(own)


@asynccontextmanager
async def _target(plan: Plan) -> AsyncIterator[Target]:
    if plan.way == "http":
        timeout, connector = aiohttp.ClientTimeout(total=TIMEOUT_S), aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
            yield OverHttp(session, plan.address, DIALECTS[plan.dialect])
        return
    import ray  # takes seconds to import: only where it is used
    from ray import serve

    from ingest.scoring import ServeScorer

    ray.init(address=plan.address, log_to_driver=False, logging_level="warning")
    score = ServeScorer(serve.get_app_handle(APP), TIMEOUT_S).score
    yield Gathered(score) if plan.way == "gathered" else OverHandle(score)


async def check(target: Target, rows: Rows, expected: FloatArray) -> None:
    """Have all rows scored at once, and each alone.

    Raises:
        Unavailable: other probabilities came back than the models give in this process.
    """
    asked = [(rows, expected), *((rows[n : n + 1], expected[n : n + 1]) for n in range(len(rows)))]
    for some, right in asked:
        answered = target.probability(await target.ask(target.question(some)))
        if not np.allclose(answered, right, rtol=0, atol=TOLERANCE, equal_nan=True):
            raise Unavailable(f"It answers other probabilities: off by up to {np.nanmax(np.abs(answered - right)):g}.")


async def run_level(target: Target, rows: Rows, size: int, callers: int, seconds: float, server: psutil.Process) -> Level:
    """So many callers for so long, each with the next request of `size` rows."""
    questions = cycle([target.question(rows[n : n + size]) for n in range(0, len(rows), size)])
    latencies_ms: list[float] = []
    before_s, began = tree_cpu_s(server), time.perf_counter()

    async def caller() -> None:
        while (asked := time.perf_counter()) < began + seconds:
            await target.ask(next(questions))
            latencies_ms.append((time.perf_counter() - asked) * 1e3)

    await asyncio.gather(*(caller() for _ in range(callers)))
    elapsed = time.perf_counter() - began
    return level(size, callers, elapsed, np.array(latencies_ms), tree_cpu_s(server) - before_s)


def tree_cpu_s(root: psutil.Process) -> float:
    """User and system seconds of a process and all below it."""
    return sum(cpu_s(process) for process in [root, *root.children(recursive=True)])


async def run(plan: Plan) -> list[Level]:
    """Check, warm up, and measure every level.

    Raises:
        Unavailable: the server fails, or answers something else.
    """
    server, (rows, expected) = psutil.Process(plan.server_pid), Exported(Path(plan.exported)).read()
    async with _target(plan) as target:
        await check(target, rows, expected)
        for size in dict.fromkeys(size for size, _ in plan.levels):
            await run_level(target, rows, size, max(callers for _, callers in plan.levels), plan.warm_up_s, server)
        return [await run_level(target, rows, size, callers, plan.seconds, server) for size, callers in plan.levels]


def main() -> None:
    """Do the plan that the first argument tells in JSON."""
    try:
        levels = uvloop.run(run(Plan(**json.loads(sys.argv[1]))))
    except (FleetError, aiohttp.ClientError, TimeoutError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
    print(json.dumps([asdict(one) for one in levels]))


if __name__ == "__main__":
    main()
