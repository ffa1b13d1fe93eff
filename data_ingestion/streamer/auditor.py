"""Tells a quiet market from a dead feed: asks REST about live tokens that have gone silent.

PONG proves that somebody answers, not that news arrives; a connection can be open for hours and
bring nothing, or all of it late, and a single subscription can stop alone. What neither news nor
REST has proven for too long is not live any more, whether REST answers, refuses or hangs; and when
the whole program stood still, nothing is.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, Protocol

from core.domain.errors import Unavailable
from core.domain.health import RELAPSE, Doubt
from core.domain.units import TokenId
from core.ports import BookSnapshot, PriceSource
from data_ingestion.poller.backoff import Backoff
from data_ingestion.streamer.quiet import Quiet
from data_ingestion.streamer.stalling import Stalling, uptime

logger = logging.getLogger(__name__)

BATCH: Final = 100  # tokens a request


@dataclass(frozen=True, slots=True)
class AuditPace:
    """Seconds. The limits `silent` and `unproven` are looked at once a `beat`."""

    quiet: float = 5.0  # without news of its own, before a live token is asked about
    every: float = 7.0  # between two questions about one token
    urgent: float = 4.0  # the same on a connection that is silent altogether
    talking: float = 15.0  # the same about a token whose news goes on: all of it may be late
    relapse: float = 4.0  # the same where it was found to be late a minute ago or less
    beat: float = 1.0  # between two looks at who is due
    check: float = 0.25  # between two looks at books that are crossed, late or overdue
    recheck: float = 1.0  # before a difference counts: the news may be on its way
    silent: float = 9.0  # without proof on a silent connection, before a price is no longer live
    unproven: float = 19.0  # without proof anywhere, before a price is no longer live
    deadline: float = 4.0  # for one question


class AuditedBooks(Protocol):
    """The books that are compared."""

    def agrees_with(self, snapshot: BookSnapshot) -> bool: ...

    def is_proven_by(self, snapshot: BookSnapshot) -> bool: ...

    def repair(self, snapshot: BookSnapshot, received: float) -> None: ...

    def suspect(self, tokens: Collection[TokenId], why: Doubt) -> None: ...

    def check(self) -> None: ...

    def worn(self, mute: frozenset[TokenId]) -> frozenset[TokenId]: ...


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
        books: AuditedBooks,
        quiet: Quiet,
        *,
        pace: AuditPace = AuditPace(),
        wakefulness: Callable[[], float] = uptime,
    ) -> None:
        """`wakefulness`: a clock that shows when the program, or the machine, stood still."""
        self.statistics = AuditStatistics()
        self._source = source
        self._books = books
        self._quiet = quiet
        self._board = quiet.board
        self._connections = quiet.connections
        self._clock = quiet.clock
        self._pace = pace
        self._stalling = Stalling(wakefulness)
        self._since: dict[TokenId, float] = {}  # when each token was first watched
        self._asked: dict[TokenId, float] = {}
        self._proven: dict[TokenId, float] = {}
        self._stale: dict[TokenId, float] = {}  # when each was last found to have missed something
        self._backoff = Backoff()
        self._not_before = 0.0  # monotonic seconds; REST asked for so much patience

    async def run(self) -> None:
        """Audit whoever is due, until cancelled; what is unproven is found while REST hangs too."""
        self._stalling.begin()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch(), name="stream-limits")
            tasks.create_task(self._check(), name="stream-doubts")
            tasks.create_task(self._audits(), name="stream-questions")

    async def audit(self) -> None:
        """One look: every live token that is due is compared, and what differs compared again.

        In between, the stream may tell what REST told a moment earlier.
        """
        asked = self._clock()
        ahead = await self._different(self._due())
        if not ahead:
            return
        await asyncio.sleep(self._pace.recheck)
        missed = [token for token, told in ahead.items() if not self._books.agrees_with(told)]
        late = [token for token in missed if self._quiet.has_talked(token, since=asked)]
        self._repair(await self._different(missed), late)

    def watch(self) -> None:
        """What only time tells: overdue books, silent connections, tokens nothing proves."""
        if self._stalling.has_stalled():
            self._begin_anew()
        self._books.check()
        worn = self._books.worn(self._quiet.on_mute_connections())
        if worn:
            self._connections.recycle(worn)
        pace, watched = self._pace, self._quiet.watched()
        silent = self._quiet.on_connections(pace.silent)
        self._books.suspect(self._unproven(silent, pace.silent), Doubt.SILENT)
        self._books.suspect(self._unproven(watched, pace.unproven), Doubt.UNPROVEN)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._pace.beat)
            self.watch()

    async def _check(self) -> None:
        while True:
            await asyncio.sleep(self._pace.check)
            self._books.check()

    async def _audits(self) -> None:
        while True:
            await asyncio.sleep(self._pace.beat)
            await self.audit()

    def _begin_anew(self) -> None:
        """What waits in the buffers is old: new connections bring new books."""
        logger.warning("[WEBSOCKET] the program stood still; every book is asked for again")
        watched = self._quiet.watched()
        self._books.suspect(watched, Doubt.STALLED)
        self._connections.recycle(watched)

    def _due(self) -> list[TokenId]:
        now, watched = self._clock(), self._quiet.watched()
        if now < self._not_before:
            return []
        self._since = {token: self._since.get(token, now) for token in watched}
        self._asked = {token: at for token, at in self._asked.items() if token in watched}
        self._proven = {token: at for token, at in self._proven.items() if token in watched}
        self._stale = {token: at for token, at in self._stale.items() if now - at < RELAPSE}
        urgent = self._quiet.on_connections(self._pace.quiet)
        return [
            token
            for token in sorted(watched)
            if self._is_due(token, now, is_urgent=token in urgent)
        ]

    def _is_due(self, token: TokenId, now: float, *, is_urgent: bool) -> bool:
        if not self._board.is_live(token):
            return False
        if self._quiet.of(token) < self._pace.quiet:
            return now - self._asked.get(token, self._since[token]) >= self._patience(token)
        pause = self._pace.urgent if is_urgent else self._pace.every
        return now - self._asked.get(token, -pause) >= pause

    def _patience(self, token: TokenId) -> float:
        """Seconds between two questions about a token whose news goes on."""
        return self._pace.relapse if token in self._stale else self._pace.talking

    def _unproven(self, tokens: Iterable[TokenId], limit: float) -> list[TokenId]:
        """Live tokens that nothing has proven for so long."""
        proven, now = self._proven, self._clock()
        return [
            token
            for token in tokens
            if self._quiet.of(token) >= limit and now - proven.get(token, -limit) >= limit
        ]

    async def _different(self, tokens: list[TokenId]) -> dict[TokenId, BookSnapshot]:
        """The venue's books of those of `tokens` that are newer there, and not what we have."""
        different = dict[TokenId, BookSnapshot]()
        for batch in _batched(tokens):
            asked = self._clock()
            for told in await self._ask(batch):
                if self._books.is_proven_by(told):
                    self._proven[told.book.token] = asked
                elif not self._books.agrees_with(told):
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

    def _repair(self, stale: dict[TokenId, BookSnapshot], late: Collection[TokenId]) -> None:
        """`late`: tokens of which the stream still speaks, but of older times."""
        if not stale:
            return
        self.statistics.stale += len(stale)
        logger.warning(
            "[WEBSOCKET] %s tokens had silently stopped; their books come by REST now",
            len(stale),
            extra={"tokens": list(stale)[:5]},
        )
        # Before the repair: only live tokens are silent.
        silent = self._quiet.on_connections(self._pace.quiet)
        received = self._clock()
        self._stale.update(dict.fromkeys(stale, received))
        for snapshot in stale.values():
            self._books.repair(snapshot, received)
        worn = silent.union(late) & stale.keys()
        if worn:
            self._connections.recycle(worn)


def _batched(tokens: list[TokenId]) -> Iterator[list[TokenId]]:
    rest = iter(tokens)
    while batch := list(islice(rest, BATCH)):
        yield batch
