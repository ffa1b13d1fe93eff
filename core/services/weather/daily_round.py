"""Once a day, and some time after events were settled: score, learn, judge."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from core.domain.errors import Unavailable
from core.domain.weather.standings import Standing
from core.services.clock import utc_now
from core.services.weather.gate import Gate
from core.services.weather.learning import Learning
from core.services.weather.scoring import ScoreBook, Scoring

DAY: Final = timedelta(days=1)
AGAIN: Final = timedelta(hours=3)  # between two fits at least, however many events are settled
RETRY: Final = 60.0  # seconds before what failed is tried again

logger = logging.getLogger(__name__)


class DailyRound:
    """What was settled is scored at once; a fit waits until enough time has passed."""

    def __init__(
        self,
        scoring: Scoring,
        learning: Learning,
        gate: Gate,
        book: ScoreBook,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._scoring = scoring
        self._learning = learning
        self._gate = gate
        self._book = book
        self._now = now
        self._is_news = True  # of settlements since the last fit
        self._wake = asyncio.Event()
        self.rounds = 0
        self.standing: Standing | None = None  # over all cities, at the last round

    def settled(self) -> None:
        """Events were settled: to be told by whoever learns of it."""
        self._is_news = True
        self._wake.set()

    async def read(self) -> None:
        """What an earlier run came to. Raises: SQLAlchemyError, OSError."""
        await self._learning.read()
        await self._gate.read()

    async def run(self) -> None:
        """Until cancelled; what fails is tried again."""
        is_read = False
        while True:
            pause = RETRY
            self._wake.clear()
            try:
                if not is_read:
                    await self.read()
                    is_read = True
                await self.go()
                pause = self._pause()
            except (Unavailable, SQLAlchemyError, OSError) as fault:
                logger.warning("Forecasts are learned from later: %s", fault)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    async def go(self) -> None:
        """One round. Raises: Unavailable, SQLAlchemyError, OSError."""
        await self._scoring.score()
        if self._now() >= self._due():
            self._is_news = False
            try:
                await self._scoring.forget()
                await self._learning.learn()
            except (Unavailable, SQLAlchemyError, OSError):
                self._is_news = True
                raise
        await self._gate.judge()
        self.standing = await self._book.overall()
        self.rounds += 1

    def _due(self) -> datetime:
        fitted = self._learning.fitted_at
        if fitted is None:
            return self._now()
        return fitted + (AGAIN if self._is_news else DAY)

    def _pause(self) -> float:
        return max((self._due() - self._now()).total_seconds(), RETRY)
