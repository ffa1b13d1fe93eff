"""Asks the venue what has become of held markets: paused, closed, resolved."""

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from core.domain.errors import Unavailable
from core.domain.market import Market
from core.domain.resolution import resolution_of
from core.domain.units import MarketId
from core.ports import MarketStates
from core.services.position.resolution_service import ResolutionService

BATCH: Final = 100  # markets a question; the venue's maximum
RETRY: Final = 10.0  # seconds after a failed look, plus as much again by chance
QUIET: Final = 5.0  # seconds that must lie between two looks, however often we are woken

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class ResolutionStatistics:
    looks: int = 0
    failures: int = 0
    paid: int = 0  # positions


class ResolutionWatcher:
    """Looks every `interval` seconds, and soon after `wake`; what it finds decides, no rumour."""

    def __init__(
        self,
        venue: MarketStates,
        service: ResolutionService,
        *,
        interval: float = 60.0,
        quiet: float = QUIET,
    ) -> None:
        self.statistics = ResolutionStatistics()
        self._venue = venue
        self._service = service
        self._interval = interval
        self._quiet = min(quiet, interval)
        self._woken = asyncio.Event()
        self._doubtful: set[MarketId] = set()
        self._is_failing = False
        self._listeners: list[Callable[[], None]] = []

    def on_paid(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each look that has paid somebody."""
        self._listeners.append(listener)

    def wake(self) -> None:
        """Somebody says that a market has ended: look soon."""
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled; a venue or a database that fails is asked again after a while."""
        while True:
            self._woken.clear()
            is_good = await self.look()
            await asyncio.sleep(self._quiet)
            pause = self._interval if is_good else RETRY * (1 + random.random())  # noqa: S311 - only jitter
            try:
                async with asyncio.timeout(max(0.0, pause - self._quiet)):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def look(self) -> bool:
        """One look at every held market; False if some of it has to be repeated soon.

        What the venue does not answer, or cannot be written, holds up nothing else.
        """
        faults, paid = list[Exception](), self.statistics.paid
        try:
            held = await self._service.held_markets()
        except (SQLAlchemyError, OSError) as fault:
            held, faults = [], [fault]
        for start in range(0, len(held), BATCH):
            try:
                faults += await self._look_at(held[start : start + BATCH])
            except Unavailable as fault:
                faults.append(fault)
        self._say(faults)
        for listener in self._listeners if self.statistics.paid > paid else ():
            listener()
        return not faults

    async def _look_at(self, asked: Sequence[MarketId]) -> list[Exception]:
        """What could not be written. Raises: Unavailable."""
        found = [market for market in await self._venue.states(asked) if market.id in asked]
        self._doubt(found)
        going = [market for market in found if not market.is_closed]
        faults = list[Exception]()
        for some in (going, *([market] for market in found if market.is_closed)):
            try:
                self.statistics.paid += await self._service.take_over(some)
            except (SQLAlchemyError, OSError) as fault:
                faults.append(fault)
        return faults

    def _doubt(self, found: Sequence[Market]) -> None:
        """Say once of each market that it is said to be resolved and nobody can tell how."""
        for market in found:
            if not market.is_resolved or resolution_of(market) is not None:
                self._doubtful.discard(market.id)
            elif market.id not in self._doubtful:
                self._doubtful.add(market.id)
                logger.warning(
                    "A market is resolved, but its payouts cannot be told: positions stay open",
                    extra={"market_id": market.id},
                )

    def _say(self, faults: Sequence[Exception]) -> None:
        self.statistics.looks += 1
        self.statistics.failures += bool(faults)
        if faults and not self._is_failing:
            logger.warning("Held markets cannot be looked at: %s", faults[0])
        elif not faults and self._is_failing:
            logger.info("Held markets can be looked at again")
        self._is_failing = bool(faults)
