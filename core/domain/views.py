"""What a person looks at: markets, positions and totals, ready for a screen."""

from dataclasses import dataclass
from typing import Final

from core.domain.book import Level
from core.domain.health import Doubt
from core.domain.market import Event, Market, Outcome, Source
from core.domain.position import Position
from core.domain.price import PriceState
from core.domain.units import ZERO, Price, Usdc

PAGE: Final = 8  # rows of one page of any list


@dataclass(frozen=True, slots=True)
class MarketRow:
    """One line of a list: an event by its busiest market, or a market that stands alone."""

    event: Event | None
    market: Market
    count: int = 1  # open markets of the event


@dataclass(frozen=True, slots=True)
class MarketPage:
    """One page of a list; pages count from 0."""

    rows: tuple[MarketRow, ...]
    page: int = 0
    has_more: bool = False
    meant: str = ""  # words that a mistyped search was taken for

    @property
    def markets(self) -> tuple[Market, ...]:
        return tuple(row.market for row in self.rows)


@dataclass(frozen=True, slots=True)
class OutcomeView:
    """One outcome with its price and the proof of its age."""

    outcome: Outcome
    bid: Price | None
    ask: Price | None
    price: Price | None  # shown; None while nothing is known at all
    last_trade: Price | None
    age: float | None  # seconds; None while nothing is known
    state: PriceState
    source: Source
    why: Doubt | None = None  # a feed carries it and it is not live
    asks: tuple[Level, ...] = ()  # of the book behind it, best first; empty where there is none


@dataclass(frozen=True, slots=True)
class EventView:
    """One event and a page of its markets, favourites first.

    `leads`: the first outcome of each at the newest price; empty where only the catalogue's is
    known.
    """

    event: Event
    markets: tuple[Market, ...]
    page: int = 0
    has_more: bool = False
    leads: tuple[OutcomeView, ...] = ()


@dataclass(frozen=True, slots=True)
class PositionView:
    """One position at the newest price."""

    position: Position
    market: Market
    liquidation: Usdc | None  # selling all of it now, net of the fee; None without a book
    price_age: float | None  # seconds; None while nothing is known
    state: PriceState
    bid: Price | None
    why: Doubt | None = None  # a feed carries it and it is not live
    is_provisional: bool = False  # the chain may still take a part of it back


@dataclass(frozen=True, slots=True)
class MarketView:
    """One market and what the asking user holds in it."""

    market: Market
    outcomes: tuple[OutcomeView, ...]
    positions: tuple[PositionView, ...]


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Everything one user has in one account."""

    positions: tuple[PositionView, ...]  # active, newest first
    cash: Usdc
    value: Usdc  # of the active positions at the price shown
    unrealized: Usdc
    realized: Usdc  # net of fees, over all positions, closed ones too
    total: Usdc  # cash, value and what is to be claimed
    claimable: Usdc = Usdc(ZERO)  # of results that the venue has not paid out yet
