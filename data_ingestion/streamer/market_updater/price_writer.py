"""Prices into Postgres: newest per token, quiet ones at once, busy ones on a beat."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from core.domain.market import Market
from core.domain.units import TokenId
from core.services.price_board import PriceBoard
from core.storage.models import Sessions
from core.storage.prices import write_prices
from data_ingestion.streamer.market_updater.position_beat import USUAL, Budget, PositionBeat
from data_ingestion.streamer.market_updater.price_rows import market_prices
from data_ingestion.streamer.market_updater.standing import StandingPrices, Summary
from data_ingestion.streamer.market_updater.writer_figures import WriterStatistics, WriterTelemetry

logger = logging.getLogger(__name__)

RETRY: Final = 1.0  # seconds after a failed flush
CORRECTIONS: Final = 0.1  # seconds between two corrections of rows in the pause between flushes
PART: Final = 0.05  # seconds that one transaction is to take: others wait for its locks
LEAST, MOST = 8, 128  # tokens in one; preparing more than that would hold up the loop


@dataclass(frozen=True, slots=True)
class Pace:
    """How often to write: one token per `debounce` seconds, one flush per `gap` seconds."""

    debounce: float = 1.0
    gap: float = 0.1
    positions: Budget = USUAL


@dataclass(frozen=True, slots=True)
class _Part:
    """What one transaction writes: changes with their receipts, and tokens to mark."""

    changes: dict[TokenId, float]
    marks: list[TokenId]


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
        self._beat = PositionBeat(pace.debounce, pace.positions)
        self._markets: dict[TokenId, Market] = {}
        self._leaving: set[TokenId] = set()  # forgotten as soon as their last row is written
        self._dirty: dict[TokenId, float] = {}  # token -> receipt of its oldest unsaved change
        self._written: dict[TokenId, float] = {}  # token -> start of its last flush
        self._live: set[TokenId] = set()  # tokens that were live when last heard of
        self._fallen: set[TokenId] = set()  # no longer live, and their row does not say so yet
        self._size = LEAST  # tokens that one transaction can take in its time
        self._fall = asyncio.Event()  # set while `_fallen` has any
        self._news = asyncio.Event()
        self._standing = StandingPrices(board, sessions, self._markets.values)
        self._summary = Summary(self.statistics, self._is_streaming)
        self._is_failing = False

    def follow(self, market: Market) -> None:
        """Write the prices of this market's tokens from now on."""
        self._leaving.difference_update(market.tokens)
        for token in market.tokens:
            self._markets[token] = market
            if self._board.quote(token) is not None:
                self._mark(token)

    def forget(self, market: Market) -> None:
        """Write what is left to be written of these tokens, and no more."""
        self._leaving.update(market.tokens)
        self._let_go()

    async def run(self) -> None:
        """Flush what is due, until cancelled. A failed flush keeps its prices and tries again."""
        stop_listening = self._board.listen(self._mark)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._standing.disown(), name="price-rows-of-before")
                tasks.create_task(self._standing.run(), name="price-times")
                tasks.create_task(self._summary.run(), name="price-summary")
                await self._flush_for_ever()
        finally:
            stop_listening()

    async def _flush_for_ever(self) -> None:
        while True:
            await self._until_something_is_due()
            began = self._clock()
            await self._flush(began)
            self._let_go()
            await self._pause(began + self._pace.gap - self._clock())

    async def _pause(self, seconds: float) -> None:
        """No flush meanwhile, but rows that say `ws` and may not any more are corrected."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + seconds
        while loop.time() < ends:
            try:
                async with asyncio.timeout_at(ends):
                    await self._fall.wait()
            except TimeoutError:
                return
            await self._correct()
            await asyncio.sleep(min(CORRECTIONS, max(0.0, ends - loop.time())))

    async def _correct(self) -> None:
        """Only the markets' rows: the prices stay dirty, for positions to follow in their turn."""
        fallen, began = self._fall_in(), self._clock()
        part = _Part({token: self._dirty.get(token, began) for token in fallen}, [])
        if await self._write(part):
            self._count(len(fallen), self._clock() - began)

    def _fall_in(self) -> list[TokenId]:
        fallen, self._fallen = self._fallen, set()
        self._fall.clear()
        return list(fallen)

    def _mark(self, token: TokenId) -> None:
        if token not in self._markets:
            return
        if token in self._live and not self._board.is_live(token):
            self._live.discard(token)
            self._fallen.add(token)  # a row that says `ws` must not wait for its beat
            self._fall.set()
            self._news.set()
        elif self._board.is_live(token):
            self._live.add(token)
        if token not in self._dirty:
            self._dirty[token] = self._received(token)
            self._news.set()

    def _is_streaming(self) -> bool:
        return any(self._board.is_live(token) for token in self._markets)

    def _let_go(self) -> None:
        waiting = self._dirty.keys() | self._fallen | set(self._beat.waiting)
        for token in self._leaving - waiting:
            self._leaving.discard(token)
            self._markets.pop(token, None)
            self._written.pop(token, None)
            self._live.discard(token)

    def _received(self, token: TokenId) -> float:
        """When the news came: a state that changes around a written price is news of now."""
        quote = self._board.quote(token)
        if quote is None or quote.received < self._written.get(token, float("-inf")):
            return self._clock()
        return quote.received

    def _due_at(self, token: TokenId) -> float:
        written = self._written.get(token)
        if written is None or token in self._fallen:
            return self._dirty[token]
        return written + self._pace.debounce

    def _moved(self, token: TokenId) -> float:
        quote = self._board.quote(token)
        return quote.received if quote else self._clock()

    async def _until_something_is_due(self) -> None:
        while True:
            self._news.clear()
            now = self._clock()
            wait = self._next_due(now)
            if wait is not None and wait <= now:
                return
            try:
                async with asyncio.timeout(None if wait is None else wait - now):
                    await self._news.wait()
            except TimeoutError:
                return

    def _next_due(self, now: float) -> float | None:
        prices = (self._due_at(token) for token in self._dirty)
        marks = (self._beat.next(token, self._moved(token), now) for token in self._only_marks())
        return min((*prices, *marks), default=None)

    def _only_marks(self) -> list[TokenId]:
        """Tokens whose positions wait while their own row says everything."""
        return [token for token in self._beat.waiting if token not in self._dirty]

    async def _flush(self, began: float) -> None:
        """In parts, each a transaction of its own: short locks, and nobody's bad news waits."""
        is_in_debt = self._beat.is_in_debt(began)
        waiting, parts, tokens = deque(self._due(began)), 0, 0
        while waiting or self._fallen:
            part = self._part(self._next_tokens(waiting), began, is_in_debt=is_in_debt)
            if not part.changes and not part.marks:
                continue
            if not await self._write(part):
                await asyncio.sleep(RETRY)
                return
            parts += 1
            tokens += len(part.changes)
        if parts:
            self._count(tokens, self._clock() - began)

    def _due(self, now: float) -> list[TokenId]:
        """A market's tokens side by side, in one order of locks for everybody."""
        due = [token for token in self._dirty if self._due_at(token) <= now]
        due += self._only_marks()
        return sorted(due, key=lambda token: self._markets[token].id)

    def _next_tokens(self, waiting: deque[TokenId]) -> list[TokenId]:
        """Those whose row still says `ws` first."""
        if self._fallen:
            return self._fall_in()
        return [waiting.popleft() for _ in range(min(self._size, len(waiting)))]

    def _part(self, tokens: Iterable[TokenId], began: float, *, is_in_debt: bool) -> _Part:
        """`began` is when the flush did: the beat of its last part is not to drift."""
        now = self._clock()
        changes, marks = dict[TokenId, float](), list[TokenId]()
        for token in tokens:
            if token in self._dirty:
                changes[token] = self._dirty.pop(token)
                self._written[token] = began
            elif token not in self._beat.waiting:
                continue
            if not is_in_debt or self._beat.is_due(token, self._moved(token), now):
                marks.append(token)
            else:
                self._beat.put_off(token, now)
                self.statistics.put_off += token in changes
        return _Part(changes, marks)

    async def _write(self, part: _Part) -> bool:
        """Whether it worked."""
        began = self._clock()
        try:
            rows = await self._commit(part)
        except (SQLAlchemyError, OSError) as fault:
            self._keep(part, fault)
            return False
        now = self._clock()
        self._beat.done(part.marks)
        self._beat.spend(rows, now)
        self.statistics.positions += rows
        tokens = max(len(part.changes), len(part.marks))
        self._size = round(min(max(LEAST, PART * tokens / max(now - began, 1e-6)), MOST))
        for received in part.changes.values():
            self._telemetry.committed(now - received)
        return True

    async def _commit(self, part: _Part) -> int:
        markets = {self._markets[token].id: self._markets[token] for token in part.changes}
        found = [market_prices(self._board, market) for market in markets.values()]
        rows = [row for row in found if row is not None]
        quotes = [self._board.quote(token) for token in part.marks]
        marks = [(one.token, one.price) for one in quotes if one and one.price is not None]
        async with self._sessions.begin() as session:
            return await write_prices(session, rows, marks)

    def _keep(self, part: _Part, fault: Exception) -> None:
        """Put back what was not written: an older receipt wins, so that the latency stays true."""
        self.statistics.failures += 1
        self._telemetry.failed()
        for token, received in part.changes.items():
            self._dirty[token] = received
            self._written.pop(token, None)
        if not self._is_failing:
            self._is_failing = True
            logger.warning("prices cannot be written, trying again: %s", type(fault).__name__)

    def _count(self, tokens: int, seconds: float) -> None:
        self.statistics.flushes += 1
        self.statistics.tokens += tokens
        self._telemetry.flushed(tokens, seconds)
        if self._is_failing:
            self._is_failing = False
            logger.info("prices are written again")
