"""Socket.IO: the same changes with the same numbers as the event stream, and no way around the session."""

import asyncio
import contextlib
from typing import Any

import httpx
import pytest
import socketio
import websockets

from fleet.alerts import AlertType
from fleet.errors import Unavailable
from fleet.stores.postgres import tenant_transaction
from ui.api import sockets
from ui.api.live import STREAMS_PER_USER

TYPES = list(AlertType)
TRANSPORTS = ["websocket", "polling"]


class Desk:
    """A Socket.IO client that keeps what it gets."""

    def __init__(self) -> None:
        self.client = socketio.AsyncClient(reconnection=False)
        self.got: asyncio.Queue[Any] = asyncio.Queue()
        self.gone = asyncio.Event()
        self.client.on("anomaly", self._keep("anomaly"))
        self.client.on("reset", self._keep("reset"))
        self.client.on("disconnect", self._end)

    def _keep(self, name):
        async def keep(data):
            await self.got.put((name, data))

        return keep

    async def _end(self, *_):
        self.gone.set()

    async def take(self, count, name="anomaly"):
        async with asyncio.timeout(10):
            taken = [await self.got.get() for _ in range(count)]
        assert [kind for kind, _ in taken] == [name] * count
        return [data for _, data in taken]

    async def subscribe(self, *arguments):
        return await self.client.call("subscribe-anomalies", arguments or None, timeout=10)


@pytest.fixture
async def connect(api):
    """Connects as a person: `await connect(manager)`."""
    desks = []

    async def enter(person, transport="websocket", **headers):
        desk = Desk()
        cookies = "; ".join(f"{name}={value}" for name, value in person.browser.cookies.items())
        await desk.client.connect(api, headers={"Cookie": cookies, **headers}, transports=[transport])
        desks.append(desk)
        return desk

    yield enter
    for desk in desks:
        with contextlib.suppress(Exception):
            await desk.client.disconnect()


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_an_alert_arrives_as_it_is_listed(manager, tenant, raise_alert, connect, transport):
    desk = await connect(manager, transport)
    assert await desk.subscribe() == {"seq": 0}
    await raise_alert(tenant)
    (anomaly,) = await desk.take(1)
    assert [anomaly] == (await manager.browser.get("/api/anomalies")).json()["items"]


async def test_only_the_named_vehicles_are_heard_of(manager, tenant, pool, raise_alert, connect):
    async with tenant_transaction(pool, tenant.id) as connection:
        await connection.execute("INSERT INTO vehicles (tenant_id, vehicle_id) VALUES ($1, 'VH-2')", tenant.id)
    desk = await connect(manager)
    await desk.subscribe(["VH-2"])
    await raise_alert(tenant, TYPES[0])
    async with tenant_transaction(pool, tenant.id) as connection:
        await connection.execute("UPDATE alerts SET vehicle_id = 'VH-2' WHERE tenant_id = $1", tenant.id)
    (alert,) = (await manager.browser.get("/api/anomalies")).json()["items"]
    await manager.browser.post(f"/api/anomalies/{alert['id']}/acknowledge")
    (anomaly,) = await desk.take(1)
    assert (anomaly["vehicleId"], anomaly["seq"]) == ("VH-2", 2)


async def test_the_last_number_replays_exactly_what_was_missed(manager, tenant, raise_alert, connect):
    for kind in TYPES[:5]:
        await raise_alert(tenant, kind)
    desk = await connect(manager)
    assert await desk.subscribe({"lastSeq": 2}) == {"seq": 2}
    await raise_alert(tenant, TYPES[5])
    assert [anomaly["seq"] for anomaly in await desk.take(4)] == [3, 4, 5, 6]


async def test_a_number_from_the_future_is_a_reset(manager, tenant, raise_alert, connect):
    desk = await connect(manager)
    await desk.subscribe(None, 99)
    assert await desk.take(1, "reset") == [{"seq": 0}]
    await raise_alert(tenant)
    assert [anomaly["seq"] for anomaly in await desk.take(1)] == [1]


async def test_subscribing_again_replaces_the_first_wish(manager, tenant, raise_alert, connect):
    desk = await connect(manager)
    await desk.subscribe()
    await desk.subscribe(["NOT-THERE"])
    await raise_alert(tenant, TYPES[0])
    await desk.subscribe(["VH-1"], 0)
    assert [anomaly["seq"] for anomaly in await desk.take(1)] == [1]
    assert desk.got.empty()


@pytest.mark.parametrize("wish", [5, [1], [["VH-1"]], ["VH"] * 1001, {"vehicleIds": 3}])
async def test_a_wish_that_makes_no_sense_is_refused_in_words(manager, connect, wish):
    desk = await connect(manager)
    assert "vehicle ids" in (await desk.subscribe(wish))["error"]


async def test_another_tenants_alerts_never_arrive_even_by_the_vehicles_name(sign_in, new_tenant, tenant, raise_alert, connect):
    foreign = await new_tenant()
    desk = await connect(await sign_in(foreign))
    await desk.subscribe([tenant.vehicle], 0)
    await raise_alert(tenant)
    await raise_alert(foreign)
    (anomaly,) = await desk.take(1)
    assert (anomaly["tenantId"], anomaly["seq"]) == (foreign.slug, 1)


async def test_a_driver_hears_of_their_own_alerts(sign_in, tenant, raise_alert, connect):
    mine, other = await sign_in(tenant, "driver", "d-17"), await sign_in(tenant, "driver")
    desk, stranger = await connect(mine), await connect(other)
    await asyncio.gather(desk.subscribe(), stranger.subscribe())
    await raise_alert(tenant)
    assert [anomaly["driverId"] for anomaly in await desk.take(1)] == ["d-17"]
    assert stranger.got.empty()


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_strangers_do_not_connect(api, transport):
    with pytest.raises(socketio.exceptions.ConnectionError):
        await Desk().client.connect(api, transports=[transport])


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_another_sites_page_does_not_connect(manager, connect, transport):
    with pytest.raises(socketio.exceptions.ConnectionError):
        await connect(manager, transport, Origin="https://evil.example")


async def test_the_own_pages_origin_connects(api, manager, connect):
    assert (await connect(manager, Origin=api)).client.connected


async def test_a_refusal_says_why(api):
    async with httpx.AsyncClient(base_url=api) as stranger:
        answer = await stranger.get("/socket.io/?EIO=4&transport=polling")
    assert (answer.status_code, answer.json()["detail"]) == (401, "Sign in first.")


@pytest.mark.parametrize("has_subscribed", [True, False])
async def test_signing_out_closes_the_socket(manager, connect, has_subscribed):
    desk = await connect(manager)
    if has_subscribed:
        await desk.subscribe()
    await manager.browser.delete("/api/session")
    await asyncio.wait_for(desk.gone.wait(), 12)


async def test_one_person_cannot_hold_every_socket(manager, connect):
    for _ in range(20):
        await connect(manager)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await connect(manager)


async def test_who_takes_nothing_is_cut_and_holds_no_queue(api, manager, tenant, pool, raise_alert, monkeypatch):
    """A client that stops reading: 30 MB of changes lie in the log, and no more than a handful of them in our memory."""
    monkeypatch.setattr(sockets, "SEND_TIMEOUT_S", 1.0)
    await raise_alert(tenant)
    async with tenant_transaction(pool, tenant.id) as connection:
        await connection.execute(
            """INSERT INTO stream_events SELECT tenant_id, n, alert_id, change,
                   anomaly || jsonb_build_object('seq', n, 'modelVersion', repeat('x', 20000))
               FROM stream_events, generate_series(2, 1500) n"""
        )
        await connection.execute("UPDATE stream_heads SET seq = 1500")
    cookies = "; ".join(f"{name}={value}" for name, value in manager.browser.cookies.items())
    url = f"{api.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket"
    async with websockets.connect(url, additional_headers={"Cookie": cookies}, compression=None, max_size=None) as line:
        await line.recv()
        await line.send("40")
        await line.recv()
        line.transport.pause_reading()
        await line.send('42["subscribe-anomalies",null,0]')
        waiting = await longest_queue_until_cut()
    assert sockets.MOST_WAITING <= waiting <= sockets.MOST_WAITING + 8


async def test_who_cannot_be_told_for_want_of_the_database_is_cut_off_and_may_resume(
    manager, tenant, raise_alert, connect, monkeypatch
):
    async def away(*_):
        raise Unavailable("no database")

    await raise_alert(tenant)
    desk = await connect(manager)
    with monkeypatch.context() as without_database:
        without_database.setattr("ui.api.live.replay.changes_after", away)
        await desk.subscribe(None, 0)
        async with asyncio.timeout(10):
            await desk.gone.wait()
    again = await connect(manager)
    await again.subscribe(None, 0)
    assert [anomaly["seq"] for anomaly in await again.take(1)] == [1]


async def longest_queue_until_cut():
    """The most packets that waited for anybody, until nobody is fed any more."""
    longest, feeds = 0, []
    async with asyncio.timeout(20):
        while not longest or feeds:
            await asyncio.sleep(0.01)
            feeds = [task.get_coro().cr_frame.f_locals["self"] for task in asyncio.all_tasks() if is_feed(task)]
            longest = max([longest, *(line.queue.qsize() for owner in feeds for line in owner.server.eio.sockets.values())])
    return longest


def is_feed(task):
    return task.get_coro().__name__ == "_feed"


async def test_event_streams_and_sockets_of_a_person_are_limited_together(manager, connect):
    async with contextlib.AsyncExitStack() as streams:
        lines = []  # an iterator that nobody holds closes its stream
        for _ in range(STREAMS_PER_USER):
            stream = await streams.enter_async_context(manager.browser.stream("GET", "/sse/anomalies"))
            lines.append(stream.aiter_lines())
            await anext(lines[-1])
        desk = await connect(manager)
        assert "Too many live streams" in (await desk.subscribe())["error"]
