"""Which durable sessions ingest has at the broker, and what is done with those of another number of actors.

A session that nobody reads goes on gathering all that is published, until the broker's store is full. So what it holds is
taken over first, and then it is deleted.
"""

import asyncio
import re
import secrets
from collections.abc import Sequence

import structlog

from fleet.errors import ConfigurationError, Unavailable
from fleet.settings import Mqtt
from ingest.decode import MARK, Message
from ingest.subscriber import PAUSE_S, Connection, Receiver, Session, hello

UNMAPPED = ["fleet/v1/+/+/telemetry", "fleet/v1/+/+/dtc"]
OVERDUE_S = 8.0  # until then the broker (ack_wait 3 s) has sent again what an earlier reader took and did not acknowledge
CONNECT_S = 10.0

log = structlog.get_logger(__name__)


def require_partitions(partitions: int, actors: int) -> None:
    """Refuse what cannot work.

    Raises:
        ConfigurationError: more actors than the broker has partitions.
    """
    if actors > max(partitions, 1):
        raise ConfigurationError(
            f"FLEETGUARD_INGEST__ACTORS is {actors}; the broker's partitions are enough for {max(partitions, 1)}."
        )


def sessions(partitions: int, actor: int, actors: int) -> list[list[str]]:
    """Subscriptions of one of several actors, by session; without broker partitions there can be one actor only.

    NATS bounds what is unacked per subscription and per session by one number, and drops what a session has too much of until
    its ack is overdue: readings then come late and out of order. So a session has one subscription that counts.

    Raises:
        ConfigurationError: more actors than the broker has partitions.
    """
    require_partitions(partitions, actors)
    own = _of_one(partitions) if actors == 1 else _of_partitions(range(actor, partitions, actors))
    # NATS 2.15 maps nothing that reaches it in one read with the CONNECT: the first readings of a device that does not wait
    # for its CONNACK arrive under their own topic.
    return own + ([UNMAPPED] if actor == 0 else [])


def former_sessions(partitions: int, actors: int) -> list[list[str]]:
    """Subscriptions of the sessions that another number of actors has left, if it ever ran here."""
    return _of_partitions(range(partitions)) if actors == 1 else _of_one(partitions)


def _of_one(partitions: int) -> list[list[str]]:
    return [["ingest/#"]] if partitions else []


def _of_partitions(partitions: range) -> list[list[str]]:
    return [[f"ingest/{partition}/#"] for partition in partitions]


def client_id(topics: Sequence[str]) -> str:
    """A session belongs to what it subscribes to, whichever actor that is given to."""
    return "fleetguard-ingest-" + re.sub(r"[^a-z0-9]+", "-", topics[0].replace("#", "all").replace("+", "any"))


async def taken_over(settings: Mqtt, topics: Sequence[str], receive: Receiver) -> None:
    """Take this former session over, whatever time that takes."""
    while True:
        try:
            count = await take_over(settings, topics, receive)
        except Unavailable as error:
            log.warning("former_session_waits", topics=topics, error=str(error))
            await asyncio.sleep(PAUSE_S)
        else:
            if count is not None:
                log.info("former_session_taken_over", topics=topics, messages=count)
            return


async def take_over(settings: Mqtt, topics: Sequence[str], receive: Receiver) -> int | None:
    """Hand on what a former session holds and delete it; the number of messages, or None where there is no such session.

    Everything that is published from here on must reach another session: it may come from both, and be handed on twice.

    Raises:
        Unavailable: the connection was refused or lost; the session is still there, with all that is not acknowledged.
    """
    name, taken = client_id(topics), _Taken(receive, topics[0].replace("#", MARK))
    session = Session(hello(settings, name), b"", taken.receive)
    await session.open(settings, CONNECT_S)
    try:
        if session.kept:
            await asyncio.wait([session.lost], timeout=OVERDUE_S)
            session.publish(taken.mark, taken.nonce)
            await asyncio.wait([session.lost, taken.all], return_when=asyncio.FIRST_COMPLETED)
            if session.lost.done():
                raise Unavailable(f"The connection of the former session {name} was lost.")
    finally:
        await session.leave()
    end = Session(hello(settings, name, clean_session=True), b"", taken.receive)
    await end.open(settings, CONNECT_S)
    await end.leave()
    return taken.count if session.kept else None


class _Taken:
    """What came from a former session. `all`: its mark has come, behind all it had gathered, and everything is acknowledged.

    The mark itself is not acknowledged: it ends with the session.
    """

    def __init__(self, receive: Receiver, mark: str) -> None:
        self._receive = receive
        self.mark, self.nonce = mark, secrets.token_bytes(16)
        self.all: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.count = 0
        self._marked = False
        self._unacked: set[int] = set()
        self._connection: Connection | None = None

    def receive(self, message: Message, connection: Connection, packet_id: int) -> None:
        self._connection = connection
        if message.topic == self.mark:
            self._marked = self._marked or message.payload == self.nonce
            self._look()
            return
        self.count += packet_id not in self._unacked
        self._unacked.add(packet_id)
        self._receive(message, self, packet_id)

    def acknowledge(self, packet_ids: Sequence[int]) -> None:
        """Of the one connection there is."""
        if self._connection is not None:
            self._connection.acknowledge(packet_ids)
        self._unacked.difference_update(packet_ids)
        self._look()

    def _look(self) -> None:
        if self._marked and not self._unacked and not self.all.done():
            self.all.set_result(None)
