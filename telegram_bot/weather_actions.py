"""What a button can ask for about the weather strategy."""

from dataclasses import dataclass
from typing import Final, TypeAlias

from core.domain.units import EventId
from core.domain.weather.choices import Mode
from core.domain.weather.choosing import Limit
from telegram_bot.callback_readers import Forms, category, event_id, flag, number


@dataclass(frozen=True, slots=True)
class ShowWeather:
    """All temperature events."""

    page: int = 0


@dataclass(frozen=True, slots=True)
class ShowLadder:
    """One event: its buckets, what the model and the market say of each, and the edge."""

    event_id: EventId


@dataclass(frozen=True, slots=True)
class ShowDecisions:
    """What was decided lately, and why."""

    page: int = 0


@dataclass(frozen=True, slots=True)
class ShowEventDecisions:
    event_id: EventId
    page: int = 0


@dataclass(frozen=True, slots=True)
class ShowScores:
    """How good the strategy was."""

    page: int = 0


@dataclass(frozen=True, slots=True)
class ShowWeatherChoices:
    """On, off, dry, live, and how much."""


@dataclass(frozen=True, slots=True)
class SetWeatherMode:
    mode: Mode


@dataclass(frozen=True, slots=True)
class SetDaysAhead:
    days: int


@dataclass(frozen=True, slots=True)
class SetSignals:
    """Notices of edges, for who trades by hand."""

    is_on: bool


@dataclass(frozen=True, slots=True)
class ShowCities:
    page: int = 0


@dataclass(frozen=True, slots=True)
class ToggleCity:
    """`key` as `category_key` makes it of the city's slug; empty: all of them."""

    key: str
    page: int = 0


@dataclass(frozen=True, slots=True)
class ToggleEvent:
    """Leave an event alone, or trade it again."""

    event_id: EventId
    is_left_alone: bool


@dataclass(frozen=True, slots=True)
class ShowWeatherLimits:
    """The limits in force, and what they can be."""


@dataclass(frozen=True, slots=True)
class TypeWeatherLimit:
    """Ask for it in words."""

    what: Limit


@dataclass(frozen=True, slots=True)
class ResetWeatherLimit:
    """The operator's again."""

    what: Limit


WeatherAction: TypeAlias = (
    ShowWeather
    | ShowLadder
    | ShowDecisions
    | ShowEventDecisions
    | ShowScores
    | ShowWeatherChoices
    | SetWeatherMode
    | SetDaysAhead
    | SetSignals
    | ShowCities
    | ToggleCity
    | ToggleEvent
    | ShowWeatherLimits
    | TypeWeatherLimit
    | ResetWeatherLimit
)

FORMS: Final[Forms[WeatherAction]] = {
    "jl": (ShowWeather, (number,)),
    "je": (ShowLadder, (event_id,)),
    "jd": (ShowDecisions, (number,)),
    "jx": (ShowEventDecisions, (event_id, number)),
    "jp": (ShowScores, (number,)),
    "jc": (ShowWeatherChoices, ()),
    "jm": (SetWeatherMode, (Mode,)),
    "jn": (SetDaysAhead, (number,)),
    "js": (SetSignals, (flag,)),
    "ji": (ShowCities, (number,)),
    "jt": (ToggleCity, (category, number)),
    "jo": (ToggleEvent, (event_id, flag)),
    "jk": (ShowWeatherLimits, ()),
    "jw": (TypeWeatherLimit, (Limit,)),
    "jz": (ResetWeatherLimit, (Limit,)),
}
