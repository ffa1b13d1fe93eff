"""A market socket in a process of its own that plays frames in time, and says when it did."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from tests.benchmarks.feeds import framed, process


@dataclass(frozen=True, slots=True)
class Script:
    """`lead` frames at once, the others at their `times` after the word to begin (seconds)."""

    frames: list[bytes]
    lead: int
    times: list[float]  # of the frames after the lead


@dataclass(frozen=True, slots=True)
class Player:
    """The other process; each of its connections waits for `begin` once and reports once."""

    url: str
    _pipe: Connection

    def begin(self) -> None:
        self._pipe.send(True)

    async def sent(self) -> list[int]:
        """When each timed frame was sent (monotonic ns, one clock for all), after the last."""
        stamps: list[int] = await asyncio.to_thread(self._pipe.recv)
        return stamps


@contextmanager
def played(script: Script) -> Iterator[Player]:
    with process(_play, script) as (url, pipe):
        yield Player(url, pipe)


def _play(script: Script, pipe: Connection) -> None:
    lead = b"".join(framed(frame) for frame in script.frames[: script.lead])
    rest = [framed(frame) for frame in script.frames[script.lead :]]

    def send(socket: ServerConnection) -> None:
        socket.recv()
        socket.socket.sendall(lead)
        pipe.recv()
        began, stamps = time.monotonic(), list[int]()
        for frame, at in zip(rest, script.times, strict=True):
            if (wait := began + at - time.monotonic()) > 0:
                time.sleep(wait)
            stamps.append(time.monotonic_ns())
            socket.socket.sendall(frame)
        pipe.send(stamps)
        with suppress(ConnectionClosed):
            while True:  # until the client goes, its heartbeats are heard
                socket.recv()

    with serve(send, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        pipe.send(server.socket.getsockname()[1])
        server.serve_forever()
