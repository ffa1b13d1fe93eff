"""What parts of the core tell people unasked, as notices: written down with what they tell of."""

import secrets
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.breaker import EVERYBODY
from core.domain.notice import OrderMoved, WalletChanged, Warned
from core.domain.order import Order, OrderStatus
from core.domain.units import UserId
from core.services.custody.ports import CustodyNews
from core.services.outbox import Outbox
from core.storage import markets, users
from core.storage.tenancy import for_others

ENDED: Final = frozenset({OrderStatus.CANCELLED, OrderStatus.EXPIRED, OrderStatus.REJECTED})
OPEN_QUESTIONS: Final = frozenset({OrderStatus.UNKNOWN, OrderStatus.DELAYED, OrderStatus.MATCHED})


class OutboxAlarms:
    """Alarms and heartbeats, one notice a sentence and transaction."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def raised(
        self,
        session: AsyncSession,
        user: UserId | None,
        sentence: str,
        *,
        is_breaker: bool = False,
        is_for_owner: bool = False,
    ) -> None:
        """`user` None: everybody is stopped. The owner gets a copy of what only they can end."""
        async with for_others(session):
            owner = await users.owner_id(session)
            person, is_theirs = "", is_breaker or is_for_owner
            if user is not None and user != owner:
                await self._warn(session, user, "alarm", Warned(sentence))
                person = await users.name_of(session, user) if is_theirs else ""
            if owner is not None and (is_theirs or user in {None, owner}):
                whose = EVERYBODY if user is None else user
                told = Warned(sentence, whose if is_breaker else None, person)
                await self._warn(session, owner, "alarm", told)

    async def heartbeat(self, session: AsyncSession, user: UserId, sentence: str) -> None:
        await self._warn(session, user, "heartbeat", Warned(sentence))

    async def _warn(self, session: AsyncSession, user: UserId, what: str, told: Warned) -> None:
        key = f"{what}:{user}:{secrets.token_hex(8)}"
        await self._outbox.write_down(session, user, key, told)


class OutboxTeller:
    """News of wallets; custody's own key says which, so that each is told once."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def tell(self, session: AsyncSession, user: UserId, news: CustodyNews) -> None:
        told = WalletChanged(news.kind.value, dict(news.facts))
        await self._outbox.write_down(session, user, f"wallet:{user}:{news.key}", told)


class OrderWitness:
    """Tells of resting live orders that moved, and of settlements that failed.

    What fills at once is told by its own receipt, so nothing is said of it here unless its
    settlement fails.
    """

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def changed(self, session: AsyncSession, before: Order, after: Order) -> None:
        if after.ticket.account is not Account.LIVE or not _is_worth_telling(before, after):
            return
        ticket = after.ticket
        market = await markets.by_id(session, ticket.market_id)
        moved = OrderMoved(
            order_id=after.id,
            market_id=market.id,
            question=market.question,
            outcome=after.outcome,
            side=ticket.side,
            status=after.status,
            filled=after.filled_size,
            average=after.average_price,
            value=after.filled_value,
            fee=after.fee,
            left=after.working_size,
            reversed=after.failed_size,
            reason=after.reason,
            awaited=after.awaited_size,
        )
        key = f"order:{after.id}:{after.status}:{after.filled_size}:{after.failed_size}"
        await self._outbox.write_down(session, ticket.user_id, key, moved)


def _is_worth_telling(before: Order, after: Order) -> bool:
    if after.failed_size > before.failed_size:
        return True
    has_filled = after.filled_size > before.filled_size
    if not after.ticket.kind.rests:  # its receipt could not say how it ended
        return before.status in OPEN_QUESTIONS and (has_filled or after.status in ENDED)
    has_ended = after.status is not before.status and after.status in ENDED
    # An order that nobody knows of is taken off by us as well, long after its tap.
    is_unasked = after.cancel_requested_at is None or before.status is OrderStatus.UNKNOWN
    return has_filled or (has_ended and is_unasked)
