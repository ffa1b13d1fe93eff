"""What the overview looks at: parts of the strategy, each by what is asked of it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from core.domain.market import Market
from core.domain.units import EventId, UserId
from core.domain.weather.belief import ForecastVersion
from core.domain.weather.choices import Choices
from core.domain.weather.rules import TemperatureEvent, Untradable
from core.domain.weather.views import DayExtremes, Gate, Reliability, ScoreTable
from core.services.price_board import PriceBoard


class Candidate(Protocol):
    """An event that can be traded; `markets` in the order of its ladder's buckets."""

    @property
    def event(self) -> TemperatureEvent: ...

    @property
    def markets(self) -> tuple[Market, ...]: ...


class Candidates(Protocol):
    """The catalogue's temperature events as of the last check."""

    @property
    def known(self) -> Mapping[EventId, Candidate]: ...

    @property
    def untradable(self) -> Mapping[EventId, Untradable]: ...


class Beliefs(Protocol):
    """What is believed of each event, in the form of its forecast's number."""

    def of(self, event: EventId) -> ForecastVersion | None: ...

    def heard_at(self, event: EventId) -> datetime | None: ...

    def refusal(self, event: EventId) -> str:
        """Why nothing new can be said of it; empty if it can."""
        ...


class ChoiceKeeper(Protocol):
    """What people want of the strategy."""

    async def of(self, user: UserId) -> Choices: ...

    async def keep(self, user: UserId, choices: Choices) -> None: ...


class DayForecasts(Protocol):
    """Forecasts by model and member, and what a station measured."""

    def day(self, event: TemperatureEvent) -> DayExtremes | None:
        """In the unit of the event's labels; None without a forecast."""
        ...


class ScoreBook(Protocol):
    """How good the strategy was on events that are resolved."""

    async def gate(self) -> Gate: ...

    async def table(self, user: UserId) -> ScoreTable: ...

    async def reliability(self) -> Reliability: ...


Hindrances: TypeAlias = Callable[[UserId], Awaitable[tuple[str, ...]]]
"""Why real money is out of the question for somebody, the gate aside; a sentence each."""


@dataclass(frozen=True, slots=True)
class Sights:
    """Everything that the overview looks at. `hindrances` are asked for real money alone."""

    candidates: Candidates
    beliefs: Beliefs
    choices: ChoiceKeeper
    forecasts: DayForecasts
    scores: ScoreBook
    board: PriceBoard
    is_streaming: Callable[[], bool]
    hindrances: Hindrances
