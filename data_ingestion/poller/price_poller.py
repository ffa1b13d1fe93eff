"""Prices by REST: for what the stream does not carry, and now and then for what it does."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import islice
from typing import Final, Protocol

from core.domain.errors import Unavailable
from core.domain.units import TokenId
from core.ports import BookSnapshot, PriceSource
from core.services.price_board import PriceBoard

logger = logging.getLogger(__name__)

BATCH: Final = 100  # tokens a request; the venue's own cap is unpublished
FIRST_BOOK: Final = 5.0  # seconds a connected stream is given to bring a token's first book
BACKOFF: Final = 5.0  # seconds after a failed request, plus as much again by chance


@dataclass(frozen=True, slots=True)
class PollIntervals:
    """Seconds between two polls of one token."""

    down: float = 60.0  # the stream does not carry it
    streaming: float = 600.0  # the stream carries it: a check


class PolledBooks(Protocol):
    """Whom polled books go to."""

    def take_polled(self, snapshot: BookSnapshot, received: float) -> None: ...


@dataclass(slots=True)
class PollerStatistics:
    requests: int = 0
    failures: int = 0
    books: int = 0


class PricePoller:
    """Asks for every wanted token whose price is due."""

    def __init__(
        self,
        source: PriceSource,
        board: PriceBoard,
        books: PolledBooks,
        *,
        wanted: Callable[[], Collection[TokenId]],
        is_streaming: Callable[[], bool],
        intervals: PollIntervals,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.statistics = PollerStatistics()
        self._source = source
        self._board = board
        self._books = books
        self._wanted = wanted
        self._is_streaming = is_streaming
        self._intervals = intervals
        self._clock = clock
        self._asked: dict[TokenId, float] = {}
        self._first_wanted: dict[TokenId, float] = {}
        self._were_live: set[TokenId] = set()
        self._wake = asyncio.Event()
        self._is_failing = False

    def wake(self) -> None:
        """Wishes or the stream changed: look again now."""
        self._wake.set()

    async def run(self) -> None:
        """Poll what is due, until cancelled. A failing venue is asked again after a while."""
        while True:
            self._wake.clear()
            due = self._due()
            if due and not await self._poll(due):
                await asyncio.sleep(BACKOFF * (1 + random.random()))  # noqa: S311 - only jitter
                continue
            await self._until_next()

    def _due(self) -> list[TokenId]:
        now = self._clock()
        wanted = set(self._wanted())
        for token in set(self._first_wanted) - wanted:
            self._first_wanted.pop(token)
            self._asked.pop(token, None)
        for token in wanted - set(self._first_wanted):
            self._first_wanted[token] = now
        self._forget_polls_of_lost(wanted)
        return [token for token in sorted(wanted) if self._due_at(token) <= now]

    def _forget_polls_of_lost(self, wanted: set[TokenId]) -> None:
        """A token that stops being live is due at once, however lately it was checked."""
        live = {token for token in wanted if self._board.is_live(token)}
        for token in self._were_live - live:
            self._asked.pop(token, None)
        self._were_live = live

    def _due_at(self, token: TokenId) -> float:
        asked = self._asked.get(token)
        if self._board.is_live(token):
            since = self._first_wanted[token] if asked is None else asked
            return since + self._intervals.streaming
        if asked is None:
            patience = FIRST_BOOK if self._is_streaming() else 0.0
            return self._first_wanted[token] + patience
        return asked + self._intervals.down

    async def _until_next(self) -> None:
        now = self._clock()
        next_due = min((self._due_at(token) for token in self._first_wanted), default=None)
        try:
            async with asyncio.timeout(None if next_due is None else max(0.0, next_due - now)):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _poll(self, tokens: list[TokenId]) -> bool:
        """Whether the venue answered."""
        rest, fetched = iter(tokens), 0
        while batch := list(islice(rest, BATCH)):
            self.statistics.requests += 1
            try:
                snapshots = await self._source.books(batch)
            except Unavailable as fault:
                self._failed(fault)
                return False
            received = self._clock()
            for snapshot in snapshots:
                self._books.take_polled(snapshot, received)
            self._asked.update(dict.fromkeys(batch, received))
            fetched += len(snapshots)
        self.statistics.books += fetched
        self._succeeded(fetched, len(tokens))
        return True

    def _failed(self, fault: Unavailable) -> None:
        self.statistics.failures += 1
        if not self._is_failing:
            self._is_failing = True
            logger.warning("[POLLING] the venue does not answer: %s", fault)

    def _succeeded(self, fetched: int, asked: int) -> None:
        if self._is_failing:
            self._is_failing = False
            logger.info("[POLLING] the venue answers again")
        logger.info("[POLLING] %s of %s prices fetched", fetched, asked)
