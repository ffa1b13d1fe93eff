"""A user channel at a venue that a test scripts, and an ear for what our side makes of it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from core.domain.reports import OrderReport, TradeReport
from core.domain.units import UserId
from data_ingestion.streamer.websocket_client.dialing import ReconnectPolicy
from data_ingestion.streamer.websocket_client.turns import Turns
from data_ingestion.user_channel.line import Line
from data_ingestion.user_channel.user_channel import Auth, UserChannel
from tests.support.user_events import OURS

PATIENCE = 120.0  # seconds of stepped time; a test that waits longer has failed
USER = UserId(7)
AUTH = json.dumps(
    {"auth": {"apiKey": OURS, "secret": "c2VjcmV0", "passphrase": "abcd"}, "type": "user"}
).encode()


class News:
    """One condition for everything that a test may wait for."""

    def __init__(self) -> None:
        self._changed = asyncio.Condition()

    async def tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(condition)


class UserVenue:
    """Answers PING, unless it `is_mute`; hangs up after the credentials while it refuses."""

    def __init__(self, news: News) -> None:
        self.url = ""
        self.news = news
        self.opened = 0
        self.auths: list[dict[str, object]] = []
        self.pings = 0
        self.connections: list[ServerConnection] = []
        self.is_mute = False
        self.refuses = False

    async def serve(self, socket: ServerConnection) -> None:
        self.opened += 1
        self.connections.append(socket)
        try:
            self.auths.append(json.loads(await socket.recv()))
            await self.news.tell()
            if self.refuses:
                return
            async for frame in socket:
                assert frame == "PING"
                self.pings += 1
                if not self.is_mute:
                    await socket.send("PONG")
                await self.news.tell()
        except ConnectionClosed:
            pass
        finally:
            self.connections.remove(socket)
            await self.news.tell()

    async def say(self, *messages: object) -> None:
        for socket in list(self.connections):
            for message in messages:
                await socket.send(json.dumps(message))

    async def hang_up(self) -> None:
        for socket in list(self.connections):
            await socket.close(1012)


@dataclass
class Keeper:
    """Takes the news in; `fault` is raised instead, `gate` makes it slow."""

    news: News
    told: list[OrderReport | TradeReport] = field(default_factory=list)
    fault: Exception | None = None
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    asked: int = 0  # to reconcile

    async def order(self, user: UserId, report: OrderReport) -> None:
        await self._take(user, report)

    async def trade(self, user: UserId, report: TradeReport) -> None:
        await self._take(user, report)

    def reconcile(self) -> None:
        self.asked += 1

    async def _take(self, user: UserId, report: OrderReport | TradeReport) -> None:
        assert user == USER
        await self.gate.wait()
        if self.fault is not None:
            fault, self.fault = self.fault, None
            raise fault
        self.told.append(report)
        await self.news.tell()


async def credentials() -> bytes:
    return AUTH


@dataclass
class Scene:
    venue: UserVenue
    keeper: Keeper
    channel: UserChannel

    async def until(self, condition: Callable[[], bool]) -> None:
        """Looked at whenever the venue hears or the keeper takes something."""
        await self.venue.news.until(condition)


@asynccontextmanager
async def user_scene(auth: Auth = credentials, *, is_slow: bool = False) -> AsyncIterator[Scene]:
    """A running channel on the loop's own time."""
    clock, news = asyncio.get_running_loop().time, News()
    venue, keeper = UserVenue(news), Keeper(news)
    if not is_slow:
        keeper.gate.set()
    async with serve(venue.serve, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        venue.url = f"ws://127.0.0.1:{port}/ws/user"
        line = Line(
            venue.url,
            policy=ReconnectPolicy(jitter=lambda: 0.01),
            turns=Turns(clock=clock),
            clock=clock,
            jitter=lambda: 0.5,
        )
        channel = UserChannel(USER, line, auth, keeper, keeper.reconcile)
        running = asyncio.create_task(channel.run())
        try:
            yield Scene(venue, keeper, channel)
        finally:
            running.cancel()
            await asyncio.wait([running])
