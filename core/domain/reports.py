"""What the venue tells of one account, by whatever way: its orders, its trades, its money."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from core.domain.book import Side
from core.domain.ledger import Settlement
from core.domain.order import OrderHash, OrderStatus
from core.domain.units import ConditionId, Price, Size, TokenId, Usdc


class LiquidityRole(StrEnum):
    """Who came first: a maker's order rested in the book, a taker met it."""

    MAKER = "maker"
    TAKER = "taker"


@dataclass(frozen=True, slots=True)
class OrderReport:
    """One of our orders as the venue's book has it."""

    hash: OrderHash
    condition_id: ConditionId
    token: TokenId
    side: Side
    price: Price  # its limit
    original: Size
    matched: Size
    status: OrderStatus
    reason: str = ""  # the venue's own words for a cancellation
    at: datetime | None = None
    trade_ids: tuple[str, ...] = ()  # of its trades, where the venue names them


@dataclass(frozen=True, slots=True)
class TradeReport:
    """What one trade did for one of our orders; a trade with several of them gives several.

    `token`, `side`, `size` and `price` are our order's own, also where the match was on the
    complementary token.
    """

    trade_id: str
    hash: OrderHash
    condition_id: ConditionId
    token: TokenId
    side: Side
    size: Size
    price: Price
    settlement: Settlement
    role: LiquidityRole
    at: datetime  # of the match
    transaction: str = ""  # its hash, once there is one
    is_implied: bool = False  # by the totals of an answer; the trade itself may tell other numbers

    @property
    def event_key(self) -> str:
        """The ledger's natural key: one fill, whoever tells of it and how often."""
        return f"trade:{self.trade_id}:{self.hash}"

    @property
    def implied_key(self) -> str:
        """The key of the same fill if it was booked by an answer's totals."""
        return f"{self.event_key}:implied"


@dataclass(frozen=True, slots=True)
class Balances:
    """What the venue sees of a wallet: free to trade, and what its contracts may take."""

    cash: Usdc
    allowance: Usdc  # the least over the contracts that trade
    shares: Mapping[TokenId, Size]  # of the tokens that were asked for


@dataclass(frozen=True, slots=True)
class VenuePosition:
    """Shares of one outcome as the venue's data service counts them; it lags behind the trades."""

    token: TokenId
    condition_id: ConditionId
    size: Size
    average_price: Price | None  # None where the venue does not know what was paid
    is_redeemable: bool = False  # its market is resolved; also said of shares that lost
    is_mergeable: bool = False
    current_price: Price | None = None
    neg_risk: bool = False
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Cancellations:
    """What became of a wish to cancel several orders."""

    cancelled: tuple[OrderHash, ...] = ()
    kept: Mapping[OrderHash, str] = field(default_factory=dict)  # with the venue's words why
