"""Settled days to learn from, and what it takes to see that they were."""

import importlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from core.domain.errors import Unavailable
from core.domain.market import Market
from core.domain.units import ONE, ZERO, EventId, MarketId, Price
from core.domain.weather.calibration import Lead
from core.domain.weather.daily import DailyExtremes, ModelDay
from core.domain.weather.forecast import ModelId
from core.domain.weather.ladder import Bucket
from core.domain.weather.lessons import DaySaid, ModelSaid, Settlement
from core.domain.weather.records import Marks, Occasion, SaidOf, Scored, Subject
from core.domain.weather.station import Station, StationId
from core.domain.weather.temperature import Extreme, Rounding, Unit
from core.services.weather.ports import StationListener
from core.storage import weather_lessons, weather_pairs, weather_scores
from core.storage.models import Sessions
from core.storage.tenancy import as_worker

LONDON = StationId("EGLC")
LOWS = (None, 12, 13, 14, 15, 16, 17, 18)
FIRST = date(2026, 10, 1)


@dataclass
class Here:
    """The worker's jobs, done by the very functions, in this process."""

    asked: list[str] = field(default_factory=list)

    async def call(self, function: str, argument: object, patience: float) -> object:
        assert patience > 0
        self.asked.append(function)
        module, _, name = function.partition(":")
        job: Callable[[object], object] = getattr(importlib.import_module(module), name)
        return job(argument)


@dataclass
class Away(Here):
    """A worker that does nothing until it is back."""

    is_away: bool = True

    async def call(self, function: str, argument: object, patience: float) -> object:
        if self.is_away:
            raise Unavailable("It is away.")
        return await Here.call(self, function, argument, patience)


@dataclass
class Ended:
    """The venue, for which one market of an event has paid."""

    markets: Sequence[Market]
    winner: int

    async def states(self, markets: Sequence[MarketId]) -> tuple[Market, ...]:
        return tuple(
            replace(
                market,
                is_closed=True,
                is_resolved=True,
                payouts=_payouts(is_won=place == self.winner),
            )
            for place, market in enumerate(self.markets)
            if market.id in markets
        )


@dataclass
class Foreseen:
    """`DayForecasts` of which every model says so many degrees Celsius."""

    degrees: Sequence[float]
    heard_at: datetime

    def extremes(self, station: StationId, day: date, extreme: Extreme) -> DailyExtremes | None:
        models = tuple(
            ModelDay("test", ModelId(f"m{number}"), self.heard_at, self.heard_at, (value,))
            for number, value in enumerate(self.degrees)
        )
        return DailyExtremes(station, day, extreme, models, None, None, {}, frozenset())

    def want(self, wanted: Mapping[Station, Collection[date]]) -> None:
        """It has everything."""

    def listen(self, listener: StationListener) -> Callable[[], None]:
        del listener
        return lambda: None


def said_of(day: date, degrees: float, available_at: datetime, lead_from: int = 18) -> DaySaid:
    model = ModelSaid("test", ModelId("m0"), degrees, None, 1, available_at)
    return DaySaid(LONDON, day, Extreme.HIGHEST, lead_from, (model,))


def settlement(day: date, degree: int, known_at: datetime) -> Settlement:
    bucket = Bucket(degree, None if degree == LOWS[-1] else degree)
    event = EventId(f"past-{day}")
    extreme, rounding = Extreme.HIGHEST, Rounding.HALF_UP
    return Settlement(event, LONDON, day, extreme, Unit.CELSIUS, rounding, bucket, None, known_at)


async def teach(sessions: Sessions, day: date, said: float, came: int, known_at: datetime) -> None:
    """A day of London that was foreseen a day ahead and settled at `known_at`."""
    settled = settlement(day, came, known_at)
    async with as_worker(sessions) as session:
        told = said_of(day, said, known_at - timedelta(days=2))
        await weather_pairs.keep_said(session, [told])
        await weather_pairs.keep_settlement(session, settled)
        await weather_lessons.keep_ladder(session, settled.event_id, LOWS)


def scored_event(
    number: int, day: date, known_at: datetime, *, model: float, market: float
) -> Scored:
    """One event of a record, by its Brier scores, said last before its day."""
    subject = Subject(
        EventId(f"e{number}"),
        "london",
        LONDON,
        day,
        Extreme.HIGHEST,
        Unit.CELSIUS,
        Rounding.HALF_UP,
        LOWS,
    )
    even = (0.125,) * 8
    at = known_at - timedelta(days=2)
    said = SaidOf(subject, Occasion.MIDNIGHT, Lead.H18_30, at, 1, even, even, even, 14.0)
    marks = Marks(1.0, 2.0)
    return Scored(said, 3, known_at, Marks(model, 1.0), Marks(market, 1.2), marks, marks, crps=0.5)


async def keep_record(sessions: Sessions, scores: Sequence[Scored]) -> None:
    async with as_worker(sessions) as session:
        await weather_scores.add(session, scores)


def _payouts(*, is_won: bool) -> tuple[Price, Price]:
    return (Price(ONE), Price(ZERO)) if is_won else (Price(ZERO), Price(ONE))
