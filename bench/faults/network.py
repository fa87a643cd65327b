"""A bad line between the devices and the broker: slow, then swallowing everything without a word, then gone."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

READ_BYTES: Final = 1 << 16


class Line:
    """Connections that are passed on to the broker.

    Attributes:
        delay_s: by which every byte comes later, each way.
        swallows: whether what is sent disappears while both ends believe that they are connected.
    """

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._open: set[asyncio.StreamWriter] = set()
        self.delay_s = 0.0
        self.swallows = False

    def cut(self) -> None:
        """End every connection, at both ends."""
        for writer in self._open:
            writer.transport.abort()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one device's connection on until one end closes it."""
        try:
            far_reader, far_writer = await asyncio.open_connection(self._host, self._port)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, far_writer}
        self._open |= ends
        ways = [asyncio.create_task(self._way(reader, far_writer)), asyncio.create_task(self._way(far_reader, writer))]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        self._open -= ends
        for end in ends:
            end.transport.abort()
        for way in ways:
            way.cancel()

    async def _way(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(READ_BYTES):
                if not self.swallows:
                    loop.call_later(self.delay_s, writer.write, data)


@asynccontextmanager
async def line_to(host: str, port: int) -> AsyncIterator[tuple[Line, int]]:
    """A line to the broker, and the loopback port at which it begins."""
    line = Line(host, port)
    server = await asyncio.start_server(line.carry, "127.0.0.1", 0)
    try:
        yield line, server.sockets[0].getsockname()[1]
    finally:
        server.close()
        line.cut()
