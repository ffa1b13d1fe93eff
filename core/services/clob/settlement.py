"""Settling an order: its state, its fills, the position and the cash in one transaction."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.ledger import Fill
from core.domain.order import Order, OrderStatus
from core.domain.units import Price
from core.ports import Execution
from core.services.position.bookkeeping import book
from core.storage import orders, wallets


async def settle(
    session: AsyncSession, order: Order, execution: Execution, mark: Price | None, now: datetime
) -> Order:
    """The order after `execution`; the same execution told twice is booked once.

    Raises: NotEnoughShares, InsufficientBalance; nothing of the transaction must stay then.
    """
    ticket = order.ticket
    await wallets.lock(session, ticket.user_id, ticket.account)
    current = await orders.lock(session, order.id)
    told = _fills(current, execution, now)
    booked = await book(session, told, mark) if told else []
    return await orders.move(
        session, current, execution.status, fills=booked, reason=execution.reason, now=now
    )


async def reject(session: AsyncSession, order: Order, reason: str, now: datetime) -> Order:
    """The order ended without a trade."""
    return await _without_fills(session, order, OrderStatus.REJECTED, reason, now)


async def lose_sight(session: AsyncSession, order: Order, reason: str, now: datetime) -> Order:
    """Sent, and nobody knows what became of it."""
    return await _without_fills(session, order, OrderStatus.UNKNOWN, reason, now)


async def _without_fills(
    session: AsyncSession, order: Order, status: OrderStatus, reason: str, now: datetime
) -> Order:
    current = await orders.lock(session, order.id)
    return await orders.move(session, current, status, reason=reason, now=now)


def _fills(order: Order, execution: Execution, now: datetime) -> list[Fill]:
    """One fill a match; the keys say which match of which order it is."""
    ticket = order.ticket
    return [
        Fill(
            event_key=f"order:{order.id}:{number}",
            user_id=ticket.user_id,
            account=ticket.account,
            market_id=ticket.market_id,
            token_id=ticket.token_id,
            outcome=order.outcome,
            side=ticket.side,
            size=match.size,
            price=match.price,
            fee=match.fee,
            at=now,
            order_id=order.id,
        )
        for number, match in enumerate(execution.matches)
    ]
