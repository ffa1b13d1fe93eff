"""Orders: what was asked for, and the states an order goes through."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NewType

from core.domain.account import Account
from core.domain.book import Side
from core.domain.errors import IllegalTransition
from core.domain.health import PriceState
from core.domain.units import MarketId, OrderId, Price, Size, TokenId, Usdc, UserId

OrderHash = NewType("OrderHash", str)
"""0x and 64 hexadecimal digits: the venue's id of an order, known before it is sent."""


class OrderStatus(StrEnum):
    """What the venue's book did with the order; settlement belongs to each fill."""

    NEW = "new"  # recorded, nothing sent
    SIGNED = "signed"
    LIVE = "live"
    MATCHED = "matched"  # acknowledged as matching; fills follow
    DELAYED = "delayed"
    UNKNOWN = "unknown"  # sent, answer lost
    PARTIAL = "partial"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"


_OPEN = frozenset({OrderStatus.LIVE, OrderStatus.MATCHED, OrderStatus.DELAYED})
_ENDS = frozenset({OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.EXPIRED})

MOVES: Final = MappingProxyType(
    {
        OrderStatus.NEW: frozenset(OrderStatus) - {OrderStatus.NEW},
        OrderStatus.SIGNED: frozenset(OrderStatus) - {OrderStatus.NEW, OrderStatus.SIGNED},
        OrderStatus.UNKNOWN: _OPEN | _ENDS | {OrderStatus.PARTIAL, OrderStatus.REJECTED},
        OrderStatus.DELAYED: _ENDS | {OrderStatus.LIVE, OrderStatus.MATCHED, OrderStatus.PARTIAL},
        OrderStatus.LIVE: _ENDS | {OrderStatus.MATCHED, OrderStatus.PARTIAL},
        OrderStatus.MATCHED: _ENDS | {OrderStatus.PARTIAL},
        OrderStatus.PARTIAL: _ENDS,
        OrderStatus.CANCELLED: frozenset({OrderStatus.FILLED}),  # a late fill still counts
        OrderStatus.EXPIRED: frozenset({OrderStatus.FILLED}),
        OrderStatus.FILLED: frozenset[OrderStatus](),
        OrderStatus.REJECTED: frozenset[OrderStatus](),
    }
)


def advance(current: OrderStatus, new: OrderStatus) -> OrderStatus:
    """The state after a piece of news. Repeated and late news (LIVE after FILLED) changes nothing.

    Raises: IllegalTransition if `MOVES` joins the two in neither direction.
    """
    if new is current:
        return current
    if new in MOVES[current]:
        return new
    if current in MOVES[new]:
        return current
    raise IllegalTransition(f"an order cannot go from {current} to {new}")


@dataclass(frozen=True, slots=True)
class Ticket:
    """What somebody wants done at the market, and how far the price may move meanwhile.

    A buy states `spend` (USDC before the fee), a sell `size` (shares). `worst_price` bounds the
    walk through the book. `key` makes it unique per account and user: placing it again changes
    nothing.
    """

    user_id: UserId
    account: Account
    market_id: MarketId
    token_id: TokenId
    side: Side
    worst_price: Price
    key: str
    spend: Usdc | None = None
    size: Size | None = None


@dataclass(frozen=True, slots=True)
class SignedPayload:
    """The one form in which an order is ever sent; committed before its first byte leaves."""

    hash: OrderHash
    salt: int
    timestamp: int  # milliseconds, part of what was signed
    body: bytes = field(repr=False)  # of `POST /order`
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class Order:
    """A recorded ticket and what became of it."""

    id: OrderId
    ticket: Ticket
    outcome: str
    status: OrderStatus
    filled_size: Size
    filled_value: Usdc  # before the fee
    fee: Usdc
    reason: str  # why it was rejected, cancelled or filled in part; empty otherwise
    created_at: datetime
    # State of the book it was matched with: for the receipt; not stored, so no part of what it is.
    basis: PriceState | None = field(default=None, compare=False)

    @property
    def average_price(self) -> Price | None:
        return Price(self.filled_value / self.filled_size) if self.filled_size else None
