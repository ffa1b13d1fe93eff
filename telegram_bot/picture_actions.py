"""Everything a button can ask for about pictures.

`redraws`: the tapped message is the picture itself, which changes in its place.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

from core.domain.history import Span
from core.domain.record import Period
from core.domain.units import EventId, MarketId, PositionId
from telegram_bot.callback_readers import (
    Forms,
    event_id,
    flag,
    market_id,
    number,
    position_id,
)
from telegram_bot.pictures.plans import Theme


@dataclass(frozen=True, slots=True)
class ShowChart:
    """`outcome` is the place of the outcome in its market."""

    market_id: MarketId
    outcome: int
    span: Span = Span.DAY
    theme: Theme = Theme.DARK
    redraws: bool = False


@dataclass(frozen=True, slots=True)
class ShowDepth:
    market_id: MarketId
    outcome: int
    theme: Theme = Theme.DARK
    redraws: bool = False


@dataclass(frozen=True, slots=True)
class ShowPnlCard:
    """`is_discreet`: without amounts of money or shares."""

    position_id: PositionId
    is_discreet: bool = False
    theme: Theme = Theme.DARK
    redraws: bool = False


@dataclass(frozen=True, slots=True)
class ShowRecord:
    period: Period = Period.WEEK
    theme: Theme = Theme.DARK
    redraws: bool = False


@dataclass(frozen=True, slots=True)
class ShowFan:
    """A temperature event's forecasts beside its buckets."""

    event_id: EventId
    theme: Theme = Theme.DARK
    redraws: bool = False


@dataclass(frozen=True, slots=True)
class ShowReliability:
    """Whether what the weather model called likely came as often as it said."""

    theme: Theme = Theme.DARK
    redraws: bool = False


PictureAction: TypeAlias = (
    ShowChart | ShowDepth | ShowPnlCard | ShowRecord | ShowFan | ShowReliability
)

FORMS: Final[Forms[PictureAction]] = {
    "pg": (ShowChart, (market_id, number, Span, Theme, flag)),
    "pd": (ShowDepth, (market_id, number, Theme, flag)),
    "pp": (ShowPnlCard, (position_id, flag, Theme, flag)),
    "pr": (ShowRecord, (Period, Theme, flag)),
    "pf": (ShowFan, (event_id, Theme, flag)),
    "pb": (ShowReliability, (Theme, flag)),
}
