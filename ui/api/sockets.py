"""Socket.IO over the same log as the event streams. The client emits `subscribe-anomalies`, the server `anomaly`.

Nothing waits here for a slow client: the next change is taken from the log when the last ones have gone out, and who takes
nothing for a while is cut. Its number lets it resume.
"""

import asyncio
import contextlib
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import socketio
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fleet.errors import FleetError, InvalidInput
from fleet.permissions import Permission
from fleet.stores.sessions import SignedIn
from ui.api.access import Needs, credential_of, holder_of, require_own_origin
from ui.api.live import SEND_TIMEOUT_S, SESSION_CHECK_S, STREAMS_PER_USER, LiveEvent, follow, has_ended
from ui.api.problems import TooManyRequests, answer_to
from ui.api.services import Services

PATH = "/socket.io"
MOST_WAITING = 64  # packets that the library holds for a client before we stop giving it more
LOOK_AGAIN_S = 0.05
MOST_VEHICLES = 1000
MOST_BYTES = 64 * 1024  # of one message from a client


def socket_app(services: Services) -> ASGIApp:
    """To be mounted at `PATH`."""
    sockets = AnomalySockets(services)
    return _Gate(socketio.ASGIApp(sockets.server, socketio_path=PATH), services)


class _Raw(str):
    """JSON text that is sent as it is: the log keeps it ready."""


class _Json:
    @staticmethod
    def dumps(data: Any, **options: Any) -> str:
        if isinstance(data, list) and isinstance(data[-1], _Raw):
            return f"[{json.dumps(data[0])},{data[-1]}]"
        return json.dumps(data, **options)

    loads = staticmethod(json.loads)


@dataclass
class _Client:
    """Somebody who is connected; `task` watches the session, and feeds the client once it has subscribed."""

    who: SignedIn
    token: str
    line: "_Line | None"
    task: asyncio.Task[None]


class AnomalySockets:
    """The clients of this process."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._clients: dict[str, _Client] = {}
        self.server = socketio.AsyncServer(
            async_mode="asgi",
            json=_Json,
            cors_allowed_origins=[],
            max_http_buffer_size=MOST_BYTES,
            ping_interval=15,
            ping_timeout=15,
        )  # an empty list leaves origins to the gate
        self.server.on("connect", self._connect)
        self.server.on("subscribe-anomalies", self._subscribe)
        self.server.on("disconnect", self._disconnect)

    async def _connect(self, sid: str, environ: dict[str, Any], _: Any = None) -> None:
        scope = environ["asgi.scope"]
        connection = HTTPConnection(scope)
        try:
            who = Needs(Permission.READ_ALERTS)(await holder_of(connection, self._services))
            if sum(client.who.user_id == who.user_id for client in self._clients.values()) >= STREAMS_PER_USER:
                raise TooManyRequests("Too many live streams are open; close some pages.", 5)
        except FleetError as error:
            raise socketio.exceptions.ConnectionRefusedError(str(error)) from error
        token = credential_of(connection) or ""
        task = asyncio.create_task(self._watch(sid, token))
        self._clients[sid] = _Client(who, token, scope.get("fleetguard.line"), task)

    async def _subscribe(self, sid: str, vehicles: Any = None, last_seq: Any = None) -> dict[str, Any]:
        """Follow all vehicles or those named, from now on or from a number on; the answer says where the stream starts."""
        client = self._clients[sid]
        try:
            wanted, position = _wish(vehicles, last_seq)
            subscription = self._services.live.subscribe(client.who, wanted)
            events = follow(subscription, await self._services.database.pool(), client.token, position)
            start = await anext(events)
        except FleetError as error:
            return {"error": str(error)}
        client.task.cancel()
        client.task = asyncio.create_task(self._feed(sid, events))
        return {"seq": start.seq}

    async def _disconnect(self, sid: str, _: Any = None) -> None:
        client = self._clients.pop(sid, None)
        if client and client.task is not asyncio.current_task():
            client.task.cancel()

    async def _watch(self, sid: str, token: str) -> None:
        pool = await self._services.database.pool()
        while not await has_ended(pool, token):  # noqa: ASYNC110  the store is asked, nobody tells
            await asyncio.sleep(SESSION_CHECK_S)
        await self.server.disconnect(sid)

    async def _feed(self, sid: str, events: Any) -> None:
        async with contextlib.aclosing(events):
            event: LiveEvent
            with contextlib.suppress(FleetError):  # who is cut off comes back, and is told what it missed or why not
                async for event in events:
                    if not await self._has_room(sid):
                        await self._cut(sid)
                        return
                    await self.server.emit(event.name, _Raw(event.data), to=sid)
        await self.server.disconnect(sid)

    async def _has_room(self, sid: str) -> bool:
        """Waits for a client that is behind; False when it does not catch up."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SEND_TIMEOUT_S):
                while (socket := self._engine_socket(sid)) and socket.queue.qsize() >= MOST_WAITING:  # noqa: ASYNC110
                    await asyncio.sleep(LOOK_AGAIN_S)
            return socket is not None
        return False

    async def _cut(self, sid: str) -> None:
        client, socket = self._clients.get(sid), self._engine_socket(sid)
        if client and client.line:
            client.line.cut()
        elif socket:
            await socket.close(wait=False, abort=True)

    def _engine_socket(self, sid: str) -> Any:
        return self.server.eio.sockets.get(self.server.manager.eio_sid_from_sid(sid, "/"))


def _wish(vehicles: Any, last_seq: Any) -> tuple[frozenset[str] | None, str | None]:
    """From what a client sent: vehicle ids, or an object with `vehicleIds` and `lastSeq`."""
    if isinstance(vehicles, dict):
        vehicles, last_seq = vehicles.get("vehicleIds"), vehicles.get("lastSeq", last_seq)
    if isinstance(vehicles, str):
        vehicles = [vehicles]
    is_list = isinstance(vehicles, list) and len(vehicles) <= MOST_VEHICLES and all(isinstance(v, str) for v in vehicles)
    if vehicles is not None and not is_list:
        raise InvalidInput(f"subscribe-anomalies takes a list of at most {MOST_VEHICLES} vehicle ids, or none for all.")
    return frozenset(vehicles) if vehicles else None, None if last_seq is None else str(last_seq)


class _Gate:
    """ASGI: strangers and other sites' pages do not reach the library at all."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app, self._services = app, services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = HTTPConnection(scope)
        try:
            require_own_origin(connection, self._services)
            if "sid" not in parse_qs(scope["query_string"].decode("latin-1")):
                await holder_of(connection, self._services)
        except FleetError as error:
            if scope["type"] == "websocket":
                return await send({"type": "websocket.close", "code": 1008})
            return await answer_to(error)(scope, receive, send)
        if scope["type"] == "websocket":
            line = scope["fleetguard.line"] = _Line(receive, send)
            receive, send = line.receive, line.send
        return await self._app(scope, receive, send)


class _Line:
    """A WebSocket that can be cut while a send to it hangs."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._is_cut = asyncio.Event()
        self._sender: asyncio.Task[Any] | None = None

    def cut(self) -> None:
        self._is_cut.set()
        if self._sender:
            self._sender.cancel()

    async def send(self, message: Message) -> None:
        if self._is_cut.is_set():
            raise ConnectionError("this client was too slow")
        self._sender = asyncio.current_task()
        try:
            await self._send(message)
        finally:
            self._sender = None

    async def receive(self) -> Message:
        cut, message = asyncio.ensure_future(self._is_cut.wait()), asyncio.ensure_future(self._receive())
        try:
            await asyncio.wait((cut, message), return_when=asyncio.FIRST_COMPLETED)
            return message.result() if message.done() else {"type": "websocket.disconnect", "code": 1013}
        finally:
            cut.cancel()
            message.cancel()
