"""Everything a button can ask for."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from core.domain.units import EventId, MarketId, PositionId
from telegram_bot.account_actions import AccountAction
from telegram_bot.admin_actions import AdminAction
from telegram_bot.alert_actions import AlertAction
from telegram_bot.callback_readers import (
    Forms,
    button_id,
    category,
    event_id,
    flag,
    market_id,
    number,
    position_id,
    search_text,
)
from telegram_bot.finding_actions import FindingAction
from telegram_bot.people_actions import PeopleAction
from telegram_bot.picture_actions import PictureAction
from telegram_bot.portfolio_actions import PortfolioAction
from telegram_bot.quick_actions import QuickAction
from telegram_bot.settings_actions import SettingsAction
from telegram_bot.trigger_actions import TriggerAction
from telegram_bot.weather_actions import WeatherAction
from telegram_bot.whole_actions import WholeAction


class Way(StrEnum):
    """A side in one letter."""

    BUY = "b"
    SELL = "s"


class Unit(StrEnum):
    """What an amount counts: cents of a USDC, or millionths of a share."""

    MONEY = "d"
    SHARES = "s"


class Life(StrEnum):
    """How long an order rests."""

    UNTIL_CANCELLED = "g"
    HOUR = "h"
    MIDNIGHT = "m"  # the next one of UTC


@dataclass(frozen=True, slots=True)
class Home:
    """Works after a restart too; every other button belongs to the run that drew it."""


@dataclass(frozen=True, slots=True)
class Help:
    pass


@dataclass(frozen=True, slots=True)
class Status:
    pass


@dataclass(frozen=True, slots=True)
class Categories:
    pass


@dataclass(frozen=True, slots=True)
class Trending:
    """Open markets by volume; `category` is a `category_key`, empty for all."""

    page: int = 0
    category: str = ""


@dataclass(frozen=True, slots=True)
class Search:
    page: int
    words: str


@dataclass(frozen=True, slots=True)
class ShowEvent:
    event_id: EventId
    page: int = 0


@dataclass(frozen=True, slots=True)
class ShowMarket:
    market_id: MarketId


@dataclass(frozen=True, slots=True)
class Buy:
    """`outcome` is the place of the outcome in its market."""

    market_id: MarketId
    outcome: int


@dataclass(frozen=True, slots=True)
class Spend:
    """`amount` in cents of a USDC."""

    market_id: MarketId
    outcome: int
    amount: int


@dataclass(frozen=True, slots=True)
class SpendOther:
    market_id: MarketId
    outcome: int


@dataclass(frozen=True, slots=True)
class Confirm:
    """All that a money button carries; what it means stands in the database."""

    button_id: str


@dataclass(frozen=True, slots=True)
class CancelTicket:
    button_id: str


@dataclass(frozen=True, slots=True)
class Submitting:
    """The only button of a ticket whose order is on its way."""


@dataclass(frozen=True, slots=True)
class ShowPositions:
    page: int = 0


@dataclass(frozen=True, slots=True)
class ShowPosition:
    position_id: PositionId


@dataclass(frozen=True, slots=True)
class SellPercent:
    position_id: PositionId
    percent: int


@dataclass(frozen=True, slots=True)
class SellShares:
    """`amount` in millionths of a share."""

    position_id: PositionId
    amount: int


@dataclass(frozen=True, slots=True)
class SellOther:
    position_id: PositionId


@dataclass(frozen=True, slots=True)
class ConfirmAgain:
    """Confirm beside an order of which nobody knows what became of it."""

    button_id: str


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit order in the making; 0 stands for what is not chosen yet.

    `price` in ten-thousandths of a USDC. `is_typed`: what comes next is asked for in words.
    """

    market_id: MarketId
    outcome: int
    way: Way
    price: int = 0
    unit: Unit = Unit.MONEY
    amount: int = 0
    life: Life = Life.UNTIL_CANCELLED
    is_maker: bool = False  # post-only
    is_typed: bool = False


Action: TypeAlias = (
    Home
    | Help
    | Status
    | Categories
    | Trending
    | Search
    | ShowEvent
    | ShowMarket
    | Buy
    | Spend
    | SpendOther
    | Confirm
    | CancelTicket
    | Submitting
    | ShowPositions
    | ShowPosition
    | SellPercent
    | SellShares
    | SellOther
    | ConfirmAgain
    | Limit
    | AccountAction
    | TriggerAction
    | PictureAction
    | FindingAction
    | QuickAction
    | AlertAction
    | SettingsAction
    | PeopleAction
    | AdminAction
    | PortfolioAction
    | WholeAction
    | WeatherAction
)

FORMS: Final[Forms[Action]] = {
    "h": (Home, ()),
    "i": (Help, ()),
    "s": (Status, ()),
    "c": (Categories, ()),
    "t": (Trending, (number, category)),
    "f": (Search, (number, search_text)),
    "e": (ShowEvent, (event_id, number)),
    "m": (ShowMarket, (market_id,)),
    "b": (Buy, (market_id, number)),
    "q": (Spend, (market_id, number, number)),
    "o": (SpendOther, (market_id, number)),
    "k": (Confirm, (button_id,)),
    "x": (CancelTicket, (button_id,)),
    "w": (Submitting, ()),
    "l": (ShowPositions, (number,)),
    "p": (ShowPosition, (position_id,)),
    "n": (SellPercent, (position_id, number)),
    "z": (SellShares, (position_id, number)),
    "y": (SellOther, (position_id,)),
    "ka": (ConfirmAgain, (button_id,)),
    "r": (Limit, (market_id, number, Way, number, Unit, number, Life, flag, flag)),
}
