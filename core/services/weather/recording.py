"""Keeps what model and market said of each event, to be scored once it is settled."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import fmean
from typing import Final, Protocol

from sqlalchemy.exc import SQLAlchemyError

from core.domain.units import EventId
from core.domain.weather.belief import ForecastVersion
from core.domain.weather.calibration import Calibration
from core.domain.weather.days import day_span
from core.domain.weather.records import Occasion, SaidOf, Subject, lows_of
from core.domain.weather.rules import TemperatureEvent
from core.services.clock import utc_now
from core.services.weather.beliefs import Beliefs
from core.services.weather.edge_service import EdgeService
from core.services.weather.opinions import Calibrations, DayForecasts, ModelOpinions, lead_at
from core.services.weather.ports import NoOpinion
from core.storage import weather_beliefs
from core.storage.models import Sessions
from core.storage.tenancy import as_worker

EVERY: Final = 60.0  # seconds between two looks
SOON: Final = 5.0  # seconds, while what is believed is only coming in
BEFORE: Final = timedelta(hours=12)  # what is older at midnight says nothing of it
NEARER: Final = 10  # the last before midnight is renewed after this part of the time that is left
REMEMBERED: Final = timedelta(days=10)  # no event is believed in for longer

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sight:
    """What is believed of an event now, beside the market's normalised mids."""

    event: TemperatureEvent
    version: ForecastVersion
    market: tuple[float, ...]


class Sights(Protocol):
    """What is believed at this moment."""

    def __call__(self) -> Iterable[Sight]: ...


def sights_of(engine: EdgeService, beliefs: Beliefs) -> Sights:
    """Of all events that the engine looks at with a forecast and a price for every bucket."""

    def seen() -> Iterable[Sight]:
        for event, watched in engine.watched.items():
            version, blend = beliefs.of(event), watched.blend
            if version is not None and blend is not None and not beliefs.refusal(event):
                yield Sight(watched.candidate.event, version, blend.market)

    return seen


class Unlayered:
    """The model before its isotonic layer: layers are learned from that, never from themselves."""

    def __init__(self, forecasts: DayForecasts, calibrations: Calibrations) -> None:
        self._forecasts = forecasts
        self._opinions = ModelOpinions(forecasts, _Bare(calibrations))

    def chances(self, sight: Sight, now: datetime) -> tuple[float, ...]:
        """As believed, where it cannot be asked now."""
        try:
            return self._opinions.opinion(sight.event, now).chances
        except NoOpinion:
            return sight.version.opinion.chances

    def degrees(self, event: TemperatureEvent) -> float | None:
        """The plain mean of the models, in Celsius; None without one."""
        known = self._forecasts.extremes(event.station.id, event.day, event.extreme)
        return fmean(one.mean for one in known.models) if known and known.models else None


class Recording:
    """Once an event and lead, and last before the event's day begins; away from every order."""

    def __init__(
        self,
        sessions: Sessions,
        sights: Sights,
        unlayered: Unlayered,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._sessions = sessions
        self._sights = sights
        self._unlayered = unlayered
        self._now = now
        self._kept: set[tuple[EventId, Occasion]] | None = None
        self._midnights: dict[EventId, datetime] = {}

    async def run(self) -> None:
        """Until cancelled; what a database does not take now it is offered again."""
        while True:
            count = 0
            try:
                count = await self.record()
            except (SQLAlchemyError, OSError) as fault:
                logger.warning("What was believed is not kept: %s", type(fault).__name__)
            await asyncio.sleep(SOON if count or not self._kept else EVERY)

    async def record(self) -> int:
        """How many were kept. Raises: SQLAlchemyError, OSError."""
        now = self._now()
        if self._kept is None:
            self._kept = await self._known(now)
        due = list[SaidOf]()
        for sight in tuple(self._sights()):
            due += self._due(sight, self._kept, now)
            await asyncio.sleep(0)
        if due:
            async with as_worker(self._sessions) as session:
                await weather_beliefs.keep(session, due)
        for said in due:
            self._remember(said, self._kept)
        return len(due)

    async def _known(self, now: datetime) -> set[tuple[EventId, Occasion]]:
        async with as_worker(self._sessions) as session:
            return set(await weather_beliefs.kept(session, now - REMEMBERED))

    def _due(
        self, sight: Sight, kept: set[tuple[EventId, Occasion]], now: datetime
    ) -> list[SaidOf]:
        event = sight.event
        begins, ends = day_span(event.day, event.station.zone)
        lead = Occasion(lead_at(event, now).value)
        due = list[Occasion]()
        if now < ends and (event.event_id, lead) not in kept:
            due.append(lead)
        if now < begins <= now + BEFORE and self._is_renewed(event.event_id, begins, now):
            due.append(Occasion.MIDNIGHT)
        if not due or len(sight.market) != len(event.ladder.buckets):
            return []
        said = self._said(sight, now)
        return [replace(said, occasion=occasion) for occasion in due]

    def _is_renewed(self, event: EventId, begins: datetime, now: datetime) -> bool:
        """Whether it is time to say it again: more and more often as midnight comes near."""
        last = self._midnights.get(event)
        return last is None or (now - last) * NEARER >= begins - now

    def _said(self, sight: Sight, now: datetime) -> SaidOf:
        event, opinion = sight.event, sight.version.opinion
        return SaidOf(
            Subject(
                event.event_id,
                event.city,
                event.station.id,
                event.day,
                event.extreme,
                event.unit,
                event.rounding,
                lows_of(event.ladder),
            ),
            Occasion.MIDNIGHT,
            lead_at(event, now),
            now,
            sight.version.number,
            opinion.chances,
            self._unlayered.chances(sight, now),
            sight.market,
            self._unlayered.degrees(event),
        )

    def _remember(self, said: SaidOf, kept: set[tuple[EventId, Occasion]]) -> None:
        event = said.subject.event_id
        if said.occasion is Occasion.MIDNIGHT:
            self._midnights[event] = said.at
        else:
            kept.add((event, said.occasion))


class _Bare:
    """A calibration without its layers."""

    def __init__(self, calibrations: Calibrations) -> None:
        self._calibrations = calibrations

    @property
    def current(self) -> Calibration:
        return replace(self._calibrations.current, layers={})

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        return self._calibrations.listen(listener)
