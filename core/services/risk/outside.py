"""What the guards are told by other parts, and what they tell them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.breaker import GLOBAL_RULES, USER_RULES, BreakerRules
from core.domain.order import Order
from core.domain.price import Quote, Reading
from core.domain.risk import UNLIMITED, LimitKind, Limits
from core.domain.units import OrderId, TokenId, UserId
from core.services.fresh_books import MAX_BOOK_AGE


class Prices(Protocol):
    """The newest price of each token with its age and state: the `PriceBoard`."""

    def quote(self, token: TokenId) -> Quote | None: ...

    def reading(self, token: TokenId) -> Reading | None: ...


class Fence(Protocol):
    """Whether this process is still the one that may trade."""

    def refuse(self, epoch: int) -> None:
        """`epoch` is the newest taking-over. Raises: a Rejected once it is another's."""
        ...


class Audit(Protocol):
    """Who did what, written down for good."""

    async def note(
        self,
        session: AsyncSession,
        actor: str,
        what: str,
        details: Mapping[str, object],
        *,
        user: UserId | None = None,
    ) -> None:
        """`actor` did `what`, which is about `user`; the last thing in a transaction."""
        ...


class Alarms(Protocol):
    """Tells people that something stopped trading, in the transaction that stopped it."""

    async def raised(
        self,
        session: AsyncSession,
        user: UserId | None,
        sentence: str,
        *,
        is_breaker: bool = False,
        is_for_owner: bool = False,
    ) -> None:
        """`user` is whom it stops; None: everybody.

        The owner reads of every breaker, and of what else is theirs to mend.
        """
        ...


class Cancels(Protocol):
    """Takes orders off the venue's book: the `ClobService`."""

    async def cancel_order(self, order_id: OrderId, user_id: UserId) -> Order:
        """Raises: NotFound, Rejected if nothing of it works, Unavailable, OutcomeUnknown."""
        ...


@dataclass(frozen=True, slots=True)
class Conditions:
    """The state of things around an order, asked anew for each."""

    prices: Prices
    fence: Fence
    is_heartbeat_healthy: Callable[[UserId], bool]
    is_clear: Callable[[AsyncSession, UserId, Account], Awaitable[bool]]  # all books agree
    free_disk: Callable[[], float]  # percent


@dataclass(frozen=True, slots=True)
class RiskRules:
    """What the operator has set."""

    live: Limits
    max_slippage_percent: Decimal
    min_free_disk_percent: Decimal
    user_breaker: BreakerRules = USER_RULES
    global_breaker: BreakerRules = GLOBAL_RULES
    max_book_age: float = MAX_BOOK_AGE  # seconds; of a book that did not come by the stream

    def limits(self, account: Account, own: Mapping[LimitKind, Decimal]) -> Limits:
        """Ours lowered by the user's `own`; play money is bounded by itself."""
        return self.live.lowered(own) if account is Account.LIVE else UNLIMITED
