"""The product's own feed on stepped time: a hostile exchange before it, a real Postgres behind."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

import httpx
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from core.domain.book import Side
from core.domain.fees import FeeSchedule
from core.domain.market import Market, Outcome
from core.domain.units import MICROS, ConditionId, MarketId, Size, TokenId, UserId
from core.services.price_board import PriceBoard
from core.services.websocket_manager import WebSocketManager
from core.storage.models import Sessions
from data_ingestion.streamer.streamer_service import StreamerService
from data_ingestion.streamer.websocket_client.websocket_client import Layout
from infrastructure.config.settings import Settings
from infrastructure.database.engine import create_engine
from infrastructure.polymarket.clob import ClobPrices
from infrastructure.polymarket.http import VenueHttp
from infrastructure.sandbox.exchange.exchange import ExchangeOptions, ExchangeSandbox
from infrastructure.sandbox.exchange.listing import ListedMarket
from infrastructure.sandbox.exchange.server import serve_exchange
from infrastructure.sandbox.exchange.trading import TradedMarket
from infrastructure.tls import trusted
from telegram_bot.feed_assembly import build_streamer
from tests.support.figures import Figures
from tests.support.onlooker import Card, Onlooker
from tests.support.rows import add_markets, add_position, add_user
from tests.support.shown_rows import AMOUNT, ENTRY, Rows, read_rows, time_of, true_rows
from tests.support.stepped_loop import START, stepped
from tests.support.witness import Witness

WALL: Final = 1_790_000_000.0 - START  # seconds from the loop's time to 1970's
HELD: Final = 3  # markets
ONE: Final = Layout(canaries=1)
BEAT: Final = 0.25  # seconds between two events of the traffic
CENT: Final = 10_000  # millionths
LEVELS: Final = 5
MOVES: Final = (50, 52, 47, 55, 41, 44, 58, 49)  # cents: where the price goes, one after the other
ROWS_DUE: Final = 3.0  # seconds until Postgres must have what the board has
CATCH_UP: Final = 5.0  # seconds that a start may take


@dataclass(slots=True)
class House:
    """One run: everything that a scenario can touch."""

    exchange: ExchangeSandbox
    control_url: str
    client: httpx.AsyncClient
    sessions: Sessions
    board: PriceBoard
    manager: WebSocketManager
    streamer: StreamerService
    witness: Witness
    onlooker: Onlooker
    markets: list[Market]
    user: UserId
    traffic: asyncio.Task[None] | None = None

    @property
    def tokens(self) -> list[TokenId]:
        """Of the markets that are held; the first market's first."""
        return [token for market in self.markets for token in market.tokens]

    async def control(self, command: str, **body: object) -> None:
        answer = await self.client.post(f"{self.control_url}/control/{command}", json=body)
        assert answer.is_success, answer.text

    async def hold(self) -> Market:
        """One market more, wanted from now on as after a trade."""
        listed = _liveliest(self.exchange)[len(self.markets)]
        market = await _held(self.sessions, self.user, listed)
        self.markets.append(market)
        self.witness.tokens |= frozenset(market.tokens)
        self.move(market, MOVES[0])
        await self.manager.subscribe_market_for_user(self.user, market.id)
        return market

    async def offer_canary(self) -> Market:
        """One market more in the catalogue, busier than any, that nobody wants."""
        listed = _liveliest(self.exchange)[len(self.markets)]
        market = replace(_market(listed), volume_24h=Decimal(1_000_000))
        async with self.sessions.begin() as session:
            await add_markets(session, [market])
        self.move(market, MOVES[0])
        return market

    async def left(self) -> int:
        """Scripted faults of REST and handshake that have not happened yet."""
        answer = await self.client.get(f"{self.control_url}/control/faults")
        return sum(fault["left"] for fault in answer.json()["faults"])

    def connections(self) -> list[int]:
        """Numbers of the open ones."""
        return sorted(self.exchange.hub.open)

    def move(self, market: Market, cents: int, *, deltas: bool = True) -> None:
        """Put the market's first token at this price, two cents wide."""
        at = cents * CENT
        bids = {at - CENT * step: 100 * MICROS for step in range(1, LEVELS + 1)}
        asks = {at + CENT * step: 100 * MICROS for step in range(1, LEVELS + 1)}
        told = self.traded(market).rewrite(bids, asks, self.exchange.now_ms(), deltas=deltas)
        self.exchange.broadcast(told)

    def traded(self, market: Market) -> TradedMarket:
        return self.exchange.traded[market.condition_id]

    def trade(self, *, trades: bool = True) -> None:
        """Let prices move, orders rest, and perhaps trades happen, in all held markets."""
        assert self.traffic is None
        self.traffic = asyncio.create_task(self._trade(3 if trades else 2), name="traffic")

    async def stand_still(self) -> None:
        if self.traffic is not None:
            self.traffic.cancel()
            await asyncio.wait([self.traffic])
            self.traffic = None

    async def rows_are_true(self, since: datetime | None = None) -> float:
        """Seconds until Postgres holds the exchange's own prices, in markets and positions.

        With `since`, by its own clock, no price may say that it is older.
        """
        began, truth = stepped().time(), true_rows(self.exchange, self.markets)
        while (rows := await self._rows()) != truth or not rows.are_written_since(since):
            if stepped().time() - began > ROWS_DUE:
                raise AssertionError(f"{rows}\nof {rows.oldest} are not since {since}\n{truth}")
            await asyncio.sleep(BEAT)
        return stepped().time() - began

    async def sources(self) -> set[str]:
        """What the rows of the held markets say where their prices come from."""
        return {row.source for row in (await self._rows()).markets.values()}

    async def stored_time(self) -> datetime:
        """What the clock of Postgres shows."""
        async with self.sessions() as session:
            return await time_of(session)

    async def _rows(self) -> Rows:
        async with self.sessions() as session:
            return await read_rows(session, {market.id for market in self.markets})

    async def _trade(self, kinds: int) -> None:
        for number in itertools.count():
            await asyncio.sleep(BEAT)
            market = self.markets[number % len(self.markets)]
            traded, now = self.traded(market), self.exchange.now_ms()
            match number // len(self.markets) % kinds:
                case 0:
                    self.move(market, MOVES[number // kinds % len(MOVES)])
                case 1:
                    far = (3 + number % 20) * CENT
                    self.exchange.broadcast(traded.limit(0, Side.BUY, far, MICROS, now).frames)
                case _:
                    self.exchange.broadcast(traded.market(0, Side.BUY, 2 * MICROS, now).frames)


@asynccontextmanager
async def hostile_house(url: str, layout: Layout = ONE) -> AsyncIterator[House]:
    """Held positions on both tokens of some lively markets, all of them live and right."""
    async with AsyncExitStack() as stack:
        engine = create_engine(url)
        stack.push_async_callback(engine.dispose)
        stepped().hold(lambda: engine.pool.checkedout() > 0)  # type: ignore[attr-defined] # a queue
        client = await stack.enter_async_context(httpx.AsyncClient(verify=trusted(), timeout=60))
        clock = stepped().time
        exchange = ExchangeSandbox(ExchangeOptions(rate=0), lambda: clock() + WALL)
        address = await stack.enter_async_context(serve_exchange(exchange))
        house = await _furnished(exchange, address, client, engine, layout)
        house.witness.start()
        house.onlooker.start()
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(house.streamer.run(), name="streamer")
            await house.witness.moment(house.witness.are_sound, CATCH_UP)
            try:
                yield house
                assert not running.done(), "the feed has ended"
            finally:
                await house.stand_still()
                running.cancel()


async def _furnished(
    exchange: ExchangeSandbox,
    address: str,
    client: httpx.AsyncClient,
    engine: AsyncEngine,
    layout: Layout,
) -> House:
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    async with sessions.begin() as session:
        await session.execute(sa.text("TRUNCATE users, markets CASCADE"))
        user = await add_user(session)
    held = [await _held(sessions, user, each) for each in _liveliest(exchange)[:HELD]]
    board, manager = PriceBoard(stepped().time), WebSocketManager()
    streamer = build_streamer(
        _settings(layout),
        address.replace("http", "ws") + "/ws/market",
        sessions,
        board,
        manager,
        ClobPrices(VenueHttp(client, address).background()),
        Figures(),
    )
    tokens = frozenset(token for market in held for token in market.tokens)
    house = House(
        exchange=exchange,
        control_url=address,
        client=client,
        sessions=sessions,
        board=board,
        manager=manager,
        streamer=streamer,
        witness=Witness(exchange, board, tokens),
        onlooker=Onlooker(board, [Card(market.tokens) for market in held], WALL),
        markets=held,
        user=user,
    )
    for market in held:
        house.move(market, MOVES[0])
    return house


def _settings(layout: Layout) -> Settings:
    return Settings.model_validate(
        {
            "data_dir": Path("nowhere"),
            "ws_tokens_per_connection": layout.tokens,
            "ws_redundancy": layout.copies,
            "ws_canaries": layout.canaries,
        }
    )


def _liveliest(exchange: ExchangeSandbox) -> list[ListedMarket]:
    return sorted(exchange.catalogue.markets.values(), key=lambda one: -one.activity)


async def _held(sessions: Sessions, user: UserId, listed: ListedMarket) -> Market:
    """A market of the catalogue, with a position on each of its tokens."""
    market = _market(listed)
    async with sessions.begin() as session:
        await add_markets(session, [market])
        for token in market.tokens:
            await add_position(session, user, market, token, str(AMOUNT), str(ENTRY))
    return market


def _market(listed: ListedMarket) -> Market:
    """As the catalogue would tell of it."""
    first, second = listed.tokens
    return Market(
        id=MarketId(listed.id),
        condition_id=ConditionId(listed.condition_id),
        slug=listed.slug,
        question=listed.question,
        title=listed.title,
        outcomes=(Outcome("Yes", TokenId(first)), Outcome("No", TokenId(second))),
        tick=Decimal(listed.tick) / MICROS,
        minimum_size=Size(Decimal(5)),
        fees=FeeSchedule(Decimal("0.04")),
    )
