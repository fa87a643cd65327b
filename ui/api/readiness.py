"""Whether the parts answer: asked where they can be asked, read from their heartbeats where they speak no HTTP."""

import asyncio
import contextlib

from fleet.errors import FleetError
from fleet.settings import Mqtt
from fleet.stores.heartbeats import Heartbeat, heartbeats
from ui.api.models.operations import PartState
from ui.api.services import Services

ANSWER_WITHIN_S = 2.0
LONGEST_SILENCE_S = 10.0


async def postgres_state(services: Services) -> PartState:
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            await (await services.database.pool()).fetchval("SELECT 1")
    except Exception as error:  # whatever it is, the answer is "down", and why
        return PartState(name="postgres", state="down", detail=str(error) or "no answer")
    return PartState(name="postgres", state="ok", detail="")


async def part_states(services: Services) -> list[PartState]:
    """The broker and every part that should be sending heartbeats."""
    try:
        beats = {beat.part: beat for beat in await heartbeats(await services.database.pool())}
    except FleetError as error:
        return [await _broker_state(services.settings.mqtt, None), PartState(name="heartbeats", state="down", detail=str(error))]
    actors = [f"ingest-{index}" for index in range(services.settings.ingest.actors)]
    parts = [_state(part, beats.get(part)) for part in ("device-auth", *actors, "scoring", "notifier")]
    return [await _broker_state(services.settings.mqtt, beats.get("broker")), *parts]


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
