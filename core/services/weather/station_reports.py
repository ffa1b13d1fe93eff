"""What stations report while their day is under way."""

import logging
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from core.domain.errors import Unavailable
from core.domain.weather.daily import observed
from core.domain.weather.days import day_span
from core.domain.weather.fetching import is_under_way
from core.domain.weather.forecast import Observation
from core.domain.weather.station import Station, StationId
from core.domain.weather.temperature import Extreme
from core.ports import ObservationSource
from core.services.weather.source_rounds import Wanted

USUAL: Final = 2  # hours that are asked for of a station that was heard of lately
MOST: Final = 30  # hours; no local day is longer
KEPT: Final = timedelta(hours=50)
AFTER: Final = timedelta(hours=2)  # after its day a station is still asked, for what comes late

logger = logging.getLogger(__name__)


class StationReports:
    """The reports of the last two days, by station."""

    def __init__(
        self,
        source: ObservationSource,
        tell: Callable[[StationId], None],
        *,
        now: Callable[[], datetime],
    ) -> None:
        """`tell` hears of stations whose day has a new extreme, before anything else is done."""
        self.requests = 0
        self.failures = 0
        self.extremes = 0
        self._source = source
        self._tell = tell
        self._now = now
        self._reports: dict[StationId, dict[datetime, Observation]] = {}
        self._asked: dict[StationId, datetime] = {}
        self._is_failing = False

    def of(self, station: StationId) -> Sequence[Observation]:
        """In the order of their times."""
        reports = self._reports.get(station, {})
        return [reports[at] for at in sorted(reports)]

    def remember(self, observations: Iterable[Observation]) -> None:
        for one in observations:
            self._reports.setdefault(one.station, {})[one.at] = one

    async def ask(self, wanted: Wanted) -> tuple[Observation, ...]:
        """What is new, of all stations whose day is under way or has just ended."""
        days = {station: self._present(station, wanted[station]) for station in wanted}
        by_hours = defaultdict[int, list[Station]](list)
        for station, present in days.items():
            if present:
                by_hours[self._hours(station, present[0])].append(station)
        news = list[Observation]()
        for hours, stations in by_hours.items():
            for one in await self._told(stations, hours):
                if self._is_news(one):
                    news.append(one)
        self._take(news, days)
        return tuple(news)

    async def _told(self, stations: Sequence[Station], hours: int) -> tuple[Observation, ...]:
        self.requests += 1
        try:
            found = await self._source.observations(stations, hours)
        except Unavailable as fault:
            self.failures += 1
            if not self._is_failing:
                logger.warning("No station reports: %s", fault)
            self._is_failing = True
            return ()
        if self._is_failing:
            logger.info("Station reports come again")
        self._is_failing = False
        now = self._now()
        self._asked |= {station.id: now for station in stations}
        return found

    def _take(self, news: Sequence[Observation], days: dict[Station, tuple[date, ...]]) -> None:
        stations = {one.station for one in news}
        heard = [(station, present) for station, present in days.items() if station.id in stations]
        before = {station.id: self._standing(station, present) for station, present in heard}
        self.remember(news)
        for station, present in heard:
            self._forget(station.id)
            if self._standing(station, present) != before[station.id]:
                self.extremes += 1
                self._tell(station.id)

    def _standing(self, station: Station, days: Iterable[date]) -> list[float | None]:
        """The extremes of `days` so far."""
        reports = self.of(station.id)
        found = list[float | None]()
        for day in days:
            start, end = day_span(day, station.zone)
            told = [one for one in reports if start <= one.at < end]
            measured = [observed(told, extreme) for extreme in Extreme]
            found += [None if each is None else each.celsius for each in measured]
        return found

    def _present(self, station: Station, days: Iterable[date]) -> tuple[date, ...]:
        """Days under way, and those that were so a moment ago."""
        now = self._now()
        return tuple(
            day
            for day in sorted(days)
            if is_under_way(station, day, now) or is_under_way(station, day, now - AFTER)
        )

    def _hours(self, station: Station, first: date) -> int:
        """Back to the last answer, else to the beginning of the day."""
        now = self._now()
        since = day_span(first, station.zone)[0]
        if station.id in self._asked:
            since = max(since, self._asked[station.id])
        needed = math.ceil((now - since) / timedelta(hours=1)) + 1
        return USUAL if needed <= USUAL else MOST

    def _is_news(self, one: Observation) -> bool:
        known = self._reports.get(one.station, {}).get(one.at)
        return known is None or known.celsius != one.celsius

    def _forget(self, station: StationId) -> None:
        oldest = self._now() - KEPT
        reports = self._reports[station]
        for at in [at for at in reports if at < oldest]:
            del reports[at]
