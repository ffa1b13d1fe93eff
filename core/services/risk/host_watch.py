"""Watches what the safety of orders rests on: the disk, the clock and the database."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from core.domain.breaker import Trip
from core.domain.errors import Unavailable
from core.domain.sentences import worded
from core.services.risk.breakers import Breakers
from core.services.risk.outside import Alarms
from core.storage.models import Sessions
from core.storage.tenancy import as_worker

PERIOD: Final = 10.0  # seconds between two looks
IN_A_ROW: Final = 3  # bad looks before a breaker opens: one proves nothing
PATIENCE: Final = 10.0  # seconds for a measure


@dataclass(frozen=True, slots=True)
class HostRules:
    """Beyond these, orders are not safe."""

    min_free_disk_percent: float
    max_skew: float = 5.0  # seconds between our clock and the venue's
    slow_database: float = 1.0  # seconds for an empty transaction


@dataclass(frozen=True, slots=True)
class HostMeasures:
    """What can be measured. `skew`: seconds that our clock is ahead of the venue's."""

    free_disk: Callable[[], float]
    skew: Callable[[], Awaitable[float]]
    clock: Callable[[], float] = time.monotonic


logger = logging.getLogger(__name__)


class HostWatch:
    """Opens the breaker for everybody, and tells once when the disk is full."""

    def __init__(
        self,
        sessions: Sessions,
        breakers: Breakers,
        alarms: Alarms,
        rules: HostRules,
        measures: HostMeasures,
    ) -> None:
        self._sessions = sessions
        self._breakers = breakers
        self._alarms = alarms
        self._rules = rules
        self._measures = measures
        self._is_full = False
        self._bad = dict.fromkeys((Trip.CLOCK, Trip.DATABASE), 0)

    async def run(self) -> None:
        """Until cancelled; without a database no order is sent anyway."""
        while True:
            try:
                await self.look()
            except (SQLAlchemyError, OSError) as fault:
                logger.warning("The host cannot be looked at: %s", type(fault).__name__)
            await asyncio.sleep(PERIOD)

    async def look(self) -> None:
        """Measure everything once."""
        await self._look_at_database()
        await self._look_at_clock()
        await self._look_at_disk()

    async def _look_at_database(self) -> None:
        began = self._measures.clock()
        async with as_worker(self._sessions) as session:
            await session.execute(sa.select(1))
        took = self._measures.clock() - began
        await self._count(Trip.DATABASE, is_bad=took > self._rules.slow_database)

    async def _look_at_clock(self) -> None:
        """What the venue does not answer says nothing about our clock."""
        try:
            async with asyncio.timeout(PATIENCE):
                skew = await self._measures.skew()
        except (Unavailable, TimeoutError):
            return
        await self._count(Trip.CLOCK, is_bad=abs(skew) > self._rules.max_skew)

    async def _look_at_disk(self) -> None:
        free = self._measures.free_disk()
        is_full = free < self._rules.min_free_disk_percent
        if is_full and not self._is_full:
            async with as_worker(self._sessions) as session:
                await self._alarms.raised(
                    session,
                    None,
                    worded(
                        "Only {free} % of the disk is free, so no new order is sent until there "
                        "is {least} %. Cancelling works.",
                        free=f"{free:.1f}",
                        least=f"{self._rules.min_free_disk_percent:g}",
                    ),
                )
            logger.error("Disk nearly full: %.1f %% free", free)
        self._is_full = is_full

    async def _count(self, trip: Trip, *, is_bad: bool) -> None:
        self._bad[trip] = self._bad[trip] + 1 if is_bad else 0
        if self._bad[trip] == IN_A_ROW:
            await self._breakers.trip(trip)
