"""Batches: what is committed together is acked together, and a repeat in work adds no work."""

import asyncio
from collections.abc import Sequence

import pytest

from fleet.errors import Unavailable
from ingest.batches import BATCH_BYTES, Batcher
from ingest.decode import Message


class Work:
    """Records batches; waits for `go` before each is done."""

    def __init__(self) -> None:
        self.batches: list[list[bytes]] = []
        self.began, self.go, self.failed = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.fails = False

    async def process(self, messages: Sequence[Message]) -> int:
        self.batches.append([message.payload for message in messages])
        self.began.set()
        await self.go.wait()
        if self.fails:
            self.failed.set()
            raise Unavailable("no store")
        return len(messages)


def message(payload: bytes) -> Message:
    return Message("ingest/0/acme/v", payload, 0.0)


class Line:
    """A connection: what was acknowledged on it, and a way to wait for it."""

    def __init__(self) -> None:
        self.acknowledged: list[int] = []
        self._more = asyncio.Event()

    def acknowledge(self, packet_ids: Sequence[int]) -> None:
        self.acknowledged += packet_ids
        self._more.set()

    async def heard(self, count: int) -> list[int]:
        async with asyncio.timeout(5):
            while len(self.acknowledged) < count:
                self._more.clear()
                await self._more.wait()
        return sorted(self.acknowledged)


@pytest.fixture
async def work():
    work = Work()
    work.batcher = Batcher(work.process, batch_s=0.005, batch_messages=10, name="test")
    running = asyncio.create_task(work.batcher.run())
    yield work
    running.cancel()


@pytest.fixture
def line():
    return Line()


async def test_what_comes_while_a_batch_is_in_work_is_the_next_batch(work, line):
    work.batcher.add(message(b"1"), line, 1)
    await work.began.wait()
    for n in range(2, 7):
        work.batcher.add(message(bytes([n])), line, n)
    assert not line.acknowledged
    work.go.set()
    assert await line.heard(6) == [1, 2, 3, 4, 5, 6]
    assert [len(batch) for batch in work.batches] == [1, 5]


async def test_a_repeat_of_a_message_in_work_joins_it(work, line):
    other = Line()
    for packet_id in range(1, 4):
        work.batcher.add(message(b"same"), line, packet_id)
    work.batcher.add(message(b"same"), other, 1)
    work.go.set()
    assert await line.heard(3) == [1, 2, 3]
    assert await other.heard(1) == [1]
    assert work.batches == [[b"same"]]


async def test_a_failed_batch_acknowledges_none_of_its_messages_and_takes_them_again(work, line):
    work.fails = True
    for n in range(3):
        work.batcher.add(message(bytes([n])), line, n + 1)
    work.go.set()
    await work.began.wait()
    await work.failed.wait()
    assert not line.acknowledged
    work.fails = False
    work.batcher.add(message(b"0"), line, 9)
    assert await line.heard(1) == [9]


async def test_batches_are_bounded_in_messages_and_bytes(work, line):
    work.go.set()
    heavy = [message(bytes([n]) * (BATCH_BYTES // 2)) for n in range(4)]
    light = [message(b"x%d" % n) for n in range(25)]
    for packet_id, each in enumerate(heavy + light, 1):
        work.batcher.add(each, line, packet_id)
    await line.heard(29)
    assert max(len(batch) for batch in work.batches) <= 10
    assert max(sum(map(len, batch)) for batch in work.batches) <= BATCH_BYTES * 1.5


async def test_it_tells_for_how_long_nothing_could_be_committed(work, line):
    assert work.batcher.waits_s == 0
    work.fails = True
    work.go.set()
    work.batcher.add(message(b"1"), line, 1)
    await work.failed.wait()
    assert work.batcher.waits_s > 0
    work.fails = False
    work.batcher.add(message(b"2"), line, 2)
    assert await line.heard(1) == [2]
    assert work.batcher.waits_s == 0
