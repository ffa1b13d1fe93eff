"""What is said of written prices while they stand: that they are current, and how many."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from core.domain.market import Market
from core.services.price_board import PriceBoard
from core.storage.models import Sessions
from core.storage.prices import end_streaming, refresh_price_times
from data_ingestion.streamer.market_updater.writer_figures import WriterStatistics

logger = logging.getLogger(__name__)

FRESHNESS_BEAT: Final = 10.0  # seconds between moves of `price_at` where a live price stands still
RETRY: Final = 1.0  # seconds until a database that is away is asked again
SUMMARY_BEAT: Final = 60.0  # seconds between log lines that count what was written


@dataclass(frozen=True, slots=True)
class StandingPrices:
    """A live price that stands still is current all the same: `price_at` says so."""

    board: PriceBoard
    sessions: Sessions
    followed: Callable[[], Iterable[Market]]

    async def run(self) -> None:
        """Until cancelled; a database that is away is told the next time."""
        while True:
            await asyncio.sleep(FRESHNESS_BEAT)
            live = {market.id for market in self.followed() if self._is_live(market)}
            if live:
                try:
                    async with self.sessions.begin() as session:
                        await refresh_price_times(session, sorted(live))
                except (SQLAlchemyError, OSError) as fault:
                    logger.debug("price times not refreshed: %s", type(fault).__name__)

    async def disown(self) -> None:
        """Rows of a run that was killed still say `ws`; a database that is away is asked again."""
        while True:
            ours = {market.id for market in self.followed() if self._is_priced(market)}
            try:
                async with self.sessions.begin() as session:
                    return await end_streaming(session, ours)
            except (SQLAlchemyError, OSError):
                await asyncio.sleep(RETRY)

    def _is_priced(self, market: Market) -> bool:
        return any(self.board.quote(token) is not None for token in market.tokens)

    def _is_live(self, market: Market) -> bool:
        return all(self.board.is_live(token) for token in market.tokens)


@dataclass(frozen=True, slots=True)
class Summary:
    """One line in the log a minute, where anything was written."""

    statistics: WriterStatistics
    is_streaming: Callable[[], bool]

    async def run(self) -> None:
        """Until cancelled."""
        before = 0
        while True:
            await asyncio.sleep(SUMMARY_BEAT)
            written = self.statistics.tokens - before
            before = self.statistics.tokens
            if written:
                source = "WEBSOCKET" if self.is_streaming() else "POLLING"
                logger.info("[%s] %s prices written in the last minute", source, written)
