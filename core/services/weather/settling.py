"""Learns how temperature events were settled, so that forecasts can be compared with it."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from core.domain.errors import Unavailable
from core.domain.market import Market
from core.domain.resolution import resolution_of
from core.domain.units import ONE, EventId, MarketId
from core.domain.weather.daily import observed
from core.domain.weather.days import day_span
from core.domain.weather.lessons import Settlement
from core.domain.weather.rules import TemperatureEvent, read_event
from core.domain.weather.stations import Stations
from core.ports import MarketStates
from core.services.clock import utc_now
from core.storage import forecasts, weather_pairs
from core.storage.models import Sessions
from core.storage.tenancy import as_worker
from core.storage.weather_events import temperature_events

PERIOD: Final = 3_600.0  # seconds; an event is settled hours after its day, if not days
BACK: Final = timedelta(days=14)  # an event that is not settled by then is given up

logger = logging.getLogger(__name__)


class Settling:
    """Asks the venue what became of events whose day is over."""

    def __init__(
        self,
        sessions: Sessions,
        venue: MarketStates,
        stations: Stations,
        *,
        period: float = PERIOD,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.learned = 0
        self._sessions = sessions
        self._venue = venue
        self._stations = stations
        self._period = period
        self._now = now
        self._woken = asyncio.Event()
        self._listeners: list[Callable[[], None]] = []

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` when something was learned; the result ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def wake(self) -> None:
        """Positions were paid out: the event that they were of has ended, perhaps early."""
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled; a venue or a database that fails is asked again next time."""
        while True:
            self._woken.clear()
            try:
                found = await self.learn()
            except (Unavailable, SQLAlchemyError, OSError) as fault:
                logger.warning("How events were settled is learned later: %s", fault)
            else:
                if found:
                    logger.info("%s temperature events were settled", len(found))
            with suppress(TimeoutError):
                async with asyncio.timeout(self._period):
                    await self._woken.wait()

    async def learn(self) -> tuple[Settlement, ...]:
        """What is new. Raises: Unavailable, SQLAlchemyError, OSError."""
        now = self._now()
        async with as_worker(self._sessions) as session:
            events = await weather_pairs.unsettled(session, now - BACK, now)
        found = list[Settlement]()
        for event in events:
            settlement = await self._settlement(event)
            if settlement is not None:
                async with as_worker(self._sessions) as session:
                    await weather_pairs.keep_settlement(session, settlement)
                found.append(settlement)
        self.learned += len(found)
        for listener in tuple(self._listeners if found else ()):
            listener()
        return tuple(found)

    async def _settlement(self, event: EventId) -> Settlement | None:
        """None for an event that is not traded, or not resolved yet.

        One may be resolved before its day is over, where that cannot change anything any more: what
        the station measured until then is not yet the day's extreme.
        """
        async with self._sessions() as session:
            listed = await temperature_events(session, [event])
        read = read_event(listed[0].text, self._stations) if listed else None
        if not isinstance(read, TemperatureEvent):
            return None
        start, end = day_span(read.day, read.station.zone)
        place = won(read.markets, await self._venue.states(read.markets))
        if place is None:
            return None
        async with as_worker(self._sessions) as session:
            told = await forecasts.observations_between(session, read.station.id, start, end)
        measured = observed(told, read.extreme) if self._now() >= end else None
        return Settlement(
            event,
            read.station.id,
            read.day,
            read.extreme,
            read.unit,
            read.rounding,
            read.ladder.buckets[place],
            None if measured is None else measured.celsius,
            self._now(),
        )


def won(markets: Sequence[MarketId], states: Sequence[Market]) -> int | None:
    """The place of the one market whose Yes has paid; None while that is not beyond doubt."""
    paid = dict[MarketId, bool]()
    for market in states:
        result = resolution_of(market)
        if result is not None:
            paid[market.id] = result.payouts[0][1] == ONE
    winners = [place for place, market in enumerate(markets) if paid.get(market)]
    return winners[0] if len(winners) == 1 and len(paid) == len(markets) else None
