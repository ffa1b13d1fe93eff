"""Prices by REST: for what the stream does not carry, and now and then for what it does."""

import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, Protocol

from core.domain.continuity import Gap
from core.domain.errors import Unavailable
from core.domain.health import PriceState
from core.domain.units import TokenId
from core.ports import BookSnapshot, PriceSource
from core.services.price_board import PriceBoard
from data_ingestion.poller.backoff import Backoff

logger = logging.getLogger(__name__)

BATCH: Final = 100  # tokens a request; the venue's own cap is unpublished
FIRST_BOOK: Final = 5.0  # seconds a connected stream is given to bring a token's first book
RESYNC_AGAIN: Final = 2.0  # seconds until REST is asked again for a book that did not repair ours
DEADLINE: Final = 8.0  # seconds for one request with all its attempts


@dataclass(frozen=True, slots=True)
class PollIntervals:
    """Seconds between two polls of one token."""

    down: float = 60.0  # the stream does not carry it
    streaming: float = 600.0  # the stream carries it: a check
    doubted: float = 5.0  # the stream carries it, and is not believed


class PolledBooks(Protocol):
    """Whom polled books go to."""

    def take_polled(self, snapshot: BookSnapshot, received: float) -> None: ...

    def asked(self, tokens: Collection[TokenId]) -> None: ...

    def unanswered(self, tokens: Collection[TokenId]) -> None: ...

    def absent(self, tokens: Collection[TokenId]) -> None: ...

    def is_carried(self, token: TokenId) -> bool: ...


@dataclass(slots=True)
class PollerStatistics:
    requests: int = 0
    failures: int = 0
    books: int = 0
    reasons: Counter[str] = field(default_factory=Counter)  # why books were asked for


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
        self._wake = asyncio.Event()
        self._backoff = Backoff()

    def wake(self) -> None:
        """Wishes or the stream changed: look again now."""
        self._wake.set()

    async def run(self) -> None:
        """Poll what is due, until cancelled. A failing venue is asked again after a while."""
        stop_listening = self._board.listen_gaps(self._on_gap)
        try:
            while True:
                self._wake.clear()
                due = self._due()
                if due and not await self._poll(due):
                    continue
                await self._until_next()
        finally:
            stop_listening()

    def _on_gap(self, gap: Gap) -> None:
        """A token that stops being live is due at once, however lately it was checked."""
        if gap.ended is None:
            self._asked.pop(gap.token, None)
            self._wake.set()

    def _due(self) -> list[TokenId]:
        now = self._clock()
        wanted = set(self._wanted())
        for token in set(self._first_wanted) - wanted:
            self._first_wanted.pop(token)
            self._asked.pop(token, None)
        for token in wanted - set(self._first_wanted):
            self._first_wanted[token] = now
        return [token for token in sorted(wanted) if self._due_at(token) <= now]

    def _due_at(self, token: TokenId) -> float:
        asked, wanted = self._asked.get(token), self._first_wanted[token]
        match self._board.state(token):
            case PriceState.LIVE:
                return (wanted if asked is None else asked) + self._intervals.streaming
            case PriceState.SUSPECT | PriceState.RESYNCING:
                return wanted if asked is None else asked + RESYNC_AGAIN
            case PriceState.POLLED:
                heard = self._clock() - (self._board.age(token) or 0.0)
                return max(heard, heard if asked is None else asked) + self._pause(token)
            case PriceState.DOWN:
                patience = FIRST_BOOK if self._is_streaming() else 0.0
                return wanted + patience if asked is None else asked + self._intervals.down

    def _pause(self, token: TokenId) -> float:
        """Seconds between two polls of one that is not live."""
        pauses = self._intervals
        return min(pauses.doubted, pauses.down) if self._books.is_carried(token) else pauses.down

    async def _until_next(self) -> None:
        now = self._clock()
        next_due = min((self._due_at(token) for token in self._first_wanted), default=None)
        try:
            async with asyncio.timeout(None if next_due is None else max(0.0, next_due - now)):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _poll(self, tokens: list[TokenId]) -> bool:
        """Whether the venue answered; if not, the time that it is to be left alone is over."""
        rest, fetched = iter(tokens), 0
        while batch := list(islice(rest, BATCH)):
            try:
                fetched += await self._ask(batch)
            except (Unavailable, TimeoutError) as fault:
                self._books.unanswered([*batch, *rest])
                await asyncio.sleep(self._failed(fault))
                return False
        self._succeeded(fetched, len(tokens))
        return True

    async def _ask(self, batch: list[TokenId]) -> int:
        """How many books came. Raises: Unavailable, TimeoutError."""
        self.statistics.requests += 1
        self.statistics.reasons.update(self._reason(token) for token in batch)
        self._books.asked(batch)
        async with asyncio.timeout(DEADLINE):
            snapshots = await self._source.books(batch)
        received = self._clock()
        self._asked.update(dict.fromkeys(batch, received))
        for snapshot in snapshots:
            self._books.take_polled(snapshot, received)
        answered = {snapshot.book.token for snapshot in snapshots}
        self._books.absent([token for token in batch if token not in answered])
        self.statistics.books += len(snapshots)
        return len(snapshots)

    def _reason(self, token: TokenId) -> str:
        """The doubt in one word; a live token is only checked."""
        if self._board.is_live(token):
            return "check"
        why = self._board.why(token)
        return "not_streamed" if why is None else why.value

    def _failed(self, fault: Unavailable | TimeoutError) -> float:
        """Seconds until the venue may be asked again."""
        self.statistics.failures += 1
        if not self._backoff.failures:
            told = str(fault) or "no answer in time"
            logger.warning("[POLLING] the venue does not answer: %s", told)
        return self._backoff.after(fault, random.random())  # noqa: S311 - only jitter

    def _succeeded(self, fetched: int, asked: int) -> None:
        if self._backoff.failures:
            self._backoff.over()
            logger.info("[POLLING] the venue answers again")
        logger.info("[POLLING] %s of %s prices fetched", fetched, asked)
