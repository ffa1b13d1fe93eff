"""What is shown of an account: its orders, its limits, its standing with the venue."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.domain.account import Account
from core.domain.ledger import Settlement
from core.domain.market import Market
from core.domain.notice import Found
from core.domain.order import Order
from core.domain.risk import OpenOrderRef
from core.domain.units import MarketId, OrderId
from core.domain.user import User


@dataclass(frozen=True, slots=True)
class TracedOrder:
    """An order, its market, and how final its fills are."""

    order: Order
    market: Market
    settlements: frozenset[Settlement] = frozenset()


@dataclass(frozen=True, slots=True)
class OpenReceipt:
    """Where the chat shows an order of real money that may not be over."""

    user: User
    chat_id: int
    message_id: int
    order: OrderId
    market: MarketId


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What became of a wish to cancel several orders; `failed` ones are asked for again."""

    orders: tuple[Order, ...] = ()
    failed: tuple[tuple[Order, str], ...] = ()  # with the sentence that says why


@dataclass(frozen=True, slots=True)
class AccountStanding:
    """`checked_at`: of the last finished comparison; None before the first."""

    checked_at: datetime | None = None
    fault: str = ""  # why the last one could not be finished
    found: tuple[Found, ...] = ()  # what does not agree
    is_clear: bool = False  # automation may act

    @property
    def is_drifting(self) -> bool:
        return bool(self.found)


@dataclass(frozen=True, slots=True)
class AccountState:
    """`account` is what orders go to. `hindrance`: why it is not live though live was chosen."""

    account: Account
    chosen: Account
    hindrance: str = ""


@dataclass(frozen=True, slots=True)
class Swept:
    """What a switch took off the books, and what it could not (yet): `sweep` tries again."""

    gone: tuple[OpenOrderRef, ...] = ()
    left: tuple[OpenOrderRef, ...] = ()


@dataclass(frozen=True, slots=True)
class LimitState:
    """What counts now, and the raise that waits for its time."""

    value: Decimal
    next_value: Decimal | None = None
    next_at: datetime | None = None
