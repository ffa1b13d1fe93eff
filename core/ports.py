"""The few Protocols through which the core calls outwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from core.domain.book import Book, HashInputs
from core.domain.execution import Match
from core.domain.health import PriceState
from core.domain.history import PriceHistory, Span
from core.domain.market import Event, Market
from core.domain.order import Order, OrderStatus, SignedPayload
from core.domain.public_wallet import PublicPosition, PublicTrade
from core.domain.reports import Balances, OrderReport, TradeReport, VenuePosition
from core.domain.units import (
    ConditionId,
    EventId,
    MarketId,
    Price,
    Size,
    TokenId,
    Usdc,
    UserId,
)
from core.domain.weather.forecast import Forecast, Observation
from core.domain.weather.station import Station


@dataclass(frozen=True, slots=True)
class Execution:
    """What the exchange did with an order: its state, and the matches made at once.

    Paper gives `matches`. A venue gives `trades`, or names them (`trade_ids`) and tells of them
    later; `matched_size` and `matched_value` (USDC before the fee) are the totals that its answer
    states, None where it states none.
    """

    status: OrderStatus
    matches: tuple[Match, ...] = ()
    reason: str = ""
    basis: PriceState | None = None  # of the book that we matched it with; None: the venue did
    trades: tuple[TradeReport, ...] = ()
    trade_ids: tuple[str, ...] = ()
    matched_size: Size | None = None
    matched_value: Usdc | None = None


class Exchange(Protocol):
    """Where orders go. Whose order it is, its ticket says."""

    async def get_ready(self, user: UserId) -> None:
        """An order of that user may come at once: fetch what signing it needs. Signs nothing.

        Raises: Rejected.
        """
        ...

    async def prepare(self, order: Order, market: Market) -> SignedPayload | None:
        """Sign the order; None where nothing is signed. Nothing has left when this returns.

        Raises: Rejected, Unavailable.
        """
        ...

    async def place(self, order: Order, market: Market, signed: SignedPayload | None) -> Execution:
        """Send exactly `signed.body`; sending it again is harmless ("Duplicated" is acceptance).

        Raises: Rejected (a proven refusal), Unavailable (proven not sent or not accepted),
        OutcomeUnknown (everything else).
        """
        ...

    async def cancel(self, order: Order, signed: SignedPayload | None) -> Execution:
        """Take the order off the book, by its hash.

        Raises: Rejected, Unavailable, OutcomeUnknown.
        """
        ...

    async def look_up(self, order: Order, signed: SignedPayload) -> OrderReport | None:
        """The order as the venue knows it, by its hash; where that is unknown, by its trades.

        None: the venue answered properly that it knows nothing of it.
        Raises: Unavailable.
        """
        ...


class AccountReports(Protocol):
    """What the venue knows of one user's account. A failed report raises; it is never empty.

    Every method raises Unavailable, also for an answer that cannot be read.
    """

    async def open_orders(self, user: UserId) -> tuple[OrderReport, ...]:
        """All pages."""
        ...

    async def trades(self, user: UserId, after: datetime | None) -> tuple[TradeReport, ...]:
        """All pages of those matched since `after`; None is from the beginning."""
        ...

    async def trades_named(self, user: UserId, ids: Sequence[str]) -> tuple[TradeReport, ...]:
        """Those of `ids` that the venue knows."""
        ...

    async def balances(self, user: UserId, tokens: Sequence[TokenId]) -> Balances: ...

    async def positions(self, user: UserId) -> Mapping[TokenId, VenuePosition]:
        """As the venue's data service counts them; it lags behind the trades."""
        ...


class MarketsByCondition(Protocol):
    """Markets by the id that orders and trades name."""

    async def by_condition(self, condition: ConditionId) -> Market:
        """A stored market; one that is not known yet is fetched and stored.

        Raises: NotFound, Unavailable.
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


class HistorySource(Protocol):
    """What prices were."""

    async def history(self, token: TokenId, span: Span) -> PriceHistory:
        """Empty for a token that the venue does not know. Raises: Unavailable."""
        ...


class MarketStates(Protocol):
    """What has become of markets that we know."""

    async def states(self, markets: Sequence[MarketId]) -> tuple[Market, ...]:
        """Those that the venue knows, open and closed, in any order; ask for at most 100.

        Raises: Unavailable.
        """
        ...


class PublicWallets(Protocol):
    """What the venue shows everybody of a wallet. Every method raises Unavailable."""

    async def value(self, address: str, /) -> Usdc | None: ...

    async def positions(self, address: str, /) -> tuple[PublicPosition, ...]:
        """The most valuable first, as far as one answer goes."""
        ...

    async def trades(self, address: str, /) -> tuple[PublicTrade, ...]:
        """Newest first, as far as one answer goes."""
        ...


class ForecastSource(Protocol):
    """One provider of forecasts. Providers fail independently of each other."""

    @property
    def name(self) -> str: ...

    def covers(self, station: Station) -> bool:
        """Whether it forecasts for that place at all."""
        ...

    async def forecasts(self, station: Station, days: int) -> tuple[Forecast, ...]:
        """Hourly, by model, from now for so many days; waits for its turn within the budget.

        Raises: Unavailable, also for answers that cannot be believed; BudgetSpent where asking
        would exceed what the provider gives away a day.
        """
        ...


class ObservationSource(Protocol):
    """What stations report."""

    async def observations(
        self, stations: Sequence[Station], hours: int
    ) -> tuple[Observation, ...]:
        """Of the last `hours`, ascending by station and time; a silent station has none.

        Raises: Unavailable.
        """
        ...
