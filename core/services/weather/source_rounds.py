"""Asks one provider for whatever is due, the nearest events first."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Final

from core.domain.errors import BudgetSpent, Unavailable
from core.domain.weather.fetching import days_to_ask, is_due, near_days
from core.domain.weather.forecast import Forecast
from core.domain.weather.station import Station, StationId
from core.ports import ForecastSource

FIRST_PAUSE: Final = timedelta(seconds=60)  # after a failure; doubles with each that follows
LONGEST_PAUSE: Final = timedelta(minutes=30)

logger = logging.getLogger(__name__)

Wanted = Mapping[Station, frozenset[date]]
Taken = Callable[[Station, tuple[date, ...], tuple[Forecast, ...]], Awaitable[None]]


class SourceRounds:
    """One question at a time; a provider that fails is left alone for a while."""

    def __init__(self, source: ForecastSource, take: Taken, *, now: Callable[[], datetime]) -> None:
        self.requests = 0
        self.failures = 0
        self.news = asyncio.Event()
        self._source = source
        self._take = take
        self._now = now
        self._answered: dict[StationId, datetime] = {}
        self._left_alone_until: datetime | None = None
        self._failed = 0  # in a row

    @property
    def name(self) -> str:
        return self._source.name

    @property
    def answered_at(self) -> datetime | None:
        """When it answered last for any station; None: it never did."""
        return max(self._answered.values(), default=None)

    def remember(self, station: StationId, answered_at: datetime) -> None:
        """An answer of an earlier run."""
        known = self._answered.get(station)
        self._answered[station] = answered_at if known is None else max(known, answered_at)

    async def ask(self, wanted: Wanted) -> int:
        """How many stations there was an answer for."""
        answered = 0
        for station, days in self._due(wanted):
            if self._is_left_alone():
                break
            answered += await self._ask(station, days)
        return answered

    def pause(self) -> float | None:
        """Seconds for which the provider is left alone; None where it is not."""
        if self._left_alone_until is None or not self._is_left_alone():
            return None
        return (self._left_alone_until - self._now()) / timedelta(seconds=1)

    def _due(self, wanted: Wanted) -> list[tuple[Station, tuple[date, ...]]]:
        now = self._now()
        due = [
            (station, days)
            for station in wanted
            if self._source.covers(station) and is_due(self._answered.get(station.id), now)
            for days in [near_days(station, wanted[station], now)]
            if days
        ]
        return sorted(due, key=lambda one: (one[1][0], one[0].id))

    async def _ask(self, station: Station, days: tuple[date, ...]) -> bool:
        self.requests += 1
        try:
            found = await self._source.forecasts(station, days_to_ask(days, self._now()))
        except BudgetSpent as spent:
            self._leave_alone(timedelta(seconds=max(spent.retry_after, 60.0)), spent)
            return False
        except Unavailable as fault:
            self._leave_alone(self._patience(fault), fault)
            return False
        if self._failed:
            logger.info("%s answers again", self.name)
        self._failed, self._left_alone_until = 0, None
        self._answered[station.id] = self._now()
        await self._take(station, days, found)
        return True

    def _patience(self, fault: Unavailable) -> timedelta:
        usual = min(FIRST_PAUSE * (1 << min(self._failed, 8)), LONGEST_PAUSE)
        return max(timedelta(seconds=fault.retry_after), usual)

    def _leave_alone(self, pause: timedelta, fault: Unavailable) -> None:
        if not self._failed:
            logger.warning(
                "%s is left alone for %.0f s: %s", self.name, pause.total_seconds(), fault
            )
        self.failures += 1
        self._failed += 1
        self._left_alone_until = self._now() + pause

    def _is_left_alone(self) -> bool:
        return self._left_alone_until is not None and self._now() < self._left_alone_until
