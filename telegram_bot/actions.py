"""Everything a button can ask for."""

from dataclasses import dataclass
from typing import TypeAlias

from core.domain.units import EventId, MarketId, PositionId


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
)
