"""The few Protocols through which the core calls outwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from core.domain.book import Book, HashInputs
from core.domain.execution import Match
from core.domain.health import PriceState
from core.domain.market import Event, Market
from core.domain.order import Order, OrderStatus
from core.domain.units import EventId, MarketId, Price, Size, TokenId


@dataclass(frozen=True, slots=True)
class Execution:
    """What the exchange did with an order: its state, and the matches it made at once."""

    status: OrderStatus
    matches: tuple[Match, ...] = ()
    reason: str = ""
    basis: PriceState | None = None  # of the book that we matched it with; None: the venue did


class Exchange(Protocol):
    """Where orders go."""

    async def place(self, order: Order, market: Market) -> Execution:
        """Send the order.

        Raises: Rejected, Unavailable (not sent), OutcomeUnknown.
        """
        ...

    async def cancel(self, order: Order) -> Execution:
        """Take the order off the book.

        Raises: Rejected, Unavailable, OutcomeUnknown.
        """
        ...


@dataclass(frozen=True, slots=True)
class BookSnapshot:
    """One token's book as REST gave it; `last_trade` is None where nothing has traded yet."""

    book: Book
    last_trade: Price | None
    tick: Decimal | None
    minimum_size: Size | None
    at: datetime | None  # the venue's clock
    timestamp: str = ""  # the same as the venue writes it, in milliseconds
    inputs: HashInputs | None = None  # what the venue hashed besides the levels, where it says so
    is_proven: bool = False  # the hash that the venue stated is the one of this book


class PriceSource(Protocol):
    """Books by REST."""

    async def books(self, tokens: Sequence[TokenId]) -> list[BookSnapshot]:
        """The books of those tokens that have one, in any order; at most 100 tokens a request.

        Raises: Unavailable.
        """
        ...


@dataclass(frozen=True, slots=True)
class CataloguePage:
    """Some markets, and the cursor of the next page; None at the end."""

    markets: tuple[Market, ...]
    next_cursor: str | None


class MarketCatalogue(Protocol):
    """What can be traded. Every method raises Unavailable when the venue cannot be asked."""

    async def page(self, cursor: str | None = None) -> CataloguePage:
        """Open markets, busiest first."""
        ...

    async def search(self, words: str) -> tuple[Market, ...]:
        """The venue's own search, open markets first."""
        ...

    async def market(self, market: MarketId) -> Market:
        """Raises: NotFound."""
        ...

    async def market_by_slug(self, slug: str) -> Market:
        """Raises: NotFound."""
        ...

    async def event_by_slug(self, slug: str) -> tuple[Event, tuple[Market, ...]]:
        """Raises: NotFound."""
        ...

    async def event(self, event: EventId) -> tuple[Event, tuple[Market, ...]]:
        """Raises: NotFound."""
        ...


class MarketStates(Protocol):
    """What has become of markets that we know."""

    async def states(self, markets: Sequence[MarketId]) -> tuple[Market, ...]:
        """Those that the venue knows, open and closed, in any order; ask for at most 100.

        Raises: Unavailable.
        """
        ...
