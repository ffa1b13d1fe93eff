"""What is believed of each event: made when something is new, numbered, kept over restarts."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final, TypeAlias

from sqlalchemy.exc import SQLAlchemyError

from core.domain.sentences import mark
from core.domain.units import EventId
from core.domain.weather.belief import ForecastVersion, Opinion, is_sound
from core.domain.weather.rules import TemperatureEvent
from core.domain.weather.station import StationId
from core.services.clock import utc_now
from core.services.weather.ports import NoOpinion, Opinions
from core.storage import weather_versions
from core.storage.models import Sessions
from core.storage.tenancy import as_worker

LOOK: Final = 60.0  # seconds after which all are made anew at the latest: leads grow shorter
RETRY: Final = 2.0  # seconds before a database that failed is asked again

logger = logging.getLogger(__name__)

Listener: TypeAlias = Callable[[EventId], None]


class Beliefs:
    """One opinion an event. Its number rises only where it differs from the one before."""

    def __init__(
        self,
        sessions: Sessions,
        opinions: Opinions,
        *,
        now: Callable[[], datetime] = utc_now,
        look: float = LOOK,
    ) -> None:
        self._sessions = sessions
        self._opinions = opinions
        self._now = now
        self._look = look
        self._events: dict[EventId, TemperatureEvent] = {}
        self._versions: dict[EventId, ForecastVersion] = {}
        self._heard: dict[EventId, datetime] = {}
        self._refusals: dict[EventId, str] = {}
        self._unread: set[EventId] = set()  # whose stored number is not known yet
        self._stirred: set[EventId] = set()
        self._wake = asyncio.Event()
        self._is_resting = False
        self._listeners: list[Listener] = []

    def follow(self, events: Mapping[EventId, TemperatureEvent]) -> None:
        """Believe something of these, and of no others."""
        for gone in self._events.keys() - events.keys():
            for known in (self._versions, self._heard, self._refusals):
                known.pop(gone, None)
        new = {one for one, event in events.items() if self._events.get(one) != event}
        for one in new:  # what was said of other buckets is no reason to trade these
            self._heard.pop(one, None)
        self._unread = (self._unread | (new - self._versions.keys())) & events.keys()
        self._events = dict(events)
        self._stirred |= new
        self._opinions.want(tuple(events.values()))
        self._wake.set()

    def of(self, event: EventId) -> ForecastVersion | None:
        """None while nothing is believed of it; `refusal` says why."""
        return self._versions.get(event)

    def heard_at(self, event: EventId) -> datetime | None:
        """When the forecasts behind the belief were last heard of."""
        return self._heard.get(event)

    def refusal(self, event: EventId) -> str:
        """Why nothing new can be said of it; empty if it can."""
        return self._refusals.get(event, "")

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` when a belief has changed; the result ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @property
    def is_at_rest(self) -> bool:
        return self._is_resting and not self._stirred and not self._wake.is_set()

    async def run(self) -> None:
        """Until cancelled. A database that fails is asked again: only a number makes it count."""
        end = self._opinions.listen(self._stir)
        pause = self._look
        try:
            while True:
                self._is_resting = True
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._wake.wait()
                self._is_resting = False
                pause = await self._keep_up(is_due=not self._wake.is_set())
        finally:
            end()

    def _stir(self, station: StationId) -> None:
        self._stirred |= {one for one, event in self._events.items() if event.station.id == station}
        self._wake.set()

    async def _keep_up(self, *, is_due: bool) -> float:
        """Seconds until the next look."""
        self._wake.clear()
        stirred, self._stirred = self._stirred, set()
        wanted = set(self._events) if is_due else stirred
        try:
            await self._read()
            for event in sorted(wanted):
                await self._renew(event)
        except (SQLAlchemyError, OSError) as fault:
            logger.warning("Forecasts cannot be numbered: %s", type(fault).__name__)
            self._stirred |= wanted
            return RETRY
        return self._look

    async def _read(self) -> None:
        if not self._unread:
            return
        asked = set(self._unread)
        async with as_worker(self._sessions) as session:
            self._versions.update(await weather_versions.newest(session, asked))
        self._unread -= asked

    async def _renew(self, event_id: EventId) -> None:
        event = self._events.get(event_id)
        if event is None:
            return
        try:
            opinion = self._opinions.opinion(event, self._now())
        except NoOpinion as why:
            self._doubt(event_id, str(why))
            return
        if not is_sound(opinion, len(event.ladder.buckets)):
            self._doubt(event_id, mark("The model gave numbers that are no chances."))
            return
        self._refusals.pop(event_id, None)
        await self._number(event_id, opinion)
        await asyncio.sleep(0)  # sixty events at once must not hold up a price

    def _doubt(self, event: EventId, why: str) -> None:
        """What was believed stays to be seen; its age says that it is not to be traded on."""
        is_new = self._refusals.get(event) != why
        self._refusals[event] = why
        if is_new:
            logger.info("No forecast to trade on for event %s: %s", event, why)
        if self._heard.pop(event, None) is not None or is_new:
            self._tell(event)

    async def _number(self, event: EventId, opinion: Opinion) -> None:
        before = self._versions.get(event)
        if before is not None and before.opinion.is_like(opinion):
            self._heard[event] = opinion.heard_at
            self._tell(event)
            return
        version = ForecastVersion(1 if before is None else before.number + 1, opinion)
        async with as_worker(self._sessions) as session:
            await weather_versions.add(session, event, version, self._now())
        self._versions[event], self._heard[event] = version, opinion.heard_at
        self._tell(event)

    def _tell(self, event: EventId) -> None:
        for listener in tuple(self._listeners):
            listener(event)
