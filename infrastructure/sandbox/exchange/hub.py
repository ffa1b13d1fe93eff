"""Connections of the market socket: who subscribed to what, and who gets a frame."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Final, NamedTuple

from infrastructure.sandbox.exchange.feed_faults import FeedFaults
from infrastructure.sandbox.exchange.frames import Audience, Frame
from infrastructure.sandbox.exchange.outbox import Outbox

REMEMBERED_FRAMES: Final = 2_000  # received, per connection
REMEMBERED_CONNECTIONS: Final = 100  # closed ones


class Received(NamedTuple):
    """A frame that a client sent, and when."""

    at: float
    text: str


@dataclass(slots=True, eq=False)
class Connection:
    """One client. `tokens` keeps the order of subscription."""

    number: int
    opened_at: float
    outbox: Outbox
    abort: Callable[[], None]
    tokens: dict[str, None] = field(default_factory=dict)
    is_curious: bool = False  # custom features enabled
    is_initialised: bool = False
    closed_at: float | None = None
    was_slow: bool = False
    received: deque[Received] = field(default_factory=lambda: deque(maxlen=REMEMBERED_FRAMES))

    def put(self, data: bytes) -> None:
        """Queue a frame; who does not read fast enough is disconnected."""
        if self.closed_at is None and not self.outbox.put(data) and not self.was_slow:
            self.was_slow = True
            self.abort()


class Hub:
    """All connections. Broadcasting never waits for any of them."""

    def __init__(self, clock: Callable[[], float], queue_limit: int) -> None:
        self.faults = FeedFaults()
        self.open: dict[int, Connection] = {}
        self.closed: deque[Connection] = deque(maxlen=REMEMBERED_CONNECTIONS)
        self._clock = clock
        self._queue_limit = queue_limit
        self._numbers = count(1)
        self._subscribers: dict[str, dict[Connection, None]] = {}
        self._changed = asyncio.Event()

    def connect(self, abort: Callable[[], None]) -> Connection:
        connection = Connection(
            next(self._numbers), self._clock(), Outbox(self._queue_limit), abort
        )
        self.open[connection.number] = connection
        self.notify()
        return connection

    def disconnect(self, connection: Connection) -> None:
        connection.closed_at = self._clock()
        connection.outbox.release()
        for token in connection.tokens:
            self._subscribers[token].pop(connection, None)
        self.open.pop(connection.number, None)
        self.closed.append(connection)
        self.notify()

    def heard(self, connection: Connection, text: str) -> None:
        connection.received.append(Received(self._clock(), text))

    def subscribe(self, connection: Connection, tokens: Iterable[str]) -> list[str]:
        """The tokens that are new to this connection."""
        fresh = [token for token in dict.fromkeys(tokens) if token not in connection.tokens]
        for token in fresh:
            connection.tokens[token] = None
            self._subscribers.setdefault(token, {})[connection] = None
        self.notify()
        return fresh

    def unsubscribe(self, connection: Connection, tokens: Iterable[str]) -> None:
        for token in tokens:
            if token in connection.tokens:
                del connection.tokens[token]
                del self._subscribers[token][connection]
        self.notify()

    def subscribed(self) -> set[str]:
        """Tokens that somebody is subscribed to now."""
        return {token for token, subscribers in self._subscribers.items() if subscribers}

    def broadcast(self, frames: Iterable[Frame]) -> None:
        for frame in frames:
            for connection in self._audience(frame):
                if self.faults.are_quiet:
                    connection.put(frame.data)
                else:
                    for data in self.faults.delivered(connection.number, frame):
                        connection.put(data)

    def squeeze(self, limit: int) -> None:
        """Let every connection lag behind by so many bytes at most, now and later."""
        self._queue_limit = limit
        for connection in self.open.values():
            connection.outbox.limit = limit

    async def room(self) -> None:
        """Wait until every connection has room."""
        for connection in list(self.open.values()):
            await connection.outbox.room()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a state of connections and subscriptions."""
        while not condition():
            await self._changed.wait()

    def notify(self) -> None:
        """Something changed that somebody may be waiting for."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def _audience(self, frame: Frame) -> Iterator[Connection]:
        if frame.audience is Audience.EVERYBODY_CURIOUS:
            yield from (each for each in list(self.open.values()) if each.is_curious)
            return
        told: dict[Connection, None] = {}
        for token in frame.tokens:
            if token not in self.faults.frozen_tokens:
                told |= self._subscribers.get(token, {})
        for connection in told:
            if frame.audience is Audience.SUBSCRIBERS or connection.is_curious:
                yield connection
