"""Keeps forecasts and station reports for the events that somebody asks about."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core.domain.weather.daily import DailyExtremes, daily_extremes
from core.domain.weather.fetching import KeepingRules
from core.domain.weather.forecast import Forecast, ModelId
from core.domain.weather.station import Station, StationId
from core.domain.weather.temperature import Extreme
from core.ports import ForecastSource, ObservationSource
from core.services.clock import utc_now
from core.services.weather.archive import Archive
from core.services.weather.source_rounds import SourceRounds, Wanted
from core.services.weather.station_reports import StationReports
from core.storage.models import Sessions

logger = logging.getLogger(__name__)

Listener = Callable[[StationId], None]
Wait = Callable[[asyncio.Event, float], Awaitable[object]]
"""Until the event is set, or so many seconds have passed."""


async def until(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


@dataclass(frozen=True, slots=True)
class KeeperFigures:
    """Counts since the start, by provider; `ages`: seconds since a station's newest forecast.

    `answered`: seconds since each provider of forecasts answered last; one that never did is left
    out. `silent`: those that failed last, so that they are left alone for a while.
    """

    requests: Mapping[str, int]
    failures: Mapping[str, int]
    extremes: int
    unkept: int
    apart: Mapping[str, int]
    ages: Mapping[str, float]
    answered: Mapping[str, float]
    silent: tuple[str, ...]


class ForecastKeeper:
    """Listeners are told which station has news, and must return at once.

    Providers fail independently. What is older than the limit of age is not given out.
    """

    def __init__(
        self,
        sources: Sequence[ForecastSource],
        reports: ObservationSource,
        sessions: Sessions,
        rules: KeepingRules | None = None,
        *,
        is_streaming: Callable[[], bool] = lambda: True,
        now: Callable[[], datetime] = utc_now,
        wait: Wait = until,
    ) -> None:
        self.rules = rules or KeepingRules()
        self.archive = Archive(sessions, self.rules, now)
        self._rounds = [SourceRounds(source, self._take, now=now) for source in sources]
        self._reports = StationReports(reports, self._tell, now=now)
        self._reports_news = asyncio.Event()
        self._is_streaming = is_streaming
        self._now = now
        self._wait = wait
        self._wanted: Wanted = {}
        self._newest: dict[StationId, dict[tuple[str, ModelId], Forecast]] = {}
        self._listeners: list[Listener] = []
        self._apart: Counter[str] = Counter()
        self._said_interval: str | None = None

    def want(self, wanted: Mapping[Station, Collection[date]]) -> None:
        """From now on these days of these stations, by the local calendar of each."""
        news: Wanted = {station: frozenset(days) for station, days in wanted.items() if days}
        if news == self._wanted:
            return
        self._wanted = news
        for each in (self._reports_news, *(rounds.news for rounds in self._rounds)):
            each.set()

    def wake(self) -> None:
        """Look now for what is due, e.g. as the shorter interval holds from now on."""
        for rounds in self._rounds:
            rounds.news.set()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` for new forecasts and new observed extremes; the result ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def remember(self) -> None:
        """Take over what an earlier run has kept."""
        forecasts, observations = await self.archive.remembered()
        self._reports.remember(observations)
        for forecast in forecasts:
            self._keep(forecast)
            for rounds in self._rounds:
                if rounds.name == forecast.source:
                    rounds.remember(forecast.station, forecast.available_at)
        for station in {forecast.station for forecast in forecasts}:
            self._tell(station)

    async def run(self) -> None:
        """Ask, keep and forget, until cancelled."""
        await self.remember()
        async with asyncio.TaskGroup() as tasks:
            for rounds in self._rounds:
                tasks.create_task(self._ask_ever(rounds), name=f"forecasts-{rounds.name}")
            tasks.create_task(self._observe_ever(), name="station-reports")
            tasks.create_task(self.archive.run(), name="forecasts-forgotten")

    def extremes(self, station: StationId, day: date, extreme: Extreme) -> DailyExtremes | None:
        """What is known of that day; None for a station that nobody has asked about.

        Without `models` there is no forecast that is young enough.
        """
        place = next((one for one in self._wanted if one.id == station), None)
        if place is None:
            return None
        now = self._now()
        young = [
            forecast
            for _, forecast in sorted(self._newest.get(station, {}).items())
            if now - forecast.available_at <= self.rules.max_age
        ]
        return daily_extremes(place, day, extreme, young, self._reports.of(station), now)

    def age_of(self, station: StationId) -> timedelta | None:
        """Since its newest forecast came; None where there never was one."""
        newest = self._newest.get(station)
        if not newest:
            return None
        return self._now() - max(forecast.available_at for forecast in newest.values())

    def figures(self) -> KeeperFigures:
        ages = {station.id: self.age_of(station.id) for station in self._wanted}
        return KeeperFigures(
            {
                **{each.name: each.requests for each in self._rounds},
                "metar": self._reports.requests,
            },
            {
                **{each.name: each.failures for each in self._rounds},
                "metar": self._reports.failures,
            },
            self._reports.extremes,
            self.archive.failures,
            dict(self._apart),
            {name: age.total_seconds() for name, age in ages.items() if age is not None},
            {
                each.name: (self._now() - at).total_seconds()
                for each in self._rounds
                if (at := each.answered_at) is not None
            },
            tuple(each.name for each in self._rounds if each.pause() is not None),
        )

    async def check(self, source: str) -> int:
        """Ask one provider for what is due: for how many stations it answered."""
        rounds = next(each for each in self._rounds if each.name == source)
        return await rounds.ask(self._wanted)

    async def observe(self) -> int:
        """Ask for station reports once: how many were new."""
        news = await self._reports.ask(self._wanted)
        if news:
            await self.archive.keep_observations(news)
        return len(news)

    async def _ask_ever(self, rounds: SourceRounds) -> None:
        while True:
            rounds.news.clear()
            answered = await rounds.ask(self._wanted)
            seconds = self._interval()
            if answered:
                logger.info(
                    "%s: forecasts for %s stations; next look in %.0f s",
                    rounds.name,
                    answered,
                    seconds,
                )
            pause = rounds.pause()
            await self._wait(rounds.news, seconds if pause is None else min(pause, seconds))

    async def _observe_ever(self) -> None:
        while True:
            self._reports_news.clear()
            asked = self._reports.requests
            await self.observe()
            # A new wish is looked at soon, but the source is asked no more often than it allows.
            is_idle = self._reports.requests == asked
            news = self._reports_news if is_idle else asyncio.Event()
            await self._wait(news, self.rules.observing)

    def _interval(self) -> float:
        """Seconds to the next look."""
        streaming = self._is_streaming()
        seconds = self.rules.streaming if streaming else self.rules.checks
        why = "the stream is healthy" if streaming else "polling carries the prices"
        if why != self._said_interval:
            logger.info("Forecasts are checked every %.0f s: %s", seconds, why)
        self._said_interval = why
        return seconds

    async def _take(
        self, station: Station, days: tuple[date, ...], found: tuple[Forecast, ...]
    ) -> None:
        for forecast in found:
            self._keep(forecast)
        view = self.extremes(station.id, days[0], Extreme.HIGHEST)
        if view is not None:
            self._apart.update(view.apart)
        self._tell(station.id)
        await self.archive.keep_forecasts(station, days, found)

    def _keep(self, forecast: Forecast) -> None:
        newest = self._newest.setdefault(forecast.station, {})
        newest[forecast.source, forecast.model] = forecast

    def _tell(self, station: StationId) -> None:
        for listener in tuple(self._listeners):
            listener(station)
