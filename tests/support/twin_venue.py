"""A venue of one token behind real sockets, some late: it answers subscriptions, and tells all."""

import asyncio
import random
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field

import msgspec
from websockets.asyncio.server import ServerConnection

from core.domain.units import TokenId
from core.services.price_board import PriceBoard
from data_ingestion.streamer.market_updater.market_updater import MarketUpdater
from data_ingestion.streamer.websocket_client import wire
from tests.support.rows import market
from tests.support.scripted_venue import TOKEN, Levels, ScriptedVenue
from tests.support.venue_socket import VenueSocket

BIDS = {f"0.{cents}": "100" for cents in range(40, 50)}
ASKS = {f"0.{cents}": "100" for cents in range(51, 61)}


def now() -> float:
    return asyncio.get_running_loop().time()


@dataclass(slots=True)
class _Line:
    """What is on its way to one client."""

    lag: float  # seconds
    answered: int = 0  # frames of the client
    sent: deque[tuple[float, bytes]] = field(default_factory=deque)  # with the time of arrival


class TwinVenue:
    """Every connection hears the same, each with its own delay, which news never overtakes."""

    def __init__(self, venue: VenueSocket, chance: random.Random, lags: Collection[float]) -> None:
        self.truth = ScriptedVenue(BIDS, ASKS)
        self.history: list[Levels] = [self.truth.levels]
        self._venue = venue
        self._chance = chance
        self._lags = list(lags)
        self._lines: dict[ServerConnection, _Line] = {}

    async def move(self) -> None:
        """One more change, told to whoever has subscribed."""
        side = self._chance.choice(["BUY", "SELL"])
        price = self._chance.choice(sorted(BIDS if side == "BUY" else ASKS))
        size = self._chance.choice(["0", f"{len(self.history)}.5"])
        news = msgspec.json.encode(self.truth.change(side, price, size))
        self.history.append(self.truth.levels)
        for line in self._lines.values():
            if line.answered:
                line.sent.append((now() + line.lag, news))
        await self.deliver()

    async def deliver(self) -> None:
        """Answer who asked, and hand over what has arrived by now."""
        for socket in list(self._venue.connections):
            line = self._lines.setdefault(socket, _Line(self._chance.choice(self._lags)))
            asked = len(self._venue.heard[socket])
            if asked > line.answered:
                line.answered = asked
                line.sent.append((now() + line.lag, msgspec.json.encode(self.truth.book())))
            while line.sent and line.sent[0][0] <= now():
                await self._venue.say_on(socket, line.sent.popleft()[1])

    async def kill(self, socket: ServerConnection) -> None:
        """With all that was on its way."""
        self._lines.pop(socket, None)
        await socket.close(1012)

    def settled(self) -> bool:
        """Whether two connections have been told all."""
        lines = [self._lines.get(socket) for socket in self._venue.connections]
        return len(lines) == 2 and all(line and line.answered and not line.sent for line in lines)


class Watched:
    """A real updater; after each piece of news its book must be one the venue had, and no older."""

    def __init__(self, venue: TwinVenue) -> None:
        self.board = PriceBoard(now)
        self.updater = MarketUpdater(self.board, copies=2, clock=now, wall=now)
        self.updater.describe(market(1))
        self.updater.follow(TOKEN, None)
        self._venue = venue
        self._newest = 0  # which of the venue's books ours is

    def apply(self, message: wire.Message, received: float) -> None:
        self.updater.apply(message, received)
        quote = self.board.quote(TOKEN)
        if quote is None or quote.book is None or not self.board.is_live(TOKEN):
            return
        shown = (quote.book.raw_bids(), quote.book.raw_asks())
        history = self._venue.history
        found = [n for n in range(self._newest, len(history)) if history[n] == shown]
        assert found, f"rolled back to a book before the {self._newest}th"
        self._newest = found[0]

    def connection_opened(self, tokens: Collection[TokenId]) -> None:
        self.updater.connection_opened(tokens)

    def connection_lost(self, tokens: Collection[TokenId]) -> None:
        self.updater.connection_lost(tokens)

    def suspect(self, tokens: Collection[TokenId]) -> None:
        self.updater.suspect(tokens)

    @property
    def shown(self) -> Levels:
        quote = self.board.quote(TOKEN)
        assert quote is not None
        assert quote.book is not None
        return quote.book.raw_bids(), quote.book.raw_asks()
