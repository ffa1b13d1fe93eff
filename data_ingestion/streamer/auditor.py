"""Tells a quiet market from a dead feed: asks REST about live tokens that have gone silent.

PONG proves that somebody answers, not that news arrives; a connection can be open for hours and
bring nothing, and a single subscription can stop alone. What neither news nor REST has proven for
too long is not live any more, whether REST answers, refuses or hangs.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, Protocol

from core.domain.errors import Unavailable
from core.domain.health import Doubt
from core.domain.units import TokenId
from core.ports import BookSnapshot, PriceSource
from core.services.price_board import PriceBoard
from data_ingestion.poller.backoff import Backoff
from data_ingestion.streamer.websocket_client.shard import Shard

logger = logging.getLogger(__name__)

BATCH: Final = 100  # tokens a request


@dataclass(frozen=True, slots=True)
class AuditPace:
    """Seconds. The limits `silent` and `unproven` are looked at once a `beat`."""

    quiet: float = 5.0  # without news of its own, before a live token is asked about
    every: float = 7.0  # between two questions about one token
    urgent: float = 4.0  # the same on a connection that is silent altogether
    beat: float = 1.0  # between two looks at who is due
    recheck: float = 1.0  # before a difference counts: the news may be on its way
    silent: float = 9.0  # without proof on a silent connection, before a price is no longer live
    unproven: float = 19.0  # without proof anywhere, before a price is no longer live
    deadline: float = 4.0  # for one question


class AuditedBooks(Protocol):
    """The books that are compared."""

    def agrees_with(self, snapshot: BookSnapshot) -> bool: ...

    def repair(self, snapshot: BookSnapshot, received: float) -> None: ...

    def suspect(self, tokens: Collection[TokenId], why: Doubt) -> None: ...

    def check(self) -> None: ...

    def worn(self) -> frozenset[TokenId]: ...


class Connections(Protocol):
    """What carries the tokens."""

    def shards(self) -> Collection[Shard]: ...

    def recycle(self, tokens: Collection[TokenId]) -> None: ...


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
        connections: Connections,
        *,
        followed: Callable[[], Collection[TokenId]],
        pace: AuditPace = AuditPace(),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.statistics = AuditStatistics()
        self._source = source
        self._board = board
        self._books = books
        self._connections = connections
        self._followed = followed
        self._pace = pace
        self._clock = clock
        self._asked: dict[TokenId, float] = {}
        self._proven: dict[TokenId, float] = {}
        self._backoff = Backoff()
        self._not_before = 0.0  # monotonic seconds; REST asked for so much patience

    async def run(self) -> None:
        """Audit whoever is due, until cancelled; what is unproven is found while REST hangs too."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch(), name="stream-limits")
            tasks.create_task(self._audits(), name="stream-questions")

    async def audit(self) -> None:
        """One look: every live token that is silent and was not asked about lately."""
        doubtful = await self._different(self._due())
        if doubtful:
            await asyncio.sleep(self._pace.recheck)
            self._repair(await self._different(list(doubtful)))

    def watch(self) -> None:
        """What only time tells: overdue books, silent connections, tokens nothing proves."""
        self._books.check()
        worn = self._books.worn()
        if worn:
            self._connections.recycle(worn)
        for shard in self._connections.shards():
            if self._silence(shard) >= self._pace.silent:
                self._books.suspect(self._unproven(shard.tokens, self._pace.silent), Doubt.SILENT)
        self._books.suspect(self._unproven(self._watched(), self._pace.unproven), Doubt.UNPROVEN)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._pace.beat)
            self.watch()

    async def _audits(self) -> None:
        while True:
            await asyncio.sleep(self._pace.beat)
            await self.audit()

    def _due(self) -> list[TokenId]:
        now, watched = self._clock(), self._watched()
        if now < self._not_before:
            return []
        self._asked = {token: at for token, at in self._asked.items() if token in watched}
        self._proven = {token: at for token, at in self._proven.items() if token in watched}
        urgent = self._on_silent_connections()
        return [
            token
            for token in sorted(watched)
            if self._is_due(token, now, is_urgent=token in urgent)
        ]

    def _is_due(self, token: TokenId, now: float, *, is_urgent: bool) -> bool:
        pause = self._pace.urgent if is_urgent else self._pace.every
        is_rested = now - self._asked.get(token, -pause) >= pause
        return is_rested and self._quiet_for(token) >= self._pace.quiet

    def _watched(self) -> frozenset[TokenId]:
        """Followed tokens and canaries."""
        canaries = (shard.canaries for shard in self._connections.shards())
        return frozenset(self._followed()).union(*canaries)

    def _on_silent_connections(self) -> frozenset[TokenId]:
        shards = self._connections.shards()
        silent = (s.tokens for s in shards if self._silence(s) >= self._pace.quiet)
        return frozenset[TokenId]().union(*silent)

    def _silence(self, shard: Shard) -> float:
        """Seconds since an open connection with traffic, or its canaries, brought anything."""
        if shard.opened_at is None or shard.last_data is None:
            return 0.0
        canaries = min((self._quiet_for(token) for token in shard.canaries), default=0.0)
        return max(self._clock() - shard.last_data, canaries)

    def _quiet_for(self, token: TokenId) -> float:
        """Seconds since the stream spoke of a live token; 0 for one that is not live."""
        age = self._board.age(token) if self._board.is_live(token) else None
        return age or 0.0

    def _unproven(self, tokens: Iterable[TokenId], limit: float) -> list[TokenId]:
        """Live tokens that nothing has proven for so long."""
        proven, now = self._proven, self._clock()
        return [
            token
            for token in tokens
            if self._quiet_for(token) >= limit and now - proven.get(token, -limit) >= limit
        ]

    async def _different(self, tokens: list[TokenId]) -> dict[TokenId, BookSnapshot]:
        """The venue's books of those of `tokens` that are newer there, and not what we have."""
        different = dict[TokenId, BookSnapshot]()
        for batch in _batched(tokens):
            asked = self._clock()
            for told in await self._ask(batch):
                if self._books.agrees_with(told):
                    self._proven[told.book.token] = asked
                else:
                    different[told.book.token] = told
        return different

    async def _ask(self, tokens: list[TokenId]) -> list[BookSnapshot]:
        if self._clock() < self._not_before:
            return []
        self.statistics.asked += len(tokens)
        try:
            async with asyncio.timeout(self._pace.deadline):
                snapshots = await self._source.books(tokens)
        except (Unavailable, TimeoutError) as fault:
            self.statistics.failures += 1
            pause = self._backoff.after(fault, random.random())  # noqa: S311 - only jitter
            self._not_before = self._clock() + pause
            return []
        self._backoff.over()
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
        silent = self._on_silent_connections()  # before the repair: live tokens only are silent
        received = self._clock()
        for snapshot in stale.values():
            self._books.repair(snapshot, received)
        worn = silent & stale.keys()
        if worn:
            self._connections.recycle(worn)


def _batched(tokens: list[TokenId]) -> Iterator[list[TokenId]]:
    rest = iter(tokens)
    while batch := list(islice(rest, BATCH)):
        yield batch
