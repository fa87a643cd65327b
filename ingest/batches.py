"""Messages gathered into batches; what a batch held is acknowledged when it is committed."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter

import structlog

from fleet.errors import FleetError
from fleet.metrics import BATCH_FAILURES, QUEUE_ROWS, READING_LAG_SECONDS
from ingest.decode import Message
from ingest.subscriber import Connection

BATCH_BYTES = 512 * 1024  # of payload; arrays of samples make few messages heavy
RETRY_PAUSE_S = 0.5  # the broker sends again after its ack_wait; until then a dead dependency is not hammered

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Batch:
    messages: list[Message] = field(default_factory=list)
    size: int = 0
    began: float = field(default_factory=perf_counter)
    receipts: dict[Connection, dict[int, None]] = field(default_factory=dict)  # packet ids, in their order


class Batcher:
    """One batch is in work while the next one grows: small when idle, larger near saturation.

    The broker bounds what is not acked (`max_ack_pending`), and with it the size of a batch.
    """

    def __init__(
        self, process: Callable[[Sequence[Message]], Awaitable[int]], batch_s: float, batch_messages: int, name: str
    ) -> None:
        self._process, self._batch_s, self._limit = process, batch_s, batch_messages
        self._waiting: list[_Batch] = []
        self._late_since: float | None = None  # the beginning of the oldest batch in work, or not committed yet
        self._in_work: dict[tuple[str, bytes], _Batch] = {}
        self._filled = asyncio.Event()
        self._gauge = QUEUE_ROWS.labels(name)

    @property
    def waits_s(self) -> float:
        """For how long nothing has been committed although there was something."""
        return 0.0 if self._late_since is None else perf_counter() - self._late_since

    def add(self, message: Message, connection: Connection, packet_id: int) -> None:
        """Take a message in; it is acknowledged on its connection once it is committed, or never.

        A message that the broker sends again while it is still in work joins its first delivery: a slow batch must not
        make itself slower.
        """
        key = (message.topic, message.payload)
        batch = self._in_work.get(key)
        if batch is None:
            batch = self._in_work[key] = self._open_batch()
            batch.messages.append(message)
            batch.size += len(message.payload)
        batch.receipts.setdefault(connection, {})[packet_id] = None  # a number is acknowledged once: it may be reused

    def _open_batch(self) -> _Batch:
        if not self._waiting or self._full(self._waiting[-1]):
            self._waiting.append(_Batch())
            self._filled.set()
        return self._waiting[-1]

    def _full(self, batch: _Batch) -> bool:
        return len(batch.messages) >= self._limit or batch.size >= BATCH_BYTES

    async def run(self) -> None:
        """Process batches in order, for ever."""
        while True:
            await self._filled.wait()
            batch = self._waiting[0]
            if not self._full(batch):
                await asyncio.sleep(max(0.0, self._batch_s - (perf_counter() - batch.began)))
            self._waiting.pop(0)
            if not self._waiting:
                self._filled.clear()
            self._gauge.set(sum(len(waiting.messages) for waiting in self._waiting))
            await self._commit(batch)

    async def _commit(self, batch: _Batch) -> None:
        self._late_since = self._late_since or batch.began
        try:
            await self._process(batch.messages)
        except Exception as error:  # the loop must survive: nothing is acked, the broker delivers again
            BATCH_FAILURES.labels(type(error).__name__).inc()
            log.warning(
                "batch_not_committed", messages=len(batch.messages), error=str(error), exc_info=not isinstance(error, FleetError)
            )
            await asyncio.sleep(RETRY_PAUSE_S)
        else:
            self._late_since = None
            READING_LAG_SECONDS.observe(perf_counter() - batch.began)
            for connection, packet_ids in batch.receipts.items():
                connection.acknowledge(list(packet_ids))
        finally:
            for message in batch.messages:
                del self._in_work[message.topic, message.payload]
