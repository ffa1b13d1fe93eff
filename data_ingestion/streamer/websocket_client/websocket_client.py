"""The market-data socket: as many connections as the wanted tokens need, seen as one."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from itertools import chain
from typing import Final

from core.domain.market import Market
from core.domain.units import TokenId
from data_ingestion.streamer.websocket_client.connection import TakeFrame
from data_ingestion.streamer.websocket_client.copies import Copies
from data_ingestion.streamer.websocket_client.dialing import (
    FOREVER,
    MAX_FRAME,
    ConnectionStatistics,
    Dialing,
    ReconnectPolicy,
)
from data_ingestion.streamer.websocket_client.layout import USUAL, Layout
from data_ingestion.streamer.websocket_client.market_connection import (
    NOTHING,
    MarketConnection,
    MarketListener,
)
from data_ingestion.streamer.websocket_client.placement import Kin, place
from data_ingestion.streamer.websocket_client.shard import Shard
from data_ingestion.streamer.websocket_client.turns import Turns

__all__ = ["MAX_FRAME", "Layout", "MarketListener", "ReconnectPolicy", "WebSocketClient"]

LOOK_BEAT: Final = 0.25  # seconds between two looks at whether a copy lags behind another


class WebSocketClient:
    """Keeps connections to the market channel that together carry exactly the wanted tokens."""

    def __init__(
        self,
        url: str,
        listener: MarketListener,
        *,
        ping_interval: float = 10.0,
        policy: ReconnectPolicy = FOREVER,
        layout: Layout = USUAL,
        clock: Callable[[], float] = time.monotonic,
        tap: TakeFrame | None = None,
    ) -> None:
        """`tap` is handed every frame as it came, before anybody reads it."""
        self.connected = asyncio.Event()  # at least one connection is open
        self.gave_up = asyncio.Event()  # none is, and none will be
        self.rearranged = asyncio.Event()  # set whenever shards came, went, or may change canaries
        self.statistics = ConnectionStatistics()
        self.layout = layout
        self._listener = listener
        turns = Turns(clock=clock, jitter=policy.jitter)
        self._dialing = Dialing(url, ping_interval, policy, self.statistics, turns, clock, tap)
        self._kin: dict[TokenId, Kin] = {}
        self._siblings: dict[TokenId, tuple[TokenId, ...]] = {}  # of the same market
        self._wanted: dict[TokenId, None] = {}  # in the order of the wishes
        self._placed: dict[int, frozenset[TokenId]] = {}
        self._canaries: dict[int, frozenset[TokenId]] = {}
        self._canary_rooms: dict[int, int] = {}
        self._shards: dict[int, Copies] = {}
        self._running: set[MarketConnection] = set()
        self._tasks: asyncio.TaskGroup | None = None

    @property
    def subscribed(self) -> frozenset[TokenId]:
        """What the open connections carry."""
        return NOTHING.union(*(connection.subscribed for connection in self._running))

    @property
    def wanted(self) -> Collection[TokenId]:
        """What is to be carried, canaries excluded."""
        return self._wanted.keys()

    def shards(self) -> tuple[Shard, ...]:
        """How the tokens are spread now, and how the connections do."""
        return tuple(
            Shard(
                number=number,
                tokens=copies.tokens,
                canaries=self._canaries.get(number, NOTHING),
                canary_room=self._canary_rooms.get(number, 0),
                opened_at=copies.opened_at,
                last_data=copies.last_data,
                heard=copies.heard,
            )
            for number, copies in self._shards.items()
        )

    def describe(self, market: Market) -> None:
        """What belongs together; tell it before the market's tokens are wanted."""
        name = f"market {market.id}"
        kin = Kin(f"event {market.event.id}" if market.event else name, name)
        self._kin.update(dict.fromkeys(market.tokens, kin))
        self._siblings.update(dict.fromkeys(market.tokens, market.tokens))

    def forget(self, market: Market) -> None:
        """Nobody wants its tokens any more."""
        for token in market.tokens:
            self._kin.pop(token, None)
            self._siblings.pop(token, None)

    async def subscribe_markets(self, token_ids: Collection[TokenId]) -> None:
        """Want these tokens too, on present and later connections."""
        await self.exchange_markets((), token_ids)

    async def exchange_markets(self, gone: Collection[TokenId], new: Collection[TokenId]) -> None:
        """Both at once, so that what the one leaves empty serves the other."""
        for token in gone:
            self._wanted.pop(token, None)
        self._wanted.update(dict.fromkeys(new))
        self._arrange()

    async def unsubscribe_markets(self, token_ids: Collection[TokenId]) -> None:
        """Want these tokens no longer; a connection without a wanted token is closed."""
        await self.exchange_markets(token_ids, ())

    def carry_canaries(self, canaries: Mapping[int, frozenset[TokenId]]) -> None:
        """By shard, the tokens that nobody wants and that show whether its connection lives.

        Those for which there is no room, see `Shard`, are not carried.
        """
        self._canaries = dict(canaries)
        self._arrange()

    def renew(self, token_ids: Collection[TokenId]) -> None:
        """Ask the venue for new snapshots of tokens whose book cannot be trusted."""
        for copies in self._shards.values():
            copies.renew(token_ids)

    def recycle(self, token_ids: Collection[TokenId]) -> None:
        """Replace the connections that carry any of these; who delivers, once a minute at most."""
        for copies in self._shards.values():
            if not copies.tokens.isdisjoint(token_ids):
                copies.recycle()

    async def run(self) -> None:
        """Keep connections for what is wanted, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            try:
                for copies in self._shards.values():
                    self._start(copies)
                await self._look_after()
            finally:  # while the connections say goodbye, nobody may start another one
                self._tasks = None

    def counts(self) -> tuple[Counter[str], Counter[str]]:
        """Messages by event and dropped pieces by reason, the open connections included."""
        messages, dropped = self.statistics.messages.copy(), self.statistics.dropped.copy()
        for connection in self._running:
            heard, unread = connection.heard
            messages.update(heard)
            dropped.update(unread)
        return messages, dropped

    async def _look_after(self) -> None:
        if self.layout.copies == 1:
            await asyncio.Event().wait()
        while True:
            await asyncio.sleep(LOOK_BEAT)
            for copies in self._shards.values():
                copies.look()
            if all(copies.is_whole for copies in self._shards.values()):
                any(copies.retire() for copies in self._shards.values())  # one of all

    def _arrange(self) -> None:
        """Spread what is wanted, and tell each connection its share."""
        before = self._homes()
        placed = place(self._placed, self._wanted, self._kin, self.layout.room)
        rooms = self.layout.canary_rooms(placed)
        canaries = {
            number: frozenset(self._unwanted(self._canaries.get(number, NOTHING))[:room])
            for number, room in rooms.items()
        }
        if rooms != self._canary_rooms or canaries != self._canaries:
            self.rearranged.set()
        self._placed, self._canaries, self._canary_rooms = placed, canaries, rooms
        self._close_gone()
        self._open_new()
        self._tell_moves(before)

    def _unwanted(self, canaries: frozenset[TokenId]) -> list[TokenId]:
        """Those of no wanted market, whose news would come by two connections otherwise."""
        wanted = self._wanted.keys()
        return sorted(
            token for token in canaries if wanted.isdisjoint(self._siblings.get(token, (token,)))
        )

    def _close_gone(self) -> None:
        for number in self._shards.keys() - self._placed.keys():
            self._shards.pop(number).want(NOTHING)

    def _open_new(self) -> None:
        for number, tokens in self._placed.items():
            copies = self._shards.get(number)
            is_new = copies is None
            copies = copies or self._shards.setdefault(number, self._new_shard())
            copies.want(tokens | self._canaries.get(number, NOTHING))
            if is_new:
                self._start(copies)

    def _new_shard(self) -> Copies:
        return Copies(self._listener, self._dialing, self.layout.copies, self._note_connections)

    def _start(self, copies: Copies) -> None:
        if self._tasks is None or self.gave_up.is_set():
            return
        for connection in copies.connections:
            self._running.add(connection)
            self._tasks.create_task(self._keep(connection), name="market-connection")

    async def _keep(self, connection: MarketConnection) -> None:
        try:
            await connection.run()
        finally:
            self._running.discard(connection)
        if connection.gave_up and all(other.gave_up for other in self._kept()):
            self.gave_up.set()

    def _kept(self) -> list[MarketConnection]:
        return list(chain.from_iterable(each.connections for each in self._shards.values()))

    def _note_connections(self) -> None:
        if self.statistics.connections:
            self.connected.set()
        else:
            self.connected.clear()

    def _homes(self) -> dict[TokenId, Copies]:
        return {token: copies for copies in self._shards.values() for token in copies.tokens}

    def _tell_moves(self, before: Mapping[TokenId, Copies]) -> None:
        """Whatever came between leaving one connection and the snapshot of the other is missed."""
        after = self._homes()
        left = [token for token, home in before.items() if after.get(token) is not home]
        if left:
            self._listener.connection_lost(left)
        moved = [token for token in left if token in after]
        for home in {before[token] for token in moved}:
            home.disown(moved)
        arrived = [token for token, home in after.items() if before.get(token) is not home]
        asked = [token for token in arrived if after[token].opened_at is not None]
        if asked:
            self._listener.connection_opened(asked)
