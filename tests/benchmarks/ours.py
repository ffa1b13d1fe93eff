"""Our feed on one address, built of the product's own parts, and what it has heard."""

import asyncio
import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import replace

from core.domain.market import Market
from core.domain.units import TokenId
from core.services.price_board import PriceBoard
from data_ingestion.streamer.market_updater.market_updater import MarketUpdater
from data_ingestion.streamer.websocket_client.layout import USUAL, Layout
from data_ingestion.streamer.websocket_client.websocket_client import WebSocketClient
from data_ingestion.streamer.websocket_client.wire import Message
from tests.benchmarks.frames import Capture
from tests.benchmarks.oracle import Oracle, news
from tests.support.rows import market

PATIENCE = 60.0  # seconds for anything


class Heard(MarketUpdater):
    """The product's own updater, proving every hash, that notes when each message was applied."""

    def __init__(self, board: PriceBoard, *, lead: int, total: int) -> None:
        """`lead`, `total`: after how many messages the events of the same name are set."""
        super().__init__(board)
        self.lead = asyncio.Event()
        self.total = asyncio.Event()
        self.applied: list[int] = []  # monotonic ns
        self._marks = {lead: self.lead, total: self.total}

    def apply(self, message: Message, received: float) -> None:
        super().apply(message, received)
        self.applied.append(time.monotonic_ns())
        mark = self._marks.get(len(self.applied))
        if mark is not None:
            mark.set()


@asynccontextmanager
async def connected(
    url: str,
    updater: MarketUpdater,
    pairs: Collection[tuple[str, str]],
    layout: Layout = USUAL,
) -> AsyncIterator[WebSocketClient]:
    """A client that runs and has asked for these tokens.

    A made-up feed tells each connection everything: `layout` says how many there are.
    """
    describe(updater, pairs)
    tokens = follow(updater, pairs)
    client = WebSocketClient(url, updater, layout=layout)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(client.run())
        await client.subscribe_markets(tokens)
        yield client
        task.cancel()


def describe(updater: MarketUpdater, pairs: Collection[tuple[str, str]]) -> None:
    """What the catalogue would say of these tokens' markets."""
    for number, pair in enumerate(pairs, start=1):
        updater.describe(described(number, pair))


def described(number: int, tokens: tuple[str, str]) -> Market:
    """A market as the catalogue would describe it, with these tokens."""
    base = market(number)
    outcomes = zip(base.outcomes, tokens, strict=True)
    named = tuple(replace(outcome, token=TokenId(token)) for outcome, token in outcomes)
    return replace(base, outcomes=named)


def follow(updater: MarketUpdater, pairs: Collection[tuple[str, str]]) -> list[TokenId]:
    for first, second in pairs:
        updater.follow(TokenId(first), TokenId(second))
        updater.follow(TokenId(second), TokenId(first))
    return [TokenId(token) for pair in pairs for token in pair]


def books_unlike(board: PriceBoard, capture: Capture) -> int:
    """How many tokens' books are not, level by level, what the whole capture amounts to."""
    oracle = Oracle()
    for frame in capture.frames:
        oracle.hear(news(frame))
    return sum(
        not _is_like(board, TokenId(token), oracle) for pair in capture.pairs for token in pair
    )


def _is_like(board: PriceBoard, token: TokenId, oracle: Oracle) -> bool:
    quote = board.quote(token)
    if quote is None or quote.book is None or not board.is_live(token):
        return False
    return (quote.book.raw_bids(), quote.book.raw_asks()) == oracle.levels(token)
