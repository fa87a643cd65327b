"""Whether the parts answer: asked where they can be asked, read from their heartbeats where they speak no HTTP."""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any, TypeVar

from fleet.errors import FleetError
from fleet.settings import Mqtt
from fleet.stores.heartbeats import Heartbeat, heartbeats
from fleet.stores.postgres import connection_of
from ui.api.models.operations import PartState
from ui.api.services import Services

ANSWER_WITHIN_S = 2.0
LONGEST_SILENCE_S = 10.0

Answer = TypeVar("Answer")


async def postgres_state(services: Services) -> PartState:
    try:
        await _in_time(_ask(services))
    except Exception as error:  # whatever it is, the answer is "down", and why
        return PartState(name="postgres", state="down", detail=str(error) or "no answer")
    return PartState(name="postgres", state="ok", detail="")


async def part_states(services: Services) -> list[PartState]:
    """The broker and every part that should be sending heartbeats."""
    try:
        beats = await _in_time(_beats(services))
    except (FleetError, TimeoutError) as error:
        unread = PartState(name="heartbeats", state="down", detail=str(error) or "no answer")
        return [await _broker_state(services.settings.mqtt, None), unread]
    actors = [f"ingest-{index}" for index in range(services.settings.ingest.actors)]
    parts = [_state(part, beats.get(part)) for part in ("device-auth", *actors, "scoring", "notifier")]
    return [await _broker_state(services.settings.mqtt, beats.get("broker")), *parts]


async def _in_time(question: Coroutine[Any, Any, Answer]) -> Answer:
    """Raises TimeoutError, at once: a question that is called off may take its time to end, until its server moves again."""
    asked = asyncio.ensure_future(question)
    done, _ = await asyncio.wait({asked}, timeout=ANSWER_WITHIN_S)
    if not done:
        asked.add_done_callback(lambda late: late.cancelled() or late.exception())  # which nobody waits for any more
        asked.cancel()
        raise TimeoutError
    return asked.result()


async def _ask(services: Services) -> None:
    async with connection_of(await services.database.pool()) as connection:
        await connection.fetchval("SELECT 1")


async def _beats(services: Services) -> dict[str, Heartbeat]:
    return {beat.part: beat for beat in await heartbeats(await services.database.pool())}


async def _broker_state(mqtt: Mqtt, beat: Heartbeat | None) -> PartState:
    """As it answers here and, where device-auth can ask it, as it says of itself."""
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            _, writer = await asyncio.open_connection(mqtt.host, mqtt.port)
    except (OSError, TimeoutError):
        return PartState(name="broker", state="down", detail=f"nothing answers on {mqtt.host}:{mqtt.port}")
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    if beat is not None and beat.age_s <= LONGEST_SILENCE_S:
        return PartState(name="broker", state=beat.state, detail=beat.detail)
    return PartState(name="broker", state="ok", detail="")


def _state(part: str, beat: Heartbeat | None) -> PartState:
    if beat is None:
        return PartState(name=part, state="down", detail="has not reported yet", reported=False)
    if beat.age_s > LONGEST_SILENCE_S:
        return PartState(name=part, state="down", detail=f"silent for {beat.age_s:.0f} s")
    return PartState(name=part, state=beat.state, detail=beat.detail)
