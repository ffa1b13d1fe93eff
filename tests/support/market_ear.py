"""Who listens to the market socket in tests, and a client that runs for the length of a block.

`on_stepped_time` makes a test of a scene whose seconds take milliseconds.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Coroutine
from contextlib import asynccontextmanager
from functools import wraps
from typing import TypeAlias

from core.domain.units import TokenId
from data_ingestion.streamer.websocket_client.websocket_client import (
    Layout,
    MarketListener,
    ReconnectPolicy,
    WebSocketClient,
)
from data_ingestion.streamer.websocket_client.wire import Message
from tests.support.stepped_loop import run_stepped
from tests.support.venue_socket import VenueSocket

QUICK = ReconnectPolicy(jitter=lambda: 0.01)
ONE_CONNECTION = Layout()

Scene: TypeAlias = Callable[[], Coroutine[object, object, None]]


def on_stepped_time(scene: Scene) -> Callable[[], None]:
    """The test in a loop of its own, whose seconds take milliseconds."""

    @wraps(scene)
    def run() -> None:
        run_stepped(scene())

    del run.__wrapped__  # what runs is no coroutine
    return run


def now() -> float:
    return asyncio.get_running_loop().time()


class Ear:
    """Keeps what the connections heard, and lets a test wait for it."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.suspects: list[TokenId] = []
        self.opened: list[set[TokenId]] = []
        self.lost: list[set[TokenId]] = []
        self._news = asyncio.Event()

    def apply(self, message: Message, received: float) -> None:
        assert received > 0
        self.messages.append(message)
        self._news.set()

    def connection_opened(self, tokens: Collection[TokenId]) -> None:
        self.opened.append(set(tokens))
        self._news.set()

    def connection_lost(self, tokens: Collection[TokenId]) -> None:
        self.lost.append(set(tokens))
        self._news.set()

    def suspect(self, tokens: Collection[TokenId]) -> None:
        self.suspects.extend(tokens)

    async def hear(self, count: int) -> None:
        async with asyncio.timeout(20):
            while len(self.messages) < count:
                self._news.clear()
                await self._news.wait()

    async def lose(self, count: int) -> None:
        async with asyncio.timeout(20):
            while len(self.lost) < count:
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def running(
    venue: VenueSocket,
    ear: MarketListener,
    policy: ReconnectPolicy = QUICK,
    ping: float = 10.0,
    layout: Layout = ONE_CONNECTION,
    clock: Callable[[], float] | None = None,
) -> AsyncIterator[WebSocketClient]:
    """A client on the running loop's clock, or another one."""
    client = WebSocketClient(
        venue.url,
        ear,
        ping_interval=ping,
        policy=policy,
        layout=layout,
        clock=clock or asyncio.get_running_loop().time,
    )
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(client.run())
        try:
            yield client
        finally:
            task.cancel()
