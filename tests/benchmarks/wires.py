"""Wires between the program and its servers that note when a tap and its order pass."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

FIRST_LINE: Final = re.compile(rb"POST /order HTTP")


@dataclass
class Wire:
    """A wire to a server that notes when what it is watched for passes."""

    url: str
    heard: Callable[[bytes], None]  # what the server answers
    said: Callable[[bytes], None]  # what the client asks
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port = self.url.removeprefix("http://").split(":")
        theirs, ours = await asyncio.open_connection(host, int(port))
        await asyncio.gather(_pump(reader, ours, self.said), _pump(theirs, writer, self.heard))


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, note: Callable[[bytes], None]
) -> None:
    try:
        while piece := await reader.read(1 << 16):
            note(piece)
            writer.write(piece)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


@asynccontextmanager
async def open_wire(wire: Wire) -> AsyncIterator[str]:
    server = await asyncio.start_server(wire.connect, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


@dataclass
class Watch:
    """When the last tap on Confirm was delivered, and when an order arrived then."""

    data: bytes = b""
    tapped: float = 0.0
    taken: list[float] = field(default_factory=list)  # milliseconds, of taps after a look
    quick: list[float] = field(default_factory=list)  # of taps without
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def delivered(self, piece: bytes) -> None:
        if self.data and self.data in piece and b"callback_query" in piece:
            self.tapped = time.perf_counter()

    def ordered(self, piece: bytes) -> None:
        if FIRST_LINE.match(piece):
            self.taken.append((time.perf_counter() - self.tapped) * 1000)
            self.arrived.set()
