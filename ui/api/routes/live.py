"""The live stream of anomalies."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from sse_starlette import EventSourceResponse

from ui.api.access import AlertReaderDep, credential_of
from ui.api.live import SEND_TIMEOUT_S, LiveEvent, follow
from ui.api.services import PoolDep, ServicesDep

router = APIRouter(tags=["live"])


@router.get(
    "/sse/anomalies",
    operation_id="streamAnomalies",
    response_class=EventSourceResponse,
    responses={200: {"description": "Server-Sent Events", "content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def stream_anomalies(
    request: Request,
    who: AlertReaderDep,
    pool: PoolDep,
    services: ServicesDep,
    last_event_id: Annotated[str | None, Header()] = None,
    last_event_id_parameter: Annotated[str | None, Query(alias="lastEventId", max_length=64)] = None,
) -> EventSourceResponse:
    """`anomaly`: one anomaly, its id the tenant's sequence number. `heartbeat` every 2 s while the log is being read.

    `reset`: what was missed cannot be replayed, fetch the list again. Without a Last-Event-ID the stream starts now.
    """
    asked = last_event_id if last_event_id is not None else last_event_id_parameter
    subscription = services.live.subscribe(who)
    events = _as_text(follow(subscription, pool, credential_of(request) or "", asked))
    return EventSourceResponse(events, ping=0, sep="\n", send_timeout=SEND_TIMEOUT_S)


async def _as_text(events: AsyncIterator[LiveEvent]) -> AsyncIterator[bytes]:
    async for event in events:
        if event.name == "position":  # an id without data fires no event; a client that loses the line at once resumes here
            yield f"retry: 1000\nid: {event.seq}\n\n".encode()
        else:
            id_line = "" if event.seq is None else f"id: {event.seq}\n"
            yield f"event: {event.name}\n{id_line}data: {event.data}\n\n".encode()
