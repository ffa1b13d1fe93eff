"""Prices into Postgres: newest per token, quiet ones at once, busy ones on a beat."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from sqlalchemy.exc import SQLAlchemyError

from core.domain.market import Market, Source
from core.domain.price import Quote
from core.domain.units import ONE, MarketId, Price, TokenId
from core.services.price_board import PriceBoard
from core.storage.models import Sessions
from core.storage.prices import MarketPrices, refresh_price_times, write_prices

logger = logging.getLogger(__name__)

RETRY: Final = 1.0  # seconds after a failed flush
FRESHNESS_BEAT: Final = 10.0  # seconds between moves of `price_at` where a live price stands still
SUMMARY_BEAT: Final = 60.0  # seconds between log lines that count what was written


class WriterTelemetry(Protocol):
    """Where the writer's figures go."""

    def flushed(self, tokens: int, seconds: float) -> None: ...

    def failed(self) -> None: ...

    def committed(self, latency: float) -> None:
        """Seconds from the receipt of the oldest unsaved change to the committed row."""
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How often to write: one token per `debounce` seconds, one flush per `gap` seconds."""

    debounce: float = 1.0
    gap: float = 0.1


@dataclass(slots=True)
class WriterStatistics:
    flushes: int = 0
    failures: int = 0
    tokens: int = 0  # written, over all flushes
    positions: int = 0  # rows that changed, over all flushes


class PriceWriter:
    """Listens to the board and writes what changed, together with the P&L that follows from it."""

    def __init__(
        self,
        board: PriceBoard,
        sessions: Sessions,
        pace: Pace,
        telemetry: WriterTelemetry,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.statistics = WriterStatistics()
        self._board = board
        self._sessions = sessions
        self._pace = pace
        self._telemetry = telemetry
        self._clock = clock
        self._markets: dict[TokenId, Market] = {}
        self._dirty: dict[TokenId, float] = {}  # token -> receipt of its oldest unsaved change
        self._written: dict[TokenId, float] = {}  # token -> start of its last flush
        self._live: set[TokenId] = set()  # tokens that were live when last heard of
        self._news = asyncio.Event()
        self._is_failing = False

    def follow(self, market: Market) -> None:
        """Write the prices of this market's tokens from now on."""
        for token in market.tokens:
            self._markets[token] = market
            if self._board.quote(token) is not None:
                self._mark(token)

    async def run(self) -> None:
        """Flush what is due, until cancelled. A failed flush keeps its prices and tries again."""
        stop_listening = self._board.listen(self._mark)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._keep_times_fresh(), name="price-times")
                tasks.create_task(self._summarise(), name="price-summary")
                await self._flush_for_ever()
        finally:
            stop_listening()

    async def _flush_for_ever(self) -> None:
        while True:
            await self._until_something_is_due()
            began = self._clock()
            await self._flush(began)
            await asyncio.sleep(max(0.0, began + self._pace.gap - self._clock()))

    def _mark(self, token: TokenId) -> None:
        if token not in self._markets:
            return
        if token in self._live and not self._board.is_live(token):
            self._live.discard(token)
            self._written.pop(token, None)  # a row that says `ws` must not wait for its beat
            self._news.set()
        elif self._board.is_live(token):
            self._live.add(token)
        if token not in self._dirty:
            quote = self._board.quote(token)
            self._dirty[token] = quote.received if quote else self._clock()
            self._news.set()

    def _due_at(self, token: TokenId) -> float:
        written = self._written.get(token)
        return self._dirty[token] if written is None else written + self._pace.debounce

    async def _until_something_is_due(self) -> None:
        while True:
            self._news.clear()
            now = self._clock()
            wait = min((self._due_at(token) for token in self._dirty), default=None)
            if wait is not None and wait <= now:
                return
            try:
                async with asyncio.timeout(None if wait is None else wait - now):
                    await self._news.wait()
            except TimeoutError:
                return

    async def _flush(self, now: float) -> None:
        due = {token: self._dirty[token] for token in self._dirty if self._due_at(token) <= now}
        for token in due:
            del self._dirty[token]
            self._written[token] = now
        quotes = [quote for token in due if (quote := self._board.quote(token)) is not None]
        markets = {self._markets[token].id: self._markets[token] for token in due}
        try:
            positions = await self._write(markets.values(), quotes)
        except (SQLAlchemyError, OSError) as fault:
            self._keep(due, fault)
            await asyncio.sleep(RETRY)
            return
        self._count(due, positions, now)

    async def _write(self, markets: Iterable[Market], quotes: list[Quote]) -> int:
        rows = [row for market in markets if (row := self._prices(market)) is not None]
        marks = [(quote.token, quote.price) for quote in quotes if quote.price is not None]
        async with self._sessions.begin() as session:
            return await write_prices(session, rows, marks)

    def _prices(self, market: Market) -> MarketPrices | None:
        """The market's row as the board sees it; None while no outcome has a price."""
        quotes = [self._board.quote(token) for token in market.tokens]
        if all(quote is None or quote.price is None for quote in quotes):
            return None
        is_live = all(self._board.is_live(token) for token in market.tokens)
        return MarketPrices(
            market=MarketId(market.id),
            source=Source.WS if is_live else Source.POLL,
            prices=tuple(_price(index, quotes) for index in range(len(quotes))),
            bids=tuple(quote.bid if quote else None for quote in quotes),
            asks=tuple(quote.ask if quote else None for quote in quotes),
            last_trade=_last_trade(quotes),
        )

    def _keep(self, due: dict[TokenId, float], fault: Exception) -> None:
        """Put back what was not written: an older receipt wins, so that the latency stays true."""
        self.statistics.failures += 1
        self._telemetry.failed()
        for token, received in due.items():
            self._dirty[token] = received
            self._written.pop(token, None)
        if not self._is_failing:
            self._is_failing = True
            logger.warning("prices cannot be written, trying again: %s", type(fault).__name__)

    def _count(self, due: dict[TokenId, float], positions: int, began: float) -> None:
        now = self._clock()
        self.statistics.flushes += 1
        self.statistics.tokens += len(due)
        self.statistics.positions += positions
        self._telemetry.flushed(len(due), now - began)
        for received in due.values():
            self._telemetry.committed(now - received)
        if self._is_failing:
            self._is_failing = False
            logger.info("prices are written again")

    async def _keep_times_fresh(self) -> None:
        """A live price that stands still is current all the same: say so in `price_at`."""
        while True:
            await asyncio.sleep(FRESHNESS_BEAT)
            markets = {market.id: market for market in self._markets.values()}
            live = [
                market.id
                for market in markets.values()
                if all(self._board.is_live(token) for token in market.tokens)
            ]
            if live:
                try:
                    async with self._sessions.begin() as session:
                        await refresh_price_times(session, live)
                except (SQLAlchemyError, OSError):
                    logger.debug("price times not refreshed", exc_info=True)

    async def _summarise(self) -> None:
        before = 0
        while True:
            await asyncio.sleep(SUMMARY_BEAT)
            written = self.statistics.tokens - before
            before = self.statistics.tokens
            if written:
                is_live = any(self._board.is_live(token) for token in self._markets)
                logger.info(
                    "[%s] %s prices written in the last minute",
                    "WEBSOCKET" if is_live else "POLLING",
                    written,
                )


def _price(index: int, quotes: list[Quote | None]) -> Price | None:
    """The outcome's own price; of two outcomes, the other one's complement will do."""
    own = quotes[index]
    if own is not None and own.price is not None:
        return own.price
    other = quotes[1 - index] if len(quotes) == 2 else None  # noqa: PLR2004 - two outcomes
    return Price(ONE - other.price) if other is not None and other.price is not None else None


def _last_trade(quotes: list[Quote | None]) -> Price | None:
    """In terms of the first outcome."""
    first = quotes[0]
    if first is not None and first.last_trade is not None:
        return first.last_trade
    second = quotes[1] if len(quotes) == 2 else None  # noqa: PLR2004 - two outcomes
    if second is not None and second.last_trade is not None:
        return Price(ONE - second.last_trade)
    return None
