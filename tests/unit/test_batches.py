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
        self.began, self.go = asyncio.Event(), asyncio.Event()
        self.fails = False

    async def process(self, messages: Sequence[Message]) -> int:
        self.batches.append([message.payload for message in messages])
        self.began.set()
        await self.go.wait()
        if self.fails:
            raise Unavailable("no store")
        return len(messages)


def message(payload: bytes) -> Message:
    return Message("ingest/0/acme/v", payload, 0.0)


@pytest.fixture
async def work():
    work = Work()
    work.batcher = Batcher(work.process, batch_s=0.005, batch_messages=10, name="test")
    running = asyncio.create_task(work.batcher.run())
    yield work
    running.cancel()


async def test_what_comes_while_a_batch_is_in_work_is_the_next_batch(work):
    first = asyncio.create_task(work.batcher.commit(message(b"1")))
    await work.began.wait()
    rest = [asyncio.create_task(work.batcher.commit(message(bytes([n])))) for n in range(5)]
    await asyncio.sleep(0)
    work.go.set()
    assert await asyncio.gather(first, *rest) == [True] * 6
    assert [len(batch) for batch in work.batches] == [1, 5]


async def test_a_repeat_of_a_message_in_work_joins_it(work):
    repeats = [asyncio.create_task(work.batcher.commit(message(b"same"))) for _ in range(4)]
    await asyncio.sleep(0)
    work.go.set()
    assert await asyncio.gather(*repeats) == [True] * 4
    assert work.batches == [[b"same"]]


async def test_a_failed_batch_commits_none_of_its_messages(work):
    work.fails = True
    work.go.set()
    assert await asyncio.gather(*(work.batcher.commit(message(bytes([n]))) for n in range(3))) == [False] * 3


async def test_batches_are_bounded_in_messages_and_bytes(work):
    work.go.set()
    heavy = [message(bytes([n]) * (BATCH_BYTES // 2)) for n in range(4)]
    light = [message(b"x%d" % n) for n in range(25)]
    await asyncio.gather(*(work.batcher.commit(m) for m in heavy + light))
    assert max(len(batch) for batch in work.batches) <= 10
    assert max(sum(map(len, batch)) for batch in work.batches) <= BATCH_BYTES * 1.5
