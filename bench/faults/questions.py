"""People who ask for the alerts while a fault lasts: each answer is the list, or a problem that says when to ask again."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Final

import httpx

PEOPLE: Final = 12  # more than the API has connections to the database
EVERY_S: Final = 0.5
ANSWERED_WITHIN_S: Final = 8.0
QUESTION: Final = "/api/anomalies"


@contextlib.asynccontextmanager
async def asking(client: httpx.AsyncClient) -> AsyncIterator[set[str]]:
    """Ask until the end of the block; what was no proper answer is told in sentences, each once."""
    broken: set[str] = set()
    over = asyncio.Event()
    asked = asyncio.gather(*(_ask(client, over, broken) for _ in range(PEOPLE)))
    try:
        yield broken
    finally:
        over.set()
        await asked


async def _ask(client: httpx.AsyncClient, over: asyncio.Event, broken: set[str]) -> None:
    while not over.is_set():
        began = time.monotonic()
        try:
            broken |= flaws_of(await client.get(QUESTION, timeout=ANSWERED_WITHIN_S))
        except httpx.TimeoutException:
            broken.add(f"the API did not answer within {ANSWERED_WITHIN_S:.0f} s")
        except httpx.HTTPError as error:
            broken.add(f"the API broke the connection: {error!r}")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), max(0.0, EVERY_S - (time.monotonic() - began)))


def flaws_of(answer: httpx.Response) -> set[str]:
    """What is wrong with an answer; nothing with the list, nor with a 503 that says when to ask again."""
    if answer.status_code == HTTPStatus.OK:
        return set()
    if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
        return {f"the API answered {answer.status_code}"}
    flaws = set()
    if "Retry-After" not in answer.headers:
        flaws.add("a 503 of the API does not say when to ask again")
    if answer.headers.get("content-type") != "application/problem+json":
        flaws.add("a 503 of the API is no problem document")
    return flaws
