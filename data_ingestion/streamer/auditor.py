"""Tells a quiet market from a dead feed: asks REST about live tokens that have gone silent.

PONG proves that somebody answers, not that news arrives; a connection can be open for hours and
bring nothing, and a single subscription can stop alone.
"""

import asyncio
import logging
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

BATCH: Final = 100  # tokens a request


@dataclass(frozen=True, slots=True)
class AuditPace:
    """Seconds. A token that froze is found within `every` + `beat` + `recheck` and two answers."""

    quiet: float = 5.0  # without news of its own, before a live token is asked about
    every: float = 7.0  # between two questions about one token
    beat: float = 1.0  # between two looks at who is due
    recheck: float = 1.0  # before a difference counts: the news may be on its way
    unproven: float = 20.0  # without news and without an answer, before a price is no longer live


class AuditedBooks(Protocol):
    """The books that are compared."""

    def agrees_with(self, snapshot: BookSnapshot) -> bool: ...

    def repair(self, snapshot: BookSnapshot, received: float) -> None: ...

    def suspect(self, tokens: Collection[TokenId]) -> None: ...


@dataclass(slots=True)
class AuditStatistics:
    asked: int = 0  # books
    failures: int = 0  # questions without an answer
    stale: int = 0  # books that had missed something


class Auditor:
    """Asks about silent tokens, and repairs those whose book is not what the venue says it is."""

    def __init__(
        self,
        source: PriceSource,
        board: PriceBoard,
        books: AuditedBooks,
        *,
        followed: Callable[[], Collection[TokenId]],
        recycle: Callable[[], None],
        pace: AuditPace = AuditPace(),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.statistics = AuditStatistics()
        self._source = source
        self._board = board
        self._books = books
        self._followed = followed
        self._recycle = recycle
        self._pace = pace
        self._clock = clock
        self._asked: dict[TokenId, float] = {}

    async def run(self) -> None:
        """Audit whoever is due, until cancelled."""
        while True:
            await asyncio.sleep(self._pace.beat)
            await self.audit()

    async def audit(self) -> None:
        """One look: every live token that is silent and was not asked about lately."""
        for batch in _batched(self._due()):
            doubtful = await self._different(batch)
            if doubtful:
                await asyncio.sleep(self._pace.recheck)
                self._repair(await self._different(list(doubtful)))

    def _due(self) -> list[TokenId]:
        now, followed = self._clock(), self._followed()
        self._asked = {token: at for token, at in self._asked.items() if token in followed}
        return [
            token
            for token in sorted(followed)
            if self._silence(token) >= self._pace.quiet
            and now - self._asked.get(token, -self._pace.every) >= self._pace.every
        ]

    def _silence(self, token: TokenId) -> float:
        """Seconds since the stream spoke of a live token; 0 for one that is not live."""
        reading = self._board.reading(token) if self._board.is_live(token) else None
        return reading.age if reading else 0.0

    async def _different(self, tokens: list[TokenId]) -> dict[TokenId, BookSnapshot]:
        """The venue's books of those of `tokens` that are newer there, and not what we have."""
        snapshots = await self._ask(tokens)
        return {told.book.token: told for told in snapshots if not self._books.agrees_with(told)}

    async def _ask(self, tokens: list[TokenId]) -> list[BookSnapshot]:
        self.statistics.asked += len(tokens)
        try:
            snapshots = await self._source.books(tokens)
        except Unavailable:
            self.statistics.failures += 1
            self._books.suspect([t for t in tokens if self._silence(t) >= self._pace.unproven])
            return []
        self._asked.update(dict.fromkeys(tokens, self._clock()))
        return snapshots

    def _repair(self, stale: dict[TokenId, BookSnapshot]) -> None:
        if not stale:
            return
        self.statistics.stale += len(stale)
        logger.warning(
            "[WEBSOCKET] %s tokens had silently stopped; their books come by REST now",
            len(stale),
            extra={"tokens": list(stale)[:5]},
        )
        received = self._clock()
        for snapshot in stale.values():
            self._books.repair(snapshot, received)
        if all(self._silence(token) >= self._pace.quiet for token in self._live()):
            self._recycle()

    def _live(self) -> list[TokenId]:
        return [token for token in self._followed() if self._board.is_live(token)]


def _batched(tokens: list[TokenId]) -> list[list[TokenId]]:
    rest, batches = iter(tokens), list[list[TokenId]]()
    while batch := list(islice(rest, BATCH)):
        batches.append(batch)
    return batches
