"""Which temperature events may be traded, read from the catalogue, and whose prices are wanted."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError

from core.domain.market import Market
from core.domain.units import EventId, MarketId, UserId
from core.domain.weather.choices import Choices
from core.domain.weather.events import ListedEvent
from core.domain.weather.regions import Where
from core.domain.weather.rules import TemperatureEvent, Untradable, read_event
from core.domain.weather.stations import Stations
from core.services.clock import utc_now
from core.services.weather.choices import WeatherChoices
from core.services.websocket_manager import Reason, WebSocketManager
from core.storage import weather_events
from core.storage.models import Sessions
from core.storage.tenancy import as_worker

AT_ONCE: Final = 4  # events read from Postgres at a time, so that no price waits for it
PAST: Final = timedelta(days=2)  # an event's limits count until its day is over everywhere
RETRY: Final = 2.0  # seconds before a database that failed is asked again
EMPTY: Final = 5.0  # seconds until the next look while there is no event, or nobody to trade

logger = logging.getLogger(__name__)

Listener: TypeAlias = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An event that may be traded; `markets` in the order of its ladder's buckets."""

    event: TemperatureEvent
    markets: tuple[Market, ...]

    @property
    def where(self) -> Where:
        return Where(self.event.city, self.event.day, self.event.station)


@dataclass(frozen=True, slots=True)
class Intervals:
    """Seconds between two checks: while prices stream, and while polling has to carry them."""

    streaming: float
    polling: float


class Candidates:
    """Reads the catalogue's temperature events regularly, and wishes for those somebody chose."""

    def __init__(
        self,
        sessions: Sessions,
        manager: WebSocketManager,
        choices: WeatherChoices,
        stations: Stations,
        intervals: Intervals,
        is_streaming: Callable[[], bool],
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._sessions = sessions
        self._manager = manager
        self._choices = choices
        self._stations = stations
        self._intervals = intervals
        self._is_streaming = is_streaming
        self._now = now
        self.known: Mapping[EventId, Candidate] = {}
        self.untradable: Mapping[EventId, Untradable] = {}
        self.chosen: Mapping[UserId, Choices] = {}
        self._wished: set[tuple[UserId, MarketId]] = set()
        self._wake = asyncio.Event()
        self._listeners: list[Listener] = []
        self.checks = 0
        self._told: tuple[int, int, int, str] | None = None

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` after every check; the result ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def wake(self) -> None:
        """Check now, e.g. as somebody has chosen otherwise."""
        self._wake.set()

    def users_of(self, event: EventId) -> list[UserId]:
        """Who wants it traded now."""
        candidate = self.known.get(event)
        if candidate is None:
            return []
        return [user for user, choices in self.chosen.items() if self._wants(choices, candidate)]

    def wanted(self) -> dict[EventId, Candidate]:
        """Whatever anybody wants traded."""
        return {event: one for event, one in self.known.items() if self.users_of(event)}

    async def run(self) -> None:
        """Until cancelled. Its wishes go with it."""
        end = self._choices.listen(self.wake)
        try:
            while True:
                pause = await self._checked()
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._wake.wait()
                self._wake.clear()
        finally:
            end()

    async def check(self) -> None:
        """Raises: SQLAlchemyError, OSError."""
        listed = await self._listed()
        known, untradable = dict[EventId, Candidate](), dict[EventId, Untradable]()
        for one in listed:
            read = read_event(one.text, self._stations)
            if isinstance(read, Untradable):
                untradable[one.text.id] = read
            else:
                markets = {market.id: market for market in one.markets}
                known[one.text.id] = Candidate(read, tuple(markets[id_] for id_ in read.markets))
            await asyncio.sleep(0)
        await self._choices.begin()
        self.chosen = await self._choices.active()
        self.known, self.untradable = known, untradable
        await self._wish()
        self.checks += 1
        for listener in tuple(self._listeners):
            listener()

    async def _checked(self) -> float:
        """Seconds until the next check."""
        streams = self._is_streaming()
        interval = self._intervals.streaming if streams else self._intervals.polling
        try:
            await self.check()
        except (SQLAlchemyError, OSError) as fault:
            logger.warning("Temperature events cannot be read: %s", type(fault).__name__)
            return RETRY
        if not self.known or not self.chosen:  # the catalogue, or the owner, may come any moment
            interval = min(interval, EMPTY)
        self._tell_of(interval, "streaming" if streams else "polling")
        return interval

    def _tell_of(self, interval: float, why: str) -> None:
        """Short looks that find the same as the last one are not worth a line."""
        found = (len(self.known), len(self.untradable), len(self.wanted()), why)
        if found == self._told and interval <= EMPTY:
            return
        self._told = found
        logger.info(
            "Weather check: %d events, %d untradable, %d wanted; next in %.0f s (%s)",
            *found[:3],
            interval,
            why,
        )

    async def _listed(self) -> list[ListedEvent]:
        async with as_worker(self._sessions) as session:
            ids = await weather_events.upcoming(session, self._now() - PAST)
        found = list[ListedEvent]()
        for start in range(0, len(ids), AT_ONCE):
            async with as_worker(self._sessions) as session:
                part = ids[start : start + AT_ONCE]
                found += await weather_events.temperature_events(session, part)
        return found

    async def _wish(self) -> None:
        wished = {
            (user, market.id)
            for event, candidate in self.known.items()
            for user in self.users_of(event)
            for market in candidate.markets
            if not market.is_closed
        }
        for user, market in self._wished - wished:
            await self._manager.unsubscribe_market_for_user(user, market, Reason.CANDIDATE)
        for user, market in sorted(wished - self._wished):
            await self._manager.subscribe_market_for_user(user, market, Reason.CANDIDATE)
        self._wished = wished

    def _wants(self, choices: Choices, candidate: Candidate) -> bool:
        event = candidate.event
        today = local_day(self._now(), event.station.zone)
        return choices.wants(event.event_id, event.city, event.day, today)


def local_day(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()
