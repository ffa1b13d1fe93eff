"""Whatever comes and goes, nothing of it stays: tokens are counted where anybody still has them."""

import asyncio
import gc
import weakref
from collections.abc import Collection, Sequence
from dataclasses import replace

from core.domain.book import Book
from core.domain.market import Market, Outcome
from core.domain.price import PriceState
from core.domain.units import MarketId, TokenId, UserId
from core.ports import BookSnapshot
from core.services.fresh_books import FreshBooks
from core.services.price_board import PriceBoard
from core.services.websocket_manager import WebSocketManager
from core.storage.models import Sessions
from data_ingestion.streamer.market_updater.market_updater import MarketUpdater
from data_ingestion.streamer.market_updater.price_writer import Pace, PriceWriter
from data_ingestion.streamer.subscription_manager import SubscriptionManager
from data_ingestion.streamer.websocket_client import wire
from data_ingestion.streamer.websocket_client.websocket_client import WebSocketClient
from tests.support.figures import Figures
from tests.support.rows import market
from tests.support.trading import Shelf, Time

ANNA = UserId(1)
ROUNDS, EACH, KEPT = 50, 100, 300  # 10,000 tokens in all
AT = "1790658674035"


class Token(str):
    """An id that can be watched; whoever has it in a dictionary keeps it alive."""

    __slots__ = ("__weakref__",)


class Desk:
    """Wishes, client, books, board and writer, as they are put together; nothing is connected."""

    def __init__(self, sessions: Sessions) -> None:
        self.tokens: weakref.WeakSet[Token] = weakref.WeakSet()
        self.markets: dict[MarketId, Market] = {}
        self.board = PriceBoard(kept=KEPT)
        self.updater = MarketUpdater(self.board)
        self.client = WebSocketClient("ws://127.0.0.1:1", self.updater)
        self.figures = Figures()
        self.writer = PriceWriter(self.board, sessions, Pace(0.01, 0.01), self.figures)
        self.manager = WebSocketManager()
        self.subscriptions = SubscriptionManager(
            self.manager,
            self.client,
            self.updater,
            load_markets=self._load,
            held_markets=self._held,
            on_market=(self.writer.follow, self.updater.describe, self.client.describe),
            limit=150,
        )
        self.subscriptions.on_forgotten(self.writer.forget, self.updater.forget, self.client.forget)

    async def _held(self) -> list[tuple[UserId, MarketId]]:
        return []

    async def _load(self, ids: Collection[MarketId]) -> Sequence[Market]:
        return [self.markets[market_id] for market_id in ids]

    def list(self, number: int) -> MarketId:
        """A market of watched tokens."""
        one = market(number)
        tokens = [Token(token) for token in one.tokens]
        self.tokens.update(tokens)
        outcomes = tuple(Outcome(token, TokenId(token)) for token in tokens)
        self.markets[one.id] = replace(one, outcomes=outcomes)
        return one.id

    def is_empty(self) -> bool:
        """Whether only the board still has tokens, and not more than it keeps."""
        gc.collect()
        return len(self.tokens) <= KEPT

    def hear(self) -> None:
        """The first book of everything that is followed."""
        for token in self.subscriptions.followed:
            bids, asks = [wire.WireLevel("0.5", "10")], [wire.WireLevel("0.54", "10")]
            self.updater.apply(wire.WireBook(token, "0x1", AT, bids, asks), 1.0)


async def test_ten_thousand_tokens_that_came_and_went_leave_only_the_newest_prices(
    sessions: Sessions,
) -> None:
    desk = Desk(sessions)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(desk.writer.run())
        before = len(asyncio.all_tasks())
        for number in range(ROUNDS):
            ids = [desk.list(number * EACH + each) for each in range(1, EACH + 1)]
            for market_id in ids:
                await desk.manager.subscribe_market_for_user(ANNA, market_id)
            await desk.subscriptions.reconcile()
            desk.hear()
            assert len(desk.subscriptions.left_out) == 2 * EACH - 150
            for market_id in ids:
                await desk.manager.unsubscribe_market_for_user(ANNA, market_id)
            await desk.subscriptions.reconcile()
            desk.markets.clear()
        async with asyncio.timeout(20), desk.figures.news:
            await desk.figures.news.wait_for(desk.is_empty)
        assert len(asyncio.all_tasks()) <= before + 1
        running.cancel()
    assert desk.is_empty()


def test_of_prices_that_were_only_looked_at_the_newest_are_kept() -> None:
    board = PriceBoard(lambda: 1.0, kept=KEPT)
    updater = MarketUpdater(board)
    tokens = [TokenId(str(number)) for number in range(3 * KEPT)]
    held = tokens[0]
    for token in tokens:
        book = Book(token)
        book.replace([("0.5", "10")], [("0.54", "10")])
        updater.take_polled(BookSnapshot(book, None, None, None, None), 1.0)
        if token == held:
            updater.follow(held, None)  # a feed carries it from now on
    kept = [held, *tokens[-KEPT:]]
    assert [token for token in tokens if board.quote(token) is not None] == kept
    assert all(board.state(token) is PriceState.POLLED for token in kept)
    assert board.state(tokens[1]) is PriceState.DOWN


async def test_of_books_that_somebody_looked_at_the_newest_are_kept() -> None:
    time = Time()
    board, shelf = PriceBoard(time.clock, kept=KEPT), Shelf(time)
    books = FreshBooks(board, shelf, time.clock, time.wall)
    tokens = [TokenId(str(number)) for number in range(3 * KEPT)]
    for token in tokens:
        shelf.put(token, [("0.5", "10")], [("0.54", "10")])
    board.set_state(tokens[0], PriceState.DOWN)  # a feed carries it
    for token in [tokens[0], *tokens[1:], *tokens[1:]]:
        await books.refresh([token])
    kept = [tokens[0], *tokens[-KEPT:]]
    assert [token for token in tokens if board.quote(token) is not None] == kept
    assert all(board.state(token) is PriceState.POLLED for token in kept)
