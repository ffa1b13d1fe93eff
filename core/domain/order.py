"""Orders: what was asked for, and the states an order goes through."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NewType

from core.domain.account import Account
from core.domain.book import Side
from core.domain.health import PriceState
from core.domain.order_amounts import OrderKind
from core.domain.sentences import mark
from core.domain.units import (
    ZERO,
    MarketId,
    OrderId,
    Price,
    Size,
    TokenId,
    Usdc,
    UserId,
    times,
    usdc,
)

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


class Origin(StrEnum):
    """Who wanted an order."""

    PERSON = "person"
    AUTOMATION = "automation"
    PROTECTION = "protection"  # stop-loss and take-profit: only ever sells
    EXTERNAL = "external"  # made outside of the bot; followed, never managed


_OPEN = frozenset({OrderStatus.LIVE, OrderStatus.MATCHED, OrderStatus.DELAYED})
_ENDS = frozenset({OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.EXPIRED})
_TOLD = _OPEN | _ENDS | {OrderStatus.PARTIAL}  # what only the venue can say
KILLED: Final = "fully filled or killed"  # in the venue's own words
LOST_SIGHT: Final = mark(
    "It was placed with a wallet that was given up here, so nobody here can follow it any more. "
    "If it still rests at Polymarket, it may trade there: cancel it with your own wallet."
)
DONE: Final = _ENDS | {OrderStatus.REJECTED}
DUST: Final = Size(Decimal("0.01"))  # shares; rounding can leave that much of a filled order

MOVES: Final = MappingProxyType(
    {
        OrderStatus.NEW: frozenset(OrderStatus) - {OrderStatus.NEW},
        OrderStatus.SIGNED: _TOLD | {OrderStatus.UNKNOWN, OrderStatus.REJECTED},
        OrderStatus.UNKNOWN: _TOLD | {OrderStatus.REJECTED},
        OrderStatus.REJECTED: _TOLD,  # the venue's book knows better than an answer of its door
        OrderStatus.DELAYED: _ENDS | {OrderStatus.LIVE, OrderStatus.MATCHED, OrderStatus.PARTIAL},
        OrderStatus.LIVE: _ENDS | {OrderStatus.MATCHED, OrderStatus.PARTIAL},
        OrderStatus.MATCHED: _ENDS | {OrderStatus.PARTIAL},
        OrderStatus.PARTIAL: _ENDS,
        OrderStatus.EXPIRED: frozenset({OrderStatus.CANCELLED, OrderStatus.FILLED}),
        OrderStatus.CANCELLED: frozenset({OrderStatus.FILLED}),  # a late fill still counts
        OrderStatus.FILLED: frozenset[OrderStatus](),
    }
)
"""Where each state can lead. Of any two, one leads to the other and not back: so news may come in
any order, any number of times, and the order ends in the same state."""


def advance(current: OrderStatus, new: OrderStatus) -> OrderStatus:
    """The state after a piece of news. Repeated and late news (LIVE after FILLED) changes nothing.

    >>> advance(OrderStatus.FILLED, OrderStatus.LIVE)
    <OrderStatus.FILLED: 'filled'>
    """
    return new if new in MOVES[current] else current


@dataclass(frozen=True, slots=True)
class Ticket:
    """What somebody wants done at the market, and how far the price may move meanwhile.

    A buy states `spend` (USDC before the fee), a sell `size` (shares); a buy that may rest can
    state `size` instead. `worst_price` bounds the walk through the book: it is the limit price of
    the order that is signed. `key` makes it unique per account and user: placing it again changes
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
    kind: OrderKind = OrderKind.FAK
    post_only: bool = False
    expires_at: datetime | None = None  # of a GTD order
    origin: Origin = Origin.PERSON


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
    """A recorded ticket and what became of it.

    `filled_*` and `fee` are of the fills that count. The venue may have told of more
    (`matched_size`), and settlement may have taken some back (`failed_*`).
    """

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
    hash: OrderHash | None = None  # None: nothing was signed
    matched_size: Size = Size(ZERO)
    failed_size: Size = Size(ZERO)
    failed_value: Usdc = Usdc(ZERO)
    cancel_requested_at: datetime | None = None

    @property
    def average_price(self) -> Price | None:
        return Price(self.filled_value / self.filled_size) if self.filled_size else None

    @property
    def is_done(self) -> bool:
        """Nothing of it works any more: what a FAK did not get at once is gone."""
        is_over = self.status is OrderStatus.PARTIAL and not self.ticket.kind.rests
        return is_over or self.status in DONE

    @property
    def is_lost_sight_of(self) -> bool:
        """It ended here only: what became of it at the venue is not known."""
        return self.status is OrderStatus.CANCELLED and self.reason == LOST_SIGHT

    @property
    def is_killed(self) -> bool:
        """It was all or nothing, and became nothing; told later than in the answer to it."""
        return self.ticket.kind is OrderKind.FOK and KILLED in self.reason.casefold()

    @property
    def told_size(self) -> Size:
        """Shares of which fills were told, whatever became of them."""
        return Size(self.filled_size + self.failed_size)

    @property
    def awaited_size(self) -> Size:
        """Shares that the venue has matched and no fill was told of yet."""
        return Size(max(self.matched_size - self.told_size, ZERO))

    @property
    def working_size(self) -> Size:
        """Shares that may still be bought or sold by it, those awaited included."""
        if self.is_done:
            return self.awaited_size
        if self.ticket.size is not None:
            return Size(max(self.ticket.size - self.told_size, ZERO))
        return Size(self.working_value / self.ticket.worst_price)

    @property
    def working_value(self) -> Usdc:
        """USDC, before fees, that it may still cost or bring at its limit price."""
        ticket = self.ticket
        if not self.is_done and ticket.spend is not None:
            return usdc(max(ticket.spend - self.filled_value - self.failed_value, ZERO))
        return usdc(times(self.working_size, ticket.worst_price))
