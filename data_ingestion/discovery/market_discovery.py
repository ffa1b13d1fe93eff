"""The catalogue on a schedule: what can be traded, and what has ended."""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from core.domain.errors import NotFound, Unavailable
from core.domain.market import Market
from core.domain.units import MarketId
from core.ports import MarketCatalogue
from core.services.clock import utc_now
from core.storage.catalogue import unlisted, upsert, withdraw
from core.storage.models import Sessions
from core.storage.search import learn_words
from core.storage.weather_events import keep_rules
from data_ingestion.discovery.ladders import Ladders

CHUNK: Final = 50  # markets of one statement
MAX_PAGES: Final = 500  # of one pass; a catalogue that never ends must not become a loop
CHECKED: Final = 100  # markets gone from the list that are asked for one by one in a pass
RETRY: Final = 5.0  # seconds after a failed pass, plus as much again by chance

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class DiscoveryStatistics:
    passes: int = 0
    failures: int = 0
    markets: int = 0  # written over all passes
    ended: int = 0  # found closed after they had left the list


class MarketDiscovery:
    """Pages through the catalogue at once, and every `interval` seconds from then on."""

    def __init__(
        self,
        catalogue: MarketCatalogue,
        sessions: Sessions,
        *,
        interval: float = 300.0,
        max_pages: int = MAX_PAGES,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.ready = asyncio.Event()
        self.statistics = DiscoveryStatistics()
        self._catalogue = catalogue
        self._sessions = sessions
        self._interval = interval
        self._max_pages = max_pages
        self._clock = clock
        self._now = now
        self._is_failing = False
        self._ladders = Ladders(sessions)

    async def run(self) -> None:
        """Until cancelled; a venue or a database that fails is asked again after a while."""
        while True:
            try:
                await self.discover()
            except (Unavailable, SQLAlchemyError, OSError) as fault:
                self._failed(fault)
                await asyncio.sleep(RETRY * (1 + random.random()))  # noqa: S311 - only jitter
            else:
                await asyncio.sleep(self._interval)

    async def discover(self) -> None:
        """One pass: every page, then what we take for open and the list does not name any more.

        Raises: Unavailable.
        """
        began, listed, is_whole = self._clock(), list[MarketId](), False
        cursor: str | None = None
        for _ in range(self._max_pages):
            page = await self._catalogue.page(cursor)
            await self._store(page.markets)
            await self._learn()
            listed += [market.id for market in page.markets]
            self.ready.set()
            cursor = page.next_cursor
            if cursor is None:
                is_whole = True
                break
        ended = await self._look_after(listed) if is_whole and listed else 0
        await self._complete()
        self._succeeded(len(listed), ended, self._clock() - began)

    async def _store(self, markets: tuple[Market, ...]) -> None:
        for start in range(0, len(markets), CHUNK):
            async with self._sessions.begin() as session:
                written = await upsert(session, markets[start : start + CHUNK], self._now())
                await keep_rules(session, markets[start : start + CHUNK])
            self.statistics.markets += written
            await asyncio.sleep(0)  # others' turn between two chunks

    async def _learn(self) -> None:
        """New words can be searched for as they are at once; this is for mistyped ones."""
        while True:
            async with self._sessions.begin() as session:
                if not await learn_words(session):
                    return

    async def _look_after(self, listed: list[MarketId]) -> int:
        """Ask for markets that left the list; how many of them have ended."""
        async with self._sessions() as session:
            gone = await unlisted(session, listed, limit=CHECKED)
        found, unknown = list[Market](), list[MarketId]()
        for market_id in gone:
            try:
                found.append(await self._catalogue.market(market_id))
            except NotFound:
                unknown.append(market_id)
        await self._store(tuple(found))
        if unknown:
            async with self._sessions.begin() as session:
                await withdraw(session, unknown)
        return sum(market.is_closed for market in found)

    async def _complete(self) -> None:
        """Ask for temperature events of which buckets are missing: closed ones are not listed."""
        for event in await self._ladders.torn(self._now()):
            try:
                _, markets = await self._catalogue.event(event)
            except NotFound:
                continue
            await self._store(markets)

    def _failed(self, fault: Exception) -> None:
        self.statistics.failures += 1
        if not self._is_failing:
            self._is_failing = True
            logger.warning("Market discovery failed: %s", fault)

    def _succeeded(self, listed: int, ended: int, seconds: float) -> None:
        self.statistics.passes += 1
        self.statistics.ended += ended
        if self._is_failing:
            self._is_failing = False
            logger.info("Market discovery works again")
        logger.info(
            "Discovered %s open markets, %s have ended",
            listed,
            ended,
            extra={"markets": listed, "ended": ended, "seconds": round(seconds, 3)},
        )
